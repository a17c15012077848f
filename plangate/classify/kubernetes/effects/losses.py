"""Deleted objects: lost data, lost protection, and renames."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import structs

from plangate.classify.kubernetes.compare import compare
from plangate.classify.kubernetes.object_side import body_of
from plangate.classify.kubernetes.objects import KEEP, annotations_of, section
from plangate.classify.kubernetes.schema import ANY
from plangate.model.change import Action, Change, Effect, EffectName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.classify.kubernetes.release_index import ReleaseIndex

_DATA_LOSS: Final = {
    "core/PersistentVolumeClaim": "the volume goes with the claim, unless its storage class retains it",
    "core/Namespace": "everything in the namespace goes with it",
    "apiextensions.k8s.io/CustomResourceDefinition": "every resource of this kind in the whole cluster goes with it",
}
_MAX_DIFFERENCES: Final = 6
"""The number of differing leaves up to which two objects count as the same one under another name."""


def effects(change: Change, _index: ReleaseIndex) -> Iterator[Effect]:
    """The `data-loss` and `unprotects` effects of a change."""
    before, after = body_of(change.before), body_of(change.after)
    if change.action is Action.DESTROY:
        lost = _DATA_LOSS.get(change.type)
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


def with_renames(changes: list[Change], index: ReleaseIndex) -> list[Change]:
    """The changes, with notes on destroys and creates that belong together: renames, moves between namespaces, objects that become hooks."""
    hooks = {index.names.identity(one) for one in index.upgrade.new_hooks}
    notes: dict[str, str] = {}
    created = [change for change in changes if change.action is Action.CREATE]
    for destroyed in changes:
        if destroyed.action is not Action.DESTROY:
            continue
        if tuple(destroyed.address.text.split("/", 3)) in hooks:
            notes[destroyed.address.text] = "becomes a hook: deleted from the release and created again each time"
            continue
        successor = _successor(destroyed, created)
        if successor is not None:
            created.remove(successor)
            notes[destroyed.address.text] = f"renamed to {successor.address}"
            notes[successor.address.text] = f"renamed from {destroyed.address}"
    return [
        structs.replace(change, note="; ".join(filter(None, (change.note, notes.get(change.address.text)))) or None)
        if change.action in (Action.DESTROY, Action.CREATE)
        else change
        for change in changes
    ]


def _successor(destroyed: Change, created: list[Change]) -> Change | None:
    """The created object that replaces a destroyed one: the same name elsewhere, the same template, or nearly the same content."""
    same_type = [successor for successor in created if successor.type == destroyed.type]
    by_name = [successor for successor in same_type if successor.name == destroyed.name]
    if by_name:
        return by_name[0]
    ranked = sorted((_distance(destroyed, successor), successor.address.text, successor) for successor in same_type)
    if ranked and (
        ranked[0][0] <= _MAX_DIFFERENCES or (len(same_type) == 1 and ranked[0][2].template == destroyed.template != "")
    ):
        return ranked[0][2]
    return None


def _distance(destroyed: Change, successor: Change) -> int:
    old = {key: value for key, value in body_of(destroyed.before).items() if key != "metadata"}
    new = {key: value for key, value in body_of(successor.after).items() if key != "metadata"}
    return sum(1 for _ in compare(old, new, ANY))
