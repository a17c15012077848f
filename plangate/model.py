"""The types that the stages share. Frozen, tuples, sorted once. No stage imports another; they meet here.

Values inside a `Change` are masked when they leave ingest: a secret is a `Sensitive`, a value that only the apply
will know is `UNKNOWN`. What remains is plain JSON data with exact numbers (`int` and `Decimal`, never `float`).
"""

from __future__ import annotations

import enum
import functools
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal, Protocol, TypeAlias

import msgspec
from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable

# --- values -----------------------------------------------------------------------------------------------------------


class Unknown:
    """A value that is known only after apply. There is one, `UNKNOWN`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "(known after apply)"


class Absent:
    """No value at all: the attribute is not there. There is one, `ABSENT`. It differs from null."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "(absent)"


class Sensitive:
    """A redacted value. It can be compared with another of the same review, and tells nothing else.

    `token` is a serial number handed out per distinct value by ingest; it carries nothing of the value.
    """

    __slots__ = ("_token",)

    def __init__(self, token: int):
        self._token = token

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sensitive) and self._token == other._token

    def __hash__(self) -> int:
        return hash(self._token)

    def __repr__(self) -> str:
        return "(sensitive)"


class Embedded:
    """JSON or YAML found inside a string, as the masked structure it holds. `kind` is `json` or `yaml`.

    Two are equal when they hold the same. `serial` tells their texts apart: a number per distinct text of one input.
    """

    __slots__ = ("kind", "serial", "value")

    def __init__(self, kind: Literal["json", "yaml"], value: Value, serial: int = 0):
        self.kind = kind
        self.value = value
        self.serial = serial

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Embedded) and self.value == other.value

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Embedded({self.kind}, {self.value!r})"


UNKNOWN: Final = Unknown()
ABSENT: Final = Absent()

Value: TypeAlias = "None | bool | int | Decimal | str | list[Value] | dict[str, Value] | Unknown | Sensitive | Embedded"
"""A masked attribute value."""

Seals: TypeAlias = "Callable[[bytes], dict[Sensitive, str]]"

PathPart: TypeAlias = str | int
Path: TypeAlias = tuple[PathPart, ...]

_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


@functools.lru_cache(maxsize=65536)
def spell(path: Path) -> str:
    """Spell a path the one way plangate spells paths: `a.b`, `tags["a.b"]`, `x[0]`.

    Plain keys are joined with dots; any other key stands in brackets and JSON quotes; list positions in brackets.
    """
    parts: list[str] = []
    for part in path:
        if isinstance(part, int):
            parts.append(f"[{part}]")
        elif _PLAIN_KEY.fullmatch(part):
            parts.append(f".{part}" if parts else part)
        else:
            parts.append(f"[{msgspec.json.encode(part).decode()}]")
    return "".join(parts)


# --- words ------------------------------------------------------------------------------------------------------------


class Action(enum.StrEnum):
    """What happens to one object. `UNKNOWN` is an action list that nobody has classified: it never passes."""

    CREATE = "create"
    UPDATE = "update"
    DESTROY = "destroy"
    REPLACE = "replace"
    READ = "read"
    NO_OP = "no-op"
    MOVE = "move"
    IMPORT = "import"
    FORGET = "forget"
    UNKNOWN = "unknown"


class ReplaceOrder(enum.StrEnum):
    """Which half of a replacement comes first."""

    DESTROY_FIRST = "destroy-first"
    CREATE_FIRST = "create-first"


class Noise(enum.StrEnum):
    """Why a change means little. Counted and folded, never dropped."""

    TAGS = "tags"
    UNKNOWN_ONLY = "unknown-only"
    READ_BACK = "read-back"
    FORMAT = "format"


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


class Outcome(enum.StrEnum):
    """What a policy says of one change."""

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


