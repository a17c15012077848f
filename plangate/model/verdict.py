"""The verdict, its findings and its coverage."""

from __future__ import annotations

import enum
from typing import Final, Literal

from msgspec import Struct

from plangate.model.change import Change, CheckResult, Drift, Freshness, Gap, Hook, Invocation, Location, OutputChange
from plangate.model.input import InputRecord


class Severity(enum.StrEnum):
    """How bad a violated policy is, worst first."""

    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"

    @property
    def rank(self) -> int:
        """0 for the worst."""
        return _SEVERITY_RANK[self]


_SEVERITY_RANK = {severity: rank for rank, severity in enumerate(Severity)}


DECIDING_UNKNOWN: Final = frozenset({Severity.CRITICAL, Severity.HIGH})
"""Severities of policies whose unknown outcome asks for a review. Unknown outcomes of lesser ones are only counted."""


class Outcome(enum.StrEnum):
    """The result of evaluating a policy on one change."""

    SATISFIED = "satisfied"
    VIOLATED = "violated"
    UNKNOWN = "unknown"
    NOT_APPLICABLE = "not-applicable"
    ERROR = "error"


class Decision(enum.StrEnum):
    """The verdict's one word, worst first."""

    BLOCK = "block"
    REVIEW = "review"
    INCONCLUSIVE = "inconclusive"
    PASS = "pass"


class Waiver(Struct, frozen=True):
    """Who accepted a finding, why, and until when (the last day, `YYYY-MM-DD`)."""

    owner: str
    reason: str
    expires: str


class Observation(Struct, frozen=True):
    """A value that the condition of a policy asked for: the call, and what it gave, as text."""

    what: str
    value: str


class Operand(Struct, frozen=True):
    """A part of a condition, and what it came to."""

    text: str
    result: Literal["true", "false", "unknown", "error"]


class Finding(Struct, frozen=True, kw_only=True):
    """The finding of one policy about one change."""

    policy: str
    severity: Severity
    outcome: Outcome
    message: str
    why: str
    remediation: str
    address: str | None = None
    release: str | None = None
    url: str | None = None
    location: Location | None = None
    evidence: tuple[str, ...] = ()
    fingerprint: str = ""
    change: int | None = None
    """Index into the verdict's changes."""
    decision: Decision = Decision.PASS
    """The decision that this finding requires by itself. The verdict stage sets it."""
    waiver: Waiver | None = None
    """Set where somebody accepted it: then it decides nothing."""
    enforced: bool = True
    """False where configuration says that its policy does not decide yet."""
    note: str | None = None
    """What configuration made of it: another severity, or not enforced yet."""
    seen: tuple[Observation, ...] = ()
    """The values that the policy's condition asked for."""
    operands: tuple[Operand, ...] = ()
    """The parts of the condition, where it has several."""
    paste: str = ""
    """Lines for the configuration that are the way out, where they can be told."""

    @property
    def asks_for_a_look(self) -> bool:
        """Whether it makes a person look, by itself. One of low severity says nothing of what else its change does."""
        if self.outcome is Outcome.UNKNOWN:
            return self.severity in DECIDING_UNKNOWN
        return self.severity.rank <= Severity.MEDIUM.rank


class Approvals(Struct, frozen=True):
    """The approvals that a review needs: how many people, of which teams or by name. The author never counts."""

    count: int
    teams: tuple[str, ...] = ()
    users: tuple[str, ...] = ()


class Binding(Struct, frozen=True, kw_only=True):
    """What identifies the plan of a verdict, so that `plangate verify` can recognise it right before the apply."""

    expires_at: str
    sensitive: Literal["hmac", "left-out", "none"]
    """Whether hidden values are compared by an HMAC under the gate's key, or not at all, or whether there are none."""
    volatile: tuple[str, ...] = ()
    """Attributes that are not compared, as TYPE.PATH with `*`."""
    digests: tuple[str, ...] = ()
    """For each change the digest of what its listed attributes do not show: created values, and hidden values."""
    hooks: str = ""
    """The digest of the hooks' bodies."""
    revision: int | None = None
    """The revision of the Helm release that the upgrade makes."""
    revision_live: int | None = None
    """The newest revision that the release had, where its history was given."""
    made_at: tuple[str, ...] = ()
    """When the tools made the inputs. A value that is one of these times is not compared."""


