"""What the server refuses because of other objects: a namespace that is not there, a port that is taken, a class that cannot grow."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plangate.classify.kubernetes.objects import items, section, word
from plangate.classify.kubernetes.sides import body_of
from plangate.model.change import Action, Effect, EffectName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.classify.kubernetes.release_index import ReleaseIndex
    from plangate.model.change import Change

_ALWAYS_THERE: Final = frozenset({"-", "default", "kube-system", "kube-public", "kube-node-lease"})


def effects(change: Change, scene: ReleaseIndex) -> Iterator[Effect]:
    """Refusals that the object alone does not show."""
    if change.type == "core/Service" and change.action in (Action.CREATE, Action.UPDATE):
        yield from _taken_ports(change, scene)
    if change.action is Action.CREATE:
        yield from _no_namespace(change, scene)
    if change.type == "core/PersistentVolumeClaim" and change.action is Action.UPDATE:
        yield from _no_growth(change, scene)


def _taken_ports(change: Change, scene: ReleaseIndex) -> Iterator[Effect]:
    before = {word(port.get("nodePort")) for port in items(body_of(change.before), "spec", "ports")}
    wanted = {word(port.get("nodePort")) for port in items(body_of(change.after), "spec", "ports")} - before - {None, 0}
    if not wanted:
        return
    for identity, body in scene.services:
        taken = wanted & {word(port.get("nodePort")) for port in items(body, "spec", "ports")}
        if taken and "/".join(identity) != change.address.text:
            ports = ", ".join(sorted(map(str, taken)))
            yield Effect(
                EffectName.FAILS,
                f"is invalid: spec.ports: the node port {ports} is taken by {'/'.join(identity[2:])}",
                "port-taken",
                ("spec.ports",),
            )


def _no_namespace(change: Change, scene: ReleaseIndex) -> Iterator[Effect]:
    """Helm creates no namespaces but the release's own, and that only when asked to."""
    namespace = change.address.text.split("/")[2]
    if namespace != scene.upgrade.namespace and namespace not in _ALWAYS_THERE and namespace not in scene.namespaces:
        yield Effect(
            EffectName.MAY_FAIL,
            f"needs the namespace {namespace}, which this release neither creates nor uses yet",
            "namespace",
            ("metadata.namespace",),
        )


def _no_growth(change: Change, scene: ReleaseIndex) -> Iterator[Effect]:
    """A claim grows only where its class allows it (PersistentVolumeClaimResize admission)."""
    path = "spec.resources.requests.storage"
    if scene.upgrade.live is None or not any(attribute.path == path for attribute in change.attributes):
        return
    name = section(body_of(change.after), "spec").get("storageClassName")
    known = [body for identity, body in scene.storage_classes if identity[3] == name]
    if known and known[0].get("allowVolumeExpansion") is not True:
        yield Effect(
            EffectName.FAILS, f"cannot grow: its storage class {name} does not allow it", "volume-expansion", (path,)
        )
    elif not known:
        yield Effect(
            EffectName.MAY_FAIL,
            f"grows, which its storage class {name or ''} has to allow (allowVolumeExpansion)",
            "volume-expansion",
            (path,),
        )
