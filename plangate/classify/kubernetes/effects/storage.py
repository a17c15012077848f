"""Data that stays somewhere, and that what used it no longer has: other claims, other folders, scratch space, other names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plangate.classify.kubernetes import databases, kinds
from plangate.classify.kubernetes.mounts import Mount, mounts, same_claim
from plangate.classify.kubernetes.object_side import body_of
from plangate.classify.kubernetes.objects import items, section
from plangate.classify.kubernetes.release_index import pod_template, selects
from plangate.lang.wording import listed, several
from plangate.model.change import Action, Effect, EffectName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.classify.kubernetes.objects import Identity
    from plangate.classify.kubernetes.release_index import ReleaseIndex
    from plangate.model.change import Change
    from plangate.model.values import Value

    Body = dict[str, Value]

_MAX_LISTED: Final = 3
_CLAIMS: Final = ("claim", "template")


def effects(change: Change, index: ReleaseIndex) -> Iterator[Effect]:
    """The effects of a change on data that is kept outside of pods."""
    if change.type in kinds.workloads():
        if change.action is Action.UPDATE:
            yield from _mounts(change, index)
            yield from _databases(change, index)
            yield from _claims(change)
        elif change.action is Action.CREATE:
            yield from _takes_the_place(change, index)
        elif change.action is Action.DESTROY:
            yield from _database_leaves(change, index)
    elif change.type == "core/PersistentVolume" and change.action is Action.UPDATE:
        path = "spec.persistentVolumeReclaimPolicy"
        if any(one.path == path and one.after == "Delete" for one in change.attributes):
            yield _unguarded("is deleted with its claim from now on (reclaim policy Delete)", path)


# --- mounts -----------------------------------------------------------------------------------------------------------


def _mounts(change: Change, index: ReleaseIndex) -> Iterator[Effect]:
    """Folders that a workload keeps and that have another volume behind them, or none, or that moved."""
    if not any(one.path.startswith("spec.template.spec") for one in change.attributes):
        return
    identity = index.identity(change)
    before, after = (mounts(identity, body_of(side)) for side in (change.before, change.after))
    lasting = [one for one in before if one.lasting]
    told = dict.fromkeys(because for mount in lasting for because in _lost(mount, lasting, after, identity, index))
    for because in told:
        paths = tuple(one.path for one in change.attributes if ".volumeMounts" in one.path or ".volumes" in one.path)
        yield Effect(EffectName.DATA_LOSS, because, "detached", paths)


def _lost(
    mount: Mount, before: list[Mount], after: list[Mount], identity: Identity, index: ReleaseIndex
) -> Iterator[str]:
    still = [one for one in after if same_claim(one.source, mount.source)]
    if any(one.path == mount.path for one in still):
        return
    here = [one for one in still if one.container == mount.container] or still
    if here:
        if not any(one.path == here[0].path and same_claim(one.source, mount.source) for one in before):
            yield f"mounts {mount.what} at {here[0].path} instead of {mount.path}: nothing of it is in {mount.path} any more"
        return
    now = _covering(mount, after)
    if now is not None and now.lasting:
        new = ", which this upgrade creates" if _is_created(now, identity, index) else ""
        yield f"keeps {mount.path} in {now.what}{new}, instead of {mount.what}: what is there stays behind"
    elif now is not None and now.source[0] == "emptyDir":
        yield f"keeps {mount.path} in scratch space (emptyDir) instead of {mount.what}: what is written is lost with each pod"
    elif now is None and mount.source[0] != "node" and not _mounted_elsewhere(mount, identity, index):
        yield f"no longer mounts {mount.what} at {mount.path}: what is written there is lost with each pod"


def _covering(mount: Mount, after: list[Mount]) -> Mount | None:
    """What a container has at the path of an earlier mount, or at the closest folder above it."""
    above = [
        one
        for one in after
        if one.container == mount.container and (mount.path == one.path or mount.path.startswith(f"{one.path}/"))
    ]
    return max(above, key=lambda one: len(one.path), default=None)


def _is_created(mount: Mount, identity: Identity, index: ReleaseIndex) -> bool:
    return any(
        other.action is Action.CREATE
        and index.identity(other)[1:] == ("PersistentVolumeClaim", identity[2], mount.source[1])
        for other in index.changes
    )


def _mounted_elsewhere(mount: Mount, identity: Identity, index: ReleaseIndex) -> bool:
    kind, name, _ = mount.source
    return kind == "claim" and any(
        one.source[:2] == mount.source[:2]
        for other, body in index.workloads(name)
        if other[2] == identity[2] and other != identity
        for one in mounts(other, body)
    )


# --- workloads that take another one's place, or leave ------------------------------------------------------------


def _takes_the_place(change: Change, index: ReleaseIndex) -> Iterator[Effect]:
    """A workload under another name, that answers instead of one with data, and has other claims."""
    identity = index.identity(change)
    after = body_of(change.after)
    new = [one for one in mounts(identity, after) if one.source[0] in _CLAIMS]
    for other in index.changes:
        if other.action is not Action.DESTROY or other.type not in kinds.workloads():
            continue
        earlier = index.identity(other)
        before = body_of(other.before)
        old = [one for one in mounts(earlier, before) if one.source[0] in _CLAIMS]
        if earlier[2] != identity[2] or not old or any(same_claim(a.source, b.source) for a in old for b in new):
            continue
        through = _through(identity, after, earlier, before, index)
        renamed = change.note is not None and str(other.address) in change.note
        if (renamed or through) and (new or _same_image(before, after)):
            under = f" under the Service {through}" if through else ""
            claims = listed(list(dict.fromkeys(one.what for one in old)), _MAX_LISTED).replace(
                "its claims", "the claims"
            )
            own = "claims of its own" if new else "no claim"
            yield Effect(
                EffectName.DATA_LOSS,
                f"takes the place of {earlier[1]} {earlier[3]}{under} with {own}, and starts empty: the data is in {claims}",
                "left-behind",
                ("metadata.name",),
            )


def _through(identity: Identity, after: Body, earlier: Identity, before: Body, index: ReleaseIndex) -> str | None:
    """The Service that led to one workload and leads to the other."""
    old, new = (section(pod_template(*one), "metadata", "labels") for one in ((earlier, before), (identity, after)))
    known = {
        one: section(body, "spec", "selector")
        for one, body in index.of_kind("Service", new=False)
        if one[2] == identity[2]
    }
    for one, body in index.of_kind("Service"):
        if selects(known.get(one, {}), old) and selects(section(body, "spec", "selector"), new):
            return one[3]
    name = section(after, "spec").get("serviceName")
    return str(name) if name and name == section(before, "spec").get("serviceName") else None


def _same_image(before: Body, after: Body) -> bool:
    return bool(_images(before) & _images(after))


def _images(body: Body) -> set[str]:
    return {databases.name_of(str(one.get("image"))) for one in items(body, "spec", "template", "spec", "containers")}


def _database_leaves(change: Change, index: ReleaseIndex) -> Iterator[Effect]:
    """A database server that leaves the chart, and nothing takes its place."""
    identity = index.identity(change)
    body = body_of(change.before)
    server = databases.server(identity, body)
    if server is None or (change.note or "").startswith("renamed"):
        return
    for other in index.changes:
        if other.action is Action.CREATE and other.type in kinds.workloads():
            successor = index.identity(other), body_of(other.after)
            if successor[0][2] == identity[2] and _through(*successor, identity, body, index):
                return
    kept = listed(list(dict.fromkeys(one.what for one in server.mounts)), _MAX_LISTED).replace(
        "its claims", "the claims"
    )
    yield Effect(
        EffectName.DATA_LOSS,
        f"goes away, and the {server.engine.name} server with it: its data is in {kept}, and nobody serves it",
        "unserved",
    )


# --- databases and claims of a workload that stays ----------------------------------------------------------------


def _databases(change: Change, index: ReleaseIndex) -> Iterator[Effect]:
    """A database server that gets the data of another version."""
    identity = index.identity(change)
    before, after = (databases.server(identity, body_of(side)) for side in (change.before, change.after))
    if before is None or after is None:
        return
    paths = tuple(one.path for one in change.attributes if one.path.endswith(".image"))
    step = databases.step(before, after)
    if step is not None and paths:
        if step.refused:
            yield Effect(EffectName.DOWNTIME, step.because, "data-refused", paths)
        else:
            yield Effect(EffectName.DATA_LOSS, step.because, "converted", paths)


def _claims(change: Change) -> Iterator[Effect]:
    """What becomes of the claims of a StatefulSet that has fewer pods, or that deletes them from now on."""
    before, after = (section(body_of(side), "spec") for side in (change.before, change.after))
    if not items(before, "volumeClaimTemplates"):
        return
    keeps = "persistentVolumeClaimRetentionPolicy"
    for when, on in (("whenDeleted", "the StatefulSet"), ("whenScaled", "each pod that is scaled away")):
        old, new = (section(spec, keeps).get(when, "Retain") for spec in (before, after))
        if old != "Delete" and new == "Delete":
            yield _unguarded(f"deletes its claims with {on} from now on ({when}: Delete)", f"spec.{keeps}.{when}")
    old, new = before.get("replicas"), after.get("replicas")
    fewer = old - new if isinstance(old, int) and isinstance(new, int) and new else 0
    if fewer > 0 and section(before, keeps).get("whenScaled", "Retain") != "Delete":
        because = f"leaves the claims of {several(fewer, 'pod')} behind: they are used again when it is scaled up"
        yield Effect(EffectName.KEPT, because, "claims", ("spec.replicas",))


def _unguarded(because: str, path: str) -> Effect:
    return Effect(EffectName.UNPROTECTS, because, "claim-retention", (path,))
