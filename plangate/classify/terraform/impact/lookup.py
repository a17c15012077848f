"""Finding the knowledge of a resource type: by exact name, else by pattern, once per type."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

T = TypeVar("T")


def fits(name: str, pattern: str) -> bool:
    """Whether a name fits a pattern in which `*` stands for anything. A regular expression would cost its compilation."""
    first, *rest = pattern.split("*")
    if not rest:
        return name == pattern
    last = rest.pop()
    if len(name) < len(first) + len(last) or not (name.startswith(first) and name.endswith(last)):
        return False
    position, end = len(first), len(name) - len(last)
    for part in rest:
        found = name.find(part, position, end)
        if found < 0:
            return False
        position = found + len(part)
    return True


class Lookup(Generic[T]):
    """Everything that is known of a type. An exact name beats patterns, unless both count (`together`)."""

    def __init__(self, entries: Iterable[tuple[str, T]], *, together: bool = False):
        self._together = together
        self._exact: dict[str, list[T]] = {}
        self._patterns: list[tuple[str, T]] = []
        self._found: dict[str, tuple[T, ...]] = {}
        for name, entry in entries:
            if "*" in name:
                self._patterns.append((name, entry))
            else:
                self._exact.setdefault(name, []).append(entry)

    def __call__(self, type_: str) -> tuple[T, ...]:
        """What is known of one type: what has its exact name first."""
        found = self._found.get(type_)
        if found is None:
            exact = self._exact.get(type_, [])
            patterns = [] if exact and not self._together else self._patterns
            found = (*exact, *(entry for pattern, entry in patterns if fits(type_, pattern)))
            self._found[type_] = found
        return found
