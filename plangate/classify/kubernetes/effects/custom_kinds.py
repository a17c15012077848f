"""Custom resources that are deleted: what goes with them, by the class of their kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plangate.classify.kubernetes import kinds
from plangate.model.change import Action, Effect, EffectName
from plangate.model.resource_type import Class, Consequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.classify.kubernetes.release_index import ReleaseIndex
    from plangate.model.change import Change


def effects(change: Change, _index: ReleaseIndex) -> Iterator[Effect]:
    """The effect of a custom resource that goes: its data are lost, or what it was there for goes.

    One that only gets another name is created anew; what others hold on to, and data, goes all the same.
    """
    known = kinds.class_of(change.type) if change.action is Action.DESTROY else None
    if known is None or known.consequence is Consequence.NONE:
        return
    because = f"is deleted, and {known.what}"
    if known.class_ is Class.DATA:
        yield Effect(EffectName.DATA_LOSS, because, "custom", consequence=known.consequence)
    elif known.class_ is Class.FOUNDATION or not _renamed(change):
        yield Effect(EffectName.REMOVES, because, "custom", consequence=known.consequence)


def traits(change: Change) -> Iterator[str]:
    """`workload` for what keeps pods running; `unfamiliar` for a custom resource that goes and whose kind has no class."""
    if change.type in kinds.workloads():
        yield "workload"
    elif change.action is Action.DESTROY and kinds.is_custom(change.type) and kinds.class_of(change.type) is None:
        yield "unfamiliar"


def _renamed(change: Change) -> bool:
    return (change.note or "").startswith("renamed")
