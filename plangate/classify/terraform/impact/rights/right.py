"""What all policy languages are read into."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct

from plangate.classify.terraform.impact.values import Readable

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plangate.classify.terraform.impact.rights.knowledge import PolicyDocument
    from plangate.classify.terraform.impact.values import Maybe

EVERYTHING: Final = "iam-wildcard"
"""The kind of a right to everything, or to what leads there."""
WIDE: Final = "wide-grant"
"""The kind of a right that is wider than one thing needs."""
ANYONE: Final = "trust-anyone"
"""The kind of a right that everybody gets."""


class Right(Struct, frozen=True):
    """A right that is worth a word: its kind, and who may do what where, as a clause.

    Not `certain`: it hangs on something that cannot be seen. `hidden` is what cannot be seen, so that two sides that hide
    the same are told from two that hide different things.
    """

    kind: str
    because: str
    certain: bool = True
    hidden: object = None


Reader: TypeAlias = "Callable[[PolicyDocument, Maybe, Readable], Iterator[Right]]"
"""Reads what stands at the path of a document; the whole side says on what it is given."""
