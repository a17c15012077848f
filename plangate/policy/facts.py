"""The facts of a change that expressions, matches and messages can name. One table, from which docs are made too."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from plangate.model import Change

VARIABLES: Final = {
    "source": ("text", "`terraform` or `helm`"),
    "action": ("text", "`create`, `update`, `destroy`, `replace`, `read`, `move`, `import`, `forget` or `unknown`"),
    "resource_type": ("text", "the type, such as `aws_db_instance`"),
    "address": ("text", "the address, verbatim"),
    "name": ("text", "the name in the configuration"),
    "module": ("text", "the module's address; empty for the root module"),
    "provider": ("text", "the provider's address"),
    "mode": ("text", "`managed`, `data` or `ephemeral`"),
    "reason": ("text", "Terraform's `action_reason`; empty when there is none"),
    "replace_order": ("text", "`destroy-first`, `create-first`, or empty"),
    "moved_from": ("text", "the address before a move; empty when not moved"),
    "import_id": ("text", "what it is imported by; empty when not imported"),
    "deposed": ("text", "the deposed key; empty for the current object"),
    "deferred": ("text", "why it is put off to a later apply; empty when it is not"),
    "found": ("text", "what the refresh found: `changed`, `deleted`, or empty"),
    "noise": ("text", "`tags`, `unknown-only`, `read-back`, `format`, or empty"),
    "environment": ("text", "what `--env` says; empty when nothing"),
    "effects": ("list", "what will happen, such as `data-loss` or `exposes:admin-port`"),
    "traits": ("list", "what is known of the type, such as `stateful` or `foundation`"),
    "replace_paths": ("list", "the attributes that force the replacement"),
    "protected": ("bool", "whether the environment is protected"),
}
"""Name → (kind, meaning) of every variable."""


def facts(change: Change, environment: str | None, *, protected: bool) -> dict[str, Any]:
    """The variables of one change."""
    effects = [name for effect in change.effects if effect.certain for name in effect_names(effect.name, effect.kind)]
    return {
        "source": change.source,
        "action": change.action.value,
        "resource_type": change.type,
        "address": str(change.address),
        "name": change.name,
        "module": change.module,
        "provider": change.provider,
        "mode": change.mode,
        "reason": change.reason or "",
        "replace_order": change.replace_order or "",
        "moved_from": change.moved_from or "",
        "import_id": change.import_id or "",
        "deposed": change.address.deposed,
        "deferred": change.deferred or "",
        "found": change.found,
        "noise": change.noise or "",
        "environment": environment or "",
        "effects": effects,
        "traits": sorted(change.traits),
        "replace_paths": list(change.replace_paths),
        "protected": protected,
    }


def effect_names(name: str, kind: str) -> tuple[str, ...]:
    """How an effect can be named: by its name, and with its kind."""
    return (str(name), f"{name}:{kind}") if kind else (str(name),)
