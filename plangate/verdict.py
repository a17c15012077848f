"""Findings and coverage in, one verdict out.

The decision table is fixed; policies only say how bad things are. Worst wins: block, review, inconclusive, pass. The exit
code follows the reasons, not the word, so that a blocked plan beside an unreadable one still exits 10.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING, Final, Literal

from msgspec import Struct, structs

from plangate.errors import ExitCode
from plangate.model import (
    Action,
    Change,
    ChangeSet,
    CheckResult,
    Coverage,
    Decision,
    Drift,
    EffectName,
    Finding,
    Outcome,
    PolicyReport,
    Severity,
    Skipped,
    Step,
    Verdict,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

SUMMARY_KEYS: Final = tuple(action.value for action in Action)

DECIDING_UNKNOWN: Final = frozenset({Severity.CRITICAL, Severity.HIGH})
"""Severities of policies whose unknown outcome asks for a review. Unknown outcomes of lesser ones are only counted."""


class Options(Struct, frozen=True, kw_only=True):
    """What the edge decides: names, the moment of the review, and how strict the exit code is."""

    created_at: str
    target: str | None = None
    environment: str | None = None
    protected: bool = True
    fail_on: Literal["block", "review"] = "block"


def decide(
    changesets: Sequence[ChangeSet], report: PolicyReport, unread: Sequence[Skipped], options: Options
) -> Verdict:
    """Reach the verdict on what was read, what the policies said of it, and what could not be read."""
    changes = tuple(change for changeset in changesets for change in changeset.changes)
    findings = sorted((*_own_findings(changesets), *report.findings), key=_worst_first)
    findings = [
        structs.replace(f, decision=decision_of(f, protected=options.protected))
        for f in findings
        if f.outcome is not Outcome.UNKNOWN or f.severity in DECIDING_UNKNOWN
    ]
    skipped = (*unread, *_not_judged(changesets, report), *(s for c in changesets for s in c.skipped))
    decisions = [finding.decision for finding in findings]
    if any(s.inconclusive or s.input_failed for s in skipped):
        decisions.append(Decision.INCONCLUSIVE)
    decision = min(decisions, key=list(Decision).index, default=Decision.PASS)
    violated = [f.severity for f in findings if f.outcome is Outcome.VIOLATED]
    summaries = {
        "terraform": _summary(c for c in changesets if c.source.kind.startswith("terraform")),
        "helm": _summary(()),
    }
    drift = tuple(entry for changeset in changesets for entry in changeset.drift)
    verdict = Verdict(
        decision=decision,
        risk=min(violated, key=lambda severity: severity.rank, default=None),
        exit_code=_exit_code(decision, decisions, skipped, options.fail_on),
        headline="",
        created_at=options.created_at,
        target=options.target,
        environment=options.environment,
        fail_on=options.fail_on,
        summary={key: sum(summary[key] for summary in summaries.values()) for key in SUMMARY_KEYS},
        summary_by_source=summaries,
        changes=changes,
        outputs=tuple(o for c in changesets for o in c.outputs),
        invocations=tuple(i for c in changesets for i in c.invocations),
        checks=tuple(k for c in changesets for k in c.checks),
        drift=tuple(entry for entry in drift if entry.noise is None),
        findings=tuple(findings),
        coverage=_coverage(changes, drift, report, skipped),
        sources=tuple(c.source for c in changesets),
        freshness=next((c.freshness for c in changesets if c.freshness is not None), None),
        notes=tuple(dict.fromkeys(note for c in changesets for note in c.notes)),
        runbook=tuple(_runbook(changes)),
    )
    return structs.replace(verdict, headline=_headline(verdict))


def decision_of(finding: Finding, *, protected: bool) -> Decision:
    """What one finding asks for."""
    if finding.outcome is Outcome.ERROR:
        return Decision.INCONCLUSIVE
    if finding.outcome is Outcome.UNKNOWN:
        return Decision.REVIEW
    if finding.severity is Severity.CRITICAL or (finding.severity is Severity.HIGH and protected):
        return Decision.BLOCK
    return Decision.REVIEW if finding.severity in (Severity.HIGH, Severity.MEDIUM) else Decision.PASS


def _worst_first(finding: Finding) -> tuple[bool, int, str, str]:
    return (finding.outcome is not Outcome.VIOLATED, finding.severity.rank, finding.policy, finding.address or "")


def _exit_code(decision: Decision, decisions: list[Decision], skipped: Iterable[Skipped], fail_on: str) -> int:
    """Precedence 10 > 3 > 4 > 11 > 0; 1, 2 and 20 come from elsewhere."""
    if decision is Decision.BLOCK:
        return ExitCode.BLOCK
    if any(s.input_failed for s in skipped):
        return ExitCode.INPUT
    if Decision.INCONCLUSIVE in decisions:
        return ExitCode.INCONCLUSIVE
    return ExitCode.REVIEW if decision is Decision.REVIEW and fail_on == "review" else ExitCode.OK


# --- what plangate itself says of a plan ------------------------------------------------------------------------------


class _Own(Struct, frozen=True):
    """A finding that no policy makes: the plan says it of itself."""

    severity: Severity
    message: str
    why: str
    remediation: str


OWN: Final = {
    "plan-errored": _Own(
        Severity.CRITICAL,
        "the plan ended with an error, and what is shown is only a part{messages}",
        "Terraform saves what it had when planning failed. Changes are missing from it, destroys among them.",
        "Read the error of `terraform plan`, fix it, and plan again.",
    ),
    "plan-incomplete": _Own(
        Severity.MEDIUM,
        "the plan is incomplete: applying it does not reach the state that the configuration describes",
        "-target was used, or changes are put off to a later run. What is left out has not been reviewed.",
        "Plan without -target, or review the next plan as well.",
    ),
    "change-deferred": _Own(
        Severity.MEDIUM,
        "{address} is put off to a later apply ({reason})",
        "What it will do cannot be known yet, so this review does not cover it.",
        "Review the plan that follows this apply as well.",
    ),
    "plan-not-applyable": _Own(
        Severity.MEDIUM,
        "the plan holds changes, and Terraform says that it cannot be applied",
        "`applyable` is false although something would change.",
        "Plan again and see what Terraform reports.",
    ),
    "check-failed": _Own(
        Severity.MEDIUM,
        "{address}: the check fails{messages}",
        "A `check` block does not stop Terraform. Somebody wrote it to be told.",
        "Fix what the check watches, or change the check on purpose.",
    ),
}
"""Findings that follow from the plan's own marks (https://developer.hashicorp.com/terraform/internals/json-format)."""


