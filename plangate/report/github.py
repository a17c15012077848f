"""The verdict as workflow commands of GitHub Actions: annotations on the lines, without any token.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands. The runner shows ten of each kind for a
step, so the worst come first and the last one counts the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plangate.lang.wording import sentences, several
from plangate.model.verdict import Decision
from plangate.report import story
from plangate.report.escape import terminal
from plangate.report.places import place
from plangate.report.values import clip

if TYPE_CHECKING:
    from plangate.model.verdict import Verdict

_MOST: Final = 10
"""Annotations of one kind that a step may have."""

_LONGEST: Final = 1_000
KINDS: Final = {
    Decision.BLOCK: "error",
    Decision.REVIEW: "warning",
    Decision.INCONCLUSIVE: "warning",
    Decision.PASS: "notice",
}
_HEADLINES: Final = {**KINDS, Decision.INCONCLUSIVE: "error"}


def render(verdict: Verdict) -> str:
    """The commands, one in a line."""
    lines = [
        command(
            _HEADLINES[verdict.decision], f"plangate: {verdict.decision.value.upper()}", _headline(verdict), None, None
        )
    ]
    room = dict.fromkeys(("error", "warning", "notice"), _MOST - 1)
    left_out = 0
    for one in story.views(verdict):
        kind = KINDS[one.decision]
        if one.decision is Decision.PASS:
            continue
        # One is kept for the headline or for the count of the rest.
        if room[kind] == 0:
            left_out += 1
            continue
        room[kind] -= 1
        where = place(verdict, one.finding)
        message = sentences(one.finding.message, one.finding.remediation)
        lines.append(command(kind, f"plangate: {one.finding.policy}", message, where.file, where.line))
    for skipped in story.cannot_tell(verdict)[: room["warning"]]:
        gap = sentences(f"{skipped.what}: {skipped.why}", skipped.how_to_fix)
        lines += [command("warning", "plangate: cannot tell", gap)]
    if left_out:
        lines.append(command("notice", "plangate", f"{several(left_out, 'more finding')}: see the report"))
    return "\n".join(lines) + "\n"


def command(kind: str, title: str, message: str, file: str | None = None, line: int | None = None) -> str:
    """One workflow command that its text cannot end, and that holds no other."""
    properties = [f"title={_property(title, 200)}"]
    if file is not None:
        properties = [f"file={_property(file, 500)}", f"line={line or 1}", *properties]
    return f"::{kind} {','.join(properties)}::{_data(message, _LONGEST)}"


def _headline(verdict: Verdict) -> str:
    where = story.where(verdict)
    return f"{verdict.headline} ({where})" if where else verdict.headline


def _data(text: str, most: int) -> str:
    # Nothing invisible is left, so a line cannot be broken; `%` alone would still be decoded.
    return clip(terminal(text), most).replace("%", "%25")


def _property(text: str, most: int) -> str:
    return _data(text, most).replace(":", "%3A").replace(",", "%2C")
