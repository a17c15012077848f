"""What the containers of a workload have mounted where, and whether it outlives the pod."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct

from plangate.classify.kubernetes.objects import items, scalar, section
from plangate.classify.kubernetes.release_index import pod_template

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.classify.kubernetes.objects import Identity
    from plangate.model.values import Value

    Body = dict[str, Value]

Source: TypeAlias = "tuple[str, str, str]"
"""What stands behind a mount: its kind (`claim`, `template`, `node`, `share`, or that of the volume), its name, the folder in it."""

_SHARES: Final = {
    "nfs": ("server", "path"),
    "csi": ("driver", "volumeAttributes"),
    "cephfs": ("monitors", "path"),
    "iscsi": ("targetPortal", "iqn"),
    "awsElasticBlockStore": ("volumeID",),
    "gcePersistentDisk": ("pdName",),
    "azureDisk": ("diskName",),
    "azureFile": ("shareName",),
}
"""Volumes that a pod names itself and that outlive it, and what tells two of them apart."""
_OF_SECRETS: Final = ("secrets", "vault", "certificates", "cert-manager", "spiffe")
"""Words in the names of CSI drivers that bring secrets, and keep nothing."""


class Mount(Struct, frozen=True):
    """One folder of a container."""

    container: str
    path: str
    source: Source

    @property
    def lasting(self) -> bool:
        """Whether what is written there outlives the pod."""
        return self.source[0] in ("claim", "template", "node", "share")

    @property
    def what(self) -> str:
        """The source in words."""
        kind, name, folder = self.source
        below = f", folder {folder}" if folder else ""
        if kind == "claim":
            return f"the claim {name}{below}"
        if kind == "template":
            return f"its claims {name.partition('/')[0]}{below}"
        if kind == "node":
            return f"{name} of its node{below}"
        return (
            f"the {kind} volume {name}{below}" if kind == "share" else "scratch space" if kind == "emptyDir" else kind
        )


def mounts(identity: Identity, body: Body) -> list[Mount]:
    """Every mount of the containers of a workload, init containers left out."""
    spec = section(pod_template(identity, body), "spec")
    sources = {**dict(_volumes(spec)), **dict(_templates(identity, body))}
    found = []
    for container in items(spec, "containers"):
        for one in items(container, "volumeMounts"):
            source = sources.get(str(one.get("name")))
            if source is not None:
                folder = str(one.get("subPath") or one.get("subPathExpr") or "")
                path = str(one.get("mountPath")).rstrip("/") or "/"
                found.append(Mount(str(scalar(container.get("name"))), path, (source[0], source[1], folder)))
    return found


def _volumes(spec: Body) -> Iterator[tuple[str, tuple[str, str]]]:
    for volume in items(spec, "volumes"):
        name = str(volume.get("name"))
        claim = section(volume, "persistentVolumeClaim").get("claimName")
        if claim is not None:
            yield name, ("claim", str(claim))
        elif "hostPath" in volume:
            yield name, ("node", str(section(volume, "hostPath").get("path")))
        else:
            kind = next((key for key in volume if key != "name"), "emptyDir")
            share = section(volume, kind)
            driver = str(share.get("driver", "")).lower()
            if kind in _SHARES and not any(word in driver for word in _OF_SECRETS):
                yield name, ("share", " ".join(str(share.get(key)) for key in _SHARES[kind]))
            else:
                yield name, (kind, name)


def _templates(identity: Identity, body: Body) -> Iterator[tuple[str, tuple[str, str]]]:
    for one in items(body, "spec", "volumeClaimTemplates"):
        name = str(section(one, "metadata").get("name"))
        yield name, ("template", f"{name}-{identity[3]}")


def same_claim(one: Source, other: Source) -> bool:
    """Whether two sources are the same folder of the same claim. The claims of a template have a number at their end."""
    if one == other:
        return True
    if one[2] != other[2] or {one[0], other[0]} != {"claim", "template"}:
        return False
    template, claim = (one, other) if one[0] == "template" else (other, one)
    return claim[1].rpartition("-")[0] == template[1] and claim[1].rpartition("-")[2].isdecimal()
