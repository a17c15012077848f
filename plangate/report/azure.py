"""The verdict as logging commands of Azure Pipelines.

https://learn.microsoft.com/en-us/azure/devops/pipelines/scripts/logging-commands. Azure knows errors and warnings only.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plangate.lang.wording import sentences
from plangate.model.verdict import Decision
from plangate.report import story
from plangate.report.escape import terminal
from plangate.report.places import place
from plangate.report.values import clip

if TYPE_CHECKING:
    from plangate.model.verdict import Verdict

_MOST: Final = 100
_LONGEST: Final = 1_000
_TYPES: Final = {Decision.BLOCK: "error", Decision.REVIEW: "warning", Decision.INCONCLUSIVE: "error"}


def render(verdict: Verdict) -> str:
    """The commands, one in each line. The task fails by its exit code; a review marks it as succeeded with issues."""
    lines = []
    headline = f"plangate: {verdict.decision.value.upper()} {verdict.headline}"
    passed = verdict.decision is Decision.PASS
    lines.append(_data(headline, _LONGEST) if passed else _issue(verdict.decision, headline))
    gaps, deciding = story.cannot_tell(verdict), story.deciding(story.views(verdict))
    for skipped in gaps[:_MOST]:
        gap = sentences(f"{skipped.what}: {skipped.why}", skipped.how_to_fix)
        lines += [_issue(Decision.INCONCLUSIVE, gap)]
    for one in deciding[:_MOST]:
        where = place(verdict, one.finding)
        message = sentences(one.finding.message, one.finding.remediation)
        properties = {"sourcepath": where.file, "linenumber": str(where.line), "code": one.finding.policy}
        lines.append(_issue(one.decision, message, properties))
    hidden = max(0, len(gaps) - _MOST) + max(0, len(deciding) - _MOST)
    if hidden:
        more = f"plangate: {hidden} more are not listed here; the verdict (-o json=FILE) has all of them"
        lines.append(_issue(verdict.decision, more))
    if verdict.decision is Decision.REVIEW:
        lines.append("##vso[task.complete result=SucceededWithIssues;]a person has to look")
    return "".join(f"{line}\n" for line in lines)


def _issue(decision: Decision, message: str, properties: dict[str, str] | None = None) -> str:
    given = {"type": _TYPES[decision], **(properties or {})}
    listed = "".join(f"{name}={_property(value)};" for name, value in given.items())
    return f"##vso[task.logissue {listed}]{_data(message, _LONGEST)}"


def _data(text: str, most: int) -> str:
    return clip(terminal(text), most).replace("%", "%AZP25")


def _property(text: str) -> str:
    return _data(text, 400).replace(";", "%3B").replace("]", "%5D")
