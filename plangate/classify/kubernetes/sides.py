"""A completed object as a side of a change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plangate.model.values import ABSENT, Absent, Embedded

if TYPE_CHECKING:
    from plangate.model.values import Path, Value


class Masked:
    """A `model.Side` over a masked object."""

    __slots__ = ("body",)

    def __init__(self, body: dict[str, Value]):
        self.body = body

    def __repr__(self) -> str:
        return f"Masked({len(self.body)} keys)"

    def keys(self) -> tuple[str, ...]:
        """The names at the top."""
        return tuple(self.body)

    def get(self, key: str) -> Value | Absent:
        """The value of one name."""
        return self.body.get(key, ABSENT)

    def at(self, path: Path) -> Value | Absent:
        """The value at a path; a redacted parent gives itself."""
        value: Value | Absent = self.body
        for part in path:
            if isinstance(value, Embedded):
                value = value.value
            if isinstance(value, dict):
                value = value.get(str(part), ABSENT)
            elif isinstance(value, list) and isinstance(part, int):
                value = value[part] if -len(value) <= part < len(value) else ABSENT
            else:
                return ABSENT if isinstance(value, (dict, list, str, int)) or value is None else value
        return value


def body_of(side: object) -> dict[str, Value]:
    """The object behind a side of a change of Helm; an empty one where there is none."""
    return side.body if isinstance(side, Masked) else {}
