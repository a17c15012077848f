"""Finding the knowledge of a resource type: by exact name, else by pattern, once per type."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Generic, TypeVar

from plangate.lang.glob import fits

T = TypeVar("T")


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
            found = (*exact, *(entry for pattern, entry in patterns if fits(pattern, type_)))
            self._found[type_] = found
        return found
