"""Sentences about drift."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from plangate.model.change import DriftStatus
from plangate.model.values import ABSENT, UNKNOWN, Path, Sensitive

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plangate.drift.compare import Maybe
    from plangate.model.release import Revision

_LONGEST: Final = 40
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_SCALED: Final = frozenset({"replicaCount", "replicas", "minReplicas", "maxReplicas", "numReplicas"})


def note(
    status: DriftStatus,
    path: Path,
    *,
    live: Maybe,
    after: Maybe,
    when: str = "",
    no_upgrade: bool = False,
    type_only: bool = False,
    owner: str = "",
) -> str | None:
    """The sentence about one path, or None where there is nothing to say."""
    if status in (DriftStatus.CLEAN, DriftStatus.INTENDED):
        return None
    by = f" by {owner}" if owner else " by hand"
    done = _done(path, live, by) + (f" ({when})" if when else "")
    then = {
        DriftStatus.STAYS: "Terraform cannot see this, and this apply leaves it so"
        if no_upgrade
        else "this apply leaves it so",
        DriftStatus.CONVERGED: "this change asks for the same",
        DriftStatus.WILL_BE_REVERTED: _set_back(after),
        DriftStatus.DROPPED: "this apply removes it",
        DriftStatus.CONFLICT: "this apply sets it to something else again" + _to(after).replace(" to ", ": ", 1)
        if after is not ABSENT
        else "this apply removes it",
        DriftStatus.UNKNOWN: "what this apply does to it cannot be told",
    }[status]
    kind = "; only its type differs" if type_only else ""
    return f"{done}{kind}; {then}"


def _done(path: Path, live: Maybe, by: str) -> str:
    """What was done to the live value, such as `scaled to 3 by hand`."""
    if live is ABSENT:
        return f"removed{by}"
    if path and path[-1] in _SCALED and isinstance(live, int) and not isinstance(live, bool):
        return f"scaled to {live}{by}"
    return f"changed{by}{_to(live)}"


def _set_back(after: Maybe) -> str:
    return "this apply sets it back" + _to(after)


def _to(value: Maybe) -> str:
    """` to VALUE` for a short visible value; empty for any other."""
    if isinstance(value, bool):
        return f" to {str(value).lower()}"
    if isinstance(value, (int, Decimal)):
        return f" to {value}"
    if isinstance(value, str) and len(value) <= _LONGEST and value.isprintable():
        return f' to "{value}"'
    if value is None:
        return " to null"
    if value is UNKNOWN or isinstance(value, Sensitive) or value is ABSENT:
        return ""
    return ""


def when(history: Sequence[Revision], since: int | None) -> str:
    """The revisions after `since` and the time of the newest, in words; empty without any."""
    newer = [one for one in history if since is not None and one.number > since]
    if not newer:
        return ""
    newest = newer[-1]
    revisions = f"revision {newest.number}" if len(newer) == 1 else f"revisions {newer[0].number} to {newest.number}"
    moment = moment_of(newest.updated)
    return f"{revisions}, {moment}" if moment else revisions


def moment_of(text: str) -> str:
    """An RFC 3339 time as `23 Nov 15:37`, with ` UTC` where it ends in `Z`; empty for any other text."""
    date, _, time = text.partition("T")
    parts = date.split("-")
    if len(parts) != len("ymd") or not all(part.isdecimal() for part in parts) or len(time) < len("15:37"):
        return ""
    month = int(parts[1])
    if not 1 <= month <= len(_MONTHS):
        return ""
    zone = " UTC" if time.endswith("Z") else ""
    return f"{int(parts[2])} {_MONTHS[month - 1]} {time[:5]}{zone}"
