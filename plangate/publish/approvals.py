"""Whether a review was approved: approvals of the pull request, bound to the plan that the approvers saw.

An approval counts if the approved commit's check, when it was approved, listed everything that the plan asks about now. So it
holds for the same plan at another commit and for a plan that asks for less, and not for one that asks for more or about what
nobody can see. The list is in the first line of the check's summary: only an app can write it, and only checks of the app that
publishes count, while anybody with write access can edit a comment. https://docs.github.com/en/rest/pulls/reviews

Whoever pushed the last commit, or any commit since the review, does not count. GitHub tells who pushed in the activity of the
repository; the names in the commits count too, which whoever commits can choose. https://docs.github.com/en/rest/repos/repos
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
from plangate.publish import shared_name

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from plangate.model.verdict import Approvals
    from plangate.publish.github import GitHub
    from plangate.publish.place import Place

_MOST: Final = 1_000
"""The most findings that are listed. With more, only the same plan is covered."""

_LINE = re.compile(
    r"<!-- plangate:plan/v1 plan=(?P<plan>[0-9a-f]{64}) asks=(?P<asks>[0-9a-f,]*|\?) seal=(?P<seal>[0-9a-f]{32}|-) -->"
)
_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,98}(?:\[bot\])?")
"""Those of Enterprise Managed Users end in `_` and a short code."""

_COMMIT = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_DECISIVE: Final = frozenset({"APPROVED", "CHANGES_REQUESTED", "DISMISSED"})
_WEB: Final = "web-flow"
"""The committer of what somebody did on the pages of GitHub."""

_WRITERS: Final = frozenset({"admin", "maintain", "write"})


class Plan(Struct, frozen=True):
    """The fingerprint of a plan and the digests of what it asks about, None where they are too many to list."""

    fingerprint: str
    asks: frozenset[str] | None
    sha: str
    """The commit that it was made of."""

    def covers(self, now: Plan) -> bool:
        """Whether this plan asks about everything that the plan `now` asks about."""
        if self.asks is None or now.asks is None:
            return (self.fingerprint, self.sha) == (now.fingerprint, now.sha)
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


def line(plan: Plan, key: bytes | None) -> str:
    """The hidden first line of a check's summary, with a MAC for its commit if the gate has a key."""
    asks = "?" if plan.asks is None else ",".join(sorted(plan.asks))
    return f"<!-- plangate:plan/v1 plan={plan.fingerprint} asks={asks} seal={_mac(plan, key)} -->"


def _mac(plan: Plan, key: bytes | None) -> str:
    if key is None:
        return "-"
    asks = "?" if plan.asks is None else ",".join(sorted(plan.asks))
    return hmac.new(key, f"plangate:plan/v1\0{plan.sha}\0{plan.fingerprint}\0{asks}".encode(), "sha256").hexdigest()[
        :32
    ]


def parse(summary: str, sha: str, key: bytes | None) -> Plan | None:
    """The plan in a check's summary; None without one, and for a MAC that is not by this gate's key."""
    found = _LINE.match(summary)
    if found is None:
        return None
    plan = Plan(found["plan"], None if found["asks"] == "?" else frozenset(found["asks"].split(",")) - {""}, sha)
    if key is not None and not hmac.compare_digest(found["seal"], _mac(plan, key)):
        return None
    return plan


