"""The effects, traits and notes of every change of a release. Each kind of effect has a module of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from plangate.classify.kubernetes.api import cross_object, unapplied_definitions
from plangate.classify.kubernetes.effects import (
    authentication,
    cluster,
    config_consumers,
    custom_kinds,
    disruption,
    exposure,
    images,
    losses,
    pods,
    rendered,
    scaling,
    scheduling,
    storage,
    traffic,
    used,
    values_lost,
)
from plangate.classify.release_view import with_notices
from plangate.model.change import Effect, EffectName, Notice

if TYPE_CHECKING:
    from plangate.classify.kubernetes.release_index import ReleaseIndex
    from plangate.model.change import Change

_EFFECTS = (
    pods.effects,
    scaling.effects,
    losses.effects,
    custom_kinds.effects,
    storage.effects,
    used.effects,
    config_consumers.effects,
    rendered.effects,
    traffic.effects,
    exposure.effects,
    authentication.effects,
    scheduling.effects,
    cluster.effects,
    disruption.notices,
    values_lost.notices,
)


def assess(changes: list[Change], index: ReleaseIndex) -> list[Change]:
    """The changes with all their effects, traits and notes. A change that the server refuses has no other effects."""
    changes = losses.with_renames(changes, index)
    index.changes = changes
    return [_assessed(change, index) for change in changes]


def _assessed(change: Change, index: ReleaseIndex) -> Change:
    found = [
        *change.effects,
        *cross_object.effects(change, index),
        *unapplied_definitions.effects(change, index),
    ]
    refused = tuple(effect for effect in found if effect.name is EffectName.FAILS)
    if refused:
        return structs.replace(change, effects=refused)
    told: list[Effect | Notice] = []
    for effects in _EFFECTS:
        told += effects(change, index)
    found += [one for one in told if isinstance(one, Effect)]
    judged = structs.replace(
        change,
        effects=tuple(dict.fromkeys(found)),
        traits=change.traits | images.traits(change) | frozenset(custom_kinds.traits(change)),
        note=_note(change, found),
    )
    return with_notices(judged, (one for one in told if isinstance(one, Notice)))


def _note(change: Change, found: list[Effect]) -> str | None:
    """The note of a change, with how the pods of a workload restart."""
    notes = [change.note] if change.note else []
    restart = pods.note(change, found)
    if restart:
        notes.append(restart)
    return "; ".join(notes) or None