class EffectName(enum.StrEnum):
    """What will happen to running things, in words that a policy can test."""

    FAILS = "fails"
    MAY_FAIL = "may-fail"
    ROLLS_PODS = "rolls-pods"
    DOWNTIME = "downtime"
    NO_RESTART = "no-restart"
    DATA_LOSS = "data-loss"
    TRAFFIC_CUT = "traffic-cut"
    SCALE_TO_ZERO = "scale-to-zero"
    ROTATES_SECRET = "rotates-secret"
    RANDOM_RENDER = "random-render"
    RUNS_CODE = "runs-code"
    KEPT = "kept"
    NOT_APPLIED = "not-applied"
    ADOPTS = "adopts"
    REVERTS_LIVE = "reverts-live"
    EXPOSES = "exposes"
    UNPROTECTS = "unprotects"
    FORGETS = "forgets"


# --- changes ----------------------------------------------------------------------------------------------------------


class Address(Struct, frozen=True, order=True):
    """Tool-neutral identity of one object.

    `text` is Terraform's address verbatim, or `<group|core>/<Kind>/<namespace|->/<name>` for Kubernetes. `deposed` is
    the key of a deposed object: several objects can share one Terraform address.
    """

    text: str
    deposed: str = ""

    def __str__(self) -> str:
        return f"{self.text} (deposed {self.deposed})" if self.deposed else self.text


_INSTANCE_KEYS = re.compile(r'\["(?:[^"\\]|\\.)*"\]|\[[^\]"]*\]')


def base(address: str) -> str:
    """A Terraform address, or that of a module, without its instance keys: what the configuration calls it."""
    return _INSTANCE_KEYS.sub("", address) if "[" in address else address


class Side(Protocol):
    """One side (before or after) of an object: masked values, read on demand.

    Reading masks: nothing reaches a caller that the redactor has not seen. Big objects cost only what is read.
    """

    def keys(self) -> tuple[str, ...]:
        """The top-level attribute names, unknown ones included."""
        ...

    def get(self, key: str) -> Value | Absent:
        """The masked value of one top-level attribute."""
        ...

    def at(self, path: Path) -> Value | Absent:
        """The masked value at a path; an unknown or sensitive parent gives itself."""
        ...


def within(value: Value | Absent, path: Path) -> Value | Absent:
    """What stands at a path inside a masked value. An unknown or sensitive parent gives itself; JSON and YAML in a text go on inside."""
    for part in path:
        if isinstance(value, Embedded):
            value = value.value
        if isinstance(value, (Unknown, Sensitive)):
            return value
        if isinstance(value, dict) and isinstance(part, str):
            value = value.get(part, ABSENT)
        elif isinstance(value, list) and isinstance(part, int) and 0 <= part < len(value):
            value = value[part]
        else:
            return ABSENT
    return value


class AttributeChange(Struct, frozen=True):
    """One changed leaf: `path` as `spell` writes it. An added one has no `before`, a removed one no `after`."""

    path: str
    kind: Literal["added", "removed", "changed"]
    before: Value | Absent
    after: Value | Absent


class Effect(Struct, frozen=True):
    """What a change does to running things.

    `because` is a clause that finishes "`address` ...": plain words, no trailing full stop. `kind` is a kebab-case slug
    that tells effects of one name apart (`exposes` by an `admin-port` or a `public-bucket`); a policy matches `exposes`
    or `exposes:admin-port`. `paths` are the attributes it was read from. An effect that is not `certain` hangs on a
    value that is unknown or redacted: it is not listed, and a policy that matches it has the outcome unknown.
    """

    name: EffectName
    because: str
    kind: str = ""
    paths: tuple[str, ...] = ()
    certain: bool = True


class Notice(Struct, frozen=True):
    """What a pack found out about a change. `kind` is a slug that policies match; the rest is as in `Effect`."""

    kind: str
    because: str
    paths: tuple[str, ...] = ()
    certain: bool = True


class View(Struct, frozen=True):
    """A change as a pack reads it: other sides, other paths, and what the pack found.

    Several changes can share the sides; policies with a condition look at the one that is `leading`.
    """

    before: Side | None = None
    after: Side | None = None
    attributes: tuple[AttributeChange, ...] = ()
    notices: tuple[Notice, ...] = ()
    leading: bool = True


