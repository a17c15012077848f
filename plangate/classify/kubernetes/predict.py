"""The prediction of one object: what it is before and after the upgrade, as the server stores it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from plangate.classify.kubernetes import merge, schema
from plangate.classify.kubernetes.compare import compare
from plangate.classify.kubernetes.defaults import apply_defaults, stripped
from plangate.classify.kubernetes.objects import items, scalar, section
from plangate.classify.kubernetes.schema import ANY

if TYPE_CHECKING:
    from plangate.classify.kubernetes.schema import Field
    from plangate.model.change import AttributeChange
    from plangate.model.release import KubeObject
    from plangate.model.values import Value


class Predicted(Struct, frozen=True, kw_only=True):
    """Both sides of an updated object as the server stores them, and what differs."""

    root: Field
    before: dict[str, Value]
    after: dict[str, Value]
    changed: tuple[AttributeChange, ...]
    intended_paths: frozenset[str]
    """The changed paths that the two manifests explain. Any other was changed outside of Helm."""
    conflicts: tuple[tuple[str, str], ...] = ()
    """Fields that another manager owns and that server-side apply refuses to change: (path, manager)."""


def update(old: KubeObject, new: KubeObject, live: KubeObject | None, *, server_side: bool) -> Predicted:
    """The prediction of an object that is in both manifests: patched as Helm patches it, and defaulted."""
    root = schema.root(new.api_version, new.kind)
    was, will = (stripped(one.body) for one in (old, new))
    manifest = apply_defaults(was, root)
    before = manifest if live is None else _with_secret_data(apply_defaults(live.body, root), manifest, new.kind)
    conflicts: tuple[tuple[str, str], ...] = ()
    if server_side:
        owners = merge.owners(section(live.body, "metadata").get("managedFields")) if live is not None else {}
        patch = merge.Merge(server_side=True, owners=owners)
        result = patch(was, will, before, root)
        conflicts = tuple((_spell(path), manager) for path, manager in patch.conflicts)
    elif root is ANY or root.type.endswith(".CustomResourceDefinition"):
        result = merge.json_merge(was, will, before)
    else:
        result = merge.Merge(server_side=False)(was, will, before, root)
    after = apply_defaults(result, root) if isinstance(result, dict) else {}
    if new.kind == "Service":
        _release_node_ports(before, after)
        _keep_address(before, after)
    changed = tuple(compare(before, after, root))
    intended_paths = (
        frozenset(one.path for one in compare(manifest, apply_defaults(will, root), root)) if live is not None else None
    )
    return Predicted(
        root=root,
        before=before,
        after=after,
        changed=changed,
        intended_paths=frozenset(one.path for one in changed) if intended_paths is None else intended_paths,
        conflicts=conflicts,
    )


def _release_node_ports(before: dict[str, Value], after: dict[str, Value]) -> None:
    """A Service that stops having node ports gives back those it had (dropTypeDependentFields in registry/core/service)."""
    was, will = section(before, "spec"), section(after, "spec")
    if was.get("type") in ("NodePort", "LoadBalancer") and will.get("type") in ("ClusterIP", "ExternalName"):
        held = {scalar(port.get("nodePort")) for port in items(was, "ports")}
        for port in items(will, "ports"):
            if scalar(port.get("nodePort")) in held:
                port.pop("nodePort", None)
        if will.get("healthCheckNodePort") == was.get("healthCheckNodePort"):
            will.pop("healthCheckNodePort", None)


def _keep_address(before: dict[str, Value], after: dict[str, Value]) -> None:
    """A Service that says nothing of its address keeps the one it has, `None` too (patchAllocatedValues)."""
    was, will = section(before, "spec"), section(after, "spec")
    if "ExternalName" not in (was.get("type"), will.get("type")) and not will.get("clusterIP"):
        for key in ("clusterIP", "clusterIPs"):
            if key in was:
                will[key] = was[key]


def as_stored(one: KubeObject) -> dict[str, Value]:
    """An object without `apiVersion` and `kind`, as the server stores it."""
    return apply_defaults(one.body, schema.root(one.api_version, one.kind))


def _with_secret_data(live: dict[str, Value], manifest: dict[str, Value], kind: str) -> dict[str, Value]:
    """A live Secret with the data of its manifest where the evidence was collected without data."""
    if kind == "Secret" and "data" not in live and "data" in manifest:
        return {**live, "data": manifest["data"]}
    return live


def _spell(path: merge.FieldPath) -> str:
    """A field path as messages spell it."""
    parts: list[str] = []
    for part in path:
        parts.append(f"[{','.join(map(str, part))}]" if isinstance(part, tuple) else f".{part}" if parts else part)
    return "".join(parts)
