"""Whether a saved verdict agrees with itself and with the configuration: what nobody signed, anybody may have written.

The decision table is that of `plangate.verdict`; a file cannot tell whether its environment is protected, so a high finding may
block or ask for a review, the same for all of them.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

from msgspec import UNSET

from plangate.model.decision import exit_code
from plangate.model.verdict import Decision, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from msgspec import UnsetType

    from plangate.gate.config import Config
    from plangate.report import wire

_ORDER: Final = list(Decision)
_SEVERITIES: Final = [severity.value for severity in Severity]
_VIOLATED: Final = {"critical": {"block"}, "high": {"block", "review"}, "medium": {"review"}}


def has_key_twice(data: bytes) -> bool:
    """Whether an object of some JSON has a key twice: readers differ in which one they take. Raises as `json.loads` does."""
    twice = False

    def look(pairs: list[tuple[str, Any]]) -> None:
        nonlocal twice
        twice = twice or len({key for key, _ in pairs}) < len(pairs)

    json.loads(data, object_pairs_hook=look)
    return twice


def contradiction(verdict: wire.Verdict) -> str:
    """What in a verdict contradicts its own findings, in words; empty where nothing does."""
    for finding in verdict.findings:
        if finding.decision not in _decisions(verdict, finding):
            return f"a {finding.severity} finding of {finding.policy} is {finding.decision}"
    high = set(_high(verdict))
    if len({target for target, _ in high}) < len(high):
        return "some of its high findings block and some do not"
    unread = any(gap.decides == "input" for gap in verdict.coverage.skipped)
    decisions = [Decision(finding.decision) for finding in verdict.findings]
    if any(gap.decides is not UNSET for gap in verdict.coverage.skipped):
        decisions.append(Decision.INCONCLUSIVE)
    decision = min(decisions, key=_ORDER.index, default=Decision.PASS)
    if verdict.decision != decision:
        return f"its decision is {verdict.decision}, and its findings ask for {decision.value}"
    codes = {int(exit_code(decisions, unread=unread, fail_on=fail_on)) for fail_on in ("block", "review")}
    if verdict.exit_code not in codes:
        return f"its exit code is {verdict.exit_code}, and its findings ask for {min(codes)}"
    violated = [finding.severity for finding in verdict.findings if finding.outcome == "violated"]
    if verdict.risk != min(violated, key=_SEVERITIES.index, default=None):
        return "its risk is not that of its findings"
    if any(finding.waiver is UNSET for finding in verdict.waived):
        return "a finding is waived by nobody"
    if {policy for change in verdict.changes for policy in change.findings} - {one.policy for one in verdict.findings}:
        return "a change has a finding that is not listed"
    return ""


def _decisions(verdict: wire.Verdict, finding: wire.Finding) -> set[str]:
    """The decisions that a finding can ask for."""
    unenforced = finding.enforced is False
    if finding.outcome == "error":
        # Only a merged verdict makes an error of an observed target decide nothing.
        return {"pass"} if unenforced and verdict.targets is not UNSET else {"inconclusive"}
    if unenforced:
        return {"pass"}
    if finding.outcome == "unknown":
        return {"review"}
    return _VIOLATED.get(finding.severity, {"pass"})


def _high(verdict: wire.Verdict) -> Iterator[tuple[str | UnsetType, str]]:
    """Target and decision of every high finding that decides."""
    for finding in verdict.findings:
        if finding.severity == "high" and finding.outcome == "violated" and finding.enforced is not False:
            yield finding.target, finding.decision


def is_observed(verdict: wire.Verdict, config: Config) -> bool:
    """Whether the configuration only observes where this verdict is from."""
    if verdict.targets is not UNSET:
        return all(_observes(config, one.environment) for one in verdict.targets)
    return _observes(config, verdict.environment)


def observes_everywhere(config: Config) -> bool:
    """Whether the configuration enforces nothing anywhere."""
    return all(_observes(config, name) for name in (None, *config.environments))


def _observes(config: Config, environment: str | None) -> bool:
    here = config.environments.get(environment or "")
    return ((here.mode if here is not None else None) or config.mode) == "observe"
