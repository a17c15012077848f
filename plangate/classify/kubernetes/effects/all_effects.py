"""Every effect of every change: each kind of question has a module of its own, this one asks them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from plangate.classify.kubernetes.api import cross_object
from plangate.classify.kubernetes.effects import config_consumers, exposure, images, losses, pods, traffic
from plangate.classify.kubernetes.objects import MANAGED_BY, RELEASE_NAME, RELEASE_NAMESPACE, annotations_of, section
from plangate.model.change import Effect, EffectName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.classify.kubernetes.predict import Predicted
    from plangate.classify.kubernetes.release_index import ReleaseIndex
    from plangate.model.change import Change
    from plangate.model.release import KubeObject, Upgrade

__all__ = ["adoption", "by_hand", "finish"]

_ASKED = (pods.effects, losses.effects, config_consumers.effects, traffic.effects, exposure.effects)


def adoption(live: KubeObject, upgrade: Upgrade) -> Effect:
    """An object that exists and is not in the release: taken over when it says that it belongs to it, else refused."""
    notes = annotations_of(live.body)
    owned = (
        section(live.body, "metadata", "labels").get(MANAGED_BY) == "Helm"
        and notes.get(RELEASE_NAME) == upgrade.name
        and notes.get(RELEASE_NAMESPACE) == upgrade.namespace
    )
    if owned:
        return Effect(EffectName.ADOPTS, "exists already and is taken over by this release", "left-behind")
    owner = notes.get(RELEASE_NAME)
    whose = (
        f"it belongs to the release {owner}" if owner else "it does not carry Helm's ownership label and annotations"
    )
    return Effect(
        EffectName.FAILS,
        f"exists and cannot be imported into the current release: {whose}; "
        "way out: delete it, label and annotate it as Helm does, or --take-ownership",
        "not-owned",
        ("metadata",),
    )


def by_hand(predicted: Predicted) -> Iterator[Effect]:
    """What somebody changed outside and this upgrade sets back."""
    paths = tuple(one.path for one in predicted.changed if one.path not in predicted.intended_paths)
    if paths:
        yield Effect(EffectName.REVERTS_LIVE, f"was changed by hand: {', '.join(paths[:3])} is set back", "", paths)


def finish(changes: list[Change], scene: ReleaseIndex) -> list[Change]:
    """Every change with all its effects. One that fails has no others."""
    changes = losses.told_together(changes, scene)
    scene.changes = changes
    return [_finished(change, scene) for change in changes]


def _finished(change: Change, scene: ReleaseIndex) -> Change:
    found = [*change.effects, *cross_object.effects(change, scene)]
    refused = tuple(effect for effect in found if effect.name is EffectName.FAILS)
    if refused:
        return structs.replace(change, effects=refused)
    for ask in _ASKED:
        found += ask(change, scene)
    return structs.replace(
        change,
        effects=tuple(dict.fromkeys(found)),
        traits=change.traits | images.traits(change),
        note=_note(change, found),
    )


def _note(change: Change, found: list[Effect]) -> str | None:
    """What else is worth a word: how the pods of this workload really restart."""
    notes = [change.note] if change.note else []
    notes += [word for word in (pods.note(change, found),) if word]
    return "; ".join(notes) or None
