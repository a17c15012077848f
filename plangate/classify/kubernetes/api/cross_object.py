"""Refusals that depend on other objects: a missing namespace, a node port in use, a storage class without expansion."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plangate.classify.kubernetes.object_side import body_of
from plangate.classify.kubernetes.objects import items, scalar, section
from plangate.model.change import Action, Effect, EffectName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.classify.kubernetes.release_index import ReleaseIndex
    from plangate.model.change import Change

_BUILT_IN_NAMESPACES: Final = frozenset({"-", "default", "kube-system", "kube-public", "kube-node-lease"})


def effects(change: Change, index: ReleaseIndex) -> Iterator[Effect]:
    """The refusals of a created or updated object that other objects of the release or the cluster cause."""
    if change.type == "core/Service" and change.action in (Action.CREATE, Action.UPDATE):
        yield from _node_ports_in_use(change, index)
    if change.action is Action.CREATE:
        yield from _missing_namespace(change, index)
    if change.type == "core/PersistentVolumeClaim" and change.action is Action.UPDATE:
        yield from _volume_expansion(change, index)


def _node_ports_in_use(change: Change, index: ReleaseIndex) -> Iterator[Effect]:
    before = {scalar(port.get("nodePort")) for port in items(body_of(change.before), "spec", "ports")}
    wanted = (
        {scalar(port.get("nodePort")) for port in items(body_of(change.after), "spec", "ports")} - before - {None, 0}
    )
    if not wanted:
        return
    for identity, body in index.services:
        taken = wanted & {scalar(port.get("nodePort")) for port in items(body, "spec", "ports")}
        if taken and "/".join(identity) != change.address.text:
            ports = ", ".join(sorted(map(str, taken)))
            yield Effect(
                EffectName.FAILS,
                f"is invalid: spec.ports: the node port {ports} is taken by {'/'.join(identity[2:])}",
                "port-taken",
                ("spec.ports",),
            )


def _missing_namespace(change: Change, index: ReleaseIndex) -> Iterator[Effect]:
    """Helm creates no namespaces but the release's own, and that only when asked to."""
    namespace = change.address.text.split("/")[2]
    if (
        namespace != index.upgrade.namespace
        and namespace not in _BUILT_IN_NAMESPACES
        and namespace not in index.namespaces
    ):
        yield Effect(
            EffectName.MAY_FAIL,
            f"needs the namespace {namespace}, which this release neither creates nor uses yet",
            "namespace",
            ("metadata.namespace",),
        )


def _volume_expansion(change: Change, index: ReleaseIndex) -> Iterator[Effect]:
    """A claim grows only where its class allows it (PersistentVolumeClaimResize admission)."""
    path = "spec.resources.requests.storage"
    if index.upgrade.live is None or not any(attribute.path == path for attribute in change.attributes):
        return
    name = section(body_of(change.after), "spec").get("storageClassName")
    known = [body for identity, body in index.storage_classes if identity[3] == name]
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
