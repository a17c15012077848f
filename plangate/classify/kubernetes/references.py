"""What objects refer to by name: Secrets, ConfigMaps, accounts, classes, Services."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from plangate.classify.kubernetes.objects import items, section, type_of
from plangate.classify.kubernetes.release_index import pod_template

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plangate.classify.kubernetes.objects import Identity
    from plangate.model.values import Value

    Body = dict[str, Value]

SECRET: Final = "core/Secret"
CONFIG_MAP: Final = "core/ConfigMap"
SERVICE: Final = "core/Service"
_ADMISSION: Final = "admissionregistration.k8s.io"


class Reference(Struct, frozen=True):
    """One reference. `namespace` is `-` for what has none; `key` is the one that is asked for, empty for the whole object."""

    type: str
    namespace: str
    name: str
    how: str
    """By what it refers: `env`, `envFrom`, `volume`, ..."""
    key: str = ""
    optional: bool = False


def references(identity: Identity, body: Body) -> Iterator[Reference]:
    """Every reference of an object. Nothing for kinds whose references nobody has described."""
    template = pod_template(identity, body)
    if section(template, "spec"):
        yield from _of_pods(template, identity[2])
    more = _OF_TYPE.get(type_of(identity))
    if more is not None:
        yield from more(identity, body)


def _of_pods(template: Body, namespace: str) -> Iterator[Reference]:
    spec = section(template, "spec")
    for part in ("containers", "initContainers"):
        for container in items(spec, part):
            for one in items(container, "env"):
                for type_, key in ((SECRET, "secretKeyRef"), (CONFIG_MAP, "configMapKeyRef")):
                    yield from _named(section(one, "valueFrom", key), type_, namespace, "env")
            for one in items(container, "envFrom"):
                for type_, key in ((SECRET, "secretRef"), (CONFIG_MAP, "configMapRef")):
                    yield from _named(section(one, key), type_, namespace, "envFrom")
    for volume in items(spec, "volumes"):
        secret, config = section(volume, "secret"), section(volume, "configMap")
        yield from _named({**secret, "name": secret.get("secretName")}, SECRET, namespace, "volume")
        yield from _named(config, CONFIG_MAP, namespace, "volume")
        for one in items(volume, "projected", "sources"):
            yield from _named(section(one, "secret"), SECRET, namespace, "volume")
            yield from _named(section(one, "configMap"), CONFIG_MAP, namespace, "volume")
    for one in items(spec, "imagePullSecrets"):
        yield from _named(one, SECRET, namespace, "imagePullSecrets")
    account = spec.get("serviceAccountName") or spec.get("serviceAccount")
    yield from _named({"name": account}, "core/ServiceAccount", namespace, "serviceAccountName")
    priority = spec.get("priorityClassName")
    yield from _named({"name": priority}, "scheduling.k8s.io/PriorityClass", "-", "priorityClassName")
    yield from _named({"name": spec.get("runtimeClassName")}, "node.k8s.io/RuntimeClass", "-", "runtimeClassName")


def _named(reference: Body, type_: str, namespace: str, how: str) -> Iterator[Reference]:
    name = reference.get("name")
    if not isinstance(name, str) or not name:
        return
    optional = reference.get("optional") is True
    keys = [reference.get("key"), *(one.get("key") for one in items(reference, "items"))]
    named = [key for key in keys if isinstance(key, str)]
    yield Reference(type_, namespace, name, how, "", optional)
    for key in named:
        yield Reference(type_, namespace, name, how, key, optional)


def _claim(_identity: Identity, body: Body) -> Iterator[Reference]:
    yield from _named({"name": section(body, "spec").get("storageClassName")}, _STORAGE_CLASS, "-", "storageClassName")


def _templates(_identity: Identity, body: Body) -> Iterator[Reference]:
    for one in items(body, "spec", "volumeClaimTemplates"):
        name = section(one, "spec").get("storageClassName")
        yield from _named({"name": name}, _STORAGE_CLASS, "-", "volumeClaimTemplates")


def _ingress(identity: Identity, body: Body) -> Iterator[Reference]:
    for one in items(body, "spec", "tls"):
        yield from _named({"name": one.get("secretName")}, SECRET, identity[2], "tls")
    name = section(body, "spec").get("ingressClassName")
    yield from _named({"name": name}, "networking.k8s.io/IngressClass", "-", "ingressClassName")


def _webhooks(_identity: Identity, body: Body) -> Iterator[Reference]:
    for one in items(body, "webhooks"):
        service = section(one, "clientConfig", "service")
        # With `Ignore` what it checks goes on without it.
        optional = one.get("failurePolicy") == "Ignore"
        yield from _named({**service, "optional": optional}, SERVICE, str(service.get("namespace")), "webhook")


def _api_service(_identity: Identity, body: Body) -> Iterator[Reference]:
    service = section(body, "spec", "service")
    yield from _named(service, SERVICE, str(service.get("namespace")), "APIService")


def _definition(_identity: Identity, body: Body) -> Iterator[Reference]:
    service = section(body, "spec", "conversion", "webhook", "clientConfig", "service")
    yield from _named(service, SERVICE, str(service.get("namespace")), "conversion webhook")


def _binding(identity: Identity, body: Body) -> Iterator[Reference]:
    role = section(body, "roleRef")
    namespace = identity[2] if role.get("kind") == "Role" else "-"
    yield from _named(role, f"rbac.authorization.k8s.io/{role.get('kind')}", namespace, "roleRef")


_STORAGE_CLASS: Final = "storage.k8s.io/StorageClass"
_OF_TYPE: Final[dict[str, Callable[[Identity, Body], Iterator[Reference]]]] = {
    "core/PersistentVolumeClaim": _claim,
    "apps/StatefulSet": _templates,
    "networking.k8s.io/Ingress": _ingress,
    f"{_ADMISSION}/MutatingWebhookConfiguration": _webhooks,
    f"{_ADMISSION}/ValidatingWebhookConfiguration": _webhooks,
    "apiregistration.k8s.io/APIService": _api_service,
    "apiextensions.k8s.io/CustomResourceDefinition": _definition,
    "rbac.authorization.k8s.io/RoleBinding": _binding,
    "rbac.authorization.k8s.io/ClusterRoleBinding": _binding,
}
