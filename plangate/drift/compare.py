"""Compares Helm values as trees of leaves.

Maps are merged by Helm key by key, so they are compared so; a list is one leaf, because Helm replaces it whole. Numbers are compared
by value, types strictly. An empty map is as good as none; an explicit null is not: it takes a default of the chart away.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final, TypeAlias

from plangate.model.values import ABSENT, UNKNOWN, Absent, Embedded, Path, Sensitive, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

Maybe: TypeAlias = "Value | Absent"
Leaves: TypeAlias = "dict[Path, Value]"

_DEEPEST: Final = 200


def leaves(tree: Value, path: Path = ()) -> Iterator[tuple[Path, Value]]:
    """The path and value of every leaf of a tree."""
    if isinstance(tree, dict) and (tree or not path) and len(path) < _DEEPEST:
        for key, below in tree.items():
            yield from leaves(below, (*path, key))
    else:
        yield path, tree


def same(one: Maybe, other: Maybe) -> bool:
    """Whether two values are equal to Helm. An unknown value equals nothing."""
    if one is UNKNOWN or other is UNKNOWN:
        return False
    one, other = _plain(one), _plain(other)
    if one is other:
        return True
    if _is_empty(one) or _is_empty(other):
        return _is_nothing(one) and _is_nothing(other)
    if isinstance(one, bool) or isinstance(other, bool):
        return isinstance(one, bool) and isinstance(other, bool) and one == other
    if isinstance(one, (int, Decimal)) and isinstance(other, (int, Decimal)):
        return _number(one) == _number(other)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict) and isinstance(other, dict):
        return all(same(one.get(key, ABSENT), other.get(key, ABSENT)) for key in {*one, *other})
    return type(one) is type(other) and one == other


def differ_only_in_type(one: Maybe, other: Maybe) -> bool:
    """Whether two scalars differ only in type, such as `"true"` and `true`."""
    scalars = (str, bool, int, Decimal)
    return (
        isinstance(one, scalars)
        and isinstance(other, scalars)
        and type(one) is not type(other)
        and _spelled(one) == _spelled(other)
    )


def hidden(tree: Value, path: Path = ()) -> Iterator[Path]:
    """The paths of redacted values in a tree, also inside lists and embedded documents."""
    if isinstance(tree, Sensitive):
        yield path
    elif isinstance(tree, Embedded):
        # The text holds a secret, so the value at this path is hidden whole on other sides.
        if next(hidden(tree.value), None) is not None:
            yield path
    elif isinstance(tree, dict):
        for key, below in tree.items():
            yield from hidden(below, (*path, key))
    elif isinstance(tree, list):
        for i, below in enumerate(tree):
            yield from hidden(below, (*path, i))


def coalesced(over: dict[str, Value], base: dict[str, Value]) -> dict[str, Value]:
    """`base` overridden by `over` as in Helm's CoalesceTables for `reuse_values`: a null deletes the key."""
    found = dict(base)
    for key, value in over.items():
        below = base.get(key)
        if value is None and key in base:
            del found[key]
        elif isinstance(value, dict) and isinstance(below, dict):
            found[key] = coalesced(value, below)
        else:
            found[key] = value
    return found


def _number(value: int | Decimal) -> float:
    """A number as Helm keeps it: JSON makes it a double."""
    try:
        return float(value)
    except OverflowError:
        return float("inf")


def _plain(value: Maybe) -> Maybe:
    return value.value if isinstance(value, Embedded) else value


def _is_empty(value: Maybe) -> bool:
    return isinstance(value, dict) and not value


def _is_nothing(value: Maybe) -> bool:
    return value is None or value is ABSENT or _is_empty(value)


def _spelled(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
