"""The difference of two objects with their defaults filled in, as changed leaves. Items of a list are matched by their merge key."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import structs

from plangate.classify import diff as plain
from plangate.classify.kubernetes import schema
from plangate.classify.kubernetes.schema import ANY, Field
from plangate.model.change import AttributeChange
from plangate.model.values import ABSENT, Embedded, spell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.model.values import Absent, Value


def compare(before: Value | Absent, after: Value | Absent, field: Field, path: str = "") -> Iterator[AttributeChange]:
    """Every changed leaf between two values of the type `field`, in path order. The order of a list counts where it has no key."""
    if isinstance(before, dict) and isinstance(after, dict):
        fields = schema.fields(field.type) if field.form == "one" else {}
        of_map = field.item if field.form == "map" else ANY
        for key in sorted({*before, *after}):
            yield from compare(
                before.get(key, ABSENT), after.get(key, ABSENT), fields.get(key, of_map), child_path(path, key)
            )
    elif isinstance(before, list) and isinstance(after, list):
        yield from _lists(before, after, field, path)
    elif before is ABSENT or after is ABSENT:
        yield from _one_side(before, after, field, path)
    else:
        yield from _leaves(before, after, path)


def child_path(path: str, key: str | int) -> str:
    """The path of a key or position below a path, as reports spell it."""
    step = spell((key,))
    return step if not path else path + step if step.startswith("[") else f"{path}.{step}"


def item_path(path: str, keys: tuple[str, ...], key: tuple[Any, ...], type_: str) -> str:
    """The path of an item of a keyed list: by its first key, and by the others where they are not the default."""
    known = schema.defaults(type_)
    parts = [
        f"{name}={msgspec.json.encode(value).decode()}"
        for i, (name, value) in enumerate(zip(keys, key, strict=True))
        if i == 0 or (value is not None and value != known.get(name))
    ]
    return f"{path}[{','.join(parts)}]"


def _lists(before: list[Value], after: list[Value], field: Field, path: str) -> Iterator[AttributeChange]:
    keys = field.keys or ((field.merge,) if field.merge else ())
    type_ = field.item.type if field.form == "list" else "any"
    if keys:
        old = {schema.key_of(item, keys, type_): item for item in before}
        new = {schema.key_of(item, keys, type_): item for item in after}
        if None not in old and None not in new and len(old) == len(before) and len(new) == len(after):
            for key in sorted({*old, *new}, key=repr):
                yield from compare(
                    old.get(key, ABSENT), new.get(key, ABSENT), field.item, item_path(path, keys, key or (), type_)
                )
            if list(old) != list(new) and set(old) == set(new):
                yield AttributeChange(path, "changed", _order(old), _order(new))
            return
    found = [structs.replace(one, path=_join(path, one.path)) for one in plain.diff(before, after, ())]
    if not found and not same(before, after):
        found = [AttributeChange(path, "changed", before, after)]
    yield from found


def _join(path: str, rest: str) -> str:
    return path + rest if not rest or rest.startswith("[") else f"{path}.{rest}"


def _order(keyed: dict[Any, Value]) -> list[Value]:
    return [", ".join(str(part) for part in key) if isinstance(key, tuple) else None for key in keyed]


def _one_side(before: Value | Absent, after: Value | Absent, field: Field, path: str) -> Iterator[AttributeChange]:
    value = after if before is ABSENT else before
    if isinstance(value, dict) and value:
        empty: dict[str, Value] = {}
        for one in compare(empty if before is ABSENT else value, value if before is ABSENT else empty, field, path):
            yield one
    else:
        for one in plain.diff(before, after, ()):
            yield structs.replace(one, path=_join(path, one.path))


def _leaves(before: Value | Absent, after: Value | Absent, path: str) -> Iterator[AttributeChange]:
    found = [structs.replace(one, path=_join(path, one.path)) for one in plain.diff(before, after, ())]
    if not found and isinstance(before, Embedded) and isinstance(after, Embedded) and before.serial != after.serial:
        # The text is another one, although it holds the same: the cluster stores texts.
        found = [AttributeChange(path, "changed", before, after)]
    yield from found


def same(one: Value | Absent, other: Value | Absent) -> bool:
    """Whether two values are equal, embedded documents character for character."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(same(a, b) for a, b in zip(one, other, strict=True))
    if isinstance(one, Embedded) and isinstance(other, Embedded):
        return one == other and one.serial == other.serial
    return isinstance(one, bool) == isinstance(other, bool) and one == other
