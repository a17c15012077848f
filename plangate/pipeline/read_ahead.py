"""Begins to read an input while the rest of the program is loaded. Imports nothing that takes time itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plangate.evidence.files import ReadAhead

if TYPE_CHECKING:
    from collections.abc import Callable

    from plangate.model.input import RawInput


def begin(path: str) -> Callable[[str], RawInput]:
    """A reader of inputs that has started to read this one. Its `read` raises `InputError`."""
    return ReadAhead(path).read
