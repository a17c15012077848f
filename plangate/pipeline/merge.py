"""Merges the verdicts of many targets into one, so that one check can stand for all jobs of a CI matrix.

The worst decision wins. Missing, unreadable and contradictory verdicts make the merged one inconclusive: a target that was
not reviewed must not pass because the others did.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from typing import TYPE_CHECKING, Any, Final, TypeVar

from msgspec import UNSET, Struct, UnsetType, structs

from plangate import __version__
from plangate.errors import ExitCode
from plangate.lang import fingerprint
from plangate.lang.wording import listed, several
from plangate.model.change import Action
from plangate.model.decision import exit_code, headline
from plangate.model.verdict import Decision, Severity
from plangate.pipeline import plan_fingerprint
from plangate.report import json_v1, wire
from plangate.report.restore import MOST_NAMED, summary_values

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_Entry = TypeVar("_Entry", wire.Step, wire.Skipped, wire.Check, wire.Invocation, str)

_DECISIONS: Final = [decision.value for decision in Decision]
_SEVERITIES: Final = [severity.value for severity in Severity]
_GIVEN: Final = ("missing", "given", "not-needed")
"""States of evidence by precedence: missing for one target is missing for all."""


class Part(Struct, frozen=True):
    """A verdict to merge: its file or another name, and the SHA-256 of its bytes, which identifies copies."""

    path: str
    sha256: str
    verdict: wire.Verdict

    @classmethod
    def of(cls, name: str, verdict: wire.Verdict) -> Part:
        """The part for a verdict that was made in this process and has no file."""
        return cls(name, hashlib.sha256(json_v1.encode(verdict)).hexdigest(), verdict)


class Expected(Struct, frozen=True):
    """A target that must be among the verdicts; with no environment, a verdict of any environment counts."""

    target: str
    environment: str | None = None

    def __str__(self) -> str:
        return _label(self.target, self.environment)

    def matches(self, verdict: wire.Verdict) -> bool:
        """Whether a verdict is of this target."""
        return verdict.target == self.target and self.environment in (None, verdict.environment)


class NamedVerdict(Struct, frozen=True):
    """A verdict and its unique name in the merged verdict."""

    name: str
    path: str
    verdict: wire.Verdict


def merge(
    parts: Sequence[Part],
    unread: Sequence[wire.Skipped],
    expected: Sequence[Expected] | None,
    *,
    now: str,
    target: str | None = None,
    fail_on: str = "block",
    observing: bool = False,
) -> wire.Verdict:
    """The merged verdict. `unread` are gaps for files that could not be read; `expected` is None without --expect.

    `observing` is whether the configuration enforces nothing anywhere: else what is missing may be of an enforced environment.
    """
    named, problems = _named(parts)
    skipped = [*unread, *problems, *_missing(named, expected), *_versions(named), *_copies(named)]
    gaps = [gap for gap in skipped if gap.decides is not UNSET]
    observed = bool(named) and all(one.verdict.mode == "observe" for one in named) and (observing or not gaps)
    if not observed:
        named = [_unenforced(one) if one.verdict.mode == "observe" else one for one in named]
    named.sort(key=_worst_first)
    verdicts = [one.verdict for one in named]
    decisions = [Decision(verdict.decision) for verdict in verdicts]
    if gaps:
        decisions.append(Decision.INCONCLUSIVE)
    decision = min(decisions, key=list(Decision).index, default=Decision.PASS)
    return wire.Verdict(
        schema=wire.SCHEMA,
        plangate_version=__version__,
        # The earliest time: a merged verdict is not newer than any of its parts.
        created_at=min((verdict.created_at for verdict in verdicts), default=now),
        target=target,
        # Always None: comment and check are found by it, and must be the same ones at the next push.
        environment=None,
        decision=decision.value,
        risk=_worst_risk(verdicts),
        exit_code=_exit_code(decision, verdicts, gaps, fail_on),
        headline=_headline(decision, named, gaps),
        summary=_sum(verdict.summary for verdict in verdicts),
        summary_by_source=wire.SummaryBySource(
            terraform=_sum(verdict.summary_by_source.terraform for verdict in verdicts),
            helm=_sum(verdict.summary_by_source.helm for verdict in verdicts),
        ),
        changes=list(_changes(named)),
        hooks=[hook for verdict in verdicts for hook in verdict.hooks],
        outputs=[structs.replace(o, target=one.name) for one in named for o in one.verdict.outputs],
        drift=[structs.replace(d, target=one.name) for one in named for d in one.verdict.drift],
        findings=sorted(_findings(named, "findings"), key=_finding_order),
        waived=list(_findings(named, "waived")),
        coverage=_coverage(named, skipped),
        inputs=[structs.replace(i, target=one.name) for one in named for i in one.verdict.inputs],
        # Each target has its own state; freshness describes one only.
        freshness=verdicts[0].freshness if len(verdicts) == 1 else None,
        runbook=list(_runbook(named)),
        checks=list(_checks(named)) or UNSET,
        invocations=list(_invocations(named)) or UNSET,
        notes=tuple(_notes(named)) or UNSET,
        mode="observe" if observed else UNSET,
        approvals=list(dict.fromkeys(one for verdict in verdicts for one in verdict.approvals or ())) or UNSET,
        binding=_binding(verdicts),
        provenance=_provenance(verdicts),
        waiving=_same_terms(verdicts),
        targets=[_target(one) for one in named],
    )


def code_of(verdict: wire.Verdict) -> ExitCode:
    """The exit code of a saved verdict. If the saved code is milder than its decision requires, the decision counts."""
    observed = verdict.mode == "observe"
    decided = exit_code(
        [Decision(verdict.decision)],
        unread=_is_unread(verdict.coverage.skipped),
        mode="observe" if observed else "enforce",
    )
    if observed or decided is ExitCode.BLOCK or verdict.exit_code not in set(ExitCode):
        return decided
    return ExitCode(ExitCode.worst(decided, verdict.exit_code))


def _exit_code(decision: Decision, verdicts: Iterable[wire.Verdict], gaps: Sequence[wire.Skipped], fail_on: str) -> int:
    """The worst exit code of the parts, of the merged decision under `fail_on`, and of the gaps, as enforcing gives it."""
    own = exit_code([decision], unread=False, fail_on=fail_on)
    unread_or_unknown = exit_code([Decision.INCONCLUSIVE] if gaps else [], unread=_is_unread(gaps))
    enforced = (code_of(structs.replace(verdict, mode=UNSET)) for verdict in verdicts)
    return int(ExitCode.worst(own, unread_or_unknown, *enforced))


def _is_unread(gaps: Iterable[wire.Skipped]) -> bool:
    return any(gap.decides == "input" for gap in gaps)


def _unenforced(one: NamedVerdict) -> NamedVerdict:
    """An observed target among enforced ones: its findings and gaps are kept and decide nothing."""
    verdict = one.verdict
    findings = [structs.replace(finding, decision="pass", enforced=False) for finding in verdict.findings]
    gaps = [s if s.decides == "input" else structs.replace(s, decides=UNSET) for s in verdict.coverage.skipped]
    unread = _is_unread(gaps)
    return structs.replace(
        one,
        verdict=structs.replace(
            verdict,
            decision="inconclusive" if unread else "pass",
            exit_code=int(exit_code((), unread=unread, mode="observe")),
            headline=f"only observed; enforcing would be {verdict.decision}: {verdict.headline}",
            findings=findings,
            coverage=structs.replace(verdict.coverage, skipped=gaps),
        ),
    )


# --- what does not fit together ---------------------------------------------------------------------------------------


def _named(parts: Sequence[Part]) -> tuple[list[NamedVerdict], list[wire.Skipped]]:
    """Every distinct verdict under a unique name, and gaps for merged or duplicate ones."""
    named: list[NamedVerdict] = []
    problems: list[wire.Skipped] = []
    digests: set[str] = set()
    taken: Counter[str] = Counter()
    for part in sorted(parts, key=lambda part: part.path):
        if part.sha256 in digests:
            continue
        digests.add(part.sha256)
        verdict = part.verdict
        if verdict.targets is not UNSET:
            problems.append(
                wire.Skipped(part.path, "is a merged verdict itself", "merge the verdicts it was made of", "verdict")
            )
        name = _label(verdict.target, verdict.environment) or part.path
        taken[name] += 1
        if taken[name] == 2:
            problems.append(
                wire.Skipped(
                    name,
                    "has several different verdicts, and which is the current one cannot be told",
                    "give each target its own --target and --env, and keep one verdict of each",
                    "verdict",
                )
            )
        named.append(NamedVerdict(name if taken[name] == 1 else f"{name} #{taken[name]}", part.path, verdict))
    return named, problems


def _missing(named: Sequence[NamedVerdict], expected: Sequence[Expected] | None) -> Iterator[wire.Skipped]:
    """Gaps for expected targets without a verdict, and non-deciding ones for verdicts that were not expected."""
    if expected is None:
        if not named:
            yield wire.Skipped(
                "verdicts",
                "none was given",
                "review something first, or say with --expect that nothing is expected",
                "input",
            )
        return
    for one in expected:
        if not any(one.matches(given.verdict) for given in named):
            yield wire.Skipped(
                str(one),
                "is expected and has no verdict",
                "see why its review did not finish, and run it again",
                "verdict",
            )
    for given in named:
        if not any(one.matches(given.verdict) for one in expected):
            yield wire.Skipped(
                given.name, "has a verdict and is not expected", "add it to the list, or stop reviewing it"
            )


def _versions(named: Sequence[NamedVerdict]) -> Iterator[wire.Skipped]:
    """A gap where the verdicts are of several versions of plangate, whose policies may differ."""
    versions = sorted({one.verdict.plangate_version for one in named})
    if len(versions) > 1:
        yield wire.Skipped(
            "verdicts",
            f"they come from different versions of plangate: {', '.join(versions)}",
            "use one version in all jobs",
            "verdict",
        )


def _copies(named: Sequence[NamedVerdict]) -> Iterator[wire.Skipped]:
    """A gap where targets share an input: one of them has probably not been planned."""
    users: dict[str, list[str]] = {}
    for one in named:
        if any(summary_values(one.verdict.summary)):
            for source in one.verdict.inputs:
                users.setdefault(source.sha256, []).append(one.name)
    for names in users.values():
        if len(set(names)) > 1:
            yield wire.Skipped(
                ", ".join(dict.fromkeys(names)),
                "were reviewed from the very same file, so at most one of them was planned",
                "plan each target apart, into its own file",
                "verdict",
            )


# --- putting together -------------------------------------------------------------------------------------------------


def _worst_risk(verdicts: Iterable[wire.Verdict]) -> wire.Severity | None:
    risks = [verdict.risk for verdict in verdicts if verdict.risk is not None]
    risks.sort(key=_SEVERITIES.index)
    return risks[0] if risks else None


def _worst_first(one: NamedVerdict) -> tuple[int, int, str]:
    verdict = one.verdict
    risk = _SEVERITIES.index(verdict.risk) if verdict.risk is not None else len(_SEVERITIES)
    return _DECISIONS.index(verdict.decision), risk, one.name


def _finding_order(finding: wire.Finding) -> tuple[int, int, str, str, str]:
    """The sort key of a finding: worst first, equal ones of several targets next to each other."""
    return (
        _DECISIONS.index(finding.decision),
        _SEVERITIES.index(finding.severity),
        finding.policy,
        finding.address or "",
        str(finding.target),
    )


def _changes(named: Iterable[NamedVerdict]) -> Iterator[wire.Change]:
    first = 0
    for one in named:
        for change in one.verdict.changes:
            yield structs.replace(change, input=first + change.input)
        first += len(one.verdict.inputs)


def _findings(named: Iterable[NamedVerdict], field: str) -> Iterator[wire.Finding]:
    """The findings with their target, and with fingerprints that differ between targets."""
    for one in named:
        found: list[wire.Finding] = getattr(one.verdict, field)
        for finding in found:
            yield structs.replace(finding, target=one.name, fingerprint=fingerprint.of(one.name, finding.fingerprint))


def _runbook(named: Iterable[NamedVerdict]) -> Iterator[wire.Step]:
    """The steps of all runbooks, equal ones once."""
    for names, step in _grouped((one.name, step) for one in named for step in one.verdict.runbook):
        yield structs.replace(step, text=f"{names}: {step.text}")


def _gaps(named: Iterable[NamedVerdict]) -> Iterator[wire.Skipped]:
    """The gaps of all verdicts, equal ones once."""
    for names, gap in _grouped((one.name, gap) for one in named for gap in one.verdict.coverage.skipped):
        yield structs.replace(gap, what=f"{names}: {gap.what}")


def _checks(named: Iterable[NamedVerdict]) -> Iterator[wire.Check]:
    for names, check in _grouped((one.name, check) for one in named for check in one.verdict.checks or ()):
        yield structs.replace(check, address=f"{names}: {check.address}")


def _invocations(named: Iterable[NamedVerdict]) -> Iterator[wire.Invocation]:
    for names, run in _grouped((one.name, run) for one in named for run in one.verdict.invocations or ()):
        yield structs.replace(run, address=f"{names}: {run.address}")


def _notes(named: Iterable[NamedVerdict]) -> Iterator[str]:
    for names, note in _grouped((one.name, note) for one in named for note in one.verdict.notes or ()):
        yield f"{names}: {note}"


def _grouped(entries: Iterable[tuple[str, _Entry]]) -> Iterator[tuple[str, _Entry]]:
    """The distinct entries, each with the names of the targets that have it."""
    names: dict[_Entry, list[str]] = {}
    for name, entry in entries:
        names.setdefault(entry, []).append(name)
    for entry, of in names.items():
        yield listed(of, MOST_NAMED), entry


def _sum(summaries: Iterable[wire.Summary]) -> wire.Summary:
    rows = [summary_values(summary) for summary in summaries]
    return wire.Summary(*(sum(column) for column in zip(*rows, strict=True))) if rows else wire.Summary(*[0] * 10)


def _coverage(named: Sequence[NamedVerdict], skipped: Sequence[wire.Skipped]) -> wire.Coverage:
    coverages = [one.verdict.coverage for one in named]
    evidence: list[Any] = [
        min((getattr(coverage.evidence, name) for coverage in coverages), key=_GIVEN.index, default="not-needed")
        for name in wire.Evidence.__struct_fields__
    ]
    return wire.Coverage(
        policies_expected=sum(coverage.policies_expected for coverage in coverages),
        policies_reported=sum(coverage.policies_reported for coverage in coverages),
        outcomes=_total(coverage.outcomes for coverage in coverages),
        evidence=wire.Evidence(*evidence),
        drift=_total(coverage.drift for coverage in coverages),
        noise=_total(coverage.noise for coverage in coverages),
        skipped=[*skipped, *_gaps(named)],
        changes_assessed=sum(coverage.changes_assessed or 0 for coverage in coverages),
        changes_unassessed=sum(coverage.changes_unassessed or 0 for coverage in coverages),
    )


def _total(counts: Iterable[dict[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for one in counts:
        total.update(one)
    return dict(sorted(total.items()))


def _binding(verdicts: Sequence[wire.Verdict]) -> wire.Binding | UnsetType:
    """The binding to the plans of all parts; unset where one of them is not bound."""
    bound = [verdict.binding for verdict in verdicts if verdict.binding is not UNSET]
    if not bound or len(bound) < len(verdicts):
        return UNSET
    worst = min((one.sensitive for one in bound), key=("left-out", "hmac", "none").index)
    return wire.Binding(
        fingerprint=plan_fingerprint.of_parts(one.fingerprint for one in bound),
        sensitive=worst,
        expires_at=min(one.expires_at for one in bound),
    )


def _same_terms(verdicts: Sequence[wire.Verdict]) -> wire.WaiverTerms | UnsetType:
    """What every part says of waivers, where all say the same."""
    terms = {verdict.waiving for verdict in verdicts}
    return terms.pop() if len(terms) == 1 else UNSET


def _provenance(verdicts: Sequence[wire.Verdict]) -> wire.Provenance | UnsetType:
    """The earliest run of all parts, since the whole is not newer than any of them, and their ref where it is the same one."""
    known = [verdict.provenance for verdict in verdicts if verdict.provenance is not UNSET]
    if not known or len(known) < len(verdicts):
        return UNSET
    runs = [(one.run, one.attempt) for one in known if one.run is not None and one.attempt is not None]
    run, attempt = min(runs) if len(runs) == len(known) else (None, None)
    refs = {(one.policy_ref, one.policy_commit) for one in known}
    ref, commit = refs.pop() if len(refs) == 1 else (None, None)
    return wire.Provenance(run, attempt, ref, commit)


def _target(one: NamedVerdict) -> wire.Target:
    verdict = one.verdict
    return wire.Target(
        name=one.name,
        target=verdict.target,
        environment=verdict.environment,
        decision=verdict.decision,
        risk=verdict.risk,
        exit_code=int(code_of(verdict)),
        headline=verdict.headline,
        created_at=verdict.created_at,
        summary=verdict.summary,
    )


def _headline(decision: Decision, named: Sequence[NamedVerdict], gaps: Sequence[wire.Skipped]) -> str:
    """The headline of the worst target, and how many more have the same decision."""
    counted = several(len(named), "target")
    total = _sum(one.verdict.summary for one in named)
    return headline(
        decision,
        [f"{one.name}: {one.verdict.headline}" for one in named if one.verdict.decision == decision.value],
        [(gap.what, gap.why) for gap in gaps],
        {action.value: count for action, count in zip(Action, summary_values(total), strict=True)},
        nothing=f"no changes in {counted}" if named else "no target has to be reviewed",
        of="target",
        where=f" in {counted}",
        open_changes=sum(one.verdict.coverage.changes_unassessed or 0 for one in named),
    )


def _label(target: str | None, environment: str | None) -> str:
    """`TARGET (ENVIRONMENT)`, or the one of both that is given."""
    if target and environment:
        return f"{target} ({environment})"
    return target or environment or ""
