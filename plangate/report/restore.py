"""Restores the model from a saved verdict, so that every report can be made later and elsewhere.

A verdict does not hold everything: names and modules of addresses, and the words of most effects, stay behind. What a report
shows of them is left out, never invented.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import UNSET, UnsetType, structs

from plangate.lang.wording import listed
from plangate.model.change import (
    Action,
    Address,
    AttributeChange,
    Change,
    CheckResult,
    Drift,
    DriftStatus,
    Effect,
    EffectName,
    Freshness,
    Gap,
    Hook,
    Invocation,
    Location,
    Lock,
    Noise,
    OutputChange,
    ReplaceOrder,
)
from plangate.model.input import Facts, InputRecord, Kind, Source
from plangate.model.values import ABSENT, UNKNOWN, Sensitive
from plangate.model.verdict import (
    Approvals,
    Coverage,
    Decision,
    Finding,
    Observation,
    Operand,
    Outcome,
    Provenance,
    Severity,
    Step,
    Verdict,
    Waiver,
    WaiverTerms,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plangate.report import wire

_HIDDEN: Final = "(sensitive)"
_LATER: Final = "(known after apply)"
MOST_NAMED: Final = 3
"""Targets that are named before the others are counted."""

_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")


def restore(saved: wire.Verdict) -> Verdict:
    """The model of a decoded verdict. Raises nothing."""
    labels = [None if source.target is UNSET else source.target for source in saved.inputs]
    changes, position = _changes(saved, labels)
    return Verdict(
        decision=Decision(saved.decision),
        risk=Severity(saved.risk) if saved.risk is not None else None,
        exit_code=saved.exit_code,
        headline=saved.headline,
        created_at=saved.created_at,
        target=saved.target,
        environment=saved.environment,
        summary=_counts(saved.summary),
        summary_by_source={
            "terraform": _counts(saved.summary_by_source.terraform),
            "helm": _counts(saved.summary_by_source.helm),
        },
        changes=changes,
        outputs=tuple(
            OutputChange(_of(o.target, o.name), _action(o.action), _value(o.before), _value(o.after))
            for o in saved.outputs
        ),
        drift=tuple(_drift(entry) for entry in saved.drift),
        findings=tuple(_finding(finding, position.get(_key(finding))) for finding in saved.findings),
        waived=tuple(_finding(finding, None) for finding in saved.waived),
        hooks=tuple(_hook(hook) for hook in saved.hooks),
        coverage=_coverage(saved.coverage),
        inputs=tuple(
            InputRecord(Kind(i.kind), i.path, i.sha256, i.tool, i.tool_version, Facts(*_facts(i.facts)))
            for i in saved.inputs
        ),
        freshness=_freshness(saved.freshness),
        runbook=tuple(Step(step.when, step.text, step.command) for step in saved.runbook),
        checks=tuple(CheckResult(c.address, c.kind, c.status, c.messages) for c in saved.checks or ()),
        invocations=tuple(Invocation(i.address, i.trigger) for i in saved.invocations or ()),
        notes=saved.notes or (),
        mode="enforce" if saved.mode is UNSET else saved.mode,
        approvals=Approvals(*structs.astuple(saved.approvals[0])) if saved.approvals else None,
        waiving=WaiverTerms(*structs.astuple(saved.waiving)) if saved.waiving else None,
        provenance=Provenance(**structs.asdict(saved.provenance)) if saved.provenance else None,
    )


def _changes(saved: wire.Verdict, labels: list[str | None]) -> tuple[tuple[Change, ...], dict[tuple[Any, ...], int]]:
    """The changes, equal ones of several targets as one, and the index of the change by the key of its findings."""
    groups: dict[Any, list[wire.Change]] = {}
    for number, change in enumerate(saved.changes):
        alike = _ENCODER.encode(structs.replace(change, input=0)) if _label(change, labels) is not None else number
        groups.setdefault(alike, []).append(change)
    changes: list[Change] = []
    position: dict[tuple[Any, ...], int] = {}
    for members in groups.values():
        first = members[0]
        named = dict.fromkeys(label for member in members if (label := _label(member, labels)) is not None)
        for member in members:
            address = str(Address(member.address, member.deposed or ""))
            for policy in member.findings:
                position.setdefault((_label(member, labels), address, member.release, policy), len(changes))
        changes.append(_change(first, listed(list(named), MOST_NAMED) if named else None))
    return tuple(changes), position


def _key(finding: wire.Finding) -> tuple[Any, ...]:
    target = None if finding.target is UNSET else finding.target
    return (target, finding.address, finding.release, finding.policy)


def _label(change: wire.Change, labels: list[str | None]) -> str | None:
    return labels[change.input] if 0 <= change.input < len(labels) else None


def _of(target: str | UnsetType | None, text: str) -> str:
    """The text, prefixed with its target in a merged verdict."""
    return f"{target}: {text}" if target else text


def _change(change: wire.Change, target: str | None) -> Change:
    return Change(
        address=Address(_of(target, change.address), change.deposed or ""),
        type=change.type,
        action=_action(change.action),
        source=Source(change.source),
        origin=change.input,
        release=change.release,
        replace_order=ReplaceOrder(change.replace_order) if change.replace_order is not None else None,
        reason=change.reason,
        replace_paths=change.replace_paths,
        moved_from=change.moved_from,
        import_id=change.import_id,
        attributes=tuple(_attribute(attribute) for attribute in change.attributes),
        effects=tuple(_effects(change)),
        noise=Noise(change.noise) if change.noise is not None else None,
        assessed=change.assessed,
        note=change.note,
        location=_location(change.location),
    )


def _attribute(attribute: wire.Attribute) -> AttributeChange:
    return AttributeChange(
        attribute.path,
        attribute.kind,
        ABSENT if attribute.kind == "added" else _value(attribute.before),
        ABSENT if attribute.kind == "removed" else _value(attribute.after),
    )


def _effects(change: wire.Change) -> list[Effect]:
    """The effects by name. Names of a newer version are left out."""
    lost = change.lost or ()
    effects = _named_effects(name for name in change.effects if not (lost and name == EffectName.DATA_LOSS))
    return [*(Effect(EffectName.DATA_LOSS, text) for text in lost), *effects]


def _named_effects(names: Iterable[str]) -> list[Effect]:
    known = {name.value: name for name in EffectName}
    return [Effect(known[name], "") for name in names if name in known]


def _drift(entry: wire.Drift) -> Drift:
    desired, recorded, live = (
        ABSENT if side is None else _value(side) for side in (entry.desired, entry.recorded, entry.live)
    )
    status = DriftStatus(entry.status)
    address = _of(entry.target, entry.address) if entry.address is not None else entry.address
    since = entry.since if isinstance(entry.since, str) else ""
    return Drift(address, entry.path, desired, recorded, live, status, entry.note, entry.release, since=since)


def _finding(finding: wire.Finding, position: int | None) -> Finding:
    return Finding(
        policy=finding.policy,
        severity=Severity(finding.severity),
        outcome=Outcome(finding.outcome),
        message=_of(finding.target, finding.message) if _leads(finding) else finding.message,
        why=finding.why,
        remediation=finding.remediation,
        # A finding without an object is about its target.
        address=_of(finding.target, finding.address) if finding.address is not None else finding.target or None,
        release=finding.release,
        url=finding.url,
        location=_location(finding.location),
        evidence=finding.evidence,
        fingerprint=finding.fingerprint,
        change=position,
        decision=Decision(finding.decision),
        waiver=None if finding.waiver is UNSET else Waiver(*structs.astuple(finding.waiver)),
        enforced=finding.enforced is not False,
        note=None if finding.note is UNSET else finding.note,
        seen=tuple(Observation(one.what, one.value) for one in finding.seen or ()),
        operands=tuple(Operand(one.text, one.result) for one in finding.operands or ()),
        paste=finding.paste or "",
    )


def _hook(hook: wire.Hook) -> Hook:
    return Hook(
        address=Address(hook.address),
        release=hook.release or None,
        events=tuple(hook.events),
        weight=hook.weight,
        changed=hook.changed,
        effects=tuple(_named_effects(hook.effects)),
    )


def _leads(finding: wire.Finding) -> bool:
    """Whether the message starts with its subject, so that it needs the target as prefix too."""
    return finding.address is not None and finding.message.startswith(finding.address)


def _coverage(coverage: wire.Coverage) -> Coverage:
    evidence = coverage.evidence
    return Coverage(
        changes_assessed=coverage.changes_assessed,
        changes_unassessed=coverage.changes_unassessed,
        policies_expected=coverage.policies_expected,
        policies_reported=coverage.policies_reported,
        outcomes=coverage.outcomes,
        evidence={name: getattr(evidence, name) for name in evidence.__struct_fields__},
        drift=coverage.drift,
        noise=coverage.noise,
        skipped=tuple(
            Gap(s.what, s.why, s.how_to_fix, inconclusive=s.decides is not UNSET, input_failed=s.decides == "input")
            for s in coverage.skipped
        ),
    )


def _freshness(freshness: wire.Freshness | None) -> Freshness | None:
    if freshness is None:
        return None
    return Freshness(
        lineage=freshness.lineage,
        serial_plan=freshness.serial_plan,
        serial_state=freshness.serial_state,
        lock=Lock(freshness.lock.who, freshness.lock.since) if freshness.lock is not None else None,
        revision_recorded=freshness.revision_recorded,
        revision_live=freshness.revision_live,
    )


def _facts(facts: wire.Facts) -> tuple[bool | None, bool | None, bool | None]:
    return facts.errored, facts.complete, facts.applyable


def _location(location: wire.Location | None) -> Location | None:
    return None if location is None else Location(location.file, location.line)


def _action(name: str) -> Action:
    return Action(name) if name in set(Action) else Action.UNKNOWN


def _counts(summary: wire.Summary) -> dict[str, int]:
    return dict(zip((action.value for action in Action), summary_values(summary), strict=True))


def summary_values(summary: wire.Summary) -> tuple[int, ...]:
    """The counts in the order of `Action`."""
    return tuple(getattr(summary, name) for name in summary.__struct_fields__)


def _value(value: Any) -> Any:
    """A saved value, in which two strings stand for sensitive and unknown values."""
    if isinstance(value, str):
        return Sensitive(0) if value == _HIDDEN else UNKNOWN if value == _LATER else value
    if isinstance(value, dict):
        return {key: _value(inner) for key, inner in value.items()}
    return [_value(inner) for inner in value] if isinstance(value, list) else value