class Location(Struct, frozen=True):
    """A place in a source file. `line` counts from 1."""

    file: str
    line: int


class Change(Struct, frozen=True, kw_only=True):
    """What happens to one object. Ingest fills the first part, classify the second."""

    address: Address
    type: str
    action: Action
    source: Literal["terraform", "helm"] = "terraform"
    origin: int = 0
    """Index of the input it came from."""
    release: str | None = None
    """`namespace/name` of the Helm release it belongs to."""
    mode: str = "managed"
    """Terraform's mode: `managed`, `data`, or OpenTofu's `ephemeral`."""
    module: str = ""
    """Terraform's module address, empty for the root module."""
    name: str = ""
    index: str | int | None = None
    """The raw `for_each` key or `count` index; never parse it out of the address."""
    provider: str = ""
    actions: tuple[str, ...] = ()
    """The tool's own action list, verbatim."""
    replace_order: ReplaceOrder | None = None
    reason: str | None = None
    """Terraform's own `action_reason` code."""
    replace_paths: tuple[str, ...] = ()
    moved_from: str | None = None
    import_id: str | None = None
    """The id or identity it is imported by, `(known after apply)` when unknown, None when not imported."""
    deferred: str | None = None
    """Terraform's reason when the change is put off to a later apply."""
    found: Literal["", "changed", "deleted"] = ""
    """What the refresh found had happened to it outside of Terraform."""
    before: Side | None = None
    after: Side | None = None
    differing: tuple[str, ...] = ()
    """Top-level attributes whose two sides are not the same bytes. Everything else is equal."""
    values_known: bool = True
    """False for a plan stream, which has actions and no attribute values."""

    attributes: tuple[AttributeChange, ...] = ()
    effects: tuple[Effect, ...] = ()
    traits: frozenset[str] = frozenset()
    """What knowledge says of the type: `stateful`, `foundation`, `routine`, ... (the names of `policies/knowledge`)."""
    views: dict[str, View] = {}
    """What packs of their own make of it, by the name of the view, such as `litellm`."""
    noise: Noise | None = None
    note: str | None = None
    location: Location | None = None

    def has(self, effect: EffectName) -> bool:
        """Whether it certainly has that effect."""
        return any(e.name is effect and e.certain for e in self.effects)


class OutputChange(Struct, frozen=True):
    """A root module output that changes. Kept apart from resources and never counted with them."""

    name: str
    action: Action
    before: Value | Absent
    after: Value | Absent


class Invocation(Struct, frozen=True):
    """A Terraform action that the apply will run."""

    address: str
    trigger: str
    """The resource and event that set it off, in words."""


class CheckResult(Struct, frozen=True):
    """A check that did not pass: `status` is `fail`, `error` or `unknown`. `messages` are masked."""

    address: str
    kind: str
    status: str
    messages: tuple[str, ...] = ()


class DriftStatus(enum.StrEnum):
    """How one path stands on the three sides."""

    CLEAN = "clean"
    INTENDED = "intended"
    CONVERGED = "converged"
    WILL_BE_REVERTED = "will-be-reverted"
    STAYS = "stays"
    CONFLICT = "conflict"
    DROPPED = "dropped"
    UNKNOWN = "unknown"


class Drift(Struct, frozen=True):
    """One path of one object, as desired, as recorded in state, and as it really is."""

    address: str | None
    path: str
    desired: Value | Absent
    recorded: Value | Absent
    live: Value | Absent
    status: DriftStatus
    note: str | None = None
    release: str | None = None
    noise: Noise | None = None
    since: str = ""
    """Which revisions of its release brought the live side, and when, in words."""
    lost: bool = False
    """True for an object that holds data, or that others stand on, which is gone and which this apply does not bring back."""


class Skipped(Struct, frozen=True, order=True):
    """Something that was not examined, why, and the one thing to do about it."""

    what: str
    why: str
    how_to_fix: str
    inconclusive: bool = False
    """True when it makes the verdict inconclusive."""
    input_failed: bool = False
    """True when it is an input that could not be read at all (exit code 3)."""


