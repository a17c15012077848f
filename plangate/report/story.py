"""What is to be said of a verdict, in order, whatever it is printed on. No text here is escaped yet."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from plangate.model import Action, Decision, EffectName, Outcome
from plangate.report import words
from plangate.report.rows import Delta, delta
from plangate.report.standing import standing
from plangate.report.values import short

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.model import Change, Drift, Finding, Skipped, Verdict

_MOST_CAUSES: Final = 3
_CHANGED_BY_HAND: Final = ("will-be-reverted", "conflict", "dropped", "unknown")
"""Statuses of drift that this apply does something to; the others are counted."""


class Told(Struct, frozen=True, kw_only=True):
    """One finding: what happens, why, what goes with it, and the way out."""

    number: int
    """Its position in the verdict, from 1: what `plangate explain` takes."""
    decision: Decision
    subject: str
    what: str
    causes: tuple[Delta, ...]
    cause: str
    """Why, in words, where no attribute tells."""
    lost: tuple[str, ...]
    instead: str
    finding: Finding


class ByHand(Struct, frozen=True):
    """One value that was changed by hand: its three sides, and what this apply does to it."""

    subject: str
    path: str
    git: str
    state: str
    live: str
    then: str


class Counted(Struct, frozen=True):
    """How many changes of each action one tool makes."""

    tool: str
    counts: str


def told(verdict: Verdict) -> tuple[Told, ...]:
    """The findings, those that ask for most first; each keeps its number."""
    decisions = standing(verdict.decision, [(f.severity, f.outcome) for f in verdict.findings])
    all_told = [
        _told(i + 1, decision, finding, verdict)
        for i, (decision, finding) in enumerate(zip(decisions, verdict.findings, strict=True))
    ]
    order = list(Decision)
    return tuple(sorted(all_told, key=lambda one: order.index(one.decision)))


def deciding(findings: tuple[Told, ...]) -> tuple[Told, ...]:
    """The findings that ask for anything."""
    return tuple(one for one in findings if one.decision is not Decision.PASS)


def _told(number: int, decision: Decision, finding: Finding, verdict: Verdict) -> Told:
    change = verdict.changes[finding.change] if finding.change is not None else None
    subject, what = _split(finding)
    causes = tuple(_causes(finding, change)) if change is not None else ()
    reason = words.REASONS.get(change.reason, change.reason) if change is not None and change.reason else ""
    return Told(
        number=number,
        decision=decision,
        subject=subject,
        what=what,
        causes=causes,
        cause=finding.why
        if finding.outcome is Outcome.ERROR or not (causes or reason)
        else reason
        if not causes
        else "",
        lost=tuple(_lost(finding, change)) if change is not None else (),
        instead=finding.remediation,
        finding=finding,
    )


def _split(finding: Finding) -> tuple[str, str]:
    """The object, and what happens to it: a message that starts with the address does not say it twice."""
    address = finding.address
    if address is None or address == "":
        return "", finding.message
    if finding.message.startswith(address):
        return address, finding.message[len(address) :].lstrip(" :,")
    return ("", finding.message) if address in finding.message else (address, finding.message)


def _causes(finding: Finding, change: Change) -> Iterator[Delta]:
    """The changed attributes that the finding comes from: those that force the replacement first."""
    by_path = {attribute.path: attribute for attribute in change.attributes}
    wanted = dict.fromkeys((*(change.replace_paths if change.action is Action.REPLACE else ()), *finding.evidence))
    found = [by_path[path] for path in wanted if path in by_path]
    for attribute in found[:_MOST_CAUSES]:
        yield delta(attribute, "forces replacement" if attribute.path in change.replace_paths else "")


def _lost(finding: Finding, change: Change) -> Iterator[str]:
    """What goes with it, unless the message says it already."""
    for effect in change.effects:
        if effect.name is EffectName.DATA_LOSS and effect.certain and effect.because not in finding.message:
            yield effect.because


# --- the rest ---------------------------------------------------------------------------------------------------------


def quiet(verdict: Verdict) -> bool:
    """Whether there is nothing to say but that nothing happens."""
    return (
        verdict.decision is Decision.PASS
        and not any((verdict.changes, verdict.findings, verdict.outputs, verdict.invocations, verdict.checks))
        and not verdict.drift
    )


def counted(verdict: Verdict) -> tuple[Counted, ...]:
    """The counts of each tool that has any."""
    found = []
    for source, summary in verdict.summary_by_source.items():
        counts = ", ".join(f"{summary[key]} {word}" for key, word in words.COUNTED.items() if summary.get(key))
        if counts:
            found.append(Counted(_tool(verdict, source), counts))
    return tuple(found)


def _tool(verdict: Verdict, family: str) -> str:
    """The tool by its own name and version, where one made all inputs of the family."""
    made_by = {(s.tool, s.tool_version) for s in verdict.sources if s.kind.startswith(family)}
    if len(made_by) != 1:
        return family
    ((tool, version),) = made_by
    return " ".join(part for part in (tool or family, version) if part)


def where(verdict: Verdict) -> str:
    """Which target and environment this is about."""
    return " · ".join(part for part in (verdict.target, verdict.environment) if part)


def cannot_tell(verdict: Verdict) -> tuple[Skipped, ...]:
    """What makes the verdict inconclusive, each once."""
    return tuple(dict.fromkeys(s for s in verdict.coverage.skipped if s.inconclusive or s.input_failed))


def not_examined(verdict: Verdict) -> tuple[Skipped, ...]:
    """What was not looked at and does not stop the verdict, each once."""
    return tuple(dict.fromkeys(s for s in verdict.coverage.skipped if not s.inconclusive and not s.input_failed))


def by_hand(verdict: Verdict) -> tuple[ByHand, ...]:
    """The values that were changed by hand and that this apply does something to."""
    return tuple(_by_hand(entry) for entry in verdict.drift if entry.status.value in _CHANGED_BY_HAND)


def _by_hand(entry: Drift) -> ByHand:
    limit = 24
    return ByHand(
        subject=entry.address or entry.release or "",
        path=entry.path,
        git=short(entry.desired, limit),
        state=short(entry.recorded, limit),
        live=short(entry.live, limit),
        then=words.DRIFT[entry.status.value],
    )


def other_drift(verdict: Verdict) -> dict[str, int]:
    """How many differences of each other status there are."""
    return {
        status: count
        for status, count in verdict.coverage.drift.items()
        if status not in _CHANGED_BY_HAND and status != "clean"
    }


def fresh(verdict: Verdict) -> str:
    """What ties the plan to its state, or nothing."""
    freshness = verdict.freshness
    if freshness is None or freshness.serial_plan is None:
        return ""
    if freshness.serial_state is None:
        return f"made from state serial {freshness.serial_plan}; the state itself was not read"
    relation = "=" if freshness.serial_state == freshness.serial_plan else "≠"
    return f"state serial {freshness.serial_plan} {relation} {freshness.serial_state} in the state"


def next_step(verdict: Verdict, findings: tuple[Told, ...]) -> str:
    """Who must do what before this is applied."""
    by_decision: dict[Decision, list[int]] = {}
    for one in findings:
        by_decision.setdefault(one.decision, []).append(one.number)
    blocking, looking = by_decision.get(Decision.BLOCK, []), by_decision.get(Decision.REVIEW, [])
    unclear = bool(cannot_tell(verdict)) or Decision.INCONCLUSIVE in by_decision
    parts = []
    if blocking:
        parts.append(f"fix {words.listed(blocking)}, plan again and review that plan")
    if looking:
        then = "then " if parts else ""
        parts.append(f"{words.listed(looking)} {then}{'needs' if len(looking) == 1 else 'need'} an approval")
    if unclear:
        fixes = list(dict.fromkeys(s.how_to_fix for s in cannot_tell(verdict)))
        parts.append(fixes[0] if len(fixes) == 1 and not parts else "end what cannot be told, and review again")
    if parts:
        return "; ".join(parts)
    return (
        "apply exactly this plan; nobody needs to look" if verdict.decision is Decision.PASS else "have a person look"
    )
