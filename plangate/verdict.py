"""Findings and coverage in, one verdict out.

The decision table is fixed; policies only say how bad things are. Worst wins: block, review, inconclusive, pass. The exit
code follows the reasons, not the word, so that a blocked plan beside an unreadable one still exits 10.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from msgspec import structs

from plangate.findings import make
from plangate.lang.wording import few, listed, several
from plangate.model import assessment
from plangate.model.change import (
    Action,
    Change,
    ChangeSet,
    CheckResult,
    Drift,
    DriftStatus,
    EffectName,
    Freshness,
    Gap,
    HelmChangeSet,
    RefusedUpgrade,
    TerraformChangeSet,
)
from plangate.model.decision import exit_code, headline
from plangate.model.input import Source
from plangate.model.release import Upgrade
from plangate.model.verdict import (
    DECIDING_UNKNOWN,
    Coverage,
    Decision,
    Finding,
    Options,
    Outcome,
    PolicyReport,
    Severity,
    Step,
    Verdict,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

SUMMARY_KEYS: Final = tuple(action.value for action in Action)


def decide(
    changesets: Sequence[ChangeSet],
    found: Sequence[Finding],
    report: PolicyReport,
    unread: Sequence[Gap],
    options: Options,
) -> Verdict:
    """Reach the verdict on what was read, what was found, how the policies reported, and what could not be read."""
    changes = tuple(change for changeset in changesets for change in changeset.changes)
    judged = [
        structs.replace(f, decision=decision_of(f, protected=options.protected))
        for f in sorted(found, key=_worst_first)
        if f.outcome is not Outcome.UNKNOWN or f.severity in DECIDING_UNKNOWN
    ]
    findings = [finding for finding in judged if finding.waiver is None]
    drift = tuple(entry for changeset in changesets for entry in changeset.drift)
    skipped = (*unread, *_not_judged(changesets, report), *(s for c in changesets for s in c.skipped))
    coverage = _coverage(changesets, drift, report, skipped, judged)
    if options.required:
        skipped = (*skipped, *_not_given(options.required, coverage.evidence))
        coverage = structs.replace(coverage, skipped=skipped)
    decisions = [finding.decision for finding in findings]
    if any(s.inconclusive or s.input_failed for s in skipped):
        decisions.append(Decision.INCONCLUSIVE)
    decision = min(decisions, key=list(Decision).index, default=Decision.PASS)
    violated = [f.severity for f in findings if f.outcome is Outcome.VIOLATED]
    summaries = {source.value: _summary(c for c in changesets if c.input.kind.source is source) for source in Source}
    plans = [c for c in changesets if isinstance(c, TerraformChangeSet)]
    verdict = Verdict(
        decision=decision,
        risk=min(violated, key=lambda severity: severity.rank, default=None),
        exit_code=exit_code(decisions, unread=_is_unread(skipped), fail_on=options.fail_on),
        headline="",
        created_at=options.created_at,
        target=options.target,
        environment=options.environment,
        fail_on=options.fail_on,
        mode=options.mode,
        summary={key: sum(summary[key] for summary in summaries.values()) for key in SUMMARY_KEYS},
        summary_by_source=summaries,
        changes=changes,
        outputs=tuple(o for plan in plans for o in plan.outputs),
        invocations=tuple(i for plan in plans for i in plan.invocations),
        checks=tuple(k for plan in plans for k in plan.checks),
        drift=tuple(entry for entry in drift if entry.noise is None and entry.status is not DriftStatus.CLEAN),
        hooks=tuple(hook for c in changesets if isinstance(c, HelmChangeSet) for hook in c.hooks),
        findings=tuple(findings),
        waived=tuple(finding for finding in judged if finding.waiver is not None),
        coverage=coverage,
        inputs=tuple(c.input for c in changesets),
        freshness=next((c.freshness for c in changesets if c.freshness is not None), None),
        notes=tuple(dict.fromkeys((*options.notes, *(note for c in changesets for note in c.notes)))),
        runbook=tuple(_runbook(changes)),
        approvals=options.approvals,
        provenance=options.provenance,
        waiving=options.waiving,
    )
    return structs.replace(verdict, headline=_headline(verdict))


def decision_of(finding: Finding, *, protected: bool) -> Decision:
    """What one finding asks for. One that is waived or not enforced yet asks for nothing."""
    if finding.outcome is Outcome.ERROR:
        return Decision.INCONCLUSIVE
    if finding.waiver is not None or not finding.enforced:
        return Decision.PASS
    if finding.outcome is Outcome.UNKNOWN:
        return Decision.REVIEW
    if finding.severity is Severity.CRITICAL or (finding.severity is Severity.HIGH and protected):
        return Decision.BLOCK
    return Decision.REVIEW if finding.severity in (Severity.HIGH, Severity.MEDIUM) else Decision.PASS


def _worst_first(finding: Finding) -> tuple[bool, int, str, str]:
    return (finding.outcome is not Outcome.VIOLATED, finding.severity.rank, finding.policy, finding.address or "")


def _is_unread(gaps: Iterable[Gap]) -> bool:
    return any(gap.input_failed for gap in gaps)


# --- what plangate itself says of a plan ------------------------------------------------------------------------------


def of_inputs(changesets: Sequence[ChangeSet]) -> Iterator[Finding]:
    """What the inputs say of themselves: an errored plan, a stale one, a check that failed, an upgrade that Helm refuses.

    Plans do so by their own marks (https://developer.hashicorp.com/terraform/internals/json-format).
    """
    for position, changeset in enumerate(changesets):
        facts = changeset.input.facts
        plan = changeset if isinstance(changeset, TerraformChangeSet) else None
        failed = [check for check in plan.checks if check.status in ("fail", "error")] if plan is not None else []
        if facts.errored:
            stopped = [check for check in failed if check.kind != "check"]
            yield _own("plan-errored", str(position), messages=_messages(stopped))
            failed = [check for check in failed if check.kind == "check"]
        elif facts.complete is False and not any(change.deferred for change in changeset.changes):
            yield _own("plan-incomplete", str(position))
        if (
            facts.applyable is False
            and not facts.errored
            and (changeset.changes or (plan is not None and plan.outputs))
        ):
            yield _own("plan-not-applyable", str(position))
        stale = _stale(changeset.freshness)
        if stale:
            yield _own("plan-stale", str(position), reason=stale)
        for entry in changeset.drift:
            if entry.lost:
                yield _own("object-vanished", None, address=entry.address or "")
        vanished = sum("vanished-with-others" in change.traits for change in changeset.changes)
        if vanished:
            created = sum(change.action is Action.CREATE for change in changeset.changes)
            yield _own("environment-vanished", str(position), count=str(vanished), created=str(created))
        for invocation in plan.invocations if plan is not None else ():
            yield _own("action-invoked", None, address=invocation.address, trigger=invocation.trigger)
        for change in changeset.changes:
            if change.deferred:
                yield _own("change-deferred", None, address=str(change.address), reason=change.deferred)
        if isinstance(changeset, RefusedUpgrade):
            yield _own("upgrade-refused", str(position), reason=changeset.refused)
        upgrade = changeset.upgrade if isinstance(changeset, HelmChangeSet) else Upgrade()
        newest = upgrade.history[-1] if upgrade.history else None
        if newest is not None and newest.status.startswith("pending-"):
            yield _own(
                "release-locked",
                str(position),
                release=upgrade.release or "",
                name=upgrade.name or "NAME",
                namespace=upgrade.namespace or "NS",
                status=newest.status,
                revision=str(newest.number),
            )
        upgraded = {str(change.address) for change in changeset.changes if change.action is Action.UPDATE}
        for one in changeset.releases:
            if one.live_status.startswith("pending-") and one.address in upgraded:
                namespace, _, name = one.release.partition("/")
                yield _own(
                    "release-locked",
                    one.release,
                    address=one.address,
                    release=one.release,
                    name=name,
                    namespace=namespace,
                    status=one.live_status,
                    revision=str(one.live_revision or ""),
                )
        for check in failed:
            yield _own("check-failed", None, address=check.address, messages=_messages([check]))


def _stale(freshness: Freshness | None) -> str:
    """Why Terraform would refuse a saved plan; nothing where it would not, or where it is not known."""
    if freshness is None or freshness.serial_plan is None or freshness.serial_state is None:
        return ""
    planned, there = freshness.serial_plan, freshness.serial_state
    if freshness.lineage_state is None and freshness.serial_state == 0:
        return "" if planned == 0 else f"it was made from state serial {planned}, and that state is gone"
    first = freshness.lineage is None and planned == 0
    if not first and freshness.lineage != freshness.lineage_state:
        return "it was made from another state (the lineage is not the same)"
    if planned == there:
        return ""
    if freshness.moved is not None:
        named = few(freshness.moved, 3)
        told = f"; changed in between: {named}" if named else "; nothing that it touches has changed in between"
    else:
        told = ""
    return f"it was made from state serial {planned}, and the state is at {there} now{told}"


def _messages(checks: Sequence[CheckResult]) -> str:
    """What the first of some checks says."""
    return next((f": {message}" for check in checks for message in check.messages), "")


def _own(policy: str, where: str | None, *, address: str | None = None, **fields: str) -> Finding:
    return make(policy, str(address or where), address=address, fields={"address": address or "", **fields})


def _not_judged(changesets: Sequence[ChangeSet], report: PolicyReport) -> Iterator[Gap]:
    """What keeps the policies' silence from being a pass."""
    for changeset in changesets:
        for change in changeset.changes:
            if change.action is Action.UNKNOWN:
                listed = ", ".join(change.actions) or "none"
                yield Gap(
                    what=str(change.address),
                    why=f"its actions are not known to this version of plangate: {listed}",
                    how_to_fix="look at it in `terraform show tfplan`, or use a newer plangate",
                    inconclusive=True,
                )
    if any(changeset.judged for changeset in changesets):
        if report.expected == 0:
            yield Gap(
                "policies", "no policy applies to this source", "give policies with --policies", inconclusive=True
            )
        elif report.reported < report.expected:
            missing = report.expected - report.reported
            yield Gap(
                "policies", f"{missing} of {report.expected} did not report", "see the errors above", inconclusive=True
            )


def _not_given(required: Sequence[str], evidence: dict[str, str]) -> Iterator[Gap]:
    """Evidence that has to be there and is not."""
    for name in required:
        if evidence.get(name, "missing") == "missing":
            flag = name.replace("_", "-").replace("values", "live-values")
            yield Gap(
                name.replace("_", " "),
                "is required here and was not given",
                f"give it with --{flag}, or in the folder of --evidence",
                inconclusive=True,
            )


# --- counting ---------------------------------------------------------------------------------------------------------


def _summary(changesets: Iterable[ChangeSet]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for changeset in changesets:
        counts.update(change.action.value for change in changeset.changes)
        counts[Action.NO_OP.value] += changeset.no_ops
    return {key: counts[key] for key in SUMMARY_KEYS}


def _coverage(
    changesets: Sequence[ChangeSet],
    drift: Sequence[Drift],
    report: PolicyReport,
    skipped: tuple[Gap, ...],
    found: Sequence[Finding],
) -> Coverage:
    changes = [change for changeset in changesets for change in changeset.changes]
    assessed, unassessed = assessment.counts(changes, found)
    noise = Counter(change.noise.value for change in changes if change.noise is not None)
    noise.update(Counter(entry.noise.value for entry in drift if entry.noise is not None))
    return Coverage(
        changes_assessed=assessed,
        changes_unassessed=unassessed,
        policies_expected=report.expected,
        policies_reported=report.reported,
        outcomes=report.outcomes,
        evidence=_evidence(changesets),
        drift=dict(sorted(Counter(entry.status.value for entry in drift if entry.noise is None).items())),
        noise=dict(sorted(noise.items())),
        skipped=skipped,
    )


def _evidence(changesets: Sequence[ChangeSet]) -> dict[str, str]:
    """What was given besides the inputs. Of several releases the one that is worst off counts."""
    planned = any(c.changes for c in changesets if isinstance(c, TerraformChangeSet))
    seen = any(c.evidence.get("state") == "given" for c in changesets)
    found = {"state": "given" if seen else "missing" if planned else "not-needed"}
    for kind in ("values", "history", "manifest", "hooks", "live_objects"):
        said = {changeset.evidence.get(kind, "not-needed") for changeset in changesets}
        found[kind] = next((word for word in ("missing", "given") if word in said), "not-needed")
    return found


# --- words ------------------------------------------------------------------------------------------------------------


def _headline(verdict: Verdict) -> str:
    deciding = [finding.message for finding in verdict.findings if finding.decision is verdict.decision]
    if verdict.decision is Decision.INCONCLUSIVE:
        deciding = [f"cannot tell: {deciding[0]}" if deciding else "cannot tell"]
    gaps = [(s.what, s.why) for s in verdict.coverage.skipped if s.inconclusive or s.input_failed]
    return headline(
        verdict.decision,
        deciding,
        gaps,
        verdict.summary,
        nothing=_nothing_changes(verdict),
        open_changes=verdict.coverage.changes_unassessed or 0,
    )


def _nothing_changes(verdict: Verdict) -> str:
    if verdict.outputs:
        n = len(verdict.outputs)
        return f"no resource changes; {several(n, 'output')} {'changes' if n == 1 else 'change'}"
    if verdict.invocations:
        return f"no resource changes; {len(verdict.invocations)} action(s) run"
    hooks = sum(1 for hook in verdict.hooks if hook.changed)
    if hooks:
        return f"no object changes; {several(hooks, 'hook')} {'changes' if hooks == 1 else 'change'}"
    return "no changes"


def _runbook(changes: Sequence[Change]) -> Iterator[Step]:
    """What to do before and after, where an effect calls for it."""
    losing = [change for change in changes if change.has(EffectName.DATA_LOSS)]
    if losing:
        yield Step("before", f"take a backup of {_list(losing)} and try to restore from it")
    forgotten = [change for change in changes if change.has(EffectName.FORGETS) and "routine" not in change.traits]
    if forgotten:
        yield Step("after", f"decide who owns {_list(forgotten)} now; it still exists and still costs money")
    partial = [change for change in changes if change.deferred]
    if partial:
        yield Step("after", "plan again: changes were put off to a later run", "terraform plan -out=tfplan")


def _list(changes: Sequence[Change]) -> str:
    return listed([str(change.address) for change in changes], 3)
