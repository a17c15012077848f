"""How much of a plan is read: what nobody can review in one go is refused before it fills the memory."""

from __future__ import annotations

from typing import Final

from plangate.errors import InputError

MOST_CHANGES: Final = 250_000
"""Changes, drift and outputs of one plan. Resources that stay as they are do not count."""


def check(changes: int, where: str) -> None:
    """Raises `InputError` for more changes than are read."""
    if changes > MOST_CHANGES:
        raise InputError(
            f"holds more than {MOST_CHANGES:,} changes", where=where, hint="plan it in parts, and review each of them"
        )
