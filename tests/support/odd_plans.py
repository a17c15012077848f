"""One change that violates a policy, in the odd shapes in which plans have it."""

from __future__ import annotations

from typing import Any

Case = dict[str, Any]
SHAPES = (
    "created",
    "updated",
    "replaced",
    "replaced create-first",
    "counted",
    "keyed",
    "in a module",
    "moved",
    "imported",
    "among others",
)


def shapes(type_: str, after: dict[str, Any], **more: Any) -> dict[str, Case]:
    """The same violation, created, replaced, moved, in modules and so on: cases of policies, by the name of their shape."""
    base = {"type": type_, "after": after, **more}
    before = {"tags_all": {"made": "before"}, "description": "before", "internal": True}
    address = f"{type_}.example"
    others = [{"type": "random_pet", "name": f"other{i}", "after": {"length": 2}} for i in range(3)]
    inside = f'module.shop[0].module.front["a.b"].{address}'
    return {
        "created": base,
        "updated": {**base, "before": before},
        "replaced": {**base, "actions": ["delete", "create"], "before": before},
        "replaced create-first": {**base, "actions": ["create", "delete"], "before": before},
        "counted": {**base, "address": f"{address}[1]", "index": 1},
        "keyed": {**base, "address": f'{address}["a.b/ü"]', "index": "a.b/ü"},
        "in a module": {**base, "address": inside, "module_address": 'module.shop[0].module.front["a.b"]'},
        "moved": {**base, "before": before, "actions": ["update"], "previous_address": f"{type_}.old"},
        "imported": {**base, "before": before, "actions": ["update"], "importing": {"id": "x"}},
        "among others": {**base, "with": [*more.get("with", ()), *others]},
    }


def hidden(case: Case, attribute: str) -> dict[str, Case]:
    """The same change, in which the attribute that decides is unknown, sensitive, null, or not there."""
    known = {key: value for key, value in case["after"].items() if key != attribute}
    unknown = {**case.get("after_unknown", {}), attribute: True}
    return {
        f"{attribute} is unknown": {**case, "after": known, "after_unknown": unknown},
        f"{attribute} is sensitive": {**case, "after_sensitive": {attribute: True}},
        "everything is sensitive": {**case, "after_sensitive": True},
        f"{attribute} is null": {**case, "after": {**known, attribute: None}},
        f"{attribute} is absent": {**case, "after": known},
    }
