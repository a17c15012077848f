"""The check run that blocks a merge, or a commit status where the token may not make checks.

https://docs.github.com/en/rest/checks/runs. A required check counts neutral and skipped as success, so whatever is not a pass
is a failure or asks for action.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote, unquote, urlsplit

from msgspec import Struct

from plangate.errors import PublishError, RefusedError, UnclearError
from plangate.model.verdict import Decision
from plangate.publish.shared_name import Result, Signature, of_later, of_others, rank_of, result

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plangate.publish.github import GitHub
    from plangate.publish.place import Place

BATCH: Final = 50
"""Annotations in one request."""

_MOST_ANNOTATIONS: Final = 1_000
_PAUSE_SECONDS: Final = 1.0
"""The pause between consecutive writes that GitHub asks for."""

_NO_CHECKS: Final = (403, 404)
"""Statuses for a token that is not an app's."""

_CONCLUSIONS: Final = {
    Decision.PASS: "success",
    Decision.REVIEW: "action_required",
    Decision.INCONCLUSIVE: "failure",
    Decision.BLOCK: "failure",
}
_STATES: Final = {
    Decision.PASS: "success",
    Decision.REVIEW: "pending",
    Decision.INCONCLUSIVE: "error",
    Decision.BLOCK: "failure",
}
_MILDEST_FIRST: Final = ("success", "action_required", "failure")
_ROUNDS: Final = 4
_SETTLE_SECONDS: Final = 0.5


class Annotation(Struct, frozen=True, kw_only=True):
    """An annotation on a line. Its texts are already escaped and cut."""

    path: str
    start_line: int
    end_line: int
    annotation_level: str
    """`failure`, `warning` or `notice`."""
    title: str
    message: str


class Report(Struct, frozen=True, kw_only=True):
    """The content of the check."""

    name: str
    key: str
    decision: Decision
    title: str
    summary: str
    annotations: tuple[Annotation, ...] = ()
    enforced: bool = True
    """False in the mode `observe`: the check shows the decision and does not block the merge."""
    approved: bool = False
    """Whether a review has the required approvals."""

    @property
    def conclusion(self) -> str:
        """The conclusion of a check run."""
        if self.decision is Decision.REVIEW and self.approved:
            return "success"
        return _CONCLUSIONS[self.decision] if self.enforced or self.decision is Decision.PASS else "neutral"

    @property
    def state(self) -> str:
        """The state of a commit status, which knows no neutral."""
        answered = self.decision is Decision.REVIEW and self.approved
        return _STATES[self.decision] if self.enforced and not answered else "success"


class Checked(Struct, frozen=True):
    """The outcome: `check`, `status` or `superseded`, and whether the annotations are on the lines."""

    outcome: str
    url: str = ""
    annotated: bool = False
    warnings: tuple[str, ...] = ()
    number: int | None = None
    """The id of the check."""
    app: int | None = None
    """The id of the app that the token is of, as GitHub says it of the check."""


def publish(github: GitHub, place: Place, report: Report, *, number: int | None = None) -> Checked:
    """Publish the check, or complete the one with this number. Raises `PublishError` unless the decision is certainly there."""
    try:
        return _Check(github, place, report).run(number)
    except RefusedError as error:
        if error.status not in _NO_CHECKS:
            raise
        refused = error
    try:
        outcome = _Status(github, place, report).run()
    except RefusedError as error:
        raise PublishError(f"neither a check nor a status may be set: {error.message}", hint=refused.hint) from None
    return Checked(outcome, warnings=("checks are not allowed to this token; a commit status says the same",))


class _Named:
    """A result under a name that others may write too."""

    def __init__(self, github: GitHub, place: Place, report: Report):
        self.github = github
        self.place = place
        self.report = report
        self.mine = Signature(report.key, (place.run, place.attempt))

    def results(self) -> list[Result]:
        """Those of ours under the name on this commit."""
        raise NotImplementedError

    def write(self, rank: int) -> None:
        """Let GitHub show this result with a rank, at least as bad as its own."""
        raise NotImplementedError

    def is_late(self, results: Sequence[Result], rank: int) -> bool:
        """Whether a later run has said something at least as bad. Raises `PublishError` if this would hide a worse result."""
        if of_others(results, self.mine) > rank:
            raise self._hidden()
        later = of_later(results, self.mine)
        return later is not None and later.own >= rank

    def settle(self, rank: int) -> None:
        """Read back until the worst is what GitHub shows. Raises `PublishError` where that is another target's."""
        hidden = False
        for _ in range(_ROUNDS):
            results = self.results()
            others, later = of_others(results, self.mine), of_later(results, self.mine)
            wanted = max(rank, others, -1 if later is None else later.own)
            shown = max(results, key=lambda one: one.number, default=None)
            if shown is not None and shown.shown >= wanted:
                hidden = hidden or others > rank
                break
            if shown is not None:
                hidden = hidden or others > rank
                self.write(wanted)
            self.github.clock.sleep(_SETTLE_SECONDS)
        else:
            raise PublishError(
                f"what was written under the name {self.report.name!r} is not what GitHub shows",
                hint="let one job publish each target",
            )
        if hidden:
            raise self._hidden()

    def _hidden(self) -> PublishError:
        return PublishError(
            f"another target or branch has a worse result under the name {self.report.name!r}",
            hint="give each target its own --check-name, or publish one verdict made with plangate merge",
        )


