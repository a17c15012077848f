"""The two sides of a change, read on demand and masked on reading."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Raw

from plangate.ingest.document import NULL
from plangate.ingest.terraform import wire
from plangate.model.values import ABSENT, UNKNOWN, Absent, Path, Value, within

if TYPE_CHECKING:
    from plangate.ingest.redact.redactor import Redactor


class LazySide:
    """A `model.Side` over an undecoded object. What is read is decoded, masked and kept; the rest stays a slice."""

    __slots__ = ("_masked", "_redactor", "_sensitive", "_slices", "_type", "_unknown")

    def __init__(self, values: Raw, *, unknown: Any, sensitive: Any, type_: str, redactor: Redactor):
        self._slices = object_slices(values)
        self._unknown = unknown
        self._sensitive = sensitive
        self._type = type_
        self._redactor = redactor
        self._masked: dict[str, Value | Absent] = {}

    def __repr__(self) -> str:
        return f"LazySide({len(self._slices)} attributes)"

    def keys(self) -> tuple[str, ...]:
        """The attribute names, those known only after apply included."""
        if not isinstance(self._unknown, dict):
            return tuple(self._slices)
        return (*self._slices, *(key for key in self._unknown if key not in self._slices and self._unknown[key]))

    def get(self, key: str) -> Value | Absent:
        """The masked value of one attribute."""
        if key not in self._masked:
            self._masked[key] = self._read(key)
        return self._masked[key]

    def at(self, path: Path) -> Value | Absent:
        """The masked value at a path. An unknown or sensitive parent gives itself; embedded JSON and YAML go on inside."""
        if not path or not isinstance(path[0], str):
            return ABSENT
        return within(self.get(path[0]), path[1:])

    def slice(self, key: str) -> Raw | None:
        """The undecoded value of one attribute, for comparing bytes. Null counts as absent."""
        found = self._slices.get(key)
        return None if found is None or found == NULL else found

    def unknown(self, key: str) -> Any:
        """What is unknown of one attribute: true, a tree, or nothing."""
        return marks_below(self._unknown, key)

    def unknown_names(self) -> list[str]:
        """The attributes of which anything is known only after apply."""
        return (
            [key for key, tree in self._unknown.items() if tree and holds_true(tree)]
            if isinstance(self._unknown, dict)
            else []
        )

    def _read(self, key: str) -> Value | Absent:
        slice_ = self._slices.get(key)
        if slice_ is None and not self._unknown:
            # What policies and rules ask for is mostly not there.
            return ABSENT
        unknown = marks_below(self._unknown, key)
        if unknown is True:
            return UNKNOWN
        if slice_ is None and not holds_true(unknown):
            return ABSENT
        value = None if slice_ is None else wire.exact.decode(slice_)
        sensitive = marks_below(self._sensitive, key)
        return self._redactor.mask(value, sensitive=sensitive, unknown=unknown, type_=self._type, path=(key,))


def object_slices(values: Raw) -> dict[str, Raw]:
    """The top-level attributes of an object as slices; anything but an object has none."""
    return wire.slices.decode(values) if bytes(memoryview(values)[:1]) == b"{" else {}


def marks(raw: Raw) -> Any:
    """A tree of marks (`after_unknown`, `before_sensitive`, ...): False where nothing is marked.

    What is neither a bool nor nested marks everything: nobody knows what it means.
    """
    text = bytes(raw)
    return (wire.rough.decode(raw) if b"true" in text else False) if text[0] in b"{[tfn" else True


def marks_below(tree: Any, key: str) -> Any:
    """The marks of one attribute. A tree that is neither a bool nor an object marks everything: it cannot be matched."""
    if isinstance(tree, dict):
        return tree.get(key, False)
    return holds_true(tree)


def holds_true(tree: Any) -> bool:
    """Whether anything in a tree of marks is marked."""
    if isinstance(tree, dict):
        return any(holds_true(below) for below in tree.values())
    if isinstance(tree, list):
        return any(holds_true(below) for below in tree)
    return tree is True


def union(one: Any, other: Any) -> Any:
    """What is marked in either of two trees. Where their shapes do not fit, a mark anywhere marks the whole."""
    if one is True or other is True:
        return True
    if not one or one == other:
        return other
    if not other:
        return one
    if isinstance(one, dict) and isinstance(other, dict):
        return {key: union(one.get(key, False), other.get(key, False)) for key in one.keys() | other.keys()}
    if isinstance(one, list) and isinstance(other, list):
        longer, shorter = (one, other) if len(one) >= len(other) else (other, one)
        return [union(mark, shorter[i] if i < len(shorter) else False) for i, mark in enumerate(longer)]
    return holds_true(one) or holds_true(other)


def differing(before: LazySide, after: LazySide) -> tuple[str, ...]:
    """The attributes whose two sides are not the same bytes, or are unknown in any part."""
    keys = sorted({*before.keys(), *after.keys()})
    return tuple(key for key in keys if before.slice(key) != after.slice(key) or holds_true(after.unknown(key)))
