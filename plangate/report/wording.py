"""The tools' codes in plain words: data, no logic."""

from __future__ import annotations

from typing import Final

REASONS: Final = {
    "replace_because_tainted": "it is marked as tainted: its last creation failed halfway",
    "replace_because_cannot_update": "the provider cannot change it in place",
    "replace_by_request": "-replace asks for it",
    "replace_by_triggers": "replace_triggered_by: something that it refers to changes",
    "delete_because_no_resource_config": "it is no longer in the configuration",
    "delete_because_no_module": "its module is no longer in the configuration",
    "delete_because_wrong_repetition": "it gained or lost count or for_each",
    "delete_because_count_index": "its index is beyond count",
    "delete_because_each_key": "its key is no longer in for_each",
    "delete_because_enabled_false": "enabled = false",
    "delete_because_no_move_target": "it was moved to an address that is not in the configuration",
    "read_because_config_unknown": "what it reads by is known only after apply",
    "read_because_dependency_pending": "something that it depends on changes first",
    "read_because_check_nested": "it belongs to a check",
    "forgot_because_lifecycle_destroy_in_config": "lifecycle says destroy = false",
    "forgot_because_lifecycle_destroy_in_state": "its state says destroy = false",
}
"""Terraform's and OpenTofu's `action_reason`: https://developer.hashicorp.com/terraform/internals/json-format."""

NOISE: Final = {
    "tags": "tag-only update",
    "unknown-only": "update of computed values only",
    "read-back": "read-back difference",
    "format": "change of order or spelling only",
}
"""Kinds of noise, for one change of the kind."""

COUNTED: Final = {
    "destroy": "destroy",
    "replace": "replace",
    "forget": "forget",
    "unknown": "unknown",
    "update": "update",
    "create": "create",
    "import": "import",
    "move": "move",
    "read": "read",
    "no-op": "unchanged",
}
"""Actions in the order of the line that counts them, and what it calls them."""

DRIFT: Final = {
    "will-be-reverted": "this apply sets it back",
    "conflict": "this apply sets it to something else again",
    "dropped": "this apply removes it",
    "unknown": "cannot tell what this apply does to it",
    "stays": "this apply leaves it so",
    "intended": "this apply changes it on purpose",
    "converged": "this apply agrees with it",
}
"""What happens to a value that was changed by hand; the first four are shown, the others counted."""

DRIFT_OF_OBJECTS: Final = {**DRIFT, "will-be-reverted": "this apply creates it again"}
"""The same of a whole object that was deleted by hand."""