def _own_findings(changesets: Sequence[ChangeSet]) -> Iterator[Finding]:
    for position, changeset in enumerate(changesets):
        facts = changeset.source.facts
        failed = [check for check in changeset.checks if check.status in ("fail", "error")]
        if facts.errored:
            stopped = [check for check in failed if check.kind != "check"]
            yield _own("plan-errored", str(position), messages=_messages(stopped))
            failed = [check for check in failed if check.kind == "check"]
        elif facts.complete is False and not any(change.deferred for change in changeset.changes):
            yield _own("plan-incomplete", str(position))
        if facts.applyable is False and not facts.errored and (changeset.changes or changeset.outputs):
            yield _own("plan-not-applyable", str(position))
        for change in changeset.changes:
            if change.deferred:
                yield _own("change-deferred", None, address=str(change.address), reason=change.deferred)
        for check in failed:
            yield _own("check-failed", None, address=check.address, messages=_messages([check]))


def _messages(checks: Sequence[CheckResult]) -> str:
    """What the first of some checks says."""
    return next((f": {message}" for check in checks for message in check.messages), "")


def _own(policy: str, where: str | None, *, address: str | None = None, **fields: str) -> Finding:
    own = OWN[policy]
    message = own.message
    for name, text in {"address": address or "", **fields}.items():
        message = message.replace(f"{{{name}}}", text)
    return Finding(
        policy=policy,
        severity=own.severity,
        outcome=Outcome.VIOLATED,
        message=message,
        why=own.why,
        remediation=own.remediation,
        address=address,
        evidence=(),
        fingerprint=hashlib.sha256(f"{policy}\0{address or where}".encode("utf-8", "surrogatepass")).hexdigest()[:16],
    )