class _Check(_Named):
    """Creates or completes one check run."""

    def __init__(self, github: GitHub, place: Place, report: Report):
        super().__init__(github, place, report)
        self.path = f"/repos/{place.repository}/check-runs"
        self.external_id = self.mine.text()
        self.warnings: list[str] = []
        self.number: int | None = None
        self.app: int | None = None

    def run(self, number: int | None = None) -> Checked:
        annotations = [_plain(annotation) for annotation in self.report.annotations[:_MOST_ANNOTATIONS]]
        batches = [annotations[i : i + BATCH] for i in range(0, len(annotations), BATCH)] or [[]]
        rank = rank_of(self.report.conclusion)
        runs = self._existing()
        results = [found for run in runs if (found := _result(run)) is not None]
        if self.is_late(results, rank):
            return Checked("superseded", _page(runs[-1]))
        # An earlier attempt of this very run. Annotations can only be added, so a completed one keeps its own.
        same = [run for run in runs if run["id"] == number or (self.place.run and self._is_mine(run))]
        if same:
            created = same[-1]
            rest = [[]] if created.get("status") == "completed" else batches
        else:
            created, rest = self._created(batches)
        self.number, url = created["id"], _page(created)
        self.app = _app(created)
        for position, batch in enumerate(rest):
            if position:
                self.github.clock.sleep(_PAUSE_SECONDS)
            answer = self._add(created["id"], batch, last=position == len(rest) - 1)
            url = _page(answer) or url
        self.settle(rank)
        return Checked(
            "check",
            url,
            annotated=not self.warnings,
            warnings=tuple(self.warnings),
            number=self.number,
            app=self.app,
        )

    def results(self) -> list[Result]:
        return [found for run in self._existing() if (found := _result(run)) is not None]

    def write(self, rank: int) -> None:
        """Turn this check, which is shown, or write it again on top of what hides it."""
        own = self.report.conclusion
        worse = next(name for name in (own, *_MILDEST_FIRST) if rank_of(name) >= rank)
        body = {
            "external_id": self.mine.text(own if worse != own else ""),
            "status": "completed",
            "conclusion": worse,
            "output": {"title": self.report.title, "summary": self.report.summary},
        }
        results = self.results()
        on_top = max(results, key=lambda one: one.number, default=None)
        if on_top is not None and on_top.number == self.number:
            self.github.patch(f"{self.path}/{self.number}", body)
            return
        self.number = self._posted({"name": self.report.name, "head_sha": self.place.sha, **body})["id"]

    def _is_mine(self, run: dict[str, Any]) -> bool:
        found = _result(run)
        return found is not None and found.by == self.mine

    def _existing(self) -> list[dict[str, Any]]:
        """The check runs of this name on this commit, the latest last."""
        path = f"/repos/{self.place.repository}/commits/{self.place.sha}/check-runs"
        found: dict[int, dict[str, Any]] = {}
        for page in self.github.pages(f"{path}?check_name={quote(self.report.name, safe='')}&filter=all&per_page=100"):
            runs = page.get("check_runs") if isinstance(page, dict) else None
            if not isinstance(runs, list):
                raise PublishError("GitHub's list of checks is not understood")
            for one in runs:
                if isinstance(one, dict) and isinstance(one.get("id"), int) and one.get("name") == self.report.name:
                    found[one["id"]] = one
        return [found[number] for number in sorted(found)]

    def _created(self, batches: list[list[dict[str, Any]]]) -> tuple[dict[str, Any], list[list[dict[str, Any]]]]:
        """Create the check: completed if all annotations fit, else in progress, so that a crash leaves the merge blocked."""
        first, rest = batches[0], batches[1:]
        body = {
            "name": self.report.name,
            "head_sha": self.place.sha,
            "external_id": self.external_id,
            **({"details_url": self.place.url} if self.place.url else {}),
            **self._content(first, last=not rest),
        }
        try:
            return self._posted(body), rest
        except RefusedError as error:
            # An invalid place of an annotation must not prevent the check.
            if error.status != 422 or not first:
                raise
            self.warnings.append(f"the annotations were refused: {error.message}")
        return self._posted({**body, **self._content([], last=True)}), []

    def _posted(self, body: dict[str, Any]) -> dict[str, Any]:
        """Post the check, at most twice, the second time only if the first is not found."""
        try:
            answer = self.github.post(self.path, body)
        except UnclearError:
            self.github.clock.sleep(_PAUSE_SECONDS)
            known = [one for one in self._existing() if one.get("external_id") == self.external_id]
            if known:
                return known[-1]
            try:
                answer = self.github.post(self.path, body)
            except UnclearError as error:
                raise PublishError(f"the check may not have been created ({error.message})") from None
        if isinstance(answer, dict) and isinstance(answer.get("id"), int):
            return answer
        raise PublishError("GitHub's answer about the check is not understood")

    def _add(self, number: int, batch: list[dict[str, Any]], *, last: bool) -> dict[str, Any]:
        try:
            answer = self.github.patch(f"{self.path}/{number}", self._content(batch, last=last))
        except PublishError as error:
            if not batch:
                raise
            self.warnings.append(f"annotations could not be added: {error.message}")
            if not last:
                return {}
            # The conclusion matters more than these annotations.
            answer = self.github.patch(f"{self.path}/{number}", self._content([], last=True))
        return answer if isinstance(answer, dict) else {}

    def _content(self, annotations: list[dict[str, Any]], *, last: bool) -> dict[str, Any]:
        report = self.report
        output = {"title": report.title, "summary": report.summary, "annotations": annotations}
        if last:
            return {"status": "completed", "conclusion": report.conclusion, "output": output}
        return {"status": "in_progress", "output": output}


