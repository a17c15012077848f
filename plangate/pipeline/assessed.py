"""The findings that ask a person about what nobody has judged."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plangate.lang import fingerprint
from plangate.lang.wording import listed
from plangate.model import assessment
from plangate.model.change import Action
from plangate.model.verdict import Finding, Outcome, Severity
from plangate.verdict import OWN

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plangate.model.change import Change, ChangeSet

_MOST_PATHS: Final = 4
_DOING: Final = {
    Action.DESTROY: "destroying it",
    Action.REPLACE: "replacing it",
    Action.FORGET: "leaving it to itself",
}


def findings(changesets: Iterable[ChangeSet], found: Iterable[Finding], *, protected: bool) -> Iterator[Finding]:
    """One for each change that no rule has judged and that none of `found` tells of."""
    own = OWN[assessment.POLICY]
    for position, change in assessment.unjudged(changesets, found):
        address = str(change.address)
        yield Finding(
            policy=assessment.POLICY,
            severity=own.severity if protected else Severity.LOW,
            outcome=Outcome.VIOLATED,
            message=own.message.replace("{what}", _what(change)).replace("{address}", address),
            why=own.why,
            remediation=own.remediation,
            address=address,
            evidence=change.unjudged,
            location=change.location,
            fingerprint=fingerprint.of(assessment.POLICY, address, change.action, *change.unjudged),
            change=position,
        )


def _what(change: Change) -> str:
    """What nobody has judged: changing some attributes, or what happens to the whole."""
    if change.unjudged:
        return f"changing {listed(change.unjudged, _MOST_PATHS)}"
    return _DOING.get(change.action, "changing it")
