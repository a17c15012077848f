"""One object of an upgrade: what it is now, what it will be, and whether the server lets it become that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from plangate.classify.kubernetes import merge, schema
from plangate.classify.kubernetes.compare import compare
from plangate.classify.kubernetes.defaults import apply_defaults, stripped
from plangate.classify.kubernetes.objects import items, section, word
from plangate.classify.kubernetes.schema import ANY

if TYPE_CHECKING:
    from plangate.classify.kubernetes.schema import Field
    from plangate.model.change import AttributeChange
    from plangate.model.release import KubeObject
    from plangate.model.values import Value


class Predicted(Struct, frozen=True, kw_only=True):
    """Both sides of an object as the server stores them, and the fields of others that an apply would take."""

    root: Field
    before: dict[str, Value]
    after: dict[str, Value]
    changed: tuple[AttributeChange, ...]
    intended_paths: frozenset[str]
    """The paths that differ between the two manifests; what changes besides was changed by hand."""
    conflicts: tuple[tuple[str, str], ...] = ()
    """Path and manager."""


def update(old: KubeObject, new: KubeObject, live: KubeObject | None, *, server_side: bool) -> Predicted:
    """An object that stays: merged as Helm and the server merge it."""
    root = schema.root(new.api_version, new.kind)
    was, will = (stripped(one.body) for one in (old, new))
    manifest = apply_defaults(was, root)
    before = manifest if live is None else _with_hidden(apply_defaults(live.body, root), manifest, new.kind)
    conflicts: tuple[tuple[str, str], ...] = ()
    if server_side:
        owners = merge.owners(section(live.body, "metadata").get("managedFields")) if live is not None else {}
        way = merge.Merge(server_side=True, owners=owners)
        result = way(was, will, before, root)
        conflicts = tuple((_spelled(place), who) for place, who in way.conflicts)
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
        held = {word(port.get("nodePort")) for port in items(was, "ports")}
        for port in items(will, "ports"):
            if word(port.get("nodePort")) in held:
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


def single(one: KubeObject) -> dict[str, Value]:
    """An object that has no other side, as the server stores it."""
    return apply_defaults(one.body, schema.root(one.api_version, one.kind))


def _with_hidden(live: dict[str, Value], manifest: dict[str, Value], kind: str) -> dict[str, Value]:
    """A live Secret whose data was taken out has what the manifest gave it."""
    if kind == "Secret" and "data" not in live and "data" in manifest:
        return {**live, "data": manifest["data"]}
    return live


def _spelled(place: merge.Place) -> str:
    """A place of managed fields, in words."""
    parts: list[str] = []
    for part in place:
        parts.append(f"[{','.join(map(str, part))}]" if isinstance(part, tuple) else f".{part}" if parts else part)
    return "".join(parts)
