"""Webhook configurations and CustomResourceDefinitions: pkg/apis/{admissionregistration,apiextensions}/validation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plangate.classify.kubernetes.api.validation.formats import Problem
from plangate.classify.kubernetes.compare import child_path
from plangate.classify.kubernetes.objects import items, scalar, section

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plangate.model.values import Value

    Body = dict[str, Value]


def _webhooks(body: Body) -> Iterator[Problem]:
    names = []
    for i, one in enumerate(items(body, "webhooks")):
        path, name = f"webhooks[{i}]", str(one.get("name", ""))
        names.append(name)
        if len(name.split(".")) < 3:
            yield Problem(f"{path}.name", "should be a domain with at least three segments separated by dots")
        for j, rule in enumerate(items(one, "rules")):
            for key in ("operations", "apiGroups", "apiVersions", "resources"):
                if not rule.get(key):
                    yield Problem(f"{path}.rules[{j}].{key}", "is required")
    if len(names) != len(set(names)):
        yield Problem("webhooks", "duplicate name")


def _definition(body: Body) -> Iterator[Problem]:
    spec = section(body, "spec")
    versions = items(spec, "versions")
    if sum(one.get("storage") is True for one in versions) != 1:
        yield Problem("spec.versions", "must have exactly one version marked as storage version")
    names = [scalar(one.get("name")) for one in versions]
    if len(names) != len(set(names)):
        yield Problem("spec.versions", "must contain unique version names")
    plural, group = section(spec, "names").get("plural"), spec.get("group")
    name = section(body, "metadata").get("name")
    if isinstance(name, str) and plural and group and name != f"{plural}.{group}":
        yield Problem("metadata.name", f"must be spec.names.plural+'.'+spec.group: {plural}.{group}")
    for i, one in enumerate(versions):
        root = section(one, "schema", "openAPIV3Schema")
        path = f"spec.versions[{i}].schema.openAPIV3Schema"
        if not root:
            yield Problem(path, "schemas are required")
        elif root.get("type") != "object":
            yield Problem(f"{path}.type", "must be object at the root")
        else:
            yield from _structural(root, path)


def _structural(node: Body, path: str) -> Iterator[Problem]:
    """Every part of a schema says its type (https://kubernetes.io/docs/tasks/extend-kubernetes/custom-resources)."""
    if (
        not node.get("type")
        and node.get("x-kubernetes-int-or-string") is not True
        and node.get("x-kubernetes-preserve-unknown-fields") is not True
    ):
        yield Problem(f"{path}.type", "must not be empty for specified object fields")
    for key, inner in section(node, "properties").items():
        yield from _structural(inner if isinstance(inner, dict) else {}, child_path(f"{path}.properties", key))
    for key in ("items", "additionalProperties"):
        held = node.get(key)
        if isinstance(held, dict):
            yield from _structural(held, f"{path}.{key}")


OF_KIND: Final[dict[str, Callable[[Body], Iterator[Problem]]]] = {
    "admissionregistration.k8s.io/ValidatingWebhookConfiguration": _webhooks,
    "admissionregistration.k8s.io/MutatingWebhookConfiguration": _webhooks,
    "apiextensions.k8s.io/CustomResourceDefinition": _definition,
}
"""By group and kind: yields the problems of one object, given as the server would store it."""
