"""The verdict as JSON, version 1: the model converted into the wire structs, field by field."""

from __future__ import annotations

import functools
from decimal import Decimal
from typing import Any, Final

import msgspec
from msgspec import UNSET, UnsetType, structs

from plangate import __version__
from plangate.model.change import Action, Change, Drift, Effect, EffectName, Freshness, Gap, Hook, Location
from plangate.model.input import InputRecord
from plangate.model.values import ABSENT, Embedded
from plangate.model.verdict import Coverage, Finding, Verdict
from plangate.report import escape, wire
from plangate.report.values import ENCODER, plain

_NOTHING: Final[tuple[str, ...]] = ()
_JSON: Final = frozenset({str, bool, int, Decimal, type(None)})
_EFFECT_ORDER: Final = {name: rank for rank, name in enumerate(EffectName)}
EVIDENCE: Final = ("state", "values", "history", "manifest", "hooks", "live_objects")
"""The kinds of evidence, as the coverage names them."""


def render(verdict: Verdict, document: wire.Verdict | None = None) -> bytes:
    """The JSON of a verdict, with a newline at its end; of `document` where it is given, which may contain more."""
    return encode(wire_verdict(verdict) if document is None else document)


def encode(document: wire.Verdict) -> bytes:
    """The JSON of a document, with a newline at its end."""
    try:
        encoded = ENCODER.encode(document)
    except UnicodeEncodeError:
        encoded = ENCODER.encode(without_halves(document))
    return escape.json(encoded) + b"\n"


def without_halves(document: wire.Verdict) -> wire.Verdict:
    """The document with every lone surrogate spelled out: JSON has none, but file names may."""
    return msgspec.convert(_spelled_out(msgspec.to_builtins(document, builtin_types=(Decimal,))), wire.Verdict)


def wire_verdict(verdict: Verdict) -> wire.Verdict:
    """The wire form of a verdict, equal to what is decoded from its JSON, without its binding."""
    policies = _policies_by_change(verdict.findings)
    return wire.Verdict(
        schema=wire.SCHEMA,
        plangate_version=__version__,
        created_at=verdict.created_at,
        target=verdict.target,
        environment=verdict.environment,
        decision=verdict.decision.value,
        risk=verdict.risk.value if verdict.risk is not None else None,
        exit_code=int(verdict.exit_code),
        headline=verdict.headline,
        summary=_summary(verdict.summary),
        summary_by_source=wire.SummaryBySource(
            terraform=_summary(verdict.summary_by_source.get("terraform", {})),
            helm=_summary(verdict.summary_by_source.get("helm", {})),
        ),
        changes=[_change(change, policies.get(i, [])) for i, change in enumerate(verdict.changes)],
        hooks=[_hook(hook) for hook in verdict.hooks],
        outputs=[wire.Output(o.name, o.action.value, _side(o.before), _side(o.after)) for o in verdict.outputs],
        drift=[_drift(entry) for entry in verdict.drift],
        findings=[_finding(finding) for finding in verdict.findings],
        waived=[_finding(finding) for finding in verdict.waived],
        coverage=_coverage(verdict.coverage),
        inputs=[_input(one) for one in verdict.inputs],
        freshness=_freshness(verdict.freshness),
        runbook=[wire.Step(step.when, step.text, step.command) for step in verdict.runbook],
        checks=[wire.Check(c.address, c.kind, c.status, c.messages) for c in verdict.checks] or UNSET,
        invocations=[wire.Invocation(i.address, i.trigger) for i in verdict.invocations] or UNSET,
        notes=verdict.notes or UNSET,
        mode="observe" if verdict.mode == "observe" else UNSET,
        approvals=UNSET if verdict.approvals is None else [wire.Approvals(*structs.astuple(verdict.approvals))],
        waiving=UNSET if verdict.waiving is None else wire.WaiverTerms(*structs.astuple(verdict.waiving)),
        provenance=UNSET if verdict.provenance is None else wire.Provenance(*structs.astuple(verdict.provenance)),
    )


def _policies_by_change(findings: tuple[Finding, ...]) -> dict[int, list[str]]:
    """The ids of the policies that found something in each change, each once, worst first."""
    policies: dict[int, list[str]] = {}
    for finding in findings:
        if finding.change is not None:
            ids = policies.setdefault(finding.change, [])
            if finding.policy not in ids:
                ids.append(finding.policy)
    return policies


def _summary(counts: dict[str, int]) -> wire.Summary:
    return wire.Summary(*[counts.get(action.value, 0) for action in Action])


def _change(change: Change, policies: list[str]) -> wire.Change:
    # Positional: this runs once for each of thousands of changes, and keywords cost twice as much.
    return wire.Change(
        change.origin,
        change.source.value,
        change.release,
        change.address.text,
        change.address.deposed or None,
        change.type,
        change.action._value_,
        change.replace_order._value_ if change.replace_order is not None else None,
        change.reason,
        change.replace_paths,
        change.moved_from,
        change.import_id,
        _effects(change.effects) if change.effects else _NOTHING,
        change.noise._value_ if change.noise is not None else None,
        [wire.Attribute(a.path, a.kind, _side(a.before), _side(a.after)) for a in change.attributes],
        policies,
        _location(change.location),
        change.note,
        _lost(change.effects) if change.effects else UNSET,
        change.assessed,
    )


