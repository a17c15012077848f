"""Validation of single objects, as pkg/apis/*/validation of https://github.com/kubernetes/kubernetes does it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from plangate.classify.helm import schema
from plangate.classify.helm.compare import below
from plangate.classify.helm.complete import number_of
from plangate.classify.helm.cron import is_schedule
from plangate.classify.helm.objects import items, section, word
from plangate.classify.helm.schema import ANY, Field
from plangate.model import ABSENT, Embedded, Sensitive, Unknown

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plangate.model import KubeObject, Value

    Body = dict[str, Value]

_LABEL_VALUE: Final = r"(?:[A-Za-z0-9](?:[A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?"
_SUBDOMAIN: Final = r"[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*"
_LABEL: Final = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_DATA_KEY: Final = r"[-._a-zA-Z0-9]{1,253}"
_HANDLERS: Final = frozenset({"httpGet", "tcpSocket", "exec", "grpc"})
_ENUMS: Final[dict[tuple[str, str], tuple[str, ...]]] = {
    ("core.v1.Container", "imagePullPolicy"): ("Always", "IfNotPresent", "Never"),
    ("core.v1.Container", "terminationMessagePolicy"): ("File", "FallbackToLogsOnError"),
    ("core.v1.ContainerPort", "protocol"): ("TCP", "UDP", "SCTP"),
    ("core.v1.ServicePort", "protocol"): ("TCP", "UDP", "SCTP"),
    ("core.v1.PodSpec", "dnsPolicy"): ("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None"),
    ("core.v1.ServiceSpec", "type"): ("ClusterIP", "NodePort", "LoadBalancer", "ExternalName"),
    ("core.v1.ServiceSpec", "sessionAffinity"): ("None", "ClientIP"),
    ("core.v1.ServiceSpec", "externalTrafficPolicy"): ("Cluster", "Local"),
    ("core.v1.ServiceSpec", "internalTrafficPolicy"): ("Cluster", "Local"),
    ("core.v1.HTTPGetAction", "scheme"): ("HTTP", "HTTPS"),
    ("core.v1.Toleration", "operator"): ("Exists", "Equal", "Lt", "Gt"),
    ("core.v1.Toleration", "effect"): ("NoSchedule", "PreferNoSchedule", "NoExecute"),
    ("core.v1.TopologySpreadConstraint", "whenUnsatisfiable"): ("DoNotSchedule", "ScheduleAnyway"),
    ("networking.v1.HTTPIngressPath", "pathType"): ("Exact", "Prefix", "ImplementationSpecific"),
    ("batch.v1.CronJobSpec", "concurrencyPolicy"): ("Allow", "Forbid", "Replace"),
    ("apps.v1.DeploymentStrategy", "type"): ("RollingUpdate", "Recreate"),
    ("apps.v1.StatefulSetUpdateStrategy", "type"): ("RollingUpdate", "OnDelete"),
    ("apps.v1.DaemonSetUpdateStrategy", "type"): ("RollingUpdate", "OnDelete"),
    ("apps.v1.StatefulSetSpec", "podManagementPolicy"): ("OrderedReady", "Parallel"),
    ("core.v1.PersistentVolumeClaimSpec", "volumeMode"): ("Filesystem", "Block"),
}
_PORTS: Final = frozenset({("core.v1.ContainerPort", "containerPort"), ("core.v1.ServicePort", "port")})
_PROBED: Final = frozenset({"core.v1.HTTPGetAction", "core.v1.TCPSocketAction", "core.v1.GRPCAction"})
_NOT_NEGATIVE: Final = frozenset(
    {
        "replicas",
        "minReadySeconds",
        "revisionHistoryLimit",
        "terminationGracePeriodSeconds",
        "parallelism",
        "completions",
    }
)
_POSITIVE: Final = frozenset({"minReplicas", "maxReplicas", "periodSeconds", "timeoutSeconds", "failureThreshold"})
_NAMED_ONCE: Final = frozenset({"containers", "initContainers", "volumes"})


DUPLICATE: Final = "duplicate entries for key"
"""How the problem begins that only patches and server-side apply have."""


class Problem(Struct, frozen=True):
    """One reason to refuse an object."""

    path: str
    says: str


def problems(one: KubeObject, body: Body) -> Iterator[Problem]:
    """Every reason that is known, of an object as the server would store it."""
    root = schema.root(one.api_version, one.kind)
    if root is ANY:
        return
    yield from _walk(body, root, "")
    type_ = f"{schema.group_of(one.api_version) or 'core'}/{one.kind}"
    extra = _OF_KIND.get(type_)
    if extra is not None:
        yield from extra(body)


def unknown_fields(one: KubeObject) -> Iterator[Problem]:
    """Fields that the type does not have. Server-side apply is strict about them, a patch drops them silently."""
    root = schema.root(one.api_version, one.kind)
    if root is not ANY and schema.served(one.api_version, one.kind) and one.api_version != "autoscaling/v1":
        yield from _unknown(one.body, root, "")


def _unknown(value: Value, field: Field, path: str) -> Iterator[Problem]:
    if isinstance(value, dict):
        if field.form == "one" and schema.is_struct(field.type):
            fields = schema.fields(field.type)
            for key, inner in value.items():
                if key not in fields:
                    yield Problem(below(path, key), "field not declared in schema")
                else:
                    yield from _unknown(inner, fields[key], below(path, key))
        elif field.form == "map":
            for key, inner in value.items():
                yield from _unknown(inner, field.item, below(path, key))
    elif isinstance(value, list) and field.form == "list":
        for i, inner in enumerate(value):
            yield from _unknown(inner, field.item, below(path, i))


def _walk(value: Value, field: Field, path: str) -> Iterator[Problem]:
    """Types, required fields, words and ranges, wherever the type says them."""
    if isinstance(value, (Sensitive, Unknown)):
        return
    if field.form == "list":
        if isinstance(value, list):
            for i, inner in enumerate(value):
                yield from _walk(inner, field.item, below(path, i))
            yield from _twice(value, path)
            yield from _same_keys(value, field, path)
        elif not isinstance(value, Embedded):
            yield Problem(path, "must be a list")
    elif field.form == "map":
        if isinstance(value, dict):
            for key, inner in value.items():
                yield from _walk(inner, field.item, below(path, key))
        else:
            yield Problem(path, "must be a map")
    elif schema.is_struct(field.type):
        if isinstance(value, dict):
            yield from _struct(value, field.type, path)
        else:
            yield Problem(path, "must be an object")
    elif not _fits(value, field.type):
        yield Problem(path, f"must be of type {field.type}")


def _fits(value: Value, type_: str) -> bool:
    if type_ == "string":
        return isinstance(value, (str, Embedded))
    if type_ == "int":
        return isinstance(value, int) and not isinstance(value, bool)
    if type_ == "bool":
        return isinstance(value, bool)
    if type_ == "quantity":
        return number_of(value) is not None
    if type_ == "intstr":
        return isinstance(value, (int, str)) and not isinstance(value, bool)
    return True


def _struct(value: Body, type_: str, path: str) -> Iterator[Problem]:
    fields = schema.fields(type_)
    for key, inner in value.items():
        field = fields.get(key)
        if field is None:
            continue
        here = below(path, key)
        yield from _walk(inner, field, here)
        words = _ENUMS.get((type_, key))
        if words is not None and isinstance(inner, str) and inner not in words:
            yield Problem(here, f"must be one of {', '.join(words)}")
        if isinstance(inner, int) and not isinstance(inner, bool):
            yield from _ranges(type_, key, inner, here)
    for key, field in fields.items():
        if (
            field.required
            and key not in value
            and key not in ("status", "rules")
            and not (field.form != "one" and type_.startswith("meta"))
        ):
            yield Problem(below(path, key), "is required")
    if type_ in ("core.v1.Probe", "core.v1.LifecycleHandler"):
        given = sorted(_HANDLERS & value.keys())
        if len(given) > 1:
            yield Problem(below(path, given[1]), "may not specify more than 1 handler type")
        elif not given and "sleep" not in value:
            yield Problem(path, "must specify a handler type")
    if type_ == "core.v1.Volume" and len(value.keys() - {"name"}) > 1:
        yield Problem(path, "may not specify more than 1 volume type")
    if type_ == "core.v1.EnvVar" and value.get("value") and value.get("valueFrom"):
        yield Problem(below(path, "valueFrom"), "may not be specified when `value` is not empty")
    if type_ == "core.v1.ResourceRequirements":
        yield from _resources(value, path)
    if type_ == "core.v1.PodTemplateSpec" or type_.endswith(".PodSpec"):
        yield from _pod_spec(section(value, "spec") if type_.endswith("TemplateSpec") else {}, below(path, "spec"))
    if type_ == "meta.v1.ObjectMeta":
        for key, label in section(value, "labels").items():
            if isinstance(label, str) and not re.fullmatch(_LABEL_VALUE, label):
                yield Problem(below(below(path, "labels"), key), "is not a valid label value")


def _ranges(type_: str, key: str, value: int, path: str) -> Iterator[Problem]:
    if (type_, key) in _PORTS and not 0 < value < 65536:
        yield Problem(path, "must be between 1 and 65535")
    if key == "port" and type_ in _PROBED and not 0 < value < 65536:
        yield Problem(path, "must be between 1 and 65535")
    if key in _NOT_NEGATIVE and value < 0:
        yield Problem(path, "must be greater than or equal to 0")
    if key in _POSITIVE and value < 1 and type_ != "core.v1.Event":
        yield Problem(path, "must be greater than 0")
    if key == "nodePort" and value and not 30000 <= value <= 32767:
        yield Problem(path, "provided port is not in the valid range (30000-32767 unless the cluster says otherwise)")


def _resources(value: Body, path: str) -> Iterator[Problem]:
    limits = section(value, "limits")
    for name, wanted in section(value, "requests").items():
        request, limit = number_of(wanted), number_of(limits.get(name))
        if request is not None and limit is not None and request > limit:
            yield Problem(below(below(path, "requests"), name), "must be less than or equal to its limit")


def _twice(value: list[Value], path: str) -> Iterator[Problem]:
    if path.rpartition(".")[2] not in _NAMED_ONCE:
        return
    seen: set[Any] = set()
    for i, one in enumerate(value):
        name = one.get("name") if isinstance(one, dict) else None
        if isinstance(name, str):
            if name in seen:
                yield Problem(below(below(path, i), "name"), "duplicate value")
            seen.add(name)


def _same_keys(value: list[Value], field: Field, path: str) -> Iterator[Problem]:
    """Two items that the server cannot tell apart: no patch and no apply can be made of them, though a create can."""
    if not field.keys or path.rpartition(".")[2] in _NAMED_ONCE:
        return
    keys = [schema.key_of(item, field.keys, field.item.type) for item in value]
    for key in dict.fromkeys(key for key in keys if key is not None and keys.count(key) > 1):
        yield Problem(path, f"{DUPLICATE} {', '.join(str(part) for part in key)}")


def _pod_spec(spec: Body, path: str) -> Iterator[Problem]:
    """Mounts of volumes that are not there, names, and ports told twice."""
    volumes = {word(volume.get("name")) for volume in items(spec, "volumes")}
    both = {word(c.get("name")) for c in items(spec, "containers")} & {
        word(c.get("name")) for c in items(spec, "initContainers")
    }
    for twice in sorted(map(str, both)):
        yield Problem(f"{path}.initContainers", f"duplicate value: {twice}")
    for part in ("containers", "initContainers"):
        for container in items(spec, part):
            here = f'{path}.{part}[name="{container.get("name")}"]'
            for mount in items(container, "volumeMounts"):
                if word(mount.get("name")) not in volumes:
                    yield Problem(f"{here}.volumeMounts", f"no volume is named {mount.get('name')}")
            name = container.get("name")
            if isinstance(name, str) and not re.fullmatch(_LABEL, name):
                yield Problem(f"{here}.name", "is not a valid name (RFC 1123 label)")
            names = [port.get("name") for port in items(container, "ports") if port.get("name")]
            if len(names) != len(set(map(str, names))):
                yield Problem(f"{here}.ports", "duplicate port name")
            for port in names:
                if isinstance(port, str) and not (len(port) <= 15 and re.fullmatch(r"[a-z0-9-]*[a-z][a-z0-9-]*", port)):
                    yield Problem(f"{here}.ports", f"{port} is not a valid port name (at most 15 characters)")
    if "containers" in spec and not items(spec, "containers"):
        yield Problem(f"{path}.containers", "is required")


# --- kinds ------------------------------------------------------------------------------------------------------------


def matches(selector: Body, labels: Body) -> bool:
    """Whether a label selector picks these labels (https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/)."""
    if any(labels.get(key, ABSENT) != value for key, value in section(selector, "matchLabels").items()):
        return False
    for one in items(selector, "matchExpressions"):
        key, operator = str(one.get("key")), one.get("operator")
        listed = one.get("values")
        values = listed if isinstance(listed, list) else []
        holds = {
            "In": labels.get(key, ABSENT) in values,
            "NotIn": labels.get(key, ABSENT) not in values,
            "Exists": key in labels,
            "DoesNotExist": key not in labels,
        }.get(str(operator), True)
        if not holds:
            return False
    return True


def _workload(body: Body) -> Iterator[Problem]:
    spec = section(body, "spec")
    labels = section(spec, "template", "metadata", "labels")
    selector = section(spec, "selector")
    if selector and not matches(selector, labels):
        yield Problem("spec.template.metadata.labels", "`selector` does not match template `labels`")
    if "selector" in spec and not selector.get("matchLabels") and not selector.get("matchExpressions"):
        yield Problem("spec.selector", "empty selector is invalid")
    if section(spec, "template", "spec").get("restartPolicy") not in ("Always", None):
        yield Problem("spec.template.spec.restartPolicy", "must be Always")


def _deployment(body: Body) -> Iterator[Problem]:
    yield from _workload(body)
    strategy = section(body, "spec", "strategy")
    if strategy.get("type") == "Recreate" and strategy.get("rollingUpdate") is not None:
        yield Problem("spec.strategy.rollingUpdate", "may not be specified when strategy `type` is 'Recreate'")
    rolling = section(strategy, "rollingUpdate")
    if rolling and all(str(rolling.get(key)) in ("0", "0%") for key in ("maxSurge", "maxUnavailable")):
        yield Problem("spec.strategy.rollingUpdate.maxUnavailable", "may not be 0 when `maxSurge` is 0")
    spec = section(body, "spec")
    ready, deadline = spec.get("minReadySeconds"), spec.get("progressDeadlineSeconds")
    if isinstance(ready, int) and isinstance(deadline, int) and deadline <= ready:
        yield Problem("spec.progressDeadlineSeconds", "must be greater than minReadySeconds")


def _stateful_set(body: Body) -> Iterator[Problem]:
    yield from _workload(body)
    strategy = section(body, "spec", "updateStrategy")
    if strategy.get("type") == "OnDelete" and strategy.get("rollingUpdate") is not None:
        yield Problem("spec.updateStrategy.rollingUpdate", "only allowed for updateStrategy 'RollingUpdate'")


def _daemon_set(body: Body) -> Iterator[Problem]:
    yield from _workload(body)
    rolling = section(body, "spec", "updateStrategy", "rollingUpdate")
    surge, unavailable = (str(rolling.get(key, 0)) in ("0", "0%") for key in ("maxSurge", "maxUnavailable"))
    if rolling and surge and unavailable:
        yield Problem("spec.updateStrategy.rollingUpdate.maxUnavailable", "cannot be 0 when maxSurge is 0")
    if rolling and not surge and not unavailable:
        yield Problem("spec.updateStrategy.rollingUpdate.maxSurge", "may not be set when maxUnavailable is non-zero")


def _job_spec(spec: Body, path: str) -> Iterator[Problem]:
    if section(spec, "template", "spec").get("restartPolicy") not in ("OnFailure", "Never"):
        yield Problem(f"{path}.template.spec.restartPolicy", "must be OnFailure or Never")


def _job(body: Body) -> Iterator[Problem]:
    yield from _job_spec(section(body, "spec"), "spec")


def _cron_job(body: Body) -> Iterator[Problem]:
    spec = section(body, "spec")
    yield from _job_spec(section(spec, "jobTemplate", "spec"), "spec.jobTemplate.spec")
    schedule = spec.get("schedule")
    if isinstance(schedule, str):
        if "TZ" in schedule:
            yield Problem("spec.schedule", "cannot use TZ or CRON_TZ in schedule, use timeZone field instead")
        elif not is_schedule(schedule):
            yield Problem("spec.schedule", "is no schedule")
    name = section(body, "metadata").get("name")
    if isinstance(name, str) and len(name) > 52:
        yield Problem("metadata.name", "must be no more than 52 characters")


def _service(body: Body) -> Iterator[Problem]:
    spec = section(body, "spec")
    ports = items(spec, "ports")
    headless = spec.get("clusterIP") == "None"
    if not ports and not headless and spec.get("type") != "ExternalName":
        yield Problem("spec.ports", "is required")
    if spec.get("type") == "ExternalName" and not spec.get("externalName"):
        yield Problem("spec.externalName", "is required")
    if headless and spec.get("type") in ("LoadBalancer", "NodePort"):
        yield Problem("spec.clusterIPs[0]", f"may not be set to 'None' for {spec.get('type')} services")
    names = [port.get("name") for port in ports]
    if len(ports) > 1 and not all(names):
        yield Problem("spec.ports", "every port needs a name where there are several")
    if len([n for n in names if n]) != len({n for n in names if isinstance(n, str) and n}):
        yield Problem("spec.ports", "duplicate port name")
    told = [(port.get("port"), port.get("protocol")) for port in ports]
    if len(told) != len(set(map(str, told))):
        yield Problem("spec.ports", "duplicate port")
    for port in ports:
        target = port.get("targetPort")
        if isinstance(target, int) and not isinstance(target, bool) and not 0 < target < 65536:
            yield Problem("spec.ports", "targetPort must be between 1 and 65535")
        if spec.get("type") == "ClusterIP" and port.get("nodePort"):
            yield Problem("spec.ports[0].nodePort", "may not be used when `type` is 'ClusterIP'")


def _autoscaler(body: Body) -> Iterator[Problem]:
    spec = section(body, "spec")
    least, most = spec.get("minReplicas"), spec.get("maxReplicas")
    if isinstance(least, int) and isinstance(most, int) and least > most:
        yield Problem("spec.maxReplicas", "must be greater than or equal to `minReplicas`")


def _budget(body: Body) -> Iterator[Problem]:
    spec = section(body, "spec")
    if spec.get("minAvailable") is not None and spec.get("maxUnavailable") is not None:
        yield Problem("spec", "minAvailable and maxUnavailable cannot be both set")


def _ingress(body: Body) -> Iterator[Problem]:
    spec = section(body, "spec")
    if not items(spec, "rules") and not spec.get("defaultBackend"):
        yield Problem("spec", "either `defaultBackend` or `rules` must be specified")
    for i, rule in enumerate(items(spec, "rules")):
        for j, path in enumerate(items(rule, "http", "paths")):
            where = f"spec.rules[{i}].http.paths[{j}]"
            if path.get("pathType") in ("Exact", "Prefix") and not str(path.get("path", "")).startswith("/"):
                yield Problem(f"{where}.path", "must be an absolute path")
            service = section(path, "backend", "service")
            if service and not section(service, "port"):
                yield Problem(f"{where}.backend.service.port", "port name or number is required")


def _data(body: Body) -> Iterator[Problem]:
    for part in ("data", "binaryData"):
        for key in section(body, part):
            if not re.fullmatch(_DATA_KEY, key) and not key.startswith("(sensitive)"):
                yield Problem(
                    below(part, key), "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
                )


_OF_KIND: Final[dict[str, Callable[[Body], Iterator[Problem]]]] = {
    "apps/Deployment": _deployment,
    "apps/ReplicaSet": _workload,
    "apps/StatefulSet": _stateful_set,
    "apps/DaemonSet": _daemon_set,
    "batch/Job": _job,
    "batch/CronJob": _cron_job,
    "core/Service": _service,
    "core/ConfigMap": _data,
    "core/Secret": _data,
    "autoscaling/HorizontalPodAutoscaler": _autoscaler,
    "policy/PodDisruptionBudget": _budget,
    "networking.k8s.io/Ingress": _ingress,
}
