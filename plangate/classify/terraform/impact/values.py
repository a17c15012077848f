"""Reading values out of a side that may have any shape, and testing them in three-valued logic.

A test answers True, False, or None: it hangs on a value that is unknown or redacted. Nothing here raises on an odd shape.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable, Iterator, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeAlias

from msgspec import Struct, field

from plangate.classify.terraform.impact.cidr import is_world, together_world
from plangate.model.values import ABSENT, UNKNOWN, Absent, Embedded, Sensitive, Unknown, Value, spell

if TYPE_CHECKING:
    from plangate.model.values import PathPart

Scalar: TypeAlias = "None | bool | int | str"
Maybe: TypeAlias = "Value | Absent"

UNSURE: Final = (Unknown, Sensitive)


class Readable(Protocol):
    """What can be read by name: a side, or an object inside one."""

    def get(self, key: str, /) -> Any:
        """The value of one attribute; absent or None when it has none."""
        ...


def leaves(side: Readable | None, path: str) -> list[Maybe]:
    """The values at a path of dots; a number is a position, `*` stands for every item. Nothing there gives an empty list.

    An unknown or redacted parent gives itself. JSON and YAML inside a string are gone into.
    """
    if side is None:
        return []
    head, *rest = _split(path)
    found: list[Maybe] = [side.get(head)]
    for part in rest:
        found = [below for value in found for below in _below(value, part)]
    return [value for value in found if value is not ABSENT and value is not None]


def _below(value: Maybe, part: str) -> Iterator[Maybe]:
    value = plain(value)
    if isinstance(value, UNSURE):
        yield value
    elif isinstance(value, dict):
        if part == "*":
            yield from value.values()
        elif part in value:
            yield value[part]
        elif part.isdecimal():
            # A block that one provider version has as a list is an object in another.
            yield value
    elif isinstance(value, list):
        if part == "*":
            yield from value
        elif not part.isdecimal():
            for item in value:
                yield from _below(item, part)
        elif int(part) < len(value):
            yield value[int(part)]
    elif part == "*" and value is not ABSENT and value is not None:
        yield value


@functools.cache
def _split(path: str) -> tuple[str, ...]:
    return tuple(path.split("."))


@functools.cache
def head(path: str) -> str:
    """The top-level attribute that a path starts with."""
    return path.split(".", 1)[0]


@functools.cache
def spelled(path: str) -> str:
    """A knowledge path as plangate spells paths; what follows a `*` is left out."""
    parts: list[PathPart] = []
    for part in _split(path):
        if part == "*":
            break
        parts.append(int(part) if part.isdecimal() else part)
    return spell(tuple(parts))


def plain(value: Maybe) -> Maybe:
    """A value without the wrapper of embedded JSON or YAML."""
    return value.value if isinstance(value, Embedded) else value


def items(value: Maybe) -> list[Value]:
    """A value as a list: one item may stand without its list, nothing is an empty one."""
    value = plain(value)
    if value is ABSENT or value is None:
        return []
    return value if isinstance(value, list) else [value]  # type: ignore[list-item]


def fields(value: Maybe) -> dict[str, Value]:
    """A value as an object; anything else is an empty one."""
    value = plain(value)
    return value if isinstance(value, dict) else {}


def unseen(value: Maybe) -> str:
    """Why a value, or the first part of it that is not shown, cannot be seen; empty where all of it is shown."""
    value = plain(value)
    if value is UNKNOWN:
        return "known only after the apply"
    if isinstance(value, Sensitive):
        return "marked as sensitive" if value.marked else "masked, as it may be a secret"
    below = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return next((why for one in below if (why := unseen(one))), "")


def text(value: Maybe) -> str | None:
    """A value as text that can be compared: booleans and numbers too, lower case. None for anything else."""
    if isinstance(value, str):
        return value.lower()
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, Decimal)):
        return str(value)
    return None


def number(value: Maybe) -> Decimal | None:
    """A value as a number; some providers write numbers as text."""
    if isinstance(value, bool):
        return None
    if isinstance(value, (int, Decimal)):
        return Decimal(value) if Decimal(value).is_finite() else None
    if isinstance(value, str) and len(value) < 20 and value.strip().isdecimal():
        return Decimal(value.strip())
    return None


def same_hidden(old: list[Maybe], new: list[Maybe]) -> bool:
    """Whether what cannot be seen among new values is all among the old ones too."""
    before = [plain(value) for value in old]
    return all(plain(value) in before for value in new if isinstance(plain(value), UNSURE))


def empty(value: Maybe) -> bool:
    """Whether a value is no value: null, "", [], {}."""
    return value is ABSENT or value is None or (isinstance(value, (str, list, dict)) and not value)


class Test(Struct, frozen=True, forbid_unknown_fields=True):
    """One question about one path. Exactly one of the conditions is given.

    `is`: one of its values is one of these (null is "nothing there"; text without case). `not`: none of them is.
    `set`: something is there, or nothing. `above`: a number above it. `world`: an address range that holds everybody.
    """

    __test__ = False

    path: str
    is_: tuple[Scalar, ...] | None = field(default=None, name="is")
    not_: tuple[Scalar, ...] | None = field(default=None, name="not")
    set: bool | None = None
    above: int | None = None
    world: bool | None = None

    def holds(self, side: Readable | None) -> bool | None:
        """The answer for one side; a side that is missing has no values."""
        values = leaves(side, self.path)
        unsure = any(isinstance(value, UNSURE) for value in values)
        if self.is_ is not None:
            return True if _any_of(values, self.is_) else None if unsure else False
        if self.not_ is not None:
            return False if _any_of(values, self.not_) else None if unsure else True
        if self.set is not None:
            there: bool | None = any(not empty(value) and value is not UNKNOWN for value in values)
            there = there or (None if unsure else False)
            return there if self.set or there is None else not there
        if self.above is not None:
            over = any((n := number(value)) is not None and n > self.above for value in values)
            return True if over else None if unsure else False
        named = [value for value in values if isinstance(value, str)]
        world = any(map(is_world, named)) or together_world(named)
        if world:
            return self.world
        return None if unsure else not self.world


def _any_of(values: Sequence[Maybe], wanted: Iterable[Scalar]) -> bool:
    if not values:
        return None in wanted
    wants = {text(want) for want in wanted if want is not None}
    return any(text(value) in wants for value in values if not isinstance(value, UNSURE))


def all_hold(tests: Iterable[Test], side: Readable | None) -> bool | None:
    """Whether every test holds: one clear no is a no, else one doubt is a doubt."""
    answer: bool | None = True
    for test in tests:
        held = test.holds(side)
        if held is False:
            return False
        if held is None:
            answer = None
    return answer
