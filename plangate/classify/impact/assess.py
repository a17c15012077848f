"""Every rule on every change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import structs

from plangate.classify.impact import removal, traits
from plangate.classify.impact.scene import Scene, Subject, scene
from plangate.model import Action, Change, ChangeSet, Effect, EffectName

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_IDLE: Final = frozenset({Action.READ, Action.NO_OP})

RULES: Final[tuple[Callable[[Subject, Scene], Iterator[Effect]], ...]] = (
    removal.refusals,
    removal.data_loss,
    removal.left_behind,
    removal.outage,
)


def assess(changeset: ChangeSet) -> ChangeSet:
    """Say of every managed change what it does to running things, and what it is."""
    around = scene(changeset)
    return structs.replace(changeset, changes=tuple(_assess(change, around) for change in changeset.changes))


def _assess(change: Change, around: Scene) -> Change:
    if change.mode != "managed" or change.action in _IDLE:
        return change
    type_ = traits.real_type(change)
    subject = Subject(change, type_, traits.of(change, type_), change.before)
    effects = tuple(effect for rule in RULES for effect in rule(subject, around))
    refused = tuple(effect for effect in effects if effect.name is EffectName.FAILS and effect.certain)
    return structs.replace(change, effects=refused or effects, traits=subject.traits)
