"""The paths of attributes that expressions name, and the values at them.

Spelled as reports spell them, with two ways to choose items of a list without their position: `containers[name="app"]` is the
item whose `name` is `app`, and `containers[*]` is every item.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct

from plangate.model.values import ABSENT, UNKNOWN, Absent, Embedded, Sensitive, Unknown, Value, within

if TYPE_CHECKING:
    from plangate.model.values import Side


class Where(Struct, frozen=True):
    """The first item of a list that has this value in a field."""

    field: str
    value: str


class Every(Struct, frozen=True):
    """Every item of a list, or every value of a map."""


Selection: TypeAlias = "tuple[str | int | Where | Every, ...]"
"""A parsed path."""

_PART: Final = re.compile(
    r"""\.?(?P<plain>[A-Za-z_][A-Za-z0-9_-]*)
    |\[(?P<index>\d+)\]
    |\["(?P<quoted>(?:[^"\\]|\\.)*)"\]
    |\[(?P<field>[A-Za-z_][A-Za-z0-9_-]*)="(?P<value>(?:[^"\\]|\\.)*)"\]
    |(?P<every>\[\*\])""",
    re.VERBOSE,
)
_MOST_PARTS: Final = 100


def parse_path(text: str) -> Selection:
    """A path from its spelling, the inverse of `model.spell`. Raises `ValueError` for anything else."""
    parts: list[str | int | Where | Every] = []
    position = 0
    if text.startswith("."):
        raise ValueError("not a path")
    while position < len(text):
        found = _PART.match(text, position)
        if found is None or found.end() == position or len(parts) >= _MOST_PARTS:
            raise ValueError("not a path")
        parts.append(_part(found))
        position = found.end()
    return tuple(parts)


def _part(found: re.Match[str]) -> str | int | Where | Every:
    if found["index"] is not None:
        return int(found["index"])
    if found["quoted"] is not None:
        return _unquote(found["quoted"])
    if found["field"] is not None:
        return Where(found["field"], _unquote(found["value"]))
    return Every() if found["every"] is not None else found["plain"]


def _unquote(text: str) -> str:
    unquoted: str = json.loads(f'"{text}"', strict=False)
    return unquoted


def of_side(side: Side | None, path: Selection) -> Value | Absent:
    """The value at a path of one side; `ABSENT` where there is no side."""
    if side is None:
        return ABSENT
    plain = next((i for i, part in enumerate(path) if not isinstance(part, (str, int))), len(path))
    value = side.at(path[:plain])  # type: ignore[arg-type]
    return value if plain == len(path) else select(value, path[plain:])


def select(value: Value | Absent, path: Selection) -> Value | Absent:
    """The value at a path inside a masked value; an unknown or sensitive parent itself.

    For `[*]` a list with an item for each, null where an item has nothing there; empty where there is no list. Where the item
    that is asked for may be one whose field is not known, the answer is unknown.
    """
    for i, part in enumerate(path):
        if isinstance(value, Embedded):
            value = value.value
        if isinstance(value, (Unknown, Sensitive)):
            return value
        if isinstance(part, Where):
            value = _chosen(value, part)
        elif isinstance(part, Every):
            return _each(value, path[i + 1 :])
        else:
            value = within(value, (part,))
    return value


def _chosen(value: Value | Absent, wanted: Where) -> Value | Absent:
    hidden = False
    for item in value if isinstance(value, list) else ():
        name = within(item, (wanted.field,))
        if isinstance(name, (Unknown, Sensitive)):
            hidden = True
        elif name == wanted.value or (isinstance(name, int) and str(name) == wanted.value):
            return item
    return UNKNOWN if hidden else ABSENT


def _each(value: Value | Absent, rest: Selection) -> Value:
    items = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    found: list[Value] = []
    for item in items:
        inner = select(item, rest)
        if any(isinstance(part, Every) for part in rest) and isinstance(inner, list):
            found += inner
        else:
            found.append(None if isinstance(inner, Absent) else inner)
    return found


def is_hidden(value: Value | Absent) -> bool:
    """Whether anything in a value is known only after apply, or sensitive."""
    if isinstance(value, Embedded):
        value = value.value
    if isinstance(value, dict):
        return any(map(is_hidden, value.values()))
    if isinstance(value, list):
        return any(map(is_hidden, value))
    return isinstance(value, (Unknown, Sensitive))
