"""The check run that blocks a merge, or a commit status where the token may not make checks.

https://docs.github.com/en/rest/checks/runs. A required check counts neutral and skipped as success, so whatever is not a pass
is a failure or asks for action.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

from msgspec import Struct

from plangate.errors import PublishError, RefusedError, UnclearError
from plangate.model.verdict import Decision
from plangate.publish.state import EXTERNAL

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
_MILDEST_FIRST: Final = ("success", "neutral", "action_required", "failure")


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


def publish(github: GitHub, place: Place, report: Report) -> Checked:
    """Publish the check. Raises `PublishError` unless the decision is certainly there."""
    try:
        return _Check(github, place, report).run()
    except RefusedError as error:
        if error.status not in _NO_CHECKS:
            raise
        refused = error
    try:
        _status(github, place, report)
    except RefusedError as error:
        raise PublishError(f"neither a check nor a status may be set: {error.message}", hint=refused.hint) from None
    return Checked("status", warnings=("checks are not allowed to this token; a commit status says the same",))


class _Check:
    """Creates or completes one check run."""

    def __init__(self, github: GitHub, place: Place, report: Report):
        self.github = github
        self.place = place
        self.report = report
        self.path = f"/repos/{place.repository}/check-runs"
        self.external_id = f"plangate/v1 {report.key} {place.run}.{place.attempt}"
        self.warnings: list[str] = []

    def run(self) -> Checked:
        annotations = [_plain(annotation) for annotation in self.report.annotations[:_MOST_ANNOTATIONS]]
        batches = [annotations[i : i + BATCH] for i in range(0, len(annotations), BATCH)] or [[]]
        number, finished = None, False
        for other in self._existing():
            found = EXTERNAL.fullmatch(str(other.get("external_id", "")))
            if found is None:
                continue
            order = int(found["run"]), int(found["attempt"])
            mine = self.place.run, self.place.attempt
            if found["key"] != self.report.key:
                self._refuse_masking(other)
            elif order > mine:
                return Checked("superseded", _page(other))
            elif order == mine:
                number, finished = other["id"], other.get("status") == "completed"
        if number is None:
            created, rest = self._created(batches)
        else:
            # An earlier attempt of this very run. Annotations can only be added, so a completed one keeps its own.
            created, rest = {"id": number}, [[]] if finished else batches
        url = _page(created)
        for position, batch in enumerate(rest):
            if position:
                self.github.clock.sleep(_PAUSE_SECONDS)
            answer = self._add(created["id"], batch, last=position == len(rest) - 1)
            url = _page(answer) or url
        return Checked("check", url, annotated=not self.warnings, warnings=tuple(self.warnings))

    def _existing(self) -> list[dict[str, Any]]:
        """The check runs of this name on this commit."""
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

    def _refuse_masking(self, other: dict[str, Any]) -> None:
        """Raise `PublishError` if this check would hide a worse one of another target: GitHub shows the latest of a name."""
        theirs = str(other.get("conclusion") or "failure")
        worst = len(_MILDEST_FIRST)
        rank = {name: position for position, name in enumerate(_MILDEST_FIRST)}
        if rank.get(theirs, worst) > rank[self.report.conclusion]:
            raise PublishError(
                f"another target already has a worse result under the name {self.report.name!r}",
                hint="give each target its own --check-name, or publish one verdict made with plangate merge",
            )

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
                return known[0]
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


def _status(github: GitHub, place: Place, report: Report) -> None:
    """Set a commit status instead: https://docs.github.com/en/rest/commits/statuses."""
    body = {
        "state": report.state,
        "context": report.name,
        "description": report.title[:140],
        **({"target_url": place.url} if place.url else {}),
    }
    path = f"/repos/{place.repository}/statuses/{place.sha}"
    try:
        github.post(path, body)
    except UnclearError:
        # The latest of a context counts, so posting it again is harmless; but only once.
        github.clock.sleep(_PAUSE_SECONDS)
        if not _is_set(github, place, body):
            try:
                github.post(path, body)
            except UnclearError as error:
                raise PublishError(f"the status may not have been set ({error.message})") from None


def _is_set(github: GitHub, place: Place, body: dict[str, Any]) -> bool:
    listed = github.get(f"/repos/{place.repository}/commits/{place.sha}/statuses?per_page=100")
    latest: Sequence[Any] = [
        one for one in (listed if isinstance(listed, list) else ()) if one.get("context") == body["context"]
    ]
    return bool(latest) and all(latest[0].get(name) == body[name] for name in ("state", "description"))


def _plain(annotation: Annotation) -> dict[str, Any]:
    return {name: getattr(annotation, name) for name in annotation.__struct_fields__}


def _page(run: dict[str, Any]) -> str:
    url = run.get("html_url")
    return url if isinstance(url, str) and url.startswith("https://") else ""
