"""The wire shapes of a Terraform plan JSON, as far as they are read. Attribute values stay undecoded slices.

Source: https://developer.hashicorp.com/terraform/internals/json-format and what Terraform 0.12 to 1.16 and OpenTofu write.
Every field is optional, because old versions lack many and hand-shortened plans lack others.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from msgspec import Raw, Struct, json

from plangate.ingest.document import NULL


class WireImporting(Struct):
    """By what an object is imported: an id, an identity, or something that is not known yet."""

    id: str | None = None
    identity: Any = None
    unknown: bool = False


class WireChange(Struct):
    """A change of one object, as slices."""

    actions: list[str] | None = None
    before: Raw = NULL
    after: Raw = NULL
    after_unknown: Raw = NULL
    before_sensitive: Raw = NULL
    after_sensitive: Raw = NULL
    replace_paths: Any = None
    importing: WireImporting | None = None


class WireResource(Struct):
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
    child_modules: list[WireStateModule] | None = None


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


resources = json.Decoder(list[Raw] | None)
resource = json.Decoder(WireResource)
deferred = json.Decoder(list[WireDeferred] | None)
invocations = json.Decoder(list[WireInvocation] | None)
deferred_invocations = json.Decoder(list[WireDeferredInvocation] | None)
outputs = json.Decoder(dict[str, WireChange] | None)
checks = json.Decoder(list[WireCheck] | None)
relevant = json.Decoder(list[WireRelevant] | None)
planned_values = json.Decoder(WireStateValues | None)
prior_state = json.Decoder(WireState | None)
variables = json.Decoder(dict[str, WireVariable] | None)
slices = json.Decoder(dict[str, Raw])
exact = json.Decoder(float_hook=Decimal)
"""Any JSON value, with numbers as Terraform wrote them."""
rough = json.Decoder()
"""Any JSON value, with floats: for looking at marks and secrets, never for values that are shown."""