def _not_judged(changesets: Sequence[ChangeSet], report: PolicyReport) -> Iterator[Skipped]:
    """What keeps the policies' silence from being a pass."""
    for changeset in changesets:
        for change in changeset.changes:
            if change.action is Action.UNKNOWN:
                listed = ", ".join(change.actions) or "none"
                yield Skipped(
                    what=str(change.address),
                    why=f"its actions are not known to this version of plangate: {listed}",
                    how_to_fix="look at it in `terraform show tfplan`, or use a newer plangate",
                    inconclusive=True,
                )
    if any(changeset.changes for changeset in changesets):
        if report.expected == 0:
            yield Skipped(
                "policies", "no policy applies to this source", "give policies with --policies", inconclusive=True
            )
        elif report.reported < report.expected:
            missing = report.expected - report.reported
            yield Skipped(
                "policies", f"{missing} of {report.expected} did not report", "see the errors above", inconclusive=True
            )


# --- counting ---------------------------------------------------------------------------------------------------------


def _summary(changesets: Iterable[ChangeSet]) -> dict[str, int]:
    counts: Counter[str] = Counter()
    for changeset in changesets:
        counts.update(change.action.value for change in changeset.changes)
        counts[Action.NO_OP.value] += changeset.no_ops
    return {key: counts[key] for key in SUMMARY_KEYS}


def _coverage(
    changes: Sequence[Change], drift: Sequence[Drift], report: PolicyReport, skipped: tuple[Skipped, ...]
) -> Coverage:
    noise = Counter(change.noise.value for change in changes if change.noise is not None)
    noise.update(Counter(entry.noise.value for entry in drift if entry.noise is not None))
    return Coverage(
        policies_expected=report.expected,
        policies_reported=report.reported,
        outcomes=report.outcomes,
        evidence={
            "state": "missing" if changes else "not-needed",
            **dict.fromkeys(("values", "history", "manifest", "live_objects"), "not-needed"),
        },
        drift=dict(sorted(Counter(entry.status.value for entry in drift if entry.noise is None).items())),
        noise=dict(sorted(noise.items())),
        skipped=skipped,
    )


# --- words ------------------------------------------------------------------------------------------------------------


def _headline(verdict: Verdict) -> str:
    """One plain sentence: the consequence."""
    deciding = [finding for finding in verdict.findings if finding.decision is verdict.decision]
    if verdict.decision in (Decision.BLOCK, Decision.REVIEW) and deciding:
        more = len(deciding) - 1
        return deciding[0].message + (f" (and {more} more)" if more else "")
    if verdict.decision is Decision.INCONCLUSIVE:
        reasons = [s for s in verdict.coverage.skipped if s.inconclusive or s.input_failed]
        if reasons:
            return f"cannot tell: {reasons[0].what}: {reasons[0].why}"
        return f"cannot tell: {deciding[0].message}" if deciding else "cannot tell"
    return _nothing_wrong(verdict)


def _nothing_wrong(verdict: Verdict) -> str:
    done = {key: n for key, n in verdict.summary.items() if n and key not in ("no-op", "read")}
    if done:
        return "nothing found that needs a look: " + ", ".join(f"{n} {key}" for key, n in done.items())
    if verdict.outputs:
        n = len(verdict.outputs)
        return f"no resource changes; {n} output{'s' if n > 1 else ''} change{'' if n > 1 else 's'}"
    if verdict.invocations:
        return f"no resource changes; {len(verdict.invocations)} action(s) run"
    return "no changes"


def _runbook(changes: Sequence[Change]) -> Iterator[Step]:
    """What to do before and after, where an effect calls for it."""
    losing = [change for change in changes if change.has(EffectName.DATA_LOSS)]
    if losing:
        yield Step("before", f"take a backup of {_list(losing)} and try to restore from it")
    forgotten = [change for change in changes if change.has(EffectName.FORGETS)]
    if forgotten:
        yield Step("after", f"decide who owns {_list(forgotten)} now; it still exists and still costs money")
    partial = [change for change in changes if change.deferred]
    if partial:
        yield Step("after", "plan again: changes were put off to a later run", "terraform plan -out=tfplan")


def _list(changes: Sequence[Change]) -> str:
    names = [str(change.address) for change in changes[:3]]
    return ", ".join(names) + (f" and {len(changes) - 3} more" if len(changes) > 3 else "")