class Facts(Struct, frozen=True):
    """What the tool says of its own plan. None means that the tool does not say: OpenTofu has only `errored`."""

    errored: bool | None = None
    complete: bool | None = None
    applyable: bool | None = None


class Source(Struct, frozen=True):
    """One input as it was read: `sha256` is of the bytes given, before any decoding."""

    kind: str
    path: str
    sha256: str
    tool: str | None = None
    tool_version: str | None = None
    facts: Facts = Facts()


class Lock(Struct, frozen=True):
    """Who holds the lock of a state, and since when."""

    who: str
    since: str
    operation: str = ""


class Freshness(Struct, frozen=True):
    """What ties a plan to the state it was made from."""

    lineage: str | None = None
    serial_plan: int | None = None
    serial_state: int | None = None
    lineage_state: str | None = None
    lock: Lock | None = None
    revision_recorded: int | None = None
    """The revision of the Helm release that the state knows; None for a plan of several releases."""
    revision_live: int | None = None
    moved: tuple[str, ...] | None = None
    """The addresses of this plan that changed since it was made; None when it was not compared."""


class References(Struct, frozen=True):
    """What the plan's `configuration` tells of resources, by address without instance keys."""

    users: dict[str, tuple[str, ...]] = {}
    """Who refers to it. Filled only for a plan that replaces or destroys something."""
    provisioners: tuple[str, ...] = ()
    """The resources that have provisioners."""
    written: dict[str, dict[str, tuple[str, ...]]] = {}
    """For each resource with values that only the apply will know: which of those attributes are written, and what they
    refer to. An attribute that does not stand here is left to the provider. `?` is what cannot be followed."""


class KubeObject(Protocol):
    """One Kubernetes object of a manifest or a cluster. Its text is parsed and masked when something reads it."""

    @property
    def api_version(self) -> str:
        """`v1`, `apps/v1`, ..."""
        ...

    @property
    def kind(self) -> str:
        """Its kind, or nothing where it says none."""
        ...

    @property
    def namespace(self) -> str:
        """What it says of its namespace itself; often nothing."""
        ...

    @property
    def name(self) -> str:
        """Its name, or nothing."""
        ...

    @property
    def template(self) -> str:
        """The chart's template it was rendered from, as Helm's `# Source:` line says."""
        ...

    @property
    def body(self) -> dict[str, Value]:
        """All of it, masked."""
        ...

    @property
    def chance(self) -> frozenset[str]:
        """The keys of a Secret whose values look drawn by chance and were given to Helm by nobody."""
        ...

    @property
    def unreadable(self) -> frozenset[str]:
        """The keys of a Secret whose value no server takes: no base64, or no JSON where its type asks for it."""
        ...

    def mentions(self, *words: str) -> bool:
        """Whether its text holds every one of these words, told without parsing it."""
        ...


class Revision(Struct, frozen=True):
    """One revision of a release as `helm history` lists it."""

    number: int
    status: str
    chart: str = ""
    app_version: str = ""
    description: str = ""
    updated: str = ""
    """When it was made, as Helm writes it."""


class Veiled(Protocol):
    """Values that are masked when they are read. Ingest keeps them to itself until it is told what else is secret."""

    def masked(self, hidden: tuple[Path, ...]) -> dict[str, Value]:
        """The values, with what stands at these paths hidden, whatever it is. Hidden values can still be compared."""
        ...


class ReleaseEvidence(Struct, frozen=True, kw_only=True):
    """What is known of one `helm_release` besides the plan: what the state recorded, and what the cluster runs."""

    address: str
    """Terraform's address."""
    release: str
    """`namespace/name`."""
    recorded: Veiled | None = None
    """The values that Helm had when Terraform last wrote the state."""
    recorded_revision: int | None = None
    recorded_version: str = ""
    live: Veiled | None = None
    """The values that Helm has now."""
    live_revision: int | None = None
    live_status: str = ""
    live_version: str = ""
    history: tuple[Revision, ...] = ()
    writers: tuple[tuple[str, str], ...] = ()
    """Who else than Helm writes to its objects: the object as `Kind/name`, and the field manager, or `release NS/NAME`."""
    gone: bool = False
    """The cluster was asked, and has no such release."""
    evidence: dict[str, str] = {}
    """Kind of evidence to `given` or `missing`."""


