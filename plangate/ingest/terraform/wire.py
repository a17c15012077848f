"""The wire shapes of a Terraform plan JSON, as far as they are read. Attribute values stay undecoded slices.

Source: https://developer.hashicorp.com/terraform/internals/json-format and what Terraform 0.12 to 1.16 and OpenTofu write.
Every field is optional, because old versions lack many and hand-shortened plans lack others. What `resource_changes` is made of
has all its fields, also those that nobody reads, and is written again without those that were not there: see `contradictions`.
"""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Generic, TypeVar

from msgspec import Raw, Struct, ValidationError, json

from plangate.ingest.document import NULL, Top

T = TypeVar("T")


class WireImporting(Struct, omit_defaults=True):
    """By what an object is imported: an id, an identity, or something that is not known yet."""

    id: str | None = None
    identity: Raw = NULL
    unknown: bool = False


class WireChange(Struct, omit_defaults=True):
    """A change of one object, as slices."""

    actions: list[str] | None = None
    before: Raw = NULL
    after: Raw = NULL
    after_unknown: Raw = NULL
    before_sensitive: Raw = NULL
    after_sensitive: Raw = NULL
    replace_paths: Raw = NULL
    importing: WireImporting | None = None
    generated_config: Raw = NULL
    before_identity: Raw = NULL
    after_identity: Raw = NULL


class WireResource(Struct, omit_defaults=True):
    """One entry of `resource_changes` or `resource_drift`."""

    address: str = ""
    previous_address: str | None = None
    module_address: str | None = None
    mode: str | None = None
    type: str | None = None
    name: str | None = None
    index: Any = None
    provider_name: str | None = None
    deposed: str | bool | None = None
    action_reason: str | None = None
    change: WireChange | None = None


class WireDeferred(Struct):
    """One entry of `deferred_changes`."""

    reason: str | None = None
    resource_change: WireResource | None = None


class WireTrigger(Struct):
    """What sets an action off, besides the resource: the event, or a request on the command line."""

    triggering_resource_address: str | None = None
    action_trigger_event: str | None = None


class WireInvocation(Struct):
    """One entry of `action_invocations`."""

    address: str = ""
    config_values: Raw = NULL
    config_sensitive: Raw = NULL
    lifecycle_action_trigger: WireTrigger | None = None


class WireDeferredInvocation(Struct):
    """One entry of `deferred_action_invocations`."""

    reason: str | None = None
    action_invocation: WireInvocation | None = None


class WireCheckAddress(Struct, frozen=True):
    """What a check belongs to, in Terraform's own spelling."""

    kind: str = ""
    to_display: str = ""


class WireProblem(Struct):
    """One message of a failed check."""

    message: str = ""


class WireCheckInstance(Struct):
    """One instance of a check."""

    address: WireCheckAddress = WireCheckAddress()
    status: str = ""
    problems: list[WireProblem] | None = None


class WireCheck(Struct):
    """One entry of `checks`."""

    address: WireCheckAddress = WireCheckAddress()
    status: str = ""
    instances: list[WireCheckInstance] | None = None
    problems: list[WireProblem] | None = None


class WireRelevant(Struct):
    """One entry of `relevant_attributes`."""

    resource: str = ""
    attribute: list[str | int] | None = None


class WireStateResource(Struct):
    """One resource inside `planned_values` or `prior_state`."""

    address: str = ""
    mode: str = ""
    type: str = ""
    values: Raw = NULL
    sensitive_values: Raw = NULL


class WireStateOutput(Struct):
    """One output inside `planned_values` or `prior_state`."""

    value: Any = None
    sensitive: bool = False


class WireStateModule(Struct):
    """A module inside `planned_values` or `prior_state`."""

    resources: list[WireStateResource] | None = None
    child_modules: "list[WireStateModule] | None" = None


class WireStateValues(Struct):
    """`planned_values`, or the `values` of `prior_state`."""

    outputs: dict[str, WireStateOutput] | None = None
    root_module: WireStateModule | None = None


class WireState(Struct):
    """`prior_state`."""

    values: WireStateValues | None = None


class WireVariable(Struct):
    """One entry of `variables`."""

    value: Any = None


class ShapeError(Exception):
    """A section does not have the shape of a plan. `place` is the path inside the plan; no value is in it."""

    def __init__(self, place: str):
        super().__init__(place)
        self.place = place


class Section(Generic[T]):
    """One section of a plan and its shape."""

    def __init__(self, name: str, shape: type[T]):
        self.name = name
        self._shape = shape
        self._decoder: json.Decoder[T] | None = None

    def read(self, top: Top) -> T | None:
        """The section, if the plan has it. Raises `ShapeError`."""
        raw: Raw = getattr(top, self.name)
        if raw == NULL:
            return None
        # Made when a plan has the section: few have all of them, and making one takes longer than reading a small section.
        if self._decoder is None:
            self._decoder = json.Decoder(self._shape)
        return decode(self._decoder, raw, self.name)


def decode(decoder: json.Decoder[T], raw: Raw, place: str) -> T:
    """Decode one slice of a plan that stands at `place`. Raises `ShapeError`, which names the inner place."""
    try:
        return decoder.decode(raw)
    except ValidationError as error:
        inner = str(error).partition(" - at `$")[2].rstrip("`")
        raise ShapeError(f"{place}{inner}") from None


resources = Section("resource_changes", list[WireResource])
drifted = Section("resource_drift", list[WireResource])
deferred = Section("deferred_changes", list[WireDeferred])
invocations = Section("action_invocations", list[WireInvocation])
deferred_invocations = Section("deferred_action_invocations", list[WireDeferredInvocation])
outputs = Section("output_changes", dict[str, WireChange])
checks = Section("checks", list[WireCheck])
relevant = Section("relevant_attributes", list[WireRelevant])
planned_values = Section("planned_values", WireStateValues)
prior_state = Section("prior_state", WireState)
variables = Section("variables", dict[str, WireVariable])
slices = json.Decoder(dict[str, Raw])
exact = json.Decoder(float_hook=Decimal)
"""Any JSON value, with numbers as Terraform wrote them."""
rough = json.Decoder()
"""Any JSON value, with floats: for looking at marks and secrets, never for values that are shown."""


def state_resources(values: WireStateValues | None) -> Iterator[WireStateResource]:
    """Every resource of a state, in all its modules."""
    waiting = [values.root_module] if values is not None and values.root_module is not None else []
    while waiting:
        module = waiting.pop()
        yield from module.resources or ()
        waiting.extend(module.child_modules or ())


def kind(values: Raw) -> str | None:
    """The attribute `kind` of an object; None where it has none."""
    found = rough.decode(values)
    name = found.get("kind") if isinstance(found, dict) else None
    return name if isinstance(name, str) else None
