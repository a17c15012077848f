"""What goes away: data with it, a guard with it, or only a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import structs

from plangate.classify.kubernetes.compare import compare
from plangate.classify.kubernetes.objects import KEEP, annotations_of, section
from plangate.classify.kubernetes.schema import ANY
from plangate.classify.kubernetes.sides import body_of
from plangate.model.change import Action, Change, Effect, EffectName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.classify.kubernetes.release_index import ReleaseIndex

_LOST: Final = {
    "core/PersistentVolumeClaim": "the volume goes with the claim, unless its storage class retains it",
    "core/Namespace": "everything in the namespace goes with it",
    "apiextensions.k8s.io/CustomResourceDefinition": "every resource of this kind in the whole cluster goes with it",
}
_ALIKE: Final = 6
"""So many differing leaves leave two objects recognisable as one."""


def effects(change: Change, _scene: ReleaseIndex) -> Iterator[Effect]:
    """Data and guards that go."""
    before, after = body_of(change.before), body_of(change.after)
    if change.action is Action.DESTROY:
        lost = _LOST.get(change.type)
        if lost is not None:
            yield Effect(EffectName.DATA_LOSS, lost)
        if section(before, "spec").get("persistentVolumeReclaimPolicy") == "Delete":
            yield Effect(EffectName.DATA_LOSS, "the volume is deleted with its object (reclaim policy Delete)")
        if change.type == "apps/StatefulSet" and _retention(change, "whenDeleted") == "Delete":
            yield Effect(EffectName.DATA_LOSS, "its claims are deleted with it (whenDeleted: Delete)")
        if change.type == "policy/PodDisruptionBudget" and not change.note:
            yield Effect(
                EffectName.UNPROTECTS, "no longer keeps pods running while nodes are drained", "disruption-budget"
            )
    if change.action is Action.UPDATE:
        if change.type == "apps/StatefulSet" and _retention(change, "whenScaled") == "Delete":
            old, new = section(before, "spec").get("replicas"), section(after, "spec").get("replicas")
            if isinstance(old, int) and isinstance(new, int) and new < old:
                yield Effect(
                    EffectName.DATA_LOSS,
                    f"the claims of {old - new} pods are deleted (whenScaled: Delete)",
                    "",
                    ("spec.replicas",),
                )
        if annotations_of(before).get(KEEP) == "keep" and annotations_of(after).get(KEEP) != "keep":
            path = f'metadata.annotations["{KEEP}"]'
            yield Effect(
                EffectName.UNPROTECTS, "is no longer kept when it leaves the chart", "resource-policy", (path,)
            )


def _retention(change: Change, when: str) -> object:
    return section(body_of(change.before), "spec", "persistentVolumeClaimRetentionPolicy").get(when)


def told_together(changes: list[Change], scene: ReleaseIndex) -> list[Change]:
    """Destroys and creates that are one story name each other: a rename, a move to a namespace, an object that becomes a hook."""
    hooks = {scene.names.identity(one) for one in scene.upgrade.new_hooks}
    notes: dict[str, str] = {}
    free = [change for change in changes if change.action is Action.CREATE]
    for gone in changes:
        if gone.action is not Action.DESTROY:
            continue
        if tuple(gone.address.text.split("/", 3)) in hooks:
            notes[gone.address.text] = "becomes a hook: deleted from the release and created again each time"
            continue
        come = _successor(gone, free)
        if come is not None:
            free.remove(come)
            notes[gone.address.text] = f"renamed to {come.address}"
            notes[come.address.text] = f"renamed from {gone.address}"
    return [
        structs.replace(change, note="; ".join(filter(None, (change.note, notes.get(change.address.text)))) or None)
        if change.action in (Action.DESTROY, Action.CREATE)
        else change
        for change in changes
    ]


def _successor(gone: Change, free: list[Change]) -> Change | None:
    """The created object that a destroyed one lives on in: another namespace, the same template, or nearly the same content."""
    same_type = [come for come in free if come.type == gone.type]
    by_name = [come for come in same_type if come.name == gone.name]
    if by_name:
        return by_name[0]
    ranked = sorted((_distance(gone, come), come.address.text, come) for come in same_type)
    if ranked and (ranked[0][0] <= _ALIKE or (len(same_type) == 1 and ranked[0][2].template == gone.template != "")):
        return ranked[0][2]
    return None


def _distance(gone: Change, come: Change) -> int:
    old = {key: value for key, value in body_of(gone.before).items() if key != "metadata"}
    new = {key: value for key, value in body_of(come.after).items() if key != "metadata"}
    return sum(1 for _ in compare(old, new, ANY))
