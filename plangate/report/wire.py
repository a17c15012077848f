"""The wire format `plangate/verdict/v1`: a frozen copy, apart from the model, so that the model may change.

Version 1 may gain fields; none is renamed, retyped or removed. A field gained later needs a default, so that `explain`
still reads older verdicts.
"""

from __future__ import annotations

from typing import Any, Final, Literal, TypeAlias

from msgspec import UNSET, Struct, UnsetType, field

SCHEMA: Final = "plangate/verdict/v1"

Severity: TypeAlias = Literal["critical", "high", "medium", "low", "info"]
Decision: TypeAlias = Literal["block", "review", "inconclusive", "pass"]
Given: TypeAlias = Literal["given", "missing", "not-needed"]
Value: TypeAlias = Any
"""Any JSON value. A secret is the string `(sensitive)`, an unknown value `(known after apply)`."""


class Summary(Struct, frozen=True):
    """How many changes there are of each action. Every key is always there."""

    create: int
    update: int
    destroy: int
    replace: int
    read: int
    no_op: int = field(name="no-op")
    move: int
    import_: int = field(name="import")
    forget: int
    unknown: int


class SummaryBySource(Struct, frozen=True):
    """The same counts, apart for each tool."""

    terraform: Summary
    helm: Summary


class Location(Struct, frozen=True):
    """A place in a source file. `line` counts from 1."""

    file: str
    line: int


class Attribute(Struct, frozen=True):
    """One changed leaf. An added one has null before, a removed one null after."""

    path: str
    kind: Literal["added", "removed", "changed"]
    before: Value
    after: Value


class Change(Struct, frozen=True):
    """What happens to one object. `input` is an index into `inputs`, `findings` are ids of policies."""

    input: int
    source: Literal["terraform", "helm"]
    release: str | None
    address: str
    deposed: str | None
    type: str
    action: str
    replace_order: Literal["destroy-first", "create-first"] | None
    reason: str | None
    replace_paths: tuple[str, ...]
    moved_from: str | None
    import_id: str | None
    effects: tuple[str, ...]
    noise: Literal["tags", "unknown-only", "read-back", "format"] | None
    attributes: list[Attribute]
    findings: list[str]
    location: Location | None
    note: str | None
    lost: tuple[str, ...] | UnsetType = UNSET
    """What goes with it, in words, where `effects` has `data-loss`."""
    assessed: str | None = None
    """Why it is harmless, in plain words; null where nobody has judged that it is."""
    digest: str | UnsetType = UNSET
    """A digest of what `attributes` do not tell: what is created, and hidden values where there is a key."""


class Hook(Struct, frozen=True):
    """A Helm hook of the new revision."""

    release: str
    address: str
    events: list[str]
    weight: int
    changed: bool
    effects: list[str]


class Output(Struct, frozen=True):
    """A root module output that changes. Not counted with the changes."""

    name: str
    action: str
    before: Value
    after: Value
    target: str | UnsetType = UNSET
    """In a merged verdict, the `name` of its target. The same of a drift and a finding."""


class Drift(Struct, frozen=True):
    """One path as desired, as recorded in the state, and as it really is, where they are not all the same."""

    release: str | None
    address: str | None
    path: str
    desired: Value
    recorded: Value
    live: Value
    status: Literal["clean", "intended", "converged", "will-be-reverted", "stays", "conflict", "dropped", "unknown"]
    note: str | None
    target: str | UnsetType = UNSET
    since: str | UnsetType = UNSET
    """Which revisions of the release brought the live side, and when."""


class Waiver(Struct, frozen=True):
    """Who accepted a finding, why, and until when."""

    owner: str
    reason: str
    expires: str


class Seen(Struct, frozen=True):
    """A value that the condition of a policy asked for: the call, and what it gave, as text."""

    what: str
    value: str


class Operand(Struct, frozen=True):
    """A part of a policy's condition, and what it came to."""

    text: str
    result: Literal["true", "false", "unknown", "error"]


class Finding(Struct, frozen=True):
    """What one policy says of one change, and the decision it asks for by itself. `evidence` are paths of the change; a waived one says by whom."""

    policy: str
    severity: Severity
    outcome: Literal["violated", "unknown", "error"]
    decision: Literal["block", "review", "inconclusive", "pass"]
    message: str
    why: str
    remediation: str
    url: str | None
    address: str | None
    release: str | None
    location: Location | None
    evidence: tuple[str, ...]
    fingerprint: str
    waiver: Waiver | UnsetType = UNSET
    enforced: bool | UnsetType = UNSET
    """False where configuration says that its policy does not decide yet."""
    note: str | UnsetType = UNSET
    """What configuration made of it: another severity, or not enforced yet."""
    seen: tuple[Seen, ...] | UnsetType = UNSET
    """The values that the policy's condition asked for."""
    operands: tuple[Operand, ...] | UnsetType = UNSET
    """The parts of the condition, where it has several."""
    paste: str | UnsetType = UNSET
    """Lines for the configuration that are the way out, where they can be told."""
    target: str | UnsetType = UNSET


class Evidence(Struct, frozen=True):
    """Which evidence was given, which was wanted and missing, which was not needed."""

    state: Given
    values: Given
    history: Given
    manifest: Given
    live_objects: Given
    hooks: Given = "not-needed"


