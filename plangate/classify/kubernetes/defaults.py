"""Defaulting: an object as the API server stores it. Quantities get their canonical spelling, empty values are left out."""

from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Final

from plangate.classify.kubernetes import schema
from plangate.classify.kubernetes.schema import ANY, Field
from plangate.lang import quantity

if TYPE_CHECKING:
    from collections.abc import Callable

    from plangate.model.values import Value

_SERVER_OWNED: Final = frozenset(
    (
        "uid",
        "resourceVersion",
        "generation",
        "creationTimestamp",
        "managedFields",
        "selfLink",
        "namespace",
        "ownerReferences",
        "deletionTimestamp",
        "deletionGracePeriodSeconds",
    )
)
_ZERO_IS_UNSET: Final = frozenset({"core.v1.Probe"})
"""Types whose numbers are no pointers in Go, so that 0 gets the default too (SetDefaults_Probe)."""
_HELM_OWNED: Final = frozenset(
    ("app.kubernetes.io/managed-by", "meta.helm.sh/release-name", "meta.helm.sh/release-namespace")
)
"""Helm sets them on everything it applies, whatever the chart says (setMetadataVisitor in pkg/action/validate.go)."""


def apply_defaults(body: dict[str, Value], root: Field) -> dict[str, Value]:
    """The object with its defaults, without `apiVersion`, `kind`, `status` and the metadata that only the server and Helm write."""
    done = with_defaults(stripped(body), root)
    if not isinstance(done, dict):
        return {}
    extra = _OF_KIND.get(root.type)
    if extra is not None:
        extra(done)
    return done


def stripped(body: dict[str, Value]) -> dict[str, Value]:
    """The object without `apiVersion`, `kind`, `status` and the metadata that only the server and Helm write."""
    kept = {key: value for key, value in body.items() if key not in ("status", "apiVersion", "kind")}
    metadata = kept.get("metadata")
    if isinstance(metadata, dict):
        kept["metadata"] = {
            # A label or annotation without a value is the empty string once Go has decoded it.
            key: {k: "" if v is None else v for k, v in value.items() if k not in _HELM_OWNED}
            if key in ("labels", "annotations") and isinstance(value, dict)
            else value
            for key, value in metadata.items()
            if key not in _SERVER_OWNED
        }
    return kept


def with_defaults(value: Value, field: Field) -> Value:
    """A value of the type `field` as the server stores it."""
    if isinstance(value, dict):
        if field.form == "map" or (field.form == "one" and not schema.is_struct(field.type)):
            item = field.item if field.form == "map" else ANY
            return {key: with_defaults(nested, item) for key, nested in value.items() if nested is not None}
        return _struct(value, field.type) if field.form == "one" else value
    if isinstance(value, list):
        item = field.item if field.form == "list" else ANY
        return [with_defaults(nested, item) for nested in value]
    if field.form == "one" and field.type == "quantity":
        number = quantity.read(value)
        return value if number is None else quantity.spelled(number)
    return value


def _struct(value: dict[str, Value], type_: str) -> dict[str, Value]:
    fields = schema.fields(type_)
    done: dict[str, Value] = {}
    for key, nested in value.items():
        field = fields.get(key, ANY)
        if nested is None or (_is_empty(nested, field) and key not in schema.empty_means()):
            continue
        if nested == 0 and type_ in _ZERO_IS_UNSET and not isinstance(nested, bool):
            continue
        done[key] = with_defaults(nested, field)
    for key, default in schema.defaults(type_).items():
        done[key] = _with_default(done.get(key), default, fields.get(key, ANY))
    extra = _OF_TYPE.get(type_)
    if extra is not None:
        extra(done)
    return done


def _is_empty(value: Value, field: Field) -> bool:
    """Whether the API leaves it out: an empty string, list or map, but no empty struct, which may mean something."""
    if value == "" and isinstance(value, str):
        return field.form == "one" and field.type == "string"
    return value in ([], {}) and isinstance(value, (list, dict)) and field.form != "one" and not field.atomic


def _with_default(value: Value, default: Any, field: Field) -> Value:
    if value is None:
        return with_defaults(copy.deepcopy(default), field)
    if isinstance(value, dict) and isinstance(default, dict):
        fields = schema.fields(field.type)
        merged = dict(value)
        for key, nested in default.items():
            merged[key] = _with_default(merged.get(key), nested, fields.get(key, ANY))
        return merged
    return value


# --- defaults that are not data -----------------------------------------------------------------------------------------


def _container(container: dict[str, Value]) -> None:
    """SetDefaults_Container in pkg/apis/core/v1/defaults.go: the pull policy follows the tag, once."""
    image = container.get("image")
    if "imagePullPolicy" not in container and isinstance(image, str):
        name = image.rpartition("/")[2]
        latest = "@" not in image and (":" not in name or name.endswith(":latest"))
        container["imagePullPolicy"] = "Always" if latest else "IfNotPresent"


