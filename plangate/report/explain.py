"""One finding of a saved verdict, or one change, for a terminal: the rule, the values it read, and the remediation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import UNSET, structs

from plangate.model.change import LIVE, Address
from plangate.model.values import UNKNOWN, Sensitive
from plangate.model.verdict import Decision, WaiverTerms
from plangate.report import wording
from plangate.report.screen import Screen
from plangate.report.values import LONGEST, pair
from plangate.report.waiving import Proposal, Waivable, propose

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plangate.report import wire

_OUTCOMES = {
    "violated": "it holds",
    "unknown": "it could not be decided: a value that it needs is unknown or hidden",
    "error": "the policy itself failed, so nothing is known",
}

_BECAUSE = {
    Decision.BLOCK: "this must not be applied",
    Decision.REVIEW: "a person has to look",
    Decision.INCONCLUSIVE: "nothing can be said",
    Decision.PASS: "it is only noted",
}


def render(verdict: wire.Verdict, number: int, *, width: int, colour: bool) -> str:
    """The page for finding `number`, counted from 1."""
    finding = verdict.findings[number - 1]
    decision = Decision(finding.decision)
    change = _change(verdict, finding)
    screen = Screen(width, colour=colour)
    screen.headline(decision.value, finding.message, f"{number} of {len(verdict.findings)}")
    screen.blank()
    screen.entry("rule", finding.policy, bold=True, edge=f"fingerprint {finding.fingerprint}")
    note = f"; {finding.note}" if finding.note else ""
    screen.entry("severity", f"{finding.severity}; {_OUTCOMES[finding.outcome]}{note}")
    screen.entry("decision", f"{decision.value}: {_BECAUSE[decision]}{_protected(finding, decision)}")
    screen.blank()
    for label, text in _what(finding, change):
        screen.entry(label, text)
    screen.entry("why", finding.why)
    for i, line in enumerate(_values_read(finding, change)):
        screen.entry("" if i else "seen", line)
    for i, line in enumerate(_condition_values(finding)):
        screen.entry("" if i else "asked", line)
    screen.blank()
    screen.entry("instead", finding.remediation, bold=True)
    for line in (finding.paste or "").splitlines():
        screen.verbatim(line)
    if finding.url is not None:
        screen.entry("see", finding.url)
    if decision is not Decision.PASS:
        screen.blank()
        _waiver(screen, _proposal(verdict, finding))
    return screen.text()


def render_change(verdict: wire.Verdict, change: wire.Change, *, width: int, colour: bool) -> str:
    """The page for one change: what is known of it, and why nobody has to look at it, or which findings it has."""
    numbers = [i for i, one in enumerate(verdict.findings, 1) if _change(verdict, one) is change]
    worst = min(
        (Decision(verdict.findings[i - 1].decision) for i in numbers), key=list(Decision).index, default=Decision.PASS
    )
    screen = Screen(width, colour=colour)
    screen.headline(worst.value, f"{change.address} ({change.action})", "")
    screen.blank()
    for label, text in _told(change):
        screen.entry(label, text)
    for i, attribute in enumerate(change.attributes):
        screen.entry("" if i else "changes", _sides(attribute))
    if change.noise is not None:
        screen.entry("noise", change.noise)
    screen.entry("judged", _judged(change, numbers), bold=True)
    for i, number in enumerate(numbers):
        screen.entry("" if i else "findings", f"{number}  {verdict.findings[number - 1].message}")
    return screen.text()


def _judged(change: wire.Change, numbers: Sequence[int]) -> str:
    if numbers:
        return f"a finding tells of it: plangate explain VERDICT {numbers[0]}"
    if change.assessed is not None:
        return f"harmless: {change.assessed}"
    if change.action in LIVE:
        return "by nobody: no rule says that it is harmless, and none that it is not"
    return "nothing that is there changes, and no policy found anything"


def _proposal(verdict: wire.Verdict, finding: wire.Finding) -> Proposal:
    """The waiver of a finding. The fingerprint of a merged verdict is not that of the review, so there the target is named."""
    target = next((one for one in verdict.targets or () if one.name == finding.target), None)
    named = Waivable(
        policy=finding.policy,
        severity=finding.severity,
        outcome=finding.outcome,
        address=finding.address,
        fingerprint=finding.fingerprint if target is None else "",
        environment=(target.environment if target is not None else None) or "",
        target=(target.target if target is not None else None) or "",
    )
    terms = WaiverTerms(*structs.astuple(verdict.waiving)) if verdict.waiving else None
    return propose(named, terms, verdict.created_at)


def _waiver(screen: Screen, proposal: Proposal) -> None:
    if proposal.refused:
        screen.entry("waiver", proposal.refused)
        return
    screen.entry("waiver", f"if it is meant, {proposal.where}:")
    for line in proposal.lines:
        screen.verbatim(line)


def _protected(finding: wire.Finding, decision: Decision) -> str:
    if finding.severity != "high" or finding.outcome != "violated":
        return ""
    blocks = decision is Decision.BLOCK
    return f"; a high finding {'blocks' if blocks else 'does not block'} here, as the environment is {'' if blocks else 'not '}protected"


def spelled(change: wire.Change) -> str:
    """The address of a change as findings write it."""
    return str(Address(change.address, change.deposed or ""))


def _change(verdict: wire.Verdict, finding: wire.Finding) -> wire.Change | None:
    """The change of a finding, None if it has none."""
    for change in verdict.changes:
        same_target = finding.target is UNSET or verdict.inputs[change.input].target == finding.target
        if (
            spelled(change) == finding.address
            and change.release == finding.release
            and finding.policy in change.findings
            and same_target
        ):
            return change
    return None


def _what(finding: wire.Finding, change: wire.Change | None) -> Iterator[tuple[str, str]]:
    """Labelled lines about the object and its change."""
    if finding.address is not None:
        yield "object", finding.address
    if finding.location is not None:
        yield "at", f"{finding.location.file}:{finding.location.line}"
    if change is not None:
        yield from _told(change)


def _told(change: wire.Change) -> Iterator[tuple[str, str]]:
    """What happens, and Terraform's reason."""
    order = f" ({change.replace_order})" if change.replace_order else ""
    effects = f" [{', '.join(change.effects)}]" if change.effects else ""
    yield "action", f"{change.action}{order} of {change.type}{effects}"
    if change.reason is not None:
        yield "reason", wording.REASONS.get(change.reason, change.reason)


