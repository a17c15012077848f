"""The content of a verdict in the order of reports, for any format. No text here is escaped."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from msgspec import Struct, structs

from plangate.lang.wording import ranges, several
from plangate.model import assessment
from plangate.model.change import LIVE, Action, EffectName
from plangate.model.values import ABSENT, UNKNOWN
from plangate.model.verdict import NO_ENVIRONMENT, Decision, Outcome
from plangate.report import wording
from plangate.report.diffs import is_long
from plangate.report.rows import Delta, delta
from plangate.report.values import short

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence

    from plangate.model.change import AttributeChange, Change, Drift, Gap
    from plangate.model.values import Absent, Value
    from plangate.model.verdict import Finding, Verdict

_MOST_CAUSES: Final = 3
_SHORT_VALUE: Final = 24
_CHANGED_BY_HAND: Final = ("will-be-reverted", "conflict", "dropped", "unknown")
"""Statuses of drift that this apply does something to; the others are counted."""


class FindingView(Struct, frozen=True, kw_only=True):
    """A finding as reports show it: what happens, why, what is lost, and the remediation."""

    number: int
    """Its position in the verdict, from 1: what `plangate explain` takes."""
    decision: Decision
    subject: str
    what: str
    causes: tuple[Delta, ...]
    cause: str
    """The reason in words, where no attribute shows it."""
    lost: tuple[str, ...]
    instead: str
    finding: Finding
    long: tuple[AttributeChange, ...] = ()
    """The attributes among the causes whose values take more than a line: what `diffs.of` shows."""


class FindingGroup(Struct, frozen=True):
    """Findings of one policy that differ only in their object, shown once."""

    first: FindingView
    others: tuple[FindingView, ...]

    @property
    def count(self) -> int:
        """How many findings these are."""
        return 1 + len(self.others)

    @property
    def numbers(self) -> list[int]:
        """The numbers of all of them."""
        return [one.number for one in (self.first, *self.others)]


class HandChange(Struct, frozen=True):
    """A value that was changed by hand: its three sides, and the result of this apply."""

    subject: str
    path: str
    git: str
    state: str
    live: str
    after: str
    """What it is after the apply; of a whole object, what the apply does."""
    since: str = ""


class ToolCounts(Struct, frozen=True):
    """The number of changes for each action of one tool, in words."""

    tool: str
    counts: str


def views(verdict: Verdict) -> tuple[FindingView, ...]:
    """The findings as views, worst decision first; each keeps its number."""
    all_views = [_view(number, finding, verdict) for number, finding in enumerate(verdict.findings, 1)]
    order = list(Decision)
    return tuple(sorted(all_views, key=lambda one: order.index(one.decision)))


def deciding(findings: tuple[FindingView, ...]) -> tuple[FindingView, ...]:
    """The findings whose decision is not pass."""
    return tuple(one for one in findings if one.decision is not Decision.PASS)


def grouped(findings: tuple[FindingView, ...]) -> tuple[FindingGroup, ...]:
    """The findings in groups that differ only in their object, in the order of each group's first."""
    groups: dict[Hashable, list[FindingView]] = {}
    for one in findings:
        alike = (
            one.finding.policy,
            one.decision,
            one.what,
            _values(one),
            one.cause,
            one.lost,
            one.instead,
            one.finding.paste,
        )
        groups.setdefault(alike if one.subject else one.number, []).append(one)
    return tuple(FindingGroup(_shared(members), tuple(members[1:])) for members in groups.values())


def _values(one: FindingView) -> tuple[Delta, ...]:
    """What tells findings apart that say the same. What nobody has judged is told by which attributes change, not by their values."""
    return () if one.finding.policy == assessment.POLICY else one.causes


def _shared(members: Sequence[FindingView]) -> FindingView:
    """The first of some findings, without the values that are not those of all of them."""
    first = members[0]
    if all(one.causes == first.causes for one in members):
        return first
    return structs.replace(first, causes=(), cause=first.finding.why)


def _view(number: int, finding: Finding, verdict: Verdict) -> FindingView:
    change = verdict.changes[finding.change] if finding.change is not None else None
    subject, what = _split(finding)
    attributes = _causes(finding, change) if change is not None else []
    causes = tuple(_delta(one, change) for one in attributes) if change is not None else ()
    reason = wording.REASONS.get(change.reason, change.reason) if change is not None and change.reason else ""
    return FindingView(
        number=number,
        decision=finding.decision,
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
        long=tuple(filter(is_long, attributes)),
    )


