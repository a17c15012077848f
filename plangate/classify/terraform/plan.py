"""What a Terraform plan will really do: changed leaves, noise, drift, and what all of it means."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from plangate.classify.noise import noise
from plangate.classify.terraform import assessed
from plangate.classify.terraform.drift import changed_leaves, recorded_drift
from plangate.classify.terraform.helm_release import release
from plangate.classify.terraform.impact import assess
from plangate.model.change import Action, Change, Noise, TerraformChangeSet

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_COMPARED = frozenset({Action.UPDATE, Action.REPLACE})


def classify(
    changeset: TerraformChangeSet,
    assumed: Sequence[str] = (),
    release_words: Callable[[str], frozenset[str]] = lambda chart: frozenset(),  # noqa: ARG005 - of any chart
) -> TerraformChangeSet:
    """Complete the changes of a plan: attributes, noise, effects, traits; and the drift that Terraform recorded.

    What hangs on the addresses in `assumed` is taken as it is now. `release_words` gives, for a chart, the words that mean a
    release in its versions (`semver.read`).
    """
    if assumed:
        from plangate.classify.terraform import assumed as assumptions

        changeset = assumptions.assume(changeset, assumed)
    changes = tuple(_compare(change) for change in changeset.changes)
    if assumed:
        changes = tuple(assumptions.told(change) for change in changes)
    changeset = msgspec.structs.replace(changeset, changes=changes)
    changeset = msgspec.structs.replace(changeset, drift=recorded_drift(changeset))
    changeset = assess(changeset)
    if any(change.type == release.TYPE for change in changes):
        from plangate.classify.terraform.helm_release import unseen

        changeset = unseen.tell(changeset, release_words)
    changeset = msgspec.structs.replace(changeset, changes=tuple(_quieten(change) for change in changeset.changes))
    return assessed.tell(changeset)


def _compare(change: Change) -> Change:
    """Fill in the changed leaves and the kind of noise. A create or a destroy lists no leaves."""
    if change.action not in _COMPARED:
        return change
    attributes = changed_leaves(change)
    change = msgspec.structs.replace(
        change,
        attributes=attributes,
        noise=noise(change, attributes),
        note=change.note or _format_note(change, attributes),
    )
    return release.compare(change) if change.type == release.TYPE else change


def _format_note(change: Change, attributes: tuple[object, ...]) -> str | None:
    if change.action is not Action.UPDATE or attributes or not change.values_known:
        return None
    if not change.differing:
        return "no value changes, only what is marked as sensitive"
    return f"only the order or the spelling of {', '.join(change.differing)} changes"


def _quieten(change: Change) -> Change:
    """A change with effects is no noise, whatever its attributes look like."""
    if change.noise in (None, Noise.FORMAT) or not change.effects:
        return change
    return msgspec.structs.replace(change, noise=None)
