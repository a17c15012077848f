"""The changes of one input, and what classify adds to them."""

from __future__ import annotations

import enum
import re
from typing import Final, Literal

from msgspec import Struct

from plangate.model.input import InputRecord, Source
from plangate.model.release import ReleaseEvidence, Upgrade
from plangate.model.resource_type import Consequence
from plangate.model.values import Absent, Path, Pseudonyms, Side, Value


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


LIVE: Final = frozenset({Action.DESTROY, Action.REPLACE, Action.UPDATE, Action.FORGET})
"""What happens to something that is there already: a pass of it has to be earned."""

ACTION_REASONS: Final = frozenset(
    {
        "replace_because_tainted",
        "replace_because_cannot_update",
        "replace_by_request",
        "replace_by_triggers",
        "delete_because_no_resource_config",
        "delete_because_no_module",
        "delete_because_wrong_repetition",
        "delete_because_count_index",
        "delete_because_each_key",
        "delete_because_enabled_false",
        "delete_because_no_move_target",
        "read_because_config_unknown",
        "read_because_dependency_pending",
        "read_because_check_nested",
        "forgot_because_lifecycle_destroy_in_config",
        "forgot_because_lifecycle_destroy_in_state",
    }
)
"""Every `action_reason` that Terraform and OpenTofu write: https://developer.hashicorp.com/terraform/internals/json-format."""


class ReplaceOrder(enum.StrEnum):
    """Which half of a replacement comes first."""

    DESTROY_FIRST = "destroy-first"
    CREATE_FIRST = "create-first"


class Noise(enum.StrEnum):
    """Why a change is unimportant. Such changes are counted and folded, never dropped."""

    TAGS = "tags"
    UNKNOWN_ONLY = "unknown-only"
    READ_BACK = "read-back"
    FORMAT = "format"


class EffectName(enum.StrEnum):
    """The effects of changes on running systems, by the names that policies match."""

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
    REMOVES = "removes"
    LOCKS = "locks"


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
    """The address of a resource or module without instance keys, as in the configuration."""
    return _INSTANCE_KEYS.sub("", address) if "[" in address else address


class AttributeChange(Struct, frozen=True):
    """One changed leaf: `path` as `spell` writes it. An added one has no `before`, a removed one no `after`."""

    path: str
    kind: Literal["added", "removed", "changed"]
    before: Value | Absent
    after: Value | Absent


class Effect(Struct, frozen=True):
    """The effect of a change on running systems.

    `because` is a clause that finishes "`address` ...": plain words, no trailing full stop. `kind` is a kebab-case slug
    that tells effects of one name apart (`exposes` by an `admin-port` or a `public-bucket`); a policy matches `exposes`
    or `exposes:admin-port`. `paths` are the attributes it was read from. An effect that is not `certain` depends on
    a value that is unknown or redacted: it is not listed, and a policy that matches it has the outcome unknown.
    """

    name: EffectName
    because: str
    kind: str = ""
    paths: tuple[str, ...] = ()
    certain: bool = True
    consequence: Consequence | None = None
    """How bad it is, where that hangs on the type."""
    paste: str = ""
    """Lines for the configuration that are the way out, where they can be told."""


class Notice(Struct, frozen=True):
    """A pack's finding about a change. `kind` is a slug that policies match; the rest is as in `Effect`."""

    kind: str
    because: str
    paths: tuple[str, ...] = ()
    certain: bool = True


class View(Struct, frozen=True):
    """A change as a pack reads it: other sides, other paths, and the pack's notices.

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
    source: Source = Source.TERRAFORM
    origin: int = 0
    """Index of the input it came from."""
    release: str | None = None
    """`namespace/name` of the Helm release it belongs to."""
    mode: str = "managed"
    """Terraform's mode: `managed`, `data`, or OpenTofu's `ephemeral`."""
    module: str = ""
    """Terraform's module address, empty for the root module and for objects of Helm."""
    template: str = ""
    """The chart's template that an object of Helm was rendered from, as Helm's `# Source:` line says."""
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
    """How the refresh found it changed outside of Terraform."""
    before: Side | None = None
    after: Side | None = None
    differing: tuple[str, ...] = ()
    """Top-level attributes whose two sides are not the same bytes. Everything else is equal."""
    values_known: bool = True
    """False for a plan stream, which has actions and no attribute values."""

    attributes: tuple[AttributeChange, ...] = ()
    effects: tuple[Effect, ...] = ()
    traits: frozenset[str] = frozenset()
    """The traits of the type in `policies/knowledge`: `stateful`, `foundation`, `routine`, ..."""
    views: dict[str, View] = {}
    """The views of packs, by name, such as `litellm`."""
    noise: Noise | None = None
    assessed: str | None = None
    """Why it is harmless, in plain words; None when nobody has judged that it is."""
    unjudged: tuple[str, ...] = ()
    """The changed attributes of which a rule or a person has to say what changing them does."""
    note: str | None = None
    location: Location | None = None

    def has(self, effect: EffectName) -> bool:
        """Whether the change has this effect with certainty."""
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
    """How the desired, recorded and live values of one path compare."""

    CLEAN = "clean"
    INTENDED = "intended"
    CONVERGED = "converged"
    WILL_BE_REVERTED = "will-be-reverted"
    STAYS = "stays"
    CONFLICT = "conflict"
    DROPPED = "dropped"
    UNKNOWN = "unknown"


