"""The JSON Schema of policy files, with which editors complete and check them."""

from __future__ import annotations

from typing import Any

import msgspec

from plangate import knowledge
from plangate.model.change import ACTION_REASONS, Action
from plangate.model.policy import Policy
from plangate.policy.vocabulary import vocabulary
from plangate.policy.whole_plan import ALIASES


def schema() -> bytes:
    """The schema. Words that only some changes have are told as examples, so that families and types of your own pass."""
    (entry,), components = msgspec.json.schema_components([Policy], ref_template="#/$defs/{name}")
    match = components["Match"]["properties"]
    words = vocabulary()
    known: dict[str, list[str]] = {
        "actions": sorted({*(one.value for one in Action), *ALIASES}),
        "effects": sorted(words.effects_of(None)),
        "without": sorted(words.effects_of(None)),
        "traits": sorted(words.traits_of(None)),
        "reasons": sorted(ACTION_REASONS),
        "notices": sorted({notice for notices in words.views.values() for notice in notices}),
    }
    for name, part in match.items():
        if part.get("type") == "array":
            item: dict[str, Any] = {"enum": known[name]} if name in known else {"type": "string"}
            match[name] = {**_described(part), "anyOf": [item, {"type": "array", "items": item}], "default": []}
    match["view"] = {"enum": ["", *sorted(words.views)], "default": ""}
    policy = components["Policy"]["properties"]
    policy["each"] = {
        **_described(policy["each"]),
        "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
    }
    policy["family"] = {
        "type": "string",
        "examples": [one for one, of in knowledge.families().items() if not of.builtin],
    }
    document = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "plangate policy",
        **entry,
        "$defs": components,
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def _described(part: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in part.items() if key == "description"}
