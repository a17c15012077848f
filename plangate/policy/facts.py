"""The facts of a change that expressions and messages can name. One table, from which the docs are made too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final, Literal

from msgspec import Struct

from plangate.model.change import Change


class EvaluationContext(Struct, frozen=True):
    """What the edge says: the environment's name, empty when it has none, whether it is protected, and the time."""

    environment: str = ""
    protected: bool = True
    as_of: str = ""


class Fact(Struct, frozen=True):
    """One variable: what kind of value it is, what it means, and how it is read."""

    kind: Literal["text", "list", "bool"]
    meaning: str
    read: Callable[[Change, EvaluationContext], Any]


FACTS: Final = {
    "source": Fact("text", "`terraform` or `helm`", lambda c, _: c.source),
    "action": Fact(
        "text",
        "`create`, `update`, `destroy`, `replace`, `read`, `move`, `import`, `forget` or `unknown`",
        lambda c, _: c.action.value,
    ),
    "resource_type": Fact("text", "the type, such as `aws_db_instance`", lambda c, _: c.type),
    "address": Fact("text", "the address, verbatim", lambda c, _: str(c.address)),
    "name": Fact("text", "the name in the configuration", lambda c, _: c.name),
    "module": Fact("text", "the module's address; empty for the root module", lambda c, _: c.module),
    "template": Fact("text", "the chart's template of an object of Helm; empty when not told", lambda c, _: c.template),
    "provider": Fact("text", "the provider's address", lambda c, _: c.provider),
    "mode": Fact("text", "`managed`, `data` or `ephemeral`", lambda c, _: c.mode),
    "reason": Fact("text", "Terraform's `action_reason`; empty when there is none", lambda c, _: c.reason or ""),
    "replace_order": Fact("text", "`destroy-first`, `create-first`, or empty", lambda c, _: str(c.replace_order or "")),
    "moved_from": Fact("text", "the address before a move; empty when not moved", lambda c, _: c.moved_from or ""),
    "import_id": Fact("text", "what it is imported by; empty when not imported", lambda c, _: c.import_id or ""),
    "deposed": Fact("text", "the deposed key; empty for the current object", lambda c, _: c.address.deposed),
    "deferred": Fact("text", "why it is put off to a later apply; empty when it is not", lambda c, _: c.deferred or ""),
    "found": Fact("text", "what the refresh found: `changed`, `deleted`, or empty", lambda c, _: c.found),
    "noise": Fact("text", "`tags`, `unknown-only`, `read-back`, `format`, or empty", lambda c, _: str(c.noise or "")),
    "environment": Fact("text", "what `--env` says; empty when nothing", lambda _, asked: asked.environment),
    "as_of": Fact("text", "the time of the review, such as `2026-01-31T12:00:00Z`", lambda _, asked: asked.as_of),
    "effects": Fact("list", "what will happen, such as `data-loss` or `exposes:admin-port`", lambda c, _: _effects(c)),
    "traits": Fact("list", "what is known of it, such as `stateful` or `foundation`", lambda c, _: sorted(c.traits)),
    "replace_paths": Fact("list", "the attributes that force the replacement", lambda c, _: list(c.replace_paths)),
    "protected": Fact("bool", "whether the environment is protected", lambda _, asked: asked.protected),
}
"""Every variable by its name."""


def of(change: Change, asked: EvaluationContext) -> dict[str, Any]:
    """All the variables of one change."""
    return {name: fact.read(change, asked) for name, fact in FACTS.items()}


def _effects(change: Change) -> list[str]:
    """How its effects can be named: by the name, and with the kind."""
    named = [(str(effect.name), effect.kind) for effect in change.effects if effect.certain]
    return [text for name, kind in named for text in ((name, f"{name}:{kind}") if kind else (name,))]
