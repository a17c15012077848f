"""Whether a review was approved: approvals of the pull request, bound to the plan that the approvers saw.

An approval counts if the approved commit's check, when it was approved, listed everything that the plan asks about now. So it
holds for the same plan at another commit and for a plan that asks for less, and not for one that asks for more. The list is in
the first line of the check's summary: only an app can write it, while anybody with write access can edit a comment. https://docs.github.com/en/rest/pulls/reviews
"""

from __future__ import annotations

import hmac
import re
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from msgspec import Struct

from plangate.errors import PublishError, RefusedError
from plangate.lang import fingerprint
from plangate.lang.wording import several
from plangate.publish.state import EXTERNAL

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plangate.model.verdict import Approvals
    from plangate.publish.github import GitHub
    from plangate.publish.place import Place

_MOST: Final = 1_000
"""The most findings that are listed. With more, only the same plan is covered."""

_LINE = re.compile(
    r"<!-- plangate:plan/v1 plan=(?P<plan>[0-9a-f]{64}) asks=(?P<asks>[0-9a-f,]*|\?) seal=(?P<seal>[0-9a-f]{32}|-) -->"
)
_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,98}(?:\[bot\])?")
_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_DECISIVE: Final = frozenset({"APPROVED", "CHANGES_REQUESTED", "DISMISSED"})
_WRITERS: Final = frozenset({"admin", "maintain", "write"})


class Plan(Struct, frozen=True):
    """The fingerprint of a plan and the digests of what it asks about, None where they are too many to list."""

    fingerprint: str
    asks: frozenset[str] | None

    def covers(self, now: Plan) -> bool:
        """Whether this plan asks about everything that the plan `now` asks about."""
        if self.asks is None or now.asks is None:
            return self.fingerprint == now.fingerprint
        return now.asks <= self.asks


class ApprovalState(Struct, frozen=True):
    """Who has approved this plan, and what is still missing, in words; empty where nothing is."""

    by: tuple[str, ...] = ()
    missing: str = ""

    @property
    def approved(self) -> bool:
        """Whether no approval is missing."""
        return not self.missing


def digests(parts: Iterable[str]) -> frozenset[str] | None:
    """The digest of each part, 16 hex digits; None for too many."""
    found = {fingerprint.of(one) for one in parts}
    return frozenset(found) if len(found) <= _MOST else None


def line(plan: Plan, sha: str, key: bytes | None) -> str:
    """The hidden first line of a check's summary, with a MAC for its commit if the gate has a key."""
    asks = "?" if plan.asks is None else ",".join(sorted(plan.asks))
    return f"<!-- plangate:plan/v1 plan={plan.fingerprint} asks={asks} seal={_mac(plan, sha, key)} -->"


def _mac(plan: Plan, sha: str, key: bytes | None) -> str:
    if key is None:
        return "-"
    asks = "?" if plan.asks is None else ",".join(sorted(plan.asks))
    return hmac.new(key, f"plangate:plan/v1\0{sha}\0{plan.fingerprint}\0{asks}".encode(), "sha256").hexdigest()[:32]


def parse(summary: str, sha: str, key: bytes | None) -> Plan | None:
    """The plan in a check's summary; None without one, and for a MAC that is not by this gate's key."""
    found = _LINE.match(summary)
    if found is None:
        return None
    plan = Plan(found["plan"], None if found["asks"] == "?" else frozenset(found["asks"].split(",")) - {""})
    if key is not None and not hmac.compare_digest(found["seal"], _mac(plan, sha, key)):
        return None
    return plan