def _pod_spec(spec: dict[str, Value]) -> None:
    """The old name of `serviceAccountName` follows the new one, and stands in for it: conversion.go."""
    name = spec.get("serviceAccountName") or spec.get("serviceAccount")
    if name:
        spec["serviceAccountName"] = spec["serviceAccount"] = name


def _volume(volume: dict[str, Value]) -> None:
    if set(volume) <= {"name"}:
        volume["emptyDir"] = {}


def _rolling(spec: dict[str, Value], key: str, type_: str) -> None:
    strategy = spec.get(key)
    if isinstance(strategy, dict) and strategy.get("type", "RollingUpdate") == "RollingUpdate":
        rolling = strategy.get("rollingUpdate")
        strategy["rollingUpdate"] = _struct(rolling if isinstance(rolling, dict) else {}, type_)


def _service(spec: dict[str, Value]) -> None:
    type_ = spec.get("type")
    if type_ in ("NodePort", "LoadBalancer"):
        spec.setdefault("externalTrafficPolicy", "Cluster")
    if type_ == "LoadBalancer":
        spec.setdefault("allocateLoadBalancerNodePorts", True)
    if type_ != "ExternalName":
        spec.setdefault("internalTrafficPolicy", "Cluster")
    else:
        for gone in ("internalTrafficPolicy", "clusterIP", "clusterIPs", "ipFamilies", "ipFamilyPolicy"):
            spec.pop(gone, None)
    if type_ not in ("NodePort", "LoadBalancer"):
        spec.pop("externalTrafficPolicy", None)
    if type_ != "LoadBalancer":
        spec.pop("allocateLoadBalancerNodePorts", None)
    if spec.get("sessionAffinity") == "ClientIP":
        spec.setdefault("sessionAffinityConfig", {"clientIP": {"timeoutSeconds": 10800}})
    elif spec.get("sessionAffinity") in (None, "", "None"):
        spec.pop("sessionAffinityConfig", None)


def _service_port(port: dict[str, Value]) -> None:
    if port.get("targetPort") in (None, "", 0):
        port["targetPort"] = port.get("port")


def _job(job: dict[str, Value]) -> None:
    spec = job.get("spec")
    if isinstance(spec, dict):
        if "completions" not in spec and "parallelism" not in spec:
            spec["completions"] = spec["parallelism"] = 1
        spec.setdefault("parallelism", 1)
        if "podFailurePolicy" in spec and spec.get("podReplacementPolicy") == "TerminatingOrFailed":
            spec["podReplacementPolicy"] = "Failed"


def _network_policy(spec: dict[str, Value]) -> None:
    if not spec.get("policyTypes"):
        spec["policyTypes"] = ["Ingress", *(["Egress"] if spec.get("egress") else [])]


def _hpa(spec: dict[str, Value]) -> None:
    """autoscaling/v1 converted to v2 (conversion.go), and the metric that an empty list stands for."""
    target = spec.pop("targetCPUUtilizationPercentage", None)
    if not spec.get("metrics"):
        utilization: Value = {"type": "Utilization", "averageUtilization": 80 if target is None else target}
        spec["metrics"] = [{"type": "Resource", "resource": {"name": "cpu", "target": utilization}}]


def _subject(subject: dict[str, Value]) -> None:
    if subject.get("kind") in ("User", "Group"):
        subject.setdefault("apiGroup", "rbac.authorization.k8s.io")


def _claim_template(claim: dict[str, Value]) -> None:
    for gone in ("apiVersion", "kind", "status"):
        claim.pop(gone, None)


def _crd_names(names: dict[str, Value]) -> None:
    kind = names.get("kind")
    if isinstance(kind, str):
        names.setdefault("singular", kind.lower())
        names.setdefault("listKind", f"{kind}List")


_OF_TYPE: Final[dict[str, Callable[[dict[str, Value]], None]]] = {
    "core.v1.Container": _container,
    "core.v1.PodSpec": _pod_spec,
    "core.v1.Volume": _volume,
    "core.v1.ServiceSpec": _service,
    "core.v1.ServicePort": _service_port,
    "core.v1.PersistentVolumeClaim": _claim_template,
    "apps.v1.DeploymentSpec": lambda spec: _rolling(spec, "strategy", "apps.v1.RollingUpdateDeployment"),
    "apps.v1.DaemonSetSpec": lambda spec: _rolling(spec, "updateStrategy", "apps.v1.RollingUpdateDaemonSet"),
    "apps.v1.StatefulSetSpec": lambda spec: _rolling(
        spec, "updateStrategy", "apps.v1.RollingUpdateStatefulSetStrategy"
    ),
    "networking.v1.NetworkPolicySpec": _network_policy,
    "autoscaling.v1.HorizontalPodAutoscalerSpec": _hpa,
    "autoscaling.v2.HorizontalPodAutoscalerSpec": _hpa,
    "rbac.v1.Subject": _subject,
    "apiextensions.v1.CustomResourceDefinitionNames": _crd_names,
}
_OF_KIND: Final[dict[str, Callable[[dict[str, Value]], None]]] = {"batch.v1.Job": _job}
