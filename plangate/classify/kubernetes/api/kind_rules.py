"""What is asked of whole objects of one kind: pkg/apis/*/validation of Kubernetes, apart from networking."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plangate.classify.kubernetes.api.cron import is_schedule
from plangate.classify.kubernetes.api.formats import Problem, is_data_key
from plangate.classify.kubernetes.compare import below
from plangate.classify.kubernetes.objects import items, section, word
from plangate.classify.kubernetes.schema import time_zones
from plangate.lang import quantity
from plangate.model.values import ABSENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plangate.model.values import Value

    Body = dict[str, Value]

_KEYS_OF: Final = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
}
"""The keys that a Secret of a type must have (ValidateSecret)."""


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
    pod = section(spec, "template", "spec")
    if pod.get("restartPolicy") not in ("Always", None):
        yield Problem("spec.template.spec.restartPolicy", "must be Always")
    if pod.get("activeDeadlineSeconds") is not None:
        yield Problem("spec.template.spec.activeDeadlineSeconds", "is not supported here")


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
    restarts = section(spec, "template", "spec").get("restartPolicy")
    if restarts not in ("OnFailure", "Never"):
        yield Problem(f"{path}.template.spec.restartPolicy", "must be OnFailure or Never")
    if spec.get("podFailurePolicy") and restarts != "Never":
        yield Problem(f"{path}.podFailurePolicy", "only 'Never' is supported for restartPolicy with podFailurePolicy")
    indexed = spec.get("completionMode") == "Indexed"
    if indexed and spec.get("completions") is None:
        yield Problem(f"{path}.completions", "is required when completion mode is Indexed")
    if not indexed and spec.get("backoffLimitPerIndex") is not None:
        yield Problem(f"{path}.backoffLimitPerIndex", "requires indexed completion mode")


def _job(body: Body) -> Iterator[Problem]:
    yield from _job_spec(section(body, "spec"), "spec")


def _cron_job(body: Body) -> Iterator[Problem]:
    spec = section(body, "spec")
    yield from _job_spec(section(spec, "jobTemplate", "spec"), "spec.jobTemplate.spec")
    schedule, zone = spec.get("schedule"), spec.get("timeZone")
    if isinstance(schedule, str):
        if "TZ" in schedule:
            yield Problem("spec.schedule", "cannot use TZ or CRON_TZ in schedule, use timeZone field instead")
        elif not is_schedule(schedule):
            yield Problem("spec.schedule", "is no schedule")
    if isinstance(zone, str) and not _is_zone(zone):
        yield Problem("spec.timeZone", f"{zone} is a time zone that the server may not know", certain=False)
    name = section(body, "metadata").get("name")
    if isinstance(name, str) and len(name) > 52:
        yield Problem("metadata.name", "must be no more than 52 characters")


def _is_zone(name: str) -> bool:
    """Whether it looks like a time zone: the list itself belongs to the server."""
    return name in time_zones()


def _autoscaler(body: Body) -> Iterator[Problem]:
    spec = section(body, "spec")
    least, most = spec.get("minReplicas"), spec.get("maxReplicas")
    if isinstance(least, int) and isinstance(most, int) and least > most:
        yield Problem("spec.maxReplicas", "must be greater than or equal to `minReplicas`")
    for i, metric in enumerate(items(spec, "metrics")):
        yield from _metric(metric, f"spec.metrics[{i}]")


def _metric(metric: Body, path: str) -> Iterator[Problem]:
    kind = metric.get("type")
    if not isinstance(kind, str) or not kind:
        return
    name = kind[0].lower() + kind[1:]
    source = section(metric, name)
    if not source:
        yield Problem(f"{path}.{name}", f"must populate information for the type {kind}")
        return
    target = section(source, "target")
    asked = {
        "resource": ("averageUtilization", "averageValue"),
        "containerResource": ("averageUtilization", "averageValue"),
        "pods": ("averageValue",),
        "object": ("value", "averageValue"),
        "external": ("value", "averageValue"),
    }.get(name, ())
    given = [key for key in asked if target.get(key) is not None]
    if asked and not given:
        yield Problem(f"{path}.{name}.target", f"must set {' or '.join(asked)}")
    elif len(given) > 1:
        yield Problem(f"{path}.{name}.target", f"may not set both {' and '.join(given)}")


def _budget(body: Body) -> Iterator[Problem]:
    spec = section(body, "spec")
    if spec.get("minAvailable") is not None and spec.get("maxUnavailable") is not None:
        yield Problem("spec", "minAvailable and maxUnavailable cannot be both set")


def _data(body: Body) -> Iterator[Problem]:
    for part in ("data", "binaryData"):
        for key in section(body, part):
            if not is_data_key(key) and not key.startswith("(sensitive)"):
                yield Problem(
                    below(part, key), "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
                )
    for key in sorted(section(body, "data").keys() & section(body, "binaryData").keys()):
        yield Problem(below("data", key), "duplicate of key present in binaryData")


def _secret(body: Body) -> Iterator[Problem]:
    yield from _data(body)
    data = section(body, "data")
    for key in _KEYS_OF.get(str(body.get("type")), ()):
        if key not in data:
            yield Problem(below("data", key), f"is required in a Secret of the type {body.get('type')}")
    if body.get("type") == "kubernetes.io/basic-auth" and not data.keys() & {"username", "password"}:
        yield Problem("data", "a username or password is required in a Secret of the type kubernetes.io/basic-auth")


def _claim(body: Body) -> Iterator[Problem]:
    size = quantity.read(section(body, "spec", "resources", "requests").get("storage"))
    if size is None or size <= 0:
        yield Problem("spec.resources.requests.storage", "is required, and greater than zero")


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


def _limit_range(body: Body) -> Iterator[Problem]:
    order = ("min", "defaultRequest", "default", "max")
    for i, one in enumerate(items(body, "spec", "limits")):
        for at, low in enumerate(order):
            for high in order[at + 1 :]:
                for name, value in section(one, low).items():
                    least, most = quantity.read(value), quantity.read(section(one, high).get(name))
                    if least is not None and most is not None and least > most:
                        yield Problem(f"spec.limits[{i}].{low}.{name}", f"is greater than {high}")


def _priority(body: Body) -> Iterator[Problem]:
    if str(section(body, "metadata").get("name", "")).startswith("system-"):
        yield Problem("metadata.name", "priority class names with 'system-' prefix are reserved")


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
    names = [word(one.get("name")) for one in versions]
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
        yield from _structural(inner if isinstance(inner, dict) else {}, below(f"{path}.properties", key))
    for key in ("items", "additionalProperties"):
        held = node.get(key)
        if isinstance(held, dict):
            yield from _structural(held, f"{path}.{key}")


OF_KIND: Final[dict[str, Callable[[Body], Iterator[Problem]]]] = {
    "apps/Deployment": _deployment,
    "apps/ReplicaSet": _workload,
    "apps/StatefulSet": _stateful_set,
    "apps/DaemonSet": _daemon_set,
    "batch/Job": _job,
    "batch/CronJob": _cron_job,
    "core/ConfigMap": _data,
    "core/Secret": _secret,
    "core/PersistentVolumeClaim": _claim,
    "core/LimitRange": _limit_range,
    "autoscaling/HorizontalPodAutoscaler": _autoscaler,
    "policy/PodDisruptionBudget": _budget,
    "rbac.authorization.k8s.io/Role": _role,
    "rbac.authorization.k8s.io/ClusterRole": _cluster_role,
    "rbac.authorization.k8s.io/RoleBinding": _binding,
    "rbac.authorization.k8s.io/ClusterRoleBinding": _cluster_binding,
    "scheduling.k8s.io/PriorityClass": _priority,
    "admissionregistration.k8s.io/ValidatingWebhookConfiguration": _webhooks,
    "admissionregistration.k8s.io/MutatingWebhookConfiguration": _webhooks,
    "apiextensions.k8s.io/CustomResourceDefinition": _definition,
}
"""Rules by group and kind."""
