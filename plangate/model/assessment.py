"""Which changes of something live are known to be harmless, and which of them nobody has judged: a pass is earned."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import structs

from plangate.model.change import LIVE, Change, ChangeSet
from plangate.model.input import Source
from plangate.model.values import Sensitive, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from plangate.model.verdict import Finding, Satisfied

POLICY: Final = "unassessed-change"
"""The finding that asks a person about what nobody has judged."""

_MOST_NAMED: Final = 3
_OF_RELEASES: Final = "release"
"""The view that every release has; the others are those of applications."""
_HIDDEN: Final = (Sensitive, Unknown)


def settle(changesets: Iterable[ChangeSet], satisfied: Mapping[int, Sequence[Satisfied]]) -> list[ChangeSet]:
    """The change sets with what policies add that found nothing wrong: what one of them has read is judged."""
    settled: list[ChangeSet] = []
    first = 0
    for changeset in changesets:
        last = first + len(changeset.changes)
        if any(first <= position < last for position in satisfied) or any(change.views for change in changeset.changes):
            changes = (_settled(change, satisfied.get(i, ())) for i, change in enumerate(changeset.changes, first))
            settled.append(structs.replace(changeset, changes=tuple(changes)))
        else:
            settled.append(changeset)
        first = last
    return settled


def _settled(change: Change, satisfied: Sequence[Satisfied]) -> Change:
    if change.assessed is not None or not change.unjudged:
        return change
    told = sorted(change.views.keys() - {_OF_RELEASES})
    hidden = {a.path for a in change.attributes if isinstance(a.before, _HIDDEN) or isinstance(a.after, _HIDDEN)}
    if told and all(path.startswith("values.") and path not in hidden for path in change.unjudged):
        reason = f"its values are what the policies of {told[0]} are held against"
        return structs.replace(change, assessed=reason, unjudged=())
    by = [one.policy for one in satisfied if any(_is_read(path, one.paths) for path in change.unjudged)]
    if not all(any(_is_read(path, one.paths) for one in satisfied) for path in change.unjudged):
        return change
    named = ", ".join(by[:_MOST_NAMED])
    return structs.replace(change, assessed=f"{named} looked at what changes and found nothing wrong", unjudged=())


def _is_read(path: str, read: Iterable[str]) -> bool:
    """Whether a path, or what it stands in, was read."""
    return any(path == one or path.startswith((f"{one}.", f"{one}[")) for one in read)


def unjudged(changesets: Iterable[ChangeSet], found: Iterable[Finding]) -> Iterator[tuple[int, Change]]:
    """The changes of something live that no rule has judged, with their index: none says that they are harmless, and none of `found` tells of them.

    A plan without values says of itself that nothing can be told; of objects of Helm nothing is asked.
    """
    told = [finding for finding in found if finding.asks_for_a_look]
    positions, addresses = {finding.change for finding in told}, {finding.address for finding in told}
    changes = (change for changeset in changesets for change in changeset.changes)
    for position, change in enumerate(changes):
        if (
            _is_live(change)
            and change.assessed is None
            and change.source is Source.TERRAFORM
            and change.values_known
            and position not in positions
            and str(change.address) not in addresses
        ):
            yield position, change


def counts(changes: Sequence[Change], found: Iterable[Finding]) -> tuple[int, int]:
    """How many changes of something live are known to be harmless, and how many nobody has judged. The others have findings.

    What a person has accepted is judged.
    """
    told = {
        finding.change
        for finding in found
        if finding.asks_for_a_look and (finding.policy != POLICY or finding.waiver is not None)
    }
    quiet = [change for position, change in enumerate(changes) if _is_live(change) and position not in told]
    assessed = sum(change.assessed is not None for change in quiet)
    return assessed, len(quiet) - assessed


def _is_live(change: Change) -> bool:
    return change.mode == "managed" and change.action in LIVE
