"""What each finding asks for, read back from the verdict it was part of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plangate.model import Decision, Outcome, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence


def standing(decision: Decision, findings: Sequence[tuple[Severity, Outcome]]) -> list[Decision]:
    """The decision that each finding asks for by itself, in the same order.

    A verdict does not say whether its environment is protected, which is what makes a high finding block. It shows,
    though: a block without a critical finding is due to a high one, and where nothing blocks no high one does. With a
    critical finding beside it, it counts as protected, as every environment does unless configuration says otherwise.
    """
    return [_asks_for(severity, outcome, high=decision) for severity, outcome in findings]


def _asks_for(severity: Severity, outcome: Outcome, *, high: Decision) -> Decision:
    if outcome is Outcome.ERROR:
        return Decision.INCONCLUSIVE
    if outcome is not Outcome.VIOLATED:
        return Decision.REVIEW
    if severity is Severity.CRITICAL:
        return Decision.BLOCK
    if severity is Severity.HIGH:
        return Decision.BLOCK if high is Decision.BLOCK else Decision.REVIEW
    return Decision.REVIEW if severity is Severity.MEDIUM else Decision.PASS