def _split(finding: Finding) -> tuple[str, str]:
    """The subject, and the message without it where it starts with the address."""
    address = finding.address
    if address is None or address == "":
        return "", finding.message
    if finding.message.startswith(address):
        return address, finding.message[len(address) :].lstrip(" :,")
    return ("", finding.message) if address in finding.message else (address, finding.message)


def _causes(finding: Finding, change: Change) -> list[AttributeChange]:
    """The changed attributes that caused the finding: those that force replacement first, those without a value last."""
    by_path = {attribute.path: attribute for attribute in change.attributes}
    forcing = change.replace_paths if change.action is Action.REPLACE else ()
    found = [by_path[path] for path in dict.fromkeys((*forcing, *finding.evidence)) if path in by_path]
    found.sort(key=lambda attribute: (attribute.path not in forcing, _says_little(attribute)))
    return found[:_MOST_CAUSES]


def _says_little(attribute: AttributeChange) -> bool:
    """Whether nobody can act on a difference: a value that only the apply will know, or one nothing for another."""
    return attribute.after is UNKNOWN or {repr(attribute.before), repr(attribute.after)} <= {"''", "None", repr(ABSENT)}


def _delta(attribute: AttributeChange, change: Change) -> Delta:
    found = delta(attribute, "forces replacement" if attribute.path in change.replace_paths else "")
    # The lines that differ are shown below.
    return structs.replace(found, before=None, after=None) if is_long(attribute) else found


def _lost(finding: Finding, change: Change) -> Iterator[str]:
    """What is lost, unless the message says it already."""
    for effect in change.effects:
        if effect.name is EffectName.DATA_LOSS and effect.certain and effect.because not in finding.message:
            yield effect.because


# --- the rest ---------------------------------------------------------------------------------------------------------


def quiet(verdict: Verdict) -> bool:
    """Whether the verdict passes without changes, findings or anything else to report."""
    return (
        verdict.decision is Decision.PASS
        and not any((verdict.changes, verdict.findings, verdict.outputs, verdict.invocations, verdict.checks))
        and not verdict.drift
        and not any(hook.changed for hook in verdict.hooks)
    )


def counted(verdict: Verdict) -> tuple[ToolCounts, ...]:
    """The counts of each tool that has any."""
    found = []
    for source, summary in verdict.summary_by_source.items():
        counts = ", ".join(f"{summary[key]} {word}" for key, word in wording.COUNTED.items() if summary.get(key))
        if counts:
            found.append(ToolCounts(_tool(verdict, source), counts))
    return tuple(found)


def _tool(verdict: Verdict, family: str) -> str:
    """The name and version of the tool, if a single one made all inputs of the source."""
    made_by = {(s.tool, s.tool_version) for s in verdict.inputs if s.kind.source == family}
    if len(made_by) != 1:
        return family
    ((tool, version),) = made_by
    return " ".join(part for part in (tool or family, version) if part)


def badges(verdict: Verdict, findings: tuple[FindingView, ...]) -> list[str]:
    """How many findings ask for what, and how the changes of what is there were judged. Nothing where there are neither."""
    counts = Counter(one.decision for one in deciding(findings))
    found = [f"{counts[decision]} {decision.value}" for decision in Decision if counts[decision]]
    return [*found, *filter(None, [judged(verdict)])]


def accepted(finding: Finding) -> str:
    """A waived finding in one line."""
    if finding.waiver is None:
        return finding.message
    until = f"until {finding.waiver.expires}, {finding.waiver.owner}: {finding.waiver.reason}"
    return f"{finding.policy}  {finding.address or finding.message}  ({until})"


def observed(verdict: Verdict) -> str:
    """What enforcing would have done, in the mode `observe`; else empty."""
    if verdict.mode != "observe":
        return ""
    return f"nothing is enforced here; enforcing would exit {int(verdict.exit_code)}"


def where(verdict: Verdict) -> str:
    """The target and environment in words."""
    return " · ".join(part for part in (verdict.target, verdict.environment) if part)


def no_environment(verdict: Verdict) -> str:
    """That no configured environment fits, in words; else empty."""
    gaps = (gap for gap in verdict.coverage.skipped if gap.what == NO_ENVIRONMENT and not gap.inconclusive)
    return next((f"no environment: {gap.why}" for gap in gaps), "")


def cannot_tell(verdict: Verdict) -> tuple[Gap, ...]:
    """The gaps that make the verdict inconclusive, each once."""
    return tuple(dict.fromkeys(s for s in verdict.coverage.skipped if s.inconclusive or s.input_failed))


def not_examined(verdict: Verdict) -> tuple[Gap, ...]:
    """The gaps that do not make the verdict inconclusive, each once."""
    return tuple(dict.fromkeys(s for s in verdict.coverage.skipped if not s.inconclusive and not s.input_failed))


