"""Changed ConfigMaps and Secrets: the workloads that read them and do not restart, and rotated credentials."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plangate.classify.kubernetes.effects import images
from plangate.classify.kubernetes.objects import annotations_of, items, scalar, section
from plangate.classify.kubernetes.release_index import is_workload, pod_template
from plangate.lang.wording import listed
from plangate.model.change import Action, Effect, EffectName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.classify.kubernetes.objects import Identity
    from plangate.classify.kubernetes.release_index import ReleaseIndex
    from plangate.model.change import Change
    from plangate.model.values import Value

    Body = dict[str, Value]

_TYPES: Final = {"core/ConfigMap": "ConfigMap", "core/Secret": "Secret"}
_DATA: Final = ("data", "binaryData", "stringData")
_WATCHER: Final = "reload"
"""In the name of every image whose job that is: configmap-reload, prometheus-config-reloader, nats-server-config-reloader."""
_RELOADERS: Final = (
    "reloader.stakater.com/",
    "configmap.reloader.stakater.com/",
    "secret.reloader.stakater.com/",
    "wave.pusher.com/",
)


def effects(change: Change, index: ReleaseIndex) -> Iterator[Effect]:
    """The effects of a changed ConfigMap or Secret on the workloads that read it."""
    kind = _TYPES.get(change.type)
    if kind is None or change.action is not Action.UPDATE:
        return
    paths = tuple(a.path for a in change.attributes if a.path.startswith(_DATA))
    if not paths:
        return
    yield from _not_restarted(change, kind, paths, index)
    if kind == "Secret":
        yield from _rotated(change, index)


def _not_restarted(change: Change, kind: str, paths: tuple[str, ...], index: ReleaseIndex) -> Iterator[Effect]:
    namespace, name = change.address.text.split("/")[2:4]
    rolling = {
        other.address.text
        for other in index.changes
        if other.action in (Action.CREATE, Action.DESTROY)
        or any(attribute.path.startswith("spec.template") for attribute in other.attributes)
    }
    readers = []
    restarting = False
    for identity, body in index.workloads(name):
        if not is_workload(identity) or identity[2] != namespace:
            continue
        how = reads(pod_template(identity, body), kind, name)
        if how is None:
            continue
        if (
            "/".join(identity) in rolling
            or _reloaded(identity, body)
            or (how == "volume" and _watched(identity, body, kind, name))
        ):
            restarting = True
            continue
        readers.append(f"{identity[1]}/{identity[3]} ({how})")
    if readers:
        yield Effect(
            EffectName.NO_RESTART,
            f"changes, and {'not everybody' if restarting else 'nobody'} that reads it restarts: {listed(readers, 3)}",
            "",
            paths,
        )


def reads(template: Body, kind: str, name: str) -> str | None:
    """How a pod template reads a ConfigMap or Secret: `env`, `envFrom` or `volume`; None where it does not."""
    spec = section(template, "spec")
    of_key, of_all = ("configMapKeyRef", "configMapRef") if kind == "ConfigMap" else ("secretKeyRef", "secretRef")
    for part in ("containers", "initContainers"):
        for container in items(spec, part):
            if any(section(source, of_all).get("name") == name for source in items(container, "envFrom")):
                return "envFrom"
            if any(section(one, "valueFrom", of_key).get("name") == name for one in items(container, "env")):
                return "env"
    return "volume" if any(_volumes(spec, kind, name)) else None


def _volumes(spec: Body, kind: str, name: str) -> Iterator[Body]:
    """The volumes of a pod that hold a ConfigMap or Secret."""
    source, named = ("configMap", "name") if kind == "ConfigMap" else ("secret", "secretName")
    for volume in items(spec, "volumes"):
        projected = items(volume, "projected", "sources")
        if section(volume, source).get(named) == name or any(section(p, source).get("name") == name for p in projected):
            yield volume


def _watched(identity: Identity, body: Body, kind: str, name: str) -> bool:
    """Whether a container beside the reader watches the files of a ConfigMap or Secret and has it read them again."""
    spec = section(pod_template(identity, body), "spec")
    volumes = {scalar(volume.get("name")) for volume in _volumes(spec, kind, name)}
    return any(
        # What is mounted with a subPath never changes.
        scalar(mount.get("name")) in volumes and not mount.get("subPath") and not mount.get("subPathExpr")
        for container in (*items(spec, "containers"), *items(spec, "initContainers"))
        if _WATCHER in images.parse(str(container.get("image"))).repository.rpartition("/")[2]
        for mount in items(container, "volumeMounts")
    )


def _reloaded(identity: Identity, body: Body) -> bool:
    """Whether a controller such as Reloader restarts a workload when its configuration changes."""
    for annotated in (body, pod_template(identity, body)):
        for key, value in annotations_of(annotated).items():
            if key.startswith(_RELOADERS) and value not in ("false", False):
                return True
    return False


def _key(path: str) -> str:
    """The key of a Secret's data that a path names: `data.password`, `data["tls.crt"]`."""
    rest = path.removeprefix(next(part for part in _DATA if path.startswith(part)))
    return rest[2:].partition('"]')[0] if rest.startswith('["') else rest[1:]


def _rotated(change: Change, index: ReleaseIndex) -> Iterator[Effect]:
    """The effects of a Secret whose values change."""
    changed = tuple(a.path for a in change.attributes if a.kind == "changed" and a.path.startswith(_DATA))
    if not changed:
        return
    group, name_of_kind, namespace, name = change.address.text.split("/", 3)
    one = index.new.get((group, name_of_kind, namespace, name))
    generated = one.generated if one is not None else frozenset()
    keys = {_key(path) for path in changed}
    if generated and keys <= generated:
        yield Effect(
            EffectName.RANDOM_RENDER,
            "gets a new random value at every render: no value given to Helm says it",
            "secret",
            changed,
        )
    yield Effect(
        EffectName.ROTATES_SECRET, f"gives its users another value for {', '.join(sorted(keys)[:3])}", "", changed
    )
