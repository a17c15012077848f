"""Attribute values after ingest: masked, exact, and distinct from unknown and absent ones.

A secret is a `Sensitive`, a value that only the apply will know is `UNKNOWN`. What remains is plain JSON data with exact
numbers (`int` and `Decimal`, never `float`).
"""

from __future__ import annotations

import functools
import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final, Literal, Protocol, TypeAlias

import msgspec

if TYPE_CHECKING:
    from collections.abc import Callable


class Unknown:
    """A value that is known only after apply. There is one, `UNKNOWN`."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "(known after apply)"


class Absent:
    """The value of an attribute that does not exist. There is one, `ABSENT`. It differs from null."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "(absent)"


class Sensitive:
    """A redacted value, which can only be compared with others of the same review.

    `token` is a serial number handed out per distinct value by ingest; it carries nothing of the value. `marked`: Terraform
    calls it sensitive; else it was masked for what it looks like or where it stands.
    """

    __slots__ = ("_token", "marked")

    def __init__(self, token: int, *, marked: bool = False):
        self._token = token
        self.marked = marked

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sensitive) and self._token == other._token

    def __hash__(self) -> int:
        return hash(self._token)

    def __repr__(self) -> str:
        return "(sensitive)"


class Embedded:
    """JSON or YAML found inside a string, as the masked structure it holds. `kind` is `json` or `yaml`.

    Two are equal when they hold the same. `serial` tells their texts apart: a number per distinct text of one input.
    """

    __slots__ = ("kind", "serial", "value")

    def __init__(self, kind: Literal["json", "yaml"], value: Value, serial: int = 0):
        self.kind = kind
        self.value = value
        self.serial = serial

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Embedded) and self.value == other.value

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Embedded({self.kind}, {self.value!r})"


UNKNOWN: Final = Unknown()


ABSENT: Final = Absent()


Value: TypeAlias = "None | bool | int | Decimal | str | list[Value] | dict[str, Value] | Unknown | Sensitive | Embedded"
"""A masked attribute value."""


Pseudonyms: TypeAlias = "Callable[[bytes], dict[Sensitive, str]]"


PathPart: TypeAlias = str | int


Path: TypeAlias = tuple[PathPart, ...]


_PLAIN_KEY = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")


@functools.lru_cache(maxsize=65536)
def spell(path: Path) -> str:
    """The text of a path: `a.b`, `tags["a.b"]`, `x[0]`.

    Plain keys are joined with dots; any other key stands in brackets and JSON quotes; list positions in brackets.
    """
    parts: list[str] = []
    for part in path:
        if isinstance(part, int):
            parts.append(f"[{part}]")
        elif _PLAIN_KEY.fullmatch(part):
            parts.append(f".{part}" if parts else part)
        else:
            parts.append(f"[{msgspec.json.encode(part).decode()}]")
    return "".join(parts)


class Side(Protocol):
    """One side (before or after) of an object: masked values, read on demand.

    Reading masks: nothing reaches a caller that the redactor has not seen. Big objects cost only what is read.
    """

    def keys(self) -> tuple[str, ...]:
        """The top-level attribute names, unknown ones included."""
        ...

    def get(self, key: str) -> Value | Absent:
        """The masked value of one top-level attribute."""
        ...

    def at(self, path: Path) -> Value | Absent:
        """The masked value at a path; an unknown or sensitive parent gives itself."""
        ...


def within(value: Value | Absent, path: Path) -> Value | Absent:
    """The value at a path inside a masked value; an unknown or sensitive parent itself. Descends into embedded JSON and YAML."""
    for part in path:
        if isinstance(value, Embedded):
            value = value.value
        if isinstance(value, (Unknown, Sensitive)):
            return value
        if isinstance(value, dict) and isinstance(part, str):
            value = value.get(part, ABSENT)
        elif isinstance(value, list) and isinstance(part, int) and 0 <= part < len(value):
            value = value[part]
        else:
            return ABSENT
    return value