def _effects(effects: tuple[Effect, ...]) -> tuple[str, ...]:
    certain = {effect.name for effect in effects if effect.certain}
    return tuple(name.value for name in sorted(certain, key=_EFFECT_ORDER.__getitem__))


def _lost(effects: tuple[Effect, ...]) -> tuple[str, ...] | UnsetType:
    return tuple(e.because for e in effects if e.name is EffectName.DATA_LOSS and e.certain and e.because) or UNSET


def _drift(entry: Drift) -> wire.Drift:
    return wire.Drift(
        release=entry.release,
        address=entry.address,
        path=entry.path,
        desired=_side(entry.desired),
        recorded=_side(entry.recorded),
        live=_side(entry.live),
        status=entry.status.value,
        note=entry.note,
        since=entry.since or UNSET,
    )


def _hook(hook: Hook) -> wire.Hook:
    return wire.Hook(
        release=hook.release or "",
        address=hook.address.text,
        events=list(hook.events),
        weight=hook.weight,
        changed=hook.changed,
        effects=list(_effects(hook.effects)),
    )


def _finding(finding: Finding) -> wire.Finding:
    # Nothing is found where a policy is satisfied or does not apply, so only the other three outcomes come here.
    outcome: Any = finding.outcome.value
    return wire.Finding(
        policy=finding.policy,
        severity=finding.severity.value,
        outcome=outcome,
        decision=finding.decision.value,
        message=finding.message,
        why=finding.why,
        remediation=finding.remediation,
        url=finding.url,
        address=finding.address,
        release=finding.release,
        location=_location(finding.location),
        evidence=finding.evidence,
        fingerprint=finding.fingerprint,
        waiver=wire.Waiver(*structs.astuple(finding.waiver)) if finding.waiver is not None else UNSET,
        enforced=UNSET if finding.enforced else False,
        note=UNSET if finding.note is None else finding.note,
        seen=tuple(wire.Seen(one.what, one.value) for one in finding.seen) or UNSET,
        operands=tuple(wire.Operand(one.text, one.result) for one in finding.operands) or UNSET,
        paste=finding.paste or UNSET,
    )


def _coverage(coverage: Coverage) -> wire.Coverage:
    evidence: dict[str, Any] = {name: coverage.evidence.get(name, "not-needed") for name in EVIDENCE}
    return wire.Coverage(
        policies_expected=coverage.policies_expected,
        policies_reported=coverage.policies_reported,
        outcomes=coverage.outcomes,
        evidence=wire.Evidence(**evidence),
        drift=coverage.drift,
        noise=coverage.noise,
        skipped=[wire.Skipped(s.what, s.why, s.how_to_fix, _decides(s)) for s in coverage.skipped],
        changes_assessed=coverage.changes_assessed,
        changes_unassessed=coverage.changes_unassessed,
    )


def _decides(skipped: Gap) -> Any:
    return "input" if skipped.input_failed else "verdict" if skipped.inconclusive else UNSET


def _input(source: InputRecord) -> wire.Input:
    facts = source.facts
    return wire.Input(
        kind=source.kind.value,
        path=source.path,
        sha256=source.sha256,
        tool=source.tool,
        tool_version=source.tool_version,
        facts=wire.Facts(facts.errored, facts.complete, facts.applyable),
    )


def _freshness(freshness: Freshness | None) -> wire.Freshness | None:
    if freshness is None:
        return None
    return wire.Freshness(
        lineage=freshness.lineage,
        serial_plan=freshness.serial_plan,
        serial_state=freshness.serial_state,
        lock=None if freshness.lock is None else wire.Lock(freshness.lock.who, freshness.lock.since),
        revision_recorded=freshness.revision_recorded,
        revision_live=freshness.revision_live,
    )


def _location(location: Location | None) -> wire.Location | None:
    return None if location is None else wire.Location(location.file, location.line)


def _side(value: Any) -> Any:
    """A value as JSON has it; absence is null."""
    # By class, the most frequent first: this runs for each side of each attribute.
    kind = type(value)
    if kind in _JSON:
        return value
    if value is ABSENT:
        return None
    if kind is dict:
        return {key if isinstance(key, str) else str(key): _side(inner) for key, inner in value.items()}
    if kind is list or kind is tuple:
        return [_side(inner) for inner in value]
    return _side(value.value) if kind is Embedded else plain(value)


def _spelled_out(value: Any) -> Any:
    """The same builtins with every lone surrogate spelled out."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, dict):
        return {_spelled_out(key): _spelled_out(inner) for key, inner in value.items()}
    return [_spelled_out(inner) for inner in value] if isinstance(value, (list, tuple)) else value


def parse(data: bytes) -> wire.Verdict:
    """Decode a verdict. Raises `msgspec.DecodeError`, or its subclass `ValidationError` for JSON that is not a verdict."""
    return _decoder().decode(data)


@functools.cache
def _decoder() -> msgspec.json.Decoder[wire.Verdict]:
    # Made on first use: that takes longer than writing a small verdict.
    return msgspec.json.Decoder(wire.Verdict, float_hook=Decimal)
