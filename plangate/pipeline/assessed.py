"""The findings that ask a person about what nobody has judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import structs

from plangate.findings import make
from plangate.lang.wording import listed
from plangate.model import assessment
from plangate.model.change import Action
from plangate.model.verdict import Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plangate.model.change import Change, ChangeSet
    from plangate.model.verdict import Finding

_MOST_PATHS: Final = 4
_DOING: Final = {
    Action.DESTROY: "destroying it",
    Action.REPLACE: "replacing it",
    Action.FORGET: "leaving it to itself",
}


def findings(changesets: Iterable[ChangeSet], found: Iterable[Finding], *, protected: bool) -> Iterator[Finding]:
    """One for each change that no rule has judged and that none of `found` tells of."""
    for position, change in assessment.unjudged(changesets, found):
        address = str(change.address)
        finding = make(
            "unassessed-change",
            address,
            change.action,
            *change.unjudged,
            fields={"address": address, "what": _what(change)},
            address=address,
            location=change.location,
            evidence=change.unjudged,
            change=position,
        )
        yield finding if protected else structs.replace(finding, severity=Severity.LOW)


def _what(change: Change) -> str:
    """What nobody has judged: changing some attributes, or what happens to the whole."""
    if change.unjudged:
        return f"changing {listed(change.unjudged, _MOST_PATHS)}"
    return _DOING.get(change.action, "changing it")
