"""Roles and their bindings: pkg/apis/rbac/validation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plangate.classify.kubernetes.api.validation.formats import Problem
from plangate.classify.kubernetes.objects import items, section

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plangate.model.values import Value

    Body = dict[str, Value]


def _role(body: Body) -> Iterator[Problem]:
    for i, rule in enumerate(items(body, "rules")):
        path = f"rules[{i}]"
        if rule.get("nonResourceURLs"):
            yield Problem(f"{path}.nonResourceURLs", "namespaced rules cannot apply to non-resource URLs")
        yield from _rule(rule, path)


def _cluster_role(body: Body) -> Iterator[Problem]:
    for i, rule in enumerate(items(body, "rules")):
        path = f"rules[{i}]"
        if rule.get("nonResourceURLs"):
            if rule.get("apiGroups") or rule.get("resources") or rule.get("resourceNames"):
                yield Problem(
                    f"{path}.nonResourceURLs", "rules cannot apply to both regular resources and non-resource URLs"
                )
        else:
            yield from _rule(rule, path)


def _rule(rule: Body, path: str) -> Iterator[Problem]:
    if not rule.get("verbs"):
        yield Problem(f"{path}.verbs", "verbs must contain at least one value")
    if not rule.get("nonResourceURLs"):
        for key in ("apiGroups", "resources"):
            if not rule.get(key):
                yield Problem(f"{path}.{key}", "must supply at least one")


def _binding(body: Body) -> Iterator[Problem]:
    cluster = body.get("kind") == "ClusterRoleBinding"
    role = section(body, "roleRef")
    if role.get("kind") not in (("ClusterRole",) if cluster else ("Role", "ClusterRole")):
        yield Problem("roleRef.kind", "must be a Role or ClusterRole")
    if not role.get("name"):
        yield Problem("roleRef.name", "is required")
    for i, one in enumerate(items(body, "subjects")):
        path = f"subjects[{i}]"
        if one.get("kind") not in ("ServiceAccount", "User", "Group"):
            yield Problem(f"{path}.kind", "must be ServiceAccount, User or Group")
        if not one.get("name"):
            yield Problem(f"{path}.name", "is required")
        if cluster and one.get("kind") == "ServiceAccount" and not one.get("namespace"):
            yield Problem(f"{path}.namespace", "is required")


def _cluster_binding(body: Body) -> Iterator[Problem]:
    yield from _binding({**body, "kind": "ClusterRoleBinding"})


OF_KIND: Final[dict[str, Callable[[Body], Iterator[Problem]]]] = {
    "rbac.authorization.k8s.io/Role": _role,
    "rbac.authorization.k8s.io/ClusterRole": _cluster_role,
    "rbac.authorization.k8s.io/RoleBinding": _binding,
    "rbac.authorization.k8s.io/ClusterRoleBinding": _cluster_binding,
}
"""By group and kind: yields the problems of one object, given as the server would store it."""