class Satisfied(Struct, frozen=True):
    """A policy that looked at known values of a change and found nothing wrong, and the attributes that it read."""

    policy: str
    paths: tuple[str, ...]


class PolicyReport(Struct, frozen=True, kw_only=True):
    """What the policy stage returns."""

    findings: tuple[Finding, ...] = ()
    expected: int = 0
    reported: int = 0
    outcomes: dict[str, int] = {}
    satisfied: dict[int, tuple[Satisfied, ...]] = {}
    """What found nothing wrong with a change, by its index into all changes."""


class Coverage(Struct, frozen=True, kw_only=True):
    """What was examined and what was not."""

    changes_assessed: int | None = None
    """How many changes of something live are known to be harmless; None in a verdict of before this was asked."""
    changes_unassessed: int | None = None
    """How many of them nobody has judged: no reason, and no finding that asks for a look."""
    policies_expected: int = 0
    policies_reported: int = 0
    outcomes: dict[str, int] = {}
    evidence: dict[str, str] = {}
    drift: dict[str, int] = {}
    noise: dict[str, int] = {}
    skipped: tuple[Gap, ...] = ()


class Step(Struct, frozen=True):
    """One line of the runbook."""

    when: Literal["before", "after", "rollback"]
    text: str
    command: str | None = None


class Provenance(Struct, frozen=True, kw_only=True):
    """The run of GitHub Actions that reached a verdict, and the trusted ref that its policies were read from."""

    run: int | None = None
    """`GITHUB_RUN_ID`: a later run has a larger one."""
    attempt: int | None = None
    policy_ref: str | None = None
    policy_commit: str | None = None


class WaiverTerms(Struct, frozen=True):
    """What the configuration says of waivers: their files, the last day they may run until, and what they may not cover."""

    files: tuple[str, ...] = ()
    latest: str = "9999-12-31"
    severities: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    ref: str = ""
    """The trusted ref that they are read from; empty for what is checked out."""


class Verdict(Struct, frozen=True, kw_only=True):
    """The result of a review, and the only input of reports."""

    decision: Decision
    risk: Severity | None
    exit_code: int
    headline: str
    created_at: str
    target: str | None = None
    environment: str | None = None
    fail_on: Literal["block", "review"] = "block"
    mode: Literal["enforce", "observe"] = "enforce"
    """With `observe` the command exits 0 where the decision alone would fail it; `exit_code` says what enforcing gives."""
    summary: dict[str, int] = {}
    summary_by_source: dict[str, dict[str, int]] = {}
    changes: tuple[Change, ...] = ()
    outputs: tuple[OutputChange, ...] = ()
    invocations: tuple[Invocation, ...] = ()
    checks: tuple[CheckResult, ...] = ()
    drift: tuple[Drift, ...] = ()
    hooks: tuple[Hook, ...] = ()
    findings: tuple[Finding, ...] = ()
    waived: tuple[Finding, ...] = ()
    """Findings that somebody accepted. They decide nothing."""
    coverage: Coverage = Coverage()
    inputs: tuple[InputRecord, ...] = ()
    freshness: Freshness | None = None
    notes: tuple[str, ...] = ()
    runbook: tuple[Step, ...] = ()
    approvals: Approvals | None = None
    """Who may answer a review, where configuration says it."""
    binding: Binding | None = None
    provenance: Provenance | None = None
    waiving: WaiverTerms | None = None
    """What the configuration says of waivers; None where there is none."""


NO_ENVIRONMENT: Final = "environment"
"""What the gap is called that says that no configured environment fits. Reports tell it beside the headline."""


class Options(Struct, frozen=True, kw_only=True):
    """The options of a review: names, its time, and how strict the exit code is."""

    created_at: str
    target: str | None = None
    environment: str | None = None
    protected: bool = True
    fail_on: Literal["block", "review"] = "block"
    mode: Literal["enforce", "observe"] = "enforce"
    required: tuple[str, ...] = ()
    """Evidence without which the verdict is inconclusive, by its name in the coverage."""
    notes: tuple[str, ...] = ()
    """Notes that the caller adds to the verdict."""
    approvals: Approvals | None = None
    """Who may answer a review."""
    provenance: Provenance | None = None
    waiving: WaiverTerms | None = None
    """What the configuration says of waivers; None where there is none."""
    """The run that reviews; the gate adds its ref."""