def _values_read(finding: wire.Finding, change: wire.Change | None) -> Iterator[str]:
    """The paths that the rule read, with both sides of changed values; a verdict does not contain the others."""
    by_path = {attribute.path: attribute for attribute in change.attributes} if change is not None else {}
    forcing = change.replace_paths if change is not None else ()
    for path in dict.fromkeys((*finding.evidence, *forcing)):
        attribute = by_path.get(path)
        remark = "  forces replacement" if path in forcing else ""
        if attribute is None:
            yield f"{path}  (not among the changed values){remark}" if change is not None else path
            continue
        yield f"{_sides(attribute)}{remark}"


def _sides(attribute: wire.Attribute) -> str:
    """A changed attribute with both of its sides."""
    before, after = pair(_restored(attribute.before), _restored(attribute.after), 2 * LONGEST)
    if attribute.kind == "added":
        return f"{attribute.path} added {after}"
    if attribute.kind == "removed":
        return f"{attribute.path} removed, was {before}"
    return f"{attribute.path}  {before} → {after}"


def _condition_values(finding: wire.Finding) -> Iterator[str]:
    """The calls in the policy's condition with their results, and the parts of the condition with theirs."""
    for one in finding.seen or ():
        yield f"{one.what}  =  {one.value}"
    for part in finding.operands or ():
        yield f"{part.result:<7}  {part.text}"


def _restored(value: Any) -> Any:
    """A saved value without the quotes of a string, where its string stands for something else."""
    return (
        {"(sensitive)": Sensitive(0), "(known after apply)": UNKNOWN}.get(value, value)
        if isinstance(value, str)
        else value
    )
