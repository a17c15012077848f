"""Begins to read an input while the rest of the program is loaded. Imports nothing that takes time itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plangate.evidence.files import ReadAhead

if TYPE_CHECKING:
    from collections.abc import Callable

    from plangate.model.input import RawInput


def begin(path: str) -> Callable[[str], RawInput]:
    """What reads any input, and has begun with this one. It raises `InputError` for what cannot be read."""
    return ReadAhead(path).read