class ApprovalsReader:
    """Reads the reviews of one pull request."""

    def __init__(self, github: GitHub, place: Place, *, name: str, key: str, gate_key: bytes | None, app: int | None):
        self._github = github
        self._place = place
        self._name = name
        self._key = key
        self._gate_key = gate_key
        self._app = app
        self._checks_by_commit: dict[str, list[tuple[str, int, Plan]]] = {}
        self._members: dict[tuple[str, str], bool] = {}

    def answer(self, number: int, rules: Sequence[Approvals], now: Plan) -> ApprovalState:
        """Who has approved everything that the plan asks about now. Raises `PublishError` if that cannot be read."""
        path = f"/repos/{self._place.repository}/pulls/{number}"
        if self._app is None:
            raise PublishError("only checks say what was seen, and this token may not make them", hint="use an app's")
        pull = self._github.get(path)
        author = _login(_inner(pull, "user")).lower()
        if not author:
            raise PublishError("GitHub does not say who opened the pull request")
        latest = {login: review for login, review in self._latest(path).items() if login.lower() != author}
        agreed = [login for login, review in latest.items() if self._is_bound(review, now)]
        pushes = _Pushes(self._github, self._place, path, pull) if agreed else None
        pushed = {login for login in agreed if pushes is not None and pushes.are_by(login, latest[login])}
        agreed = [login for login in agreed if login not in pushed]
        refused = [login for login, review in latest.items() if review.get("state") == "CHANGES_REQUESTED"]
        by: list[str] = []
        missing: list[str] = []
        own = [login for login in sorted(pushed) if any(self._may_approve(login, rule) for rule in rules)]
        for rule in rules:
            counting = [login for login in agreed if self._may_approve(login, rule)]
            opposing = [login for login in refused if self._may_approve(login, rule)]
            by += [login for login in counting if login not in by]
            if opposing:
                missing.append(f"{', '.join(sorted(opposing))} asked for changes")
            elif len(counting) < rule.count:
                missing.append(needed(rule, rule.count - len(counting)))
        if missing and own:
            missing.append(f"{' and '.join(own)} pushed what was approved, or pushed since, and does not count")
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
                    if not isinstance(when, str) or not isinstance(number, int) or not self._is_ours(run):
                        continue
                    plan = parse(str(_inner(run, "output").get("summary") or ""), sha, self._gate_key)
                    if plan is not None:
                        found.append((when, number, plan))
        return self._checks_by_commit[sha]

    def _is_ours(self, run: dict[str, Any]) -> bool:
        """Whether a check is of this target and branch, and by the app that publishes now."""
        found = shared_name.result(0, run.get("external_id"), None)
        by = found is not None and found.by.key == self._key and run.get("name") == self._name
        return by and self._app is not None and _inner(run, "app").get("id") == self._app

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


class _Pushes:
    """Who pushed to the branch of a pull request, and when."""

    def __init__(self, github: GitHub, place: Place, path: str, pull: dict[str, Any]):
        self._github = github
        self._place = place
        head = _inner(pull, "head")
        self._head = head.get("sha")
        self._branch = head.get("ref")
        self._repository = _inner(head, "repo").get("full_name")
        self._names = list(self._commits(path))
        """The commits, the oldest first, and the logins in each."""
        self._actors = list(self._activity())
        """Commit, time and login of each push."""
        last = dict(self._names).get(str(self._head))
        if last is None:
            raise PublishError("GitHub does not list the last commit of the pull request")
        if not last and self._head not in {sha for sha, _, _ in self._actors}:
            raise PublishError("GitHub does not say who pushed the last commit of the pull request")

    def are_by(self, login: str, review: dict[str, Any]) -> bool:
        """Whether somebody pushed the last commit, or any since this review."""
        login, moment = login.lower(), str(review.get("submitted_at"))
        seen = [sha for sha, _ in self._names]
        # A commit that is not in the branch any more: all of it may have come since.
        first = seen.index(review["commit_id"]) + 1 if review.get("commit_id") in seen else 0
        since = {
            name for _, names in (*self._names[first:], self._names[seen.index(str(self._head))]) for name in names
        }
        return login in since or any(
            name == login and (sha == self._head or when > moment) for sha, when, name in self._actors
        )

    def _commits(self, path: str) -> Iterator[tuple[str, frozenset[str]]]:
        for page in self._github.pages(f"{path}/commits?per_page=100"):
            if not isinstance(page, list):
                raise PublishError("GitHub's list of commits is not understood")
            for one in page:
                names = {_login(_inner(one, role)).lower() for role in ("author", "committer")}
                yield str(one.get("sha")), frozenset(names - {"", _WEB})

    def _activity(self) -> Iterator[tuple[str, str, str]]:
        own = str(self._repository).lower() == self._place.repository.lower()
        if not isinstance(self._repository, str) or not isinstance(self._branch, str):
            return
        ref = quote(f"refs/heads/{self._branch}", safe="")
        try:
            for page in self._github.pages(f"/repos/{self._repository}/activity?ref={ref}&per_page=100"):
                for one in page if isinstance(page, list) else ():
                    actor = _login(_inner(one, "actor")).lower()
                    if actor:
                        yield str(one.get("after")), str(one.get("timestamp")), actor
        except RefusedError as error:
            # 404: an older GitHub Enterprise Server. A fork's activity may not be readable.
            if own and error.status != 404:
                raise PublishError(f"who pushed cannot be asked: {error.message}", hint="contents: read") from None


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
