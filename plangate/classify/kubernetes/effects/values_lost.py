"""Workloads that lose much of what they were given at once, as an upgrade with `--reset-values` or without a values file does."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from plangate.classify.kubernetes import references
from plangate.classify.kubernetes.mounts import mounts
from plangate.classify.kubernetes.object_side import body_of
from plangate.classify.kubernetes.objects import items, scalar, section
from plangate.classify.kubernetes.release_index import is_workload
from plangate.lang.wording import joined, listed, several
from plangate.model.change import Action, Notice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.classify.kubernetes.release_index import ReleaseIndex
    from plangate.model.change import Change
    from plangate.model.values import Value

    Body = dict[str, Value]

_AT_ONCE: Final = 3
"""How many kinds of settings go at once where that is no change of one thing any more."""
_MAX_LISTED: Final = 2
_READ: Final = (references.SECRET, references.CONFIG_MAP)
_HOST: Final = re.compile(r"(?:HOST|HOSTNAME|URL|URI|DSN|ENDPOINT|ADDR|ADDRESS|SERVER)S?$", re.IGNORECASE)
_LOCAL: Final = re.compile(r"(?:^|[/@])(?:localhost|127\.0\.0\.1|\[::1\]|)(?:[:/]|$)|example\.(?:com|org|net)")
_GUARDS: Final = {
    "networking.k8s.io/Ingress": "its Ingress",
    "autoscaling/HorizontalPodAutoscaler": "its autoscaler",
    "policy/PodDisruptionBudget": "its disruption budget",
    "core/PersistentVolumeClaim": "its claim",
}
"""Objects of a release that values switch on, in words."""


def notices(change: Change, index: ReleaseIndex) -> Iterator[Notice]:
    """The notice on a workload that loses several kinds of settings and gains none in their place."""
    upgrade = index.upgrade
    if not is_workload(index.identity(change)) or change.action is not Action.UPDATE:
        return
    if upgrade.values and upgrade.values == upgrade.old_values:
        return
    own = list(_lost(change, index))
    lost = [*own, *_objects(index)]
    if own and len(lost) >= _AT_ONCE:
        because = f"loses {joined(lost)} at once: it looks as if its values were not given again (--reset-values, a values file left out)"
        yield Notice("values-lost", because, tuple(one.path for one in change.attributes))


def _lost(change: Change, index: ReleaseIndex) -> Iterator[str]:
    """What a workload itself loses, in words."""
    before, after = body_of(change.before), body_of(change.after)
    old, new = _variables(before), _variables(after)
    gone = sorted(old.keys() - new.keys())
    if gone and not new.keys() - old.keys():
        yield f"{'the variable' if len(gone) == 1 else 'the variables'} {listed(gone, _MAX_LISTED)}"
    local = sorted(name for name in old.keys() & new.keys() if _turns_local(name, old[name], new[name]))
    if local:
        yield f"the address in {listed(local, _MAX_LISTED)}"
    read, reads = ({(r.type, r.name) for r in _read(change, side, index)} for side in (before, after))
    dropped = sorted(name for _, name in read - reads)
    if dropped and not any(one not in _made(index) for one in reads - read):
        yield f"what it reads from {listed(dropped, _MAX_LISTED)}"
    count, left = (section(side, "spec").get("replicas") for side in (before, after))
    if isinstance(count, int) and isinstance(left, int) and 0 < left * 2 <= count:
        yield f"{count - left} of its {several(count, 'pod')}"
    kept, keeps = ([one for one in mounts(index.identity(change), side) if one.lasting] for side in (before, after))
    if kept and not keeps:
        yield "its volume"
    if _limited(before) and not _limited(after):
        yield "its resources"


def _variables(body: Body) -> dict[str, Value]:
    return {
        str(scalar(one.get("name"))): one.get("value", one.get("valueFrom"))
        for container in items(body, "spec", "template", "spec", "containers")
        for one in items(container, "env")
    }


def _turns_local(name: str, old: Value, new: Value) -> bool:
    given = isinstance(old, str) and isinstance(new, str) and old != new
    return given and bool(_HOST.search(name)) and not _LOCAL.search(str(old)) and bool(_LOCAL.search(str(new)))


def _read(change: Change, body: Body, index: ReleaseIndex) -> list[references.Reference]:
    return [one for one in references.references(index.identity(change), body) if one.type in _READ]


def _made(index: ReleaseIndex) -> set[tuple[str, str]]:
    """The Secrets and ConfigMaps that the upgrade creates: no substitute for those that somebody had filled."""
    return {(change.type, change.name) for change in index.changes if change.action is Action.CREATE}


def _limited(body: Body) -> bool:
    return any(section(one, "resources") for one in items(body, "spec", "template", "spec", "containers"))


def _objects(index: ReleaseIndex) -> Iterator[str]:
    """What the release loses beside its workloads, in words."""
    gone = {
        change.type for change in index.changes if change.action in (Action.DESTROY, Action.FORGET) and not change.note
    }
    new = {change.type for change in index.changes if change.action is Action.CREATE}
    for type_, words in _GUARDS.items():
        if type_ in gone and type_ not in new:
            yield words
