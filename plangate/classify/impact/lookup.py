"""Finding the knowledge of a resource type: by exact name, else by pattern, once per type."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable
from typing import Generic, TypeVar

T = TypeVar("T")


class Lookup(Generic[T]):
    """Everything that is known of a type, in the order of the document. An exact name beats patterns."""

    def __init__(self, entries: Iterable[tuple[str, T]]):
        self._exact: dict[str, list[T]] = {}
        self._patterns: list[tuple[str, T]] = []
        self._found: dict[str, tuple[T, ...]] = {}
        for name, entry in entries:
            if "*" in name:
                self._patterns.append((name, entry))
            else:
                self._exact.setdefault(name, []).append(entry)

    def __call__(self, type_: str) -> tuple[T, ...]:
        found = self._found.get(type_)
        if found is None:
            exact = self._exact.get(type_)
            found = tuple(exact) if exact else tuple(e for p, e in self._patterns if fnmatch.fnmatchcase(type_, p))
            self._found[type_] = found
        return found