class ApprovalsReader:
    """Reads the reviews of one pull request."""

    def __init__(self, github: GitHub, place: Place, *, name: str, key: str, gate_key: bytes | None):
        self._github = github
        self._place = place
        self._name = name
        self._key = key
        self._gate_key = gate_key
        self._checks_by_commit: dict[str, list[tuple[str, int, Plan]]] = {}
        self._members: dict[tuple[str, str], bool] = {}

    def answer(self, number: int, rules: Iterable[Approvals], now: Plan) -> ApprovalState:
        """Who has approved everything that the plan asks about now. Raises `PublishError` if that cannot be read."""
        path = f"/repos/{self._place.repository}/pulls/{number}"
        author = _login(_inner(self._github.get(path), "user")).lower()
        if not author:
            raise PublishError("GitHub does not say who opened the pull request")
        latest = {login: review for login, review in self._latest(path).items() if login.lower() != author}
        agreed = [login for login, review in latest.items() if self._is_bound(review, now)]
        refused = [login for login, review in latest.items() if review.get("state") == "CHANGES_REQUESTED"]
        by: list[str] = []
        missing: list[str] = []
        for rule in rules:
            counting = [login for login in agreed if self._may_approve(login, rule)]
            opposing = [login for login in refused if self._may_approve(login, rule)]
            by += [login for login in counting if login not in by]
            if opposing:
                missing.append(f"{', '.join(sorted(opposing))} asked for changes")
            elif len(counting) < rule.count:
                missing.append(needed(rule, rule.count - len(counting)))
        return ApprovalState(tuple(sorted(by)), "; ".join(dict.fromkeys(missing)))

    def _latest(self, path: str) -> dict[str, dict[str, Any]]:
        """The last decisive review of each person. A mere comment does not withdraw an approval."""
        latest: dict[str, dict[str, Any]] = {}
        for page in self._github.pages(f"{path}/reviews?per_page=100"):
            if not isinstance(page, list):
                raise PublishError("GitHub's list of reviews is not understood")
            for review in page:
                login = _login(_inner(review, "user")) if isinstance(review, dict) else ""
                if login and review.get("state") in _DECISIVE:
                    latest[login] = review
        return latest

    def _is_bound(self, review: dict[str, Any], now: Plan) -> bool:
        """Whether a review approves a plan that covers this one."""
        sha, moment = review.get("commit_id"), review.get("submitted_at")
        if review.get("state") != "APPROVED" or not isinstance(sha, str) or not isinstance(moment, str):
            return False
        if not _COMMIT.fullmatch(sha):
            return False
        # The plan that the approver saw: that of the latest check finished by then.
        seen = [(when, number, plan) for when, number, plan in self._checks(sha) if when <= moment]
        return bool(seen) and max(seen, key=lambda one: one[:2])[2].covers(now)

    def _checks(self, sha: str) -> list[tuple[str, int, Plan]]:
        """When each check of ours on a commit was finished, and what it told."""
        if sha not in self._checks_by_commit:
            self._checks_by_commit[sha] = found = []
            path = f"/repos/{self._place.repository}/commits/{sha}/check-runs?check_name={quote(self._name, safe='')}"
            for page in self._github.pages(f"{path}&filter=all&per_page=100"):
                runs = page.get("check_runs") if isinstance(page, dict) else None
                for run in runs if isinstance(runs, list) else ():
                    when, number = run.get("completed_at"), run.get("id")
                    external = EXTERNAL.fullmatch(str(run.get("external_id", "")))
                    plan = parse(str(_inner(run, "output").get("summary") or ""), sha, self._gate_key)
                    ours = external is not None and external["key"] == self._key and run.get("name") == self._name
                    if ours and plan is not None and isinstance(when, str) and isinstance(number, int):
                        found.append((when, number, plan))
        return self._checks_by_commit[sha]

    def _may_approve(self, login: str, rule: Approvals) -> bool:
        """Whether the approval of a login counts for a rule. Raises `PublishError` if that cannot be determined."""
        if login.lower() in {user.lower() for user in rule.users}:
            return True
        owner = self._place.repository.partition("/")[0]
        if any(
            self._is_member(login, f"/orgs/{owner}/teams/{team}/memberships/{login}", "state") for team in rule.teams
        ):
            return True
        if rule.teams or rule.users or login.endswith("[bot]"):
            # An app may approve only by name.
            return False
        return self._is_member(login, f"/repos/{self._place.repository}/collaborators/{login}/permission", "permission")

    def _is_member(self, login: str, path: str, field: str) -> bool:
        if (login, path) not in self._members:
            try:
                found = self._github.get(path)
            except RefusedError as error:
                # 404: not a member. Any other status: the token may not read memberships, so no approval counts.
                if error.status != 404:
                    raise PublishError(f"who may approve cannot be asked: {error.message}", hint=error.hint) from None
                found = {}
            value = found.get(field) if isinstance(found, dict) else None
            self._members[login, path] = value == "active" if field == "state" else value in _WRITERS
        return self._members[login, path]


def needed(rule: Approvals, count: int) -> str:
    """The missing approvals in words. Names have no `@`, so nobody is notified."""
    who = [*(f"the team {team}" for team in rule.teams), *rule.users]
    people = " or ".join(who) if who else "somebody who may write to this repository"
    return f"{several(count, 'approval')} of {people}, who did not open this pull request"


def _inner(found: Any, key: str) -> dict[str, Any]:
    inner = found.get(key) if isinstance(found, dict) else None
    return inner if isinstance(inner, dict) else {}


def _login(user: dict[str, Any]) -> str:
    """The login of a user; empty for one that is not safe in a URL."""
    login = user.get("login")
    return login if isinstance(login, str) and _LOGIN.fullmatch(login) else ""
