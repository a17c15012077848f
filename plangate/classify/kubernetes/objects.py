"""The identity of objects (group, kind, namespace, name; no version, as in isMatchingInfo of pkg/kube/resource.go), and access to their fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, TypeAlias

from plangate.classify.kubernetes import schema

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plangate.model.release import KubeObject, Upgrade
    from plangate.model.values import Value

Identity: TypeAlias = "tuple[str, str, str, str]"
"""Group (`core` for the empty one), kind, namespace (`-` outside of namespaces), name."""

MANAGED_BY: Final = "app.kubernetes.io/managed-by"
RELEASE_NAME: Final = "meta.helm.sh/release-name"
RELEASE_NAMESPACE: Final = "meta.helm.sh/release-namespace"
KEEP: Final = "helm.sh/resource-policy"


class Names:
    """Resolves identities in one release: by its namespace, and the scope of the kinds that its CRDs define."""

    def __init__(self, upgrade: Upgrade):
        self._namespace = upgrade.namespace
        self._scopes: dict[tuple[str, str], bool] = {}
        for one in (*upgrade.crds, *upgrade.new, *upgrade.same, *(upgrade.live or ())):
            if one.mentions("CustomResourceDefinition") or upgrade.live is not None:
                self._add_scope(one)

    def _add_scope(self, one: KubeObject) -> None:
        if one.kind == "CustomResourceDefinition":
            spec = section(one.body, "spec")
            kind = section(spec, "names").get("kind")
            if isinstance(kind, str):
                self._scopes[str(spec.get("group")), kind] = spec.get("scope") == "Namespaced"
        elif schema.namespaced(one.api_version, one.kind) is None and "uid" in section(one.body, "metadata"):
            self._scopes.setdefault((schema.group_of(one.api_version), one.kind), bool(one.namespace))

    def identity(self, one: KubeObject) -> Identity:
        """The identity of an object; the release's namespace where it names none."""
        group = schema.group_of(one.api_version)
        scoped = schema.namespaced(one.api_version, one.kind)
        if scoped is None:
            scoped = self._scopes.get((group, one.kind), True)
        return group or "core", one.kind, (one.namespace or self._namespace) if scoped else "-", one.name

    def table(self, objects: Iterable[KubeObject]) -> dict[Identity, KubeObject]:
        """Objects by identity. Of two with the same identity the last counts, as Helm applies it last."""
        return {self.identity(one): one for one in objects if one.kind}


def address_of(identity: Identity) -> str:
    """`<group|core>/<Kind>/<namespace|->/<name>`."""
    return "/".join(identity)


def type_of(identity: Identity) -> str:
    """`<group|core>/<Kind>`."""
    return f"{identity[0]}/{identity[1]}"


def section(body: Value, *path: str) -> dict[str, Value]:
    """The mapping at a path of keys; an empty one where there is none."""
    value = body
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def items(body: Value, *path: str) -> list[dict[str, Value]]:
    """The mappings in the list at a path of keys; none where there is no list."""
    value = section(body, *path[:-1]).get(path[-1])
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def annotations_of(body: Value) -> dict[str, Value]:
    """`metadata.annotations` of an object; empty where there are none."""
    return section(body, "metadata", "annotations")


def scalar(value: Value) -> str | int | None:
    """The value where it is a string or a number, and so can be a key; None for everything else."""
    return value if isinstance(value, (str, int)) else None
