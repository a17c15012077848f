"""The items of a list or map that a policy with `each` judges one by one, and which item of the other side each one was."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from plangate.model.values import ABSENT, Absent, Embedded, Sensitive, Unknown, Value
from plangate.policy.paths import of_side, parse_path

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plangate.model.change import Change

NAMING_KEYS: Final = ("name", "key", "id", "priority", "rule_number", "Sid", "sid")
"""Fields that name the items of a list, tried in order."""


class Item(Struct, frozen=True):
    """One item: what it is called, where it stands, and its values on both sides."""

    key: str
    """The value of its naming field, its key in a map, its own text, or its position."""
    path: str
    after: Value | Absent
    before: Value | Absent = ABSENT


def items(change: Change, path: str) -> list[Item] | Unknown | Sensitive:
    """The items at a path of the new side, of the old one where the object goes; what hides them where they are hidden."""
    selection = parse_path(path)
    gone = change.after is None
    new = _opened(of_side(change.before if gone else change.after, selection))
    if isinstance(new, (Unknown, Sensitive)):
        return new
    old = _opened(of_side(change.before, selection)) if not gone else ABSENT
    if isinstance(new, dict):
        known = old if isinstance(old, dict) else {}
        missing: Value | Absent = old if isinstance(old, (Unknown, Sensitive)) else ABSENT
        return [Item(key, f"{path}.{key}", value, known.get(key, missing)) for key, value in new.items()]
    if not isinstance(new, list):
        return []
    if isinstance(old, (Unknown, Sensitive)):
        return [Item(_key(value, i), f"{path}[{i}]", value, old) for i, value in enumerate(new)]
    return _paired(path, new, old if isinstance(old, list) else [])


def _opened(value: Value | Absent) -> Value | Absent:
    return value.value if isinstance(value, Embedded) else value


def _paired(path: str, new: list[Value], old: list[Value]) -> list[Item]:
    """The new items, each with the old one that is equal, or has its name, or is the only one left over."""
    waiting = list(range(len(old)))
    was: dict[int, int] = {}
    for same in (_equal, _same_name):
        for i, value in enumerate(new):
            if i not in was:
                found = next((j for j in waiting if same(value, old[j])), None)
                if found is not None:
                    was[i] = found
                    waiting.remove(found)
    left = [i for i, value in enumerate(new) if i not in was and _name(value) is None]
    unnamed = [j for j in waiting if _name(old[j]) is None]
    if len(left) == len(unnamed):
        was.update(zip(left, unnamed, strict=True))
    return [
        Item(_key(value, i), f"{path}[{i}]", value, old[was[i]] if i in was else ABSENT) for i, value in enumerate(new)
    ]


def _equal(one: Value, other: Value) -> bool:
    return type(one) is type(other) and one == other


def _same_name(one: Value, other: Value) -> bool:
    name = _name(one)
    return name is not None and name == _name(other)


def _name(value: Value) -> tuple[str, str | int] | None:
    if isinstance(value, dict):
        for key in NAMING_KEYS:
            name = value.get(key)
            if isinstance(name, (str, int)) and not isinstance(name, bool):
                return key, name
    return None


def _key(value: Value, position: int) -> str:
    name = _name(value)
    if name is not None:
        return str(name[1])
    return str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else f"[{position}]"


def spelled(found: Sequence[Item]) -> list[str]:
    """A text for each item that no other one has: its key, with a number where several have one key."""
    seen: dict[str, int] = {}
    texts = []
    for item in found:
        seen[item.key] = seen.get(item.key, 0) + 1
        texts.append(item.key if seen[item.key] == 1 else f"{item.key} ({seen[item.key]})")
    return texts