class Chart(Struct, frozen=True):
    """A chart as Helm names it. What is not told is empty."""

    name: str = ""
    version: str = ""


class Upgrade(Struct, frozen=True, kw_only=True):
    """What Helm was asked to do with one release, and what is known of the release. Classify turns it into changes."""

    release: str | None = None
    """`namespace/name`."""
    namespace: str = ""
    """Where objects go that name no namespace."""
    name: str = ""
    install: bool = False
    """There is nothing before: every object is created."""
    major: int | None = None
    """Helm's major version, where the input shows it."""
    server_side: bool | None = None
    """Whether objects are applied server-side; None when nothing tells."""
    new: tuple[KubeObject, ...] = ()
    old: tuple[KubeObject, ...] | None = None
    """The deployed revision, without what stays byte for byte the same; None when it was not given."""
    same: tuple[KubeObject, ...] = ()
    """What is byte for byte the same in both."""
    new_hooks: tuple[KubeObject, ...] = ()
    old_hooks: tuple[KubeObject, ...] | None = None
    live: tuple[KubeObject, ...] | None = None
    """What the cluster holds; None when it was not given."""
    crds: tuple[KubeObject, ...] = ()
    """What stands in the chart's `crds/`."""
    hidden: tuple[str, ...] = ()
    """Templates of Secrets whose content the dry run left out."""
    history: tuple[Revision, ...] = ()
    kube_version: tuple[int, int] | None = None
    chart: Chart = Chart()
    old_chart: Chart = Chart()
    values: dict[str, Value] | None = None
    """What a user gives to Helm; None where the input does not tell."""
    old_values: dict[str, Value] | None = None
    """What a user gave to the deployed revision; None where that was not given."""
    origin: int = 0
    """Index of the input it came from."""
    revision: int | None = None
    """The revision that it makes, where the input shows it."""


class Hook(Struct, frozen=True, kw_only=True):
    """A Helm hook of the new revision. Hooks are no part of the release: they are listed apart and never counted."""

    address: Address
    release: str | None = None
    events: tuple[str, ...] = ()
    weight: int = 0
    changed: bool = False
    effects: tuple[Effect, ...] = ()
    note: str | None = None


class ChangeSet(Struct, frozen=True, kw_only=True):
    """Everything one input says will happen."""

    source: Source
    changes: tuple[Change, ...] = ()
    """Without no-ops: those are only counted, in `no_ops`."""
    no_ops: int = 0
    unchanged: tuple[Change, ...] = ()
    """No-ops of `helm_release`: Terraform does not see what was changed in them by hand."""
    releases: tuple[ReleaseEvidence, ...] = ()
    """What is known of the releases of a plan."""
    outputs: tuple[OutputChange, ...] = ()
    invocations: tuple[Invocation, ...] = ()
    checks: tuple[CheckResult, ...] = ()
    recorded_drift: tuple[Change, ...] = ()
    """Terraform's `resource_drift`: what the refresh found, as changes from state to reality."""
    relevant: tuple[tuple[str, Path], ...] = ()
    """Terraform's `relevant_attributes`: (resource address, path) that the plan relies on."""
    drift: tuple[Drift, ...] = ()
    upgrade: Upgrade | None = None
    """What Helm was asked to do, for an input of Helm."""
    hooks: tuple[Hook, ...] = ()
    hooked: tuple[Change, ...] = ()
    """What hooks do that they did not do before. Policies are held against these; they are neither listed nor counted."""
    evidence: dict[str, str] = {}
    """What was given besides the input: name to `given`, `missing` or `not-needed`."""
    refused: str | None = None
    """What Helm itself said when it refused the upgrade."""
    skipped: tuple[Skipped, ...] = ()
    notes: tuple[str, ...] = ()
    """What was recognised of the run: a destroy plan, a refresh-only plan, a newer format."""
    freshness: Freshness | None = None
    references: References = References()
    made_at: str | None = None
    """When the tool made it, as the tool writes it."""
    seals: Seals | None = None
    """Given the gate's key, what stands for each hidden value; None where they cannot be told apart outside of this review."""
    arguments: dict[str, dict[str, tuple[str, ...]]] = {}
    """What the configuration gives to resources: attribute to what it refers to, by address without instance keys. Of Helm
    releases always, of others where somebody assumes something."""