def by_hand(verdict: Verdict) -> tuple[HandChange, ...]:
    """The hand-made changes that this apply affects, and those of releases that it leaves."""
    return tuple(_by_hand(entry) for entry in verdict.drift if _is_shown(entry))


def _is_shown(entry: Drift) -> bool:
    return entry.status.value in _CHANGED_BY_HAND or (entry.status.value == "stays" and entry.release is not None)


def _by_hand(entry: Drift) -> HandChange:
    whole = not entry.path
    git, state, live = (_side(side, whole=whole) for side in (entry.desired, entry.recorded, entry.live))
    return HandChange(
        subject=entry.address or entry.release or "",
        path=entry.path,
        git=git,
        state=state,
        live=live,
        after=wording.DRIFT_OF_OBJECTS.get(entry.status.value, "") if whole else _after(entry),
        since=entry.since,
    )


def _after(entry: Drift) -> str:
    """The value after the apply: the live one if it stays, else the desired one."""
    if entry.status.value == "unknown":
        return "cannot tell"
    kept = entry.status.value in ("stays", "converged")
    return short(entry.live if kept else entry.desired, _SHORT_VALUE)


def made(entries: Sequence[HandChange]) -> str:
    """The revisions that made the changes, if they are the same for all."""
    since = {entry.since for entry in entries}
    return since.pop() if len(since) == 1 else ""


def _side(value: Value | Absent, *, whole: bool) -> str:
    """One side of a difference, in words; for a whole object, whether it exists."""
    return str(value) if whole and isinstance(value, str) else short(value, _SHORT_VALUE)


def other_drift(verdict: Verdict) -> dict[str, int]:
    """How many differences of each other status there are."""
    shown = Counter(entry.status.value for entry in verdict.drift if _is_shown(entry))
    return {
        status: count - (shown[status] if status == "stays" else 0)
        for status, count in verdict.coverage.drift.items()
        if status not in (*_CHANGED_BY_HAND, "clean", "intended")
        and count > (shown[status] if status == "stays" else 0)
    }


def fresh(verdict: Verdict) -> str:
    """How the plan relates to its state, in words; empty if unknown."""
    freshness = verdict.freshness
    if freshness is None or freshness.serial_plan is None:
        return ""
    if freshness.serial_state is None:
        return f"made from state serial {freshness.serial_plan}; the state itself was not read"
    relation = "=" if freshness.serial_state == freshness.serial_plan else "≠"
    lock = f", locked by {freshness.lock.who} since {freshness.lock.since}" if freshness.lock is not None else ""
    return f"state serial {freshness.serial_plan} {relation} {freshness.serial_state} in the state{lock}"


def next_step(verdict: Verdict, findings: tuple[FindingView, ...]) -> str:
    """The next step, and who must take it."""
    by_decision: dict[Decision, list[int]] = {}
    for one in findings:
        by_decision.setdefault(one.decision, []).append(one.number)
    blocking, looking = by_decision.get(Decision.BLOCK, []), by_decision.get(Decision.REVIEW, [])
    unclear = bool(cannot_tell(verdict)) or Decision.INCONCLUSIVE in by_decision
    parts = []
    if blocking:
        parts.append(f"fix {ranges(blocking)}, plan again and review that plan")
    if looking:
        then = "then " if parts else ""
        parts.append(f"{ranges(looking)} {then}{'needs' if len(looking) == 1 else 'need'} an approval")
    if unclear:
        fixes = list(dict.fromkeys(s.how_to_fix for s in cannot_tell(verdict)))
        parts.append(fixes[0] if len(fixes) == 1 and not parts else "clear up what is unclear, and review again")
    if parts:
        return "; ".join(parts)
    if verdict.decision is not Decision.PASS:
        return "have a person look"
    open_ = verdict.coverage.changes_unassessed
    if open_:
        return f"apply exactly this plan; {several(open_, 'change')} of it nobody has judged"
    return "apply exactly this plan; nobody needs to look"


def judged(verdict: Verdict) -> str:
    """How the changes of what is there stand: harmless, found, or judged by nobody. Nothing where there are none."""
    live = sum(verdict.summary.get(action, 0) for action in LIVE)
    harmless, open_ = verdict.coverage.changes_assessed, verdict.coverage.changes_unassessed
    if not live or harmless is None or open_ is None:
        return ""
    parts = [(harmless, "judged harmless"), (live - harmless - open_, "found"), (open_, "judged by nobody")]
    return f"{several(live, 'change')} of what is there: " + ", ".join(f"{n} {said}" for n, said in parts if n > 0)
