"""Queries `kubectl`, read-only."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from plangate.errors import EvidenceError
from plangate.evidence.command import NotThereError, run
from plangate.evidence.helm import NAME

if TYPE_CHECKING:
    from collections.abc import Iterable

_KIND: Final = r"[A-Za-z][A-Za-z0-9]{0,62}"
_GROUP: Final = r"([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?)?"
_OBJECT: Final = r"[A-Za-z0-9]([-A-Za-z0-9._:]{0,251}[A-Za-z0-9])?"
_AT_ONCE: Final = 200
"""The most objects in one call, as the length of a command line is limited."""


class ObjectName(Struct, frozen=True):
    """An object as a manifest names it, without version: the cluster answers with its own."""

    group: str
    kind: str
    namespace: str
    name: str


def objects(named: Iterable[ObjectName], namespace: str, *, seconds: float) -> list[bytes]:
    """These objects with their managed fields: the JSON that each call of `kubectl get` prints.

    Objects that do not exist, or whose kind the cluster does not know, are left out. Raises `EvidenceError`.
    """
    found: list[bytes] = []
    for place, wanted in _by_namespace(named, namespace).items():
        for start in range(0, len(wanted), _AT_ONCE):
            found += _objects(wanted[start : start + _AT_ONCE], place, seconds)
    return [text for text in found if text.strip()]


def _by_namespace(named: Iterable[ObjectName], namespace: str) -> dict[str, list[ObjectName]]:
    by_namespace: dict[str, list[ObjectName]] = {}
    for one in dict.fromkeys(named):
        place = one.namespace or namespace
        parts = ((_KIND, one.kind), (_GROUP, one.group), (_OBJECT, one.name), (NAME, place))
        if not all(re.fullmatch(pattern, text) for pattern, text in parts):
            raise EvidenceError("names an object that kubectl cannot be asked for", where=namespace)
        by_namespace.setdefault(place, []).append(one)
    return by_namespace


def _objects(wanted: list[ObjectName], namespace: str, seconds: float) -> list[bytes]:
    """One call; where the cluster does not know a kind, one call per kind, because kubectl gives up on all of them."""
    names = [f"{one.kind}.{one.group}/{one.name}" if one.group else f"{one.kind}/{one.name}" for one in wanted]
    flags = ("--namespace", namespace, "--ignore-not-found", "--output", "json", "--show-managed-fields")
    try:
        return [run(["kubectl", "get", *names, *flags], namespace, seconds)]
    except NotThereError:
        kinds = {(one.group, one.kind) for one in wanted}
        if len(kinds) == 1:
            return []
        return [
            text
            for kind in sorted(kinds)
            for text in _objects([one for one in wanted if (one.group, one.kind) == kind], namespace, seconds)
        ]


def definitions(groups: Iterable[str], *, seconds: float) -> list[bytes]:
    """The CustomResourceDefinitions of these API groups, as JSON. Raises `EvidenceError`."""
    names: list[str] = []
    for group in sorted(set(groups)):
        if re.fullmatch(_GROUP, group) and group:
            listed = run(["kubectl", "api-resources", f"--api-group={group}", "--output", "name"], group, seconds)
            names += [name for name in listed.decode("utf-8", "replace").split() if re.fullmatch(_OBJECT, name)]
    return _of_cluster("customresourcedefinitions.apiextensions.k8s.io", names, seconds) if names else []


def storage_classes(names: Iterable[str], *, seconds: float) -> list[bytes]:
    """These StorageClasses, all of them where none is named, as JSON. Raises `EvidenceError`."""
    wanted = sorted(name for name in set(names) if re.fullmatch(_OBJECT, name))
    return _of_cluster("storageclasses.storage.k8s.io", wanted, seconds)


def _of_cluster(resource: str, names: list[str], seconds: float) -> list[bytes]:
    text = run(["kubectl", "get", resource, *names, "--ignore-not-found", "--output", "json"], "cluster", seconds)
    return [text] if text.strip() else []


def cluster(*, seconds: float) -> bytes:
    """Which cluster this is: the uid of its `kube-system` namespace. Raises `EvidenceError`."""
    return run(["kubectl", "get", "namespace", "kube-system", "-o", "jsonpath={.metadata.uid}"], "cluster", seconds)


def server(*, seconds: float) -> bytes:
    """The API server of the kubeconfig in use. Raises `EvidenceError`."""
    command = ["kubectl", "config", "view", "--minify", "-o", "jsonpath={.clusters[0].cluster.server}"]
    return run(command, "cluster", seconds)