class Skipped(Struct, frozen=True):
    """Something that was not examined, why, and the one thing to do about it."""

    what: str
    why: str
    how_to_fix: str
    decides: Literal["input", "verdict"] | UnsetType = UNSET
    """Set where it makes the verdict inconclusive: `input` where an input could not be read at all."""


class Coverage(Struct, frozen=True):
    """What was looked at and what was not."""

    policies_expected: int
    policies_reported: int
    outcomes: dict[str, int]
    evidence: Evidence
    drift: dict[str, int]
    noise: dict[str, int]
    skipped: list[Skipped]
    changes_assessed: int | None = None
    """Changes of something live that are known to be harmless; null in a verdict of before this was asked."""
    changes_unassessed: int | None = None
    """Changes of something live that nobody has judged: neither known to be harmless, nor told of by a finding."""


class Facts(Struct, frozen=True):
    """What the tool says of its own plan; null where it does not say."""

    errored: bool | None
    complete: bool | None
    applyable: bool | None


class Input(Struct, frozen=True):
    """One input as it was read. `sha256` is of the bytes given."""

    kind: str
    path: str
    sha256: str
    tool: str | None
    tool_version: str | None
    facts: Facts
    target: str | UnsetType = UNSET
    """In a merged verdict, the `name` of the target it belongs to; with it all changes of this input."""


class Lock(Struct, frozen=True):
    """Who holds the lock of the state, and since when."""

    who: str
    since: str


class Freshness(Struct, frozen=True):
    """What ties a plan to the state, and a release to the revision, that it was made from."""

    lineage: str | None
    serial_plan: int | None
    serial_state: int | None
    lock: Lock | None
    revision_recorded: int | None
    revision_live: int | None


class Step(Struct, frozen=True):
    """One line of the runbook."""

    when: Literal["before", "after", "rollback"]
    text: str
    command: str | None


class Check(Struct, frozen=True):
    """A check that did not pass."""

    address: str
    kind: str
    status: str
    messages: tuple[str, ...]


class Invocation(Struct, frozen=True):
    """A Terraform action that the apply will run, and what sets it off."""

    address: str
    trigger: str


class Approvals(Struct, frozen=True):
    """Who has to answer a review: `count` people of these teams or names, never the author."""

    count: int
    teams: tuple[str, ...]
    users: tuple[str, ...]


class Binding(Struct, frozen=True):
    """What ties the verdict to exactly this plan. `fingerprint` is of what will happen: order and times do not matter."""

    fingerprint: str
    sensitive: Literal["hmac", "left-out", "none"]
    """Whether hidden values are in the fingerprint, as HMACs under the gate's key, or are left out of it."""
    expires_at: str
    volatile: tuple[str, ...] = ()
    """Attributes that are left out, as TYPE.PATH."""
    hooks: str = ""
    revision: int | None = None
    """The revision of the Helm release that the upgrade makes."""
    revision_live: int | None = None
    """The newest revision that the release had, where its history was given."""
    made_at: tuple[str, ...] = ()
    signature: str | UnsetType = UNSET
    """An HMAC-SHA-256 under the gate's key over the rest of the verdict."""


class Provenance(Struct, frozen=True):
    """The run of GitHub Actions that reached the verdict, and the trusted git ref that policies, waivers and configuration were read from."""

    run: int | None = None
    attempt: int | None = None
    policy_ref: str | None = None
    policy_commit: str | None = None


class WaiverTerms(Struct, frozen=True):
    """What the configuration says of waivers: their files, the last day they may run until, what they may not cover, and the trusted ref of the files, empty without one."""

    files: tuple[str, ...] = ()
    latest: str = "9999-12-31"
    severities: tuple[str, ...] = ()
    policies: tuple[str, ...] = ()
    ref: str = ""


class Target(Struct, frozen=True):
    """One of the verdicts that were merged, in short. `name` is unique and is what the entries of a merged verdict point to."""

    name: str
    target: str | None
    environment: str | None
    decision: Decision
    risk: Severity | None
    exit_code: int
    headline: str
    created_at: str
    summary: Summary


class Verdict(Struct, frozen=True):
    """One verdict of plangate: whether it is safe to apply exactly what the inputs say."""

    schema: Literal["plangate/verdict/v1"]
    plangate_version: str
    created_at: str
    target: str | None
    environment: str | None
    decision: Decision
    risk: Severity | None
    exit_code: int
    headline: str
    summary: Summary
    summary_by_source: SummaryBySource
    changes: list[Change]
    hooks: list[Hook]
    outputs: list[Output]
    drift: list[Drift]
    findings: list[Finding]
    waived: list[Finding]
    coverage: Coverage
    inputs: list[Input]
    freshness: Freshness | None
    runbook: list[Step]
    checks: list[Check] | UnsetType = UNSET
    invocations: list[Invocation] | UnsetType = UNSET
    notes: tuple[str, ...] | UnsetType = UNSET
    mode: Literal["observe"] | UnsetType = UNSET
    """Set where nothing is enforced: the command exited 0, and `exit_code` is what it would have been."""
    approvals: list[Approvals] | UnsetType = UNSET
    """Who has to answer it where it is a review; every entry counts."""
    binding: Binding | UnsetType = UNSET
    provenance: Provenance | UnsetType = UNSET
    waiving: WaiverTerms | UnsetType = UNSET
    """What the configuration says of waivers, where there is one."""
    targets: list[Target] | UnsetType = UNSET
    """Only in a merged verdict: the verdicts it was made of, worst first."""
