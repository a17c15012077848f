"""A Kubernetes object as a side of a change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plangate.model.values import ABSENT, Absent, Embedded

if TYPE_CHECKING:
    from plangate.model.values import Path, Value


class ObjectSide:
    """A `model.values.Side` over an object whose secrets are masked."""

    __slots__ = ("body",)

    def __init__(self, body: dict[str, Value]):
        self.body = body

    def __repr__(self) -> str:
        return f"ObjectSide({len(self.body)} keys)"

    def keys(self) -> tuple[str, ...]:
        """The keys of the object."""
        return tuple(self.body)

    def get(self, key: str) -> Value | Absent:
        """The value of a key; ABSENT where there is none."""
        return self.body.get(key, ABSENT)

    def at(self, path: Path) -> Value | Absent:
        """The value at a path; ABSENT where there is none. Below a masked or unknown value, that value itself."""
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
    """The object of a side; an empty one where the side is None or no Kubernetes object."""
    return side.body if isinstance(side, ObjectSide) else {}