class _Status(_Named):
    """Sets a commit status: https://docs.github.com/en/rest/commits/statuses. Whose it is, stands behind `#` in its address."""

    def run(self) -> str:
        rank = rank_of(self.report.state)
        if not self.place.page:
            raise PublishError(
                "a commit status cannot say which target it is of, as the address of GitHub is not known",
                hint="GITHUB_SERVER_URL",
            )
        if self.is_late(self.results(), rank):
            return "superseded"
        self.write(rank)
        self.settle(rank)
        return "status"

    def results(self) -> list[Result]:
        found = []
        for page in self.github.pages(f"/repos/{self.place.repository}/commits/{self.place.sha}/statuses?per_page=100"):
            if not isinstance(page, list):
                raise PublishError("GitHub's list of statuses is not understood")
            for one in page:
                if isinstance(one, dict) and one.get("context") == self.report.name and isinstance(one.get("id"), int):
                    signed = unquote(urlsplit(str(one.get("target_url") or "")).fragment)
                    found.append(result(one["id"], signed, one.get("state")))
        return [one for one in found if one is not None]

    def write(self, rank: int) -> None:
        own = self.report.state
        worse = next(name for name in (own, "success", "pending", "error", "failure") if rank_of(name) >= rank)
        body = {
            "state": worse,
            "context": self.report.name,
            "description": self.report.title[:140],
            "target_url": f"{self.place.page}#{quote(self.mine.text(own if worse != own else ''))}",
        }
        path = f"/repos/{self.place.repository}/statuses/{self.place.sha}"
        try:
            self.github.post(path, body)
        except UnclearError:
            # Posting it again is harmless, as the latest counts; but only once, and after looking.
            self.github.clock.sleep(_PAUSE_SECONDS)
            if not any(one.by == self.mine and one.shown == rank_of(worse) for one in self.results()):
                try:
                    self.github.post(path, body)
                except UnclearError as error:
                    raise PublishError(f"the status may not have been set ({error.message})") from None


def _result(run: dict[str, Any]) -> Result | None:
    return result(run["id"], run.get("external_id"), run.get("conclusion"))


def _app(run: dict[str, Any]) -> int | None:
    app = run.get("app")
    number = app.get("id") if isinstance(app, dict) else None
    return number if isinstance(number, int) else None


def _plain(annotation: Annotation) -> dict[str, Any]:
    return {name: getattr(annotation, name) for name in annotation.__struct_fields__}


def _page(run: dict[str, Any]) -> str:
    url = run.get("html_url")
    return url if isinstance(url, str) and url.startswith("https://") else ""
