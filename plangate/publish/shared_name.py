"""Several results under one name on one commit: GitHub shows the latest, and the worst has to be the one that is shown.

Each result says whose it is (the target and the branch that its gate belongs to) and which run reached it. A result never hides a
worse one of another target or of a later run; where two were written at once, reading them back settles it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable

_SIGN = re.compile(
    r"plangate/v1 (?P<key>[0-9a-f]{16}) (?P<run>\d{1,18})\.(?P<attempt>\d{1,18})(?: own=(?P<own>[a-z_]{1,20}))?"
)
RANKS: Final = {"success": 0, "neutral": 0, "pending": 1, "action_required": 1, "error": 2, "failure": 2}
"""How bad a conclusion of a check or a state of a status is; everything else is as bad as a failure."""

WORST: Final = 2


class Signature(Struct, frozen=True):
    """Whose a result is, and which run reached it."""

    key: str
    order: tuple[int, int]

    def text(self, own: str = "") -> str:
        """The signature as it is stored; with `own`, where the result is shown worse than it is."""
        run, attempt = self.order
        return f"plangate/v1 {self.key} {run}.{attempt}{f' own={own}' if own else ''}"


class Result(Struct, frozen=True):
    """A result under the name. The one with the largest number is shown."""

    number: int
    by: Signature
    own: int
    """The rank of what its run decided."""
    shown: int
    """The rank of what GitHub shows of it, which is worse where it stands for another target too."""


def result(number: int, signed: object, shown: object) -> Result | None:
    """The result with this signature; None for one that is not ours."""
    found = _SIGN.fullmatch(signed) if isinstance(signed, str) else None
    if found is None:
        return None
    rank = rank_of(shown)
    own = rank if found["own"] is None else rank_of(found["own"])
    return Result(number, Signature(found["key"], (int(found["run"]), int(found["attempt"]))), own, rank)


def rank_of(conclusion: object) -> int:
    """How bad a conclusion is. One that is not there yet is as bad as the worst."""
    return RANKS.get(conclusion, WORST) if isinstance(conclusion, str) else WORST


def of_others(results: Iterable[Result], mine: Signature) -> int:
    """The rank of the worst that stands for another target or branch; -1 without any."""
    return max((one.own for one in _newest(results) if one.by.key != mine.key), default=-1)


def of_later(results: Iterable[Result], mine: Signature) -> Result | None:
    """The result of a later run of the same target; None without one."""
    return next((one for one in _newest(results) if one.by.key == mine.key and one.by.order > mine.order), None)


def _newest(results: Iterable[Result]) -> list[Result]:
    """The result of the latest run of each target."""
    found: dict[str, Result] = {}
    for one in results:
        before = found.get(one.by.key)
        if before is None or (one.by.order, one.number) > (before.by.order, before.number):
            found[one.by.key] = one
    return list(found.values())
