"""The exit code and headline of a decision, for a single and for a merged verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plangate.errors import ExitCode
from plangate.lang.wording import several
from plangate.model.verdict import Decision

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from plangate.model.verdict import Verdict


def exit_code(
    decisions: Iterable[Decision], *, unread: bool, fail_on: str = "block", mode: str = "enforce"
) -> ExitCode:
    """The exit code of these decisions. `unread` is whether an input could not be read at all.

    `decisions` are all that count, the milder ones too: an inconclusive one beside a review exits 4. With the mode `observe`
    nothing is enforced, and only an input that could not be read is an error.
    """
    if mode == "observe":
        decisions = ()
    codes = {Decision.BLOCK: ExitCode.BLOCK, Decision.INCONCLUSIVE: ExitCode.INCONCLUSIVE}
    if fail_on == "review":
        codes[Decision.REVIEW] = ExitCode.REVIEW
    reached = [codes.get(decision, ExitCode.OK) for decision in decisions]
    return ExitCode(ExitCode.worst(ExitCode.INPUT if unread else ExitCode.OK, *reached))


def enforced_code(verdict: Verdict) -> ExitCode:
    """The exit code of the command that made this verdict; with the mode `observe` it is milder than the verdict's own."""
    if verdict.mode == "enforce":
        return ExitCode(verdict.exit_code)
    return exit_code((), unread=any(gap.input_failed for gap in verdict.coverage.skipped), mode=verdict.mode)


def headline(
    decision: Decision,
    deciding: Sequence[str],
    gaps: Sequence[tuple[str, str]],
    summary: Mapping[str, int],
    *,
    nothing: str,
    of: str = "",
    where: str = "",
    open_changes: int = 0,
) -> str:
    """The consequence in one sentence.

    `deciding` says what asks for the decision, worst first, and `of` what it counts; `gaps` are what and why nobody can tell;
    `summary` counts changes by action, `where` says in what, and `nothing` is the sentence where there are none;
    `open_changes` is how many of them nobody has judged.
    """
    if decision is Decision.INCONCLUSIVE and gaps:
        what, why = gaps[0]
        return f"cannot tell: {what}: {why}"
    if decision is not Decision.PASS and deciding:
        more = len(deciding) - 1
        others = several(more, f"more {of}") if of else f"{more} more"
        return deciding[0] + (f" (and {others})" if more else "")
    if open_changes:
        changed = sum(n for name, n in summary.items() if name not in ("no-op", "read"))
        harmless = f"{changed - open_changes} judged harmless, " if changed > open_changes else ""
        return f"{several(changed, 'change')}{where}: {harmless}{open_changes} judged by nobody"
    done = ", ".join(f"{n} {name}" for name, n in summary.items() if n and name not in ("no-op", "read"))
    return f"nothing found that needs a look{where}: {done}" if done else nothing
