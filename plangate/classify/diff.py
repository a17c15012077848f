"""The difference of two masked values, as changed leaves.

Numbers are compared by value (`1` equals `1.0`), types strictly (`1`, `"1"` and `true` differ). Null and absent are the same.
Objects in lists are matched by content, then by their naming attribute, then by position, so that a list which only
changed its order shows no changed leaf. JSON and YAML inside strings are compared by what they hold; inside an IAM policy
document the order of statements, actions and resources means nothing
(https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html).
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Final, TypeAlias

from plangate.model.change import AttributeChange
from plangate.model.values import ABSENT, Absent, Embedded, Path, Value, spell

NAMING_KEYS: Final = ("name", "key", "id", "priority", "rule_number", "Sid", "sid")
"""Attributes that name the objects of a list, tried in order."""

_MAX_DEPTH: Final = 200

Maybe: TypeAlias = "Value | Absent"


def diff(before: Maybe, after: Maybe, path: Path) -> Iterator[AttributeChange]:
    """Every changed leaf between two values at `path`, in path order."""
    found: list[AttributeChange] = []
    if before is not after:
        _diff(before, after, path, found)
    return iter(found)


def same(one: Maybe, other: Maybe) -> bool:
    """Whether `diff` finds no difference between two values."""
    return next(diff(one, other, ()), None) is None


def _diff(before: Maybe, after: Maybe, path: Path, found: list[AttributeChange], *, policy: bool = False) -> None:
    """Add every changed leaf. `policy`: inside an IAM policy document."""
    before, after = _present(before), _present(after)
    if Embedded in (type(before), type(after)):
        before, after, policy = _unwrapped(before, after, policy=policy)
    if policy and (path[-1] in UNORDERED or path[-1] == "Statement"):
        before, after = _as_lists(before, after, ordered=path[-1] == "Statement")
    if type(before) is type(after) and len(path) < _MAX_DEPTH:
        if isinstance(before, dict):
            _diff_objects(before, after, path, found, policy=policy)  # type: ignore[arg-type]
            return
        if isinstance(before, list):
            for old, new, at in _paired(before, after, policy=policy):  # type: ignore[arg-type]
                if old is not new:
                    _diff(old, new, (*path, at), found, policy=policy)
            return
    if not _same_leaf(before, after):
        if before is ABSENT:
            found += [AttributeChange(spell(p), "added", ABSENT, leaf) for p, leaf in _leaves(after, path)]
        elif after is ABSENT:
            found += [AttributeChange(spell(p), "removed", leaf, ABSENT) for p, leaf in _leaves(before, path)]
        else:
            found.append(AttributeChange(spell(path), "changed", before, after))


def _diff_objects(
    before: dict[str, Value], after: dict[str, Value], path: Path, found: list[AttributeChange], *, policy: bool
) -> None:
    for key in sorted({*before, *after}):
        old, new = before.get(key, ABSENT), after.get(key, ABSENT)
        # Equal texts of one input are one object, mostly.
        if old is not new:
            _diff(old, new, (*path, key), found, policy=policy)


def _unwrapped(before: Maybe, after: Maybe, *, policy: bool) -> tuple[Maybe, Maybe, bool]:
    """Both sides with their embedded documents decoded, where that is comparable; and whether they are IAM policies."""
    if isinstance(before, Embedded) and isinstance(after, Embedded):
        return before.value, after.value, _is_policy(before) and _is_policy(after)
    if isinstance(before, Embedded) and after is ABSENT:
        return before.value, after, policy
    if isinstance(after, Embedded) and before is ABSENT:
        return before, after.value, policy
    return before, after, policy


def _present(value: Maybe) -> Maybe:
    return ABSENT if value is None else value


def _same_leaf(one: Maybe, other: Maybe) -> bool:
    if one is other:
        return True
    if isinstance(one, bool) or isinstance(other, bool):
        return isinstance(one, bool) and isinstance(other, bool) and one == other
    if isinstance(one, (int, Decimal)) and isinstance(other, (int, Decimal)):
        return one == other
    return type(one) is type(other) and one == other


def _leaves(value: Maybe, path: Path) -> Iterator[tuple[Path, Maybe]]:
    """The leaves below a value; an empty container and a null are leaves of their own."""
    if isinstance(value, Embedded):
        value = value.value
    if isinstance(value, dict) and value and len(path) < _MAX_DEPTH:
        for key in sorted(value):
            yield from _leaves(value[key], (*path, key))
    elif isinstance(value, list) and value and len(path) < _MAX_DEPTH:
        for position, below in enumerate(value):
            yield from _leaves(below, (*path, position))
    else:
        yield path, value


def _paired(before: list[Value], after: list[Value], *, policy: bool) -> Iterator[tuple[Maybe, Maybe, int]]:
    """The pairs of items of two lists: (old, new, position in the new list, or in the old one for a removed item)."""
    if dict in map(type, (*before, *after)):
        pairs = _match_objects(before, after, policy=policy)
    else:
        pairs = _match_plain(before, after)
    for old, new in sorted(pairs, key=lambda pair: max(pair[0] or 0, pair[1] or 0)):
        if new is not None:
            yield ABSENT if old is None else before[old], after[new], new
        elif old is not None:
            yield before[old], ABSENT, old


Pair: TypeAlias = tuple[int | None, int | None]
"""Positions of one item in the old and in the new list."""


def _match_plain(before: list[Value], after: list[Value]) -> list[Pair]:
    """Pair the items of a list of plain values: equal ends stay, what is between is paired in order."""
    start = 0
    while start < min(len(before), len(after)) and _equal(before[start], after[start]):
        start += 1
    end = 0
    while end < min(len(before), len(after)) - start and _equal(before[-1 - end], after[-1 - end]):
        end += 1
    old = list(range(start, len(before) - end))
    new = list(range(start, len(after) - end))
    if len(old) != len(new):
        gone, come = _unmatched(before, after, old, new)
        return _in_order(gone, come)
    return _in_order(old, new)


def _match_objects(before: list[Value], after: list[Value], *, policy: bool) -> list[Pair]:
    """Pair the objects of a list: equal ones drop out, then by naming attribute, then in order."""
    if len(before) == len(after) == 1:
        return [(0, 0)]
    old, new = _unmatched(before, after, list(range(len(before))), list(range(len(after))), policy=policy)
    pairs: list[Pair] = []
    for key in _naming_keys(before, old) if old and new else ():
        old_names, new_names = _by_name(before, old, key), _by_name(after, new, key)
        for name in [name for name in old_names if name in new_names]:
            pairs.append((old_names[name], new_names[name]))
            old.remove(old_names[name])
            new.remove(new_names[name])
    return pairs + _in_order(old, new)


def _naming_keys(items: list[Value], positions: list[int]) -> list[str]:
    """The naming attributes that any of the objects has."""
    present = {key for position in positions if isinstance(item := items[position], dict) for key in item}
    return [key for key in NAMING_KEYS if key in present]


def _unmatched(
    before: list[Value], after: list[Value], old: list[int], new: list[int], *, policy: bool = False
) -> tuple[list[int], list[int]]:
    """The positions of the items without an equal item on the other side: (old, new)."""
    waiting: dict[str, list[int]] = {}
    for position in new:
        waiting.setdefault(_key(after[position], policy=policy), []).append(position)
    gone: list[int] = []
    for position in old:
        partners = waiting.get(_key(before[position], policy=policy))
        if partners:
            partners.pop(0)
        else:
            gone.append(position)
    return gone, sorted(position for partners in waiting.values() for position in partners)


def _by_name(items: list[Value], positions: list[int], key: str) -> dict[str, int]:
    """The positions of objects with a unique value of a naming attribute, by that value."""
    named: dict[str, int] = {}
    duplicates: set[str] = set()
    for position in positions:
        item = items[position]
        name = item.get(key) if isinstance(item, dict) else None
        if isinstance(name, (str, int)) and not isinstance(name, bool):
            text = f"{type(name).__name__}:{name}"
            duplicates |= {text} & named.keys()
            named[text] = position
    return {name: position for name, position in named.items() if name not in duplicates}


def _in_order(old: list[int], new: list[int]) -> list[Pair]:
    shorter = min(len(old), len(new))
    pairs: list[Pair] = list(zip(old, new, strict=False))
    pairs += [(position, None) for position in old[shorter:]]
    pairs += [(None, position) for position in new[shorter:]]
    return pairs


def _equal(one: Value, other: Value) -> bool:
    return _key(one) == _key(other)


def _key(value: Maybe, *, policy: bool = False, name: str = "") -> str:
    """A text that is the same for two values exactly when they differ in order at most. Never shown or stored."""
    if type(value) is str and not policy:
        return repr(value)
    value = value.value if isinstance(value, Embedded) else value
    if policy and name in UNORDERED and not isinstance(value, list):
        value = [value]  # type: ignore[list-item]
    if isinstance(value, dict):
        parts = [
            f"{k!r}:{v!r}" if type(v) is str and not policy else f"{k!r}:{_key(v, policy=policy, name=k)}"
            for k, v in sorted(value.items())
            if v is not None
        ]
        return "{" + ",".join(parts) + "}"
    if isinstance(value, list):
        items = [_key(below, policy=policy) for below in value]
        if any(isinstance(below, dict) for below in value) or (policy and name in UNORDERED):
            items.sort()
        return "[" + ",".join(items) + "]"
    if isinstance(value, bool) or value is None:
        return repr(value)
    if isinstance(value, (int, Decimal)):
        return _number(value)
    if isinstance(value, str):
        return repr(value)
    return f"{type(value).__name__} {hash(value)}"


_SMALL: Final = 10**18


def _number(value: int | Decimal) -> str:
    """The canonical spelling of a number, exact: arithmetic of decimals rounds after 28 digits."""
    if isinstance(value, int) and -_SMALL < value < _SMALL:
        return f"number {value}"
    sign, digits, exponent = Decimal(value).as_tuple()
    text = "".join(map(str, digits))
    short = text.rstrip("0")
    power = exponent + len(text) - len(short) if isinstance(exponent, int) else 0
    if not short:
        return "number 0"
    minus = "-" if sign else ""
    if power >= 0 and len(short) + power <= len(str(_SMALL)):
        return f"number {minus}{short}{'0' * power}"
    return f"number {minus}{short}e{power}"


# --- IAM policy documents -----------------------------------------------------------------------------------------------

UNORDERED: Final = frozenset({"Action", "NotAction", "Resource", "NotResource", "AWS", "Service", "Federated"})
"""The parts of a statement whose order means nothing, and where one item may stand without its list."""


def _is_policy(embedded: Embedded) -> bool:
    return embedded.kind == "json" and isinstance(embedded.value, dict) and "Statement" in embedded.value


def _as_lists(before: Maybe, after: Maybe, *, ordered: bool) -> tuple[Maybe, Maybe]:
    """Both sides as lists where either is one; sorted where order means nothing."""
    if before is ABSENT or after is ABSENT or not (isinstance(before, list) or isinstance(after, list)):
        return before, after
    return _as_list(before, ordered=ordered), _as_list(after, ordered=ordered)


def _as_list(value: Maybe, *, ordered: bool) -> list[Value]:
    items = value if isinstance(value, list) else [value]
    return items if ordered else sorted(items, key=_key)  # type: ignore[arg-type, return-value]