# --- findings and the verdict -----------------------------------------------------------------------------------------


class Waiver(Struct, frozen=True):
    """Who accepted a finding, why, and until when (the last day, `YYYY-MM-DD`)."""

    owner: str
    reason: str
    expires: str


class Seen(Struct, frozen=True):
    """A value that the condition of a policy asked for: the call, and what it gave, as text."""

    what: str
    value: str


class Operand(Struct, frozen=True):
    """A part of a condition, and what it came to."""

    text: str
    result: Literal["true", "false", "unknown", "error"]


class Finding(Struct, frozen=True, kw_only=True):
    """What one policy says of one change."""

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
    """What it asks for by itself. The verdict stage fills it."""
    waiver: Waiver | None = None
    """Set where somebody accepted it: then it decides nothing."""
    enforced: bool = True
    """False where configuration says that its policy does not decide yet."""
    note: str | None = None
    """What configuration made of it: another severity, or not enforced yet."""
    seen: tuple[Seen, ...] = ()
    """The values that the policy's condition asked for."""
    operands: tuple[Operand, ...] = ()
    """The parts of the condition, where it has several."""


class Approvals(Struct, frozen=True):
    """Who has to answer a review: how many people, of which teams or by name. Never the author."""

    count: int
    teams: tuple[str, ...] = ()
    users: tuple[str, ...] = ()


class Binding(Struct, frozen=True, kw_only=True):
    """What ties a verdict to exactly this plan, so that it can be told again right before the apply."""

    expires_at: str
    sensitive: Literal["hmac", "left-out", "none"]
    """Whether hidden values are compared by an HMAC under the gate's key, or not at all, or whether there are none."""
    volatile: tuple[str, ...] = ()
    """Attributes that do not matter, as TYPE.PATH with `*`."""
    digests: tuple[str, ...] = ()
    """For each change what its listed attributes do not tell: what is created, and hidden values."""
    hooks: str = ""
    """The digest of what the hooks hold."""
    revision: int | None = None
    """The revision of the Helm release that the upgrade makes."""
    revision_live: int | None = None
    """The newest revision that the release had, where its history was given."""
    made_at: tuple[str, ...] = ()
    """When the tools made the inputs: a value that says nothing else says nothing."""


class PolicyReport(Struct, frozen=True, kw_only=True):
    """What the policy stage returns."""

    findings: tuple[Finding, ...] = ()
    expected: int = 0
    reported: int = 0
    outcomes: dict[str, int] = {}


class Coverage(Struct, frozen=True, kw_only=True):
    """What was looked at and what was not."""

    policies_expected: int = 0
    policies_reported: int = 0
    outcomes: dict[str, int] = {}
    evidence: dict[str, str] = {}
    drift: dict[str, int] = {}
    noise: dict[str, int] = {}
    skipped: tuple[Skipped, ...] = ()


class Step(Struct, frozen=True):
    """One line of the runbook."""

    when: Literal["before", "after", "rollback"]
    text: str
    command: str | None = None


class Verdict(Struct, frozen=True, kw_only=True):
    """The answer. Reports see only this."""

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
    sources: tuple[Source, ...] = ()
    freshness: Freshness | None = None
    notes: tuple[str, ...] = ()
    runbook: tuple[Step, ...] = ()
    approvals: Approvals | None = None
    """Who may answer a review, where configuration says it."""
    binding: Binding | None = None