class Drift(Struct, frozen=True):
    """The desired, recorded and live value of one path of an object."""

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
    """True for a deleted object that holds data, or that others depend on, and that this apply does not recreate."""
    rival: str = ""
    """Another address of the plan that manages the same object: that one changed it, and nobody by hand."""


class Gap(Struct, frozen=True, order=True):
    """Something that was not examined, why, and the one thing to do about it."""

    what: str
    why: str
    how_to_fix: str
    inconclusive: bool = False
    """True when it makes the verdict inconclusive."""
    input_failed: bool = False
    """True when it is an input that could not be read at all (exit code 3)."""


class Lock(Struct, frozen=True):
    """Who holds the lock of a state, and since when."""

    who: str
    since: str
    operation: str = ""


class Freshness(Struct, frozen=True):
    """How a plan relates to the current state, and a release to its live revision."""

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
    """The references in the plan's `configuration`, by resource address without instance keys."""

    users: dict[str, tuple[str, ...]] = {}
    """The addresses that refer to each resource. Filled only for a plan that replaces or destroys something."""
    provisioners: tuple[str, ...] = ()
    """The resources that have provisioners."""
    unseen: tuple[str, ...] = ()
    """Those of them with a provisioner whose command is put together from values: the plan does not show its text."""
    written: dict[str, dict[str, tuple[str, ...]]] = {}
    """For each resource with values that only the apply will know: which of those attributes are written, those of blocks by
    their paths (`vpc_config.0.subnet_ids`), and what they refer to. An attribute that is not listed is left to the provider. `?` is a reference that cannot be resolved."""
    aliased: bool = False
    """Whether a provider is configured more than once: what has one name may then be in several regions or accounts."""


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
    """Everything that one input says will happen. The subclasses add what only one tool provides."""

    input: InputRecord
    changes: tuple[Change, ...] = ()
    """Without no-ops: those are only counted, in `no_ops`."""
    no_ops: int = 0
    hook_changes: tuple[Change, ...] = ()
    """Changes of hooks. Policies are evaluated on them; they are neither listed nor counted."""
    releases: tuple[ReleaseEvidence, ...] = ()
    """Evidence about Helm releases besides the input."""
    drift: tuple[Drift, ...] = ()
    evidence: dict[str, str] = {}
    """The state of each kind of evidence: `given`, `missing` or `not-needed`."""
    skipped: tuple[Gap, ...] = ()
    notes: tuple[str, ...] = ()
    """Notes about the run: a destroy plan, a refresh-only plan, a newer format."""
    freshness: Freshness | None = None
    made_at: str | None = None
    """When the tool made it, as the tool writes it."""
    pseudonyms: Pseudonyms | None = None
    """Maps the gate's key to a pseudonym for each hidden value; None where hidden values have none."""

    @property
    def judged(self) -> tuple[Change, ...]:
        """The changes that policies are evaluated on: the listed ones, then those of hooks."""
        return (*self.changes, *self.hook_changes)


class TerraformChangeSet(ChangeSet, frozen=True, kw_only=True):
    """The change set of a Terraform plan."""

    unchanged: tuple[Change, ...] = ()
    """No-ops of `helm_release`: Terraform does not see what was changed in them by hand."""
    outputs: tuple[OutputChange, ...] = ()
    invocations: tuple[Invocation, ...] = ()
    checks: tuple[CheckResult, ...] = ()
    recorded_drift: tuple[Change, ...] = ()
    """Terraform's `resource_drift`: what the refresh found, as changes from state to reality."""
    relevant: tuple[tuple[str, Path], ...] = ()
    """Terraform's `relevant_attributes`: (resource address, path) that the plan relies on."""
    references: References = References()
    modules: dict[str, tuple[str, str]] = {}
    """The source and the version constraint of every module block, masked, by address without instance keys."""
    siblings: tuple[Change, ...] = ()
    """No-ops of the types that a policy looks for beside other resources."""
    sibling_arguments: dict[str, dict[str, tuple[str, ...]]] = {}
    """What the configuration gives to resources of these types: attribute to what it refers to, `?` where that cannot be
    resolved, by address without instance keys."""
    arguments: dict[str, dict[str, tuple[str, ...]]] = {}
    """What the configuration gives to resources: attribute to what it refers to, by address without instance keys. Of Helm
    releases always, of others where somebody assumes something."""


class HelmChangeSet(ChangeSet, frozen=True, kw_only=True):
    """The change set of an upgrade of a Helm release, or of a rendered manifest."""

    upgrade: Upgrade
    hooks: tuple[Hook, ...] = ()


class RefusedUpgrade(ChangeSet, frozen=True, kw_only=True):
    """An upgrade that Helm itself refuses: nothing will happen."""

    refused: str
    """Helm's error message."""
