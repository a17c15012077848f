"""Deployments, StatefulSets, Jobs, autoscalers and disruption budgets: pkg/apis/{apps,batch,autoscaling,policy}/validation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plangate.classify.kubernetes.api.validation.cron import is_schedule
from plangate.classify.kubernetes.api.validation.formats import Problem
from plangate.classify.kubernetes.objects import items, scalar, section
from plangate.classify.kubernetes.schema import time_zones
from plangate.model.values import ABSENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plangate.model.values import Value

    Body = dict[str, Value]


def matches(selector: Body, labels: Body) -> bool:
    """Whether a label selector matches labels (https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/)."""
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


def with_claims(body: Body) -> Body:
    """A StatefulSet as its pods are validated: each claim template is a volume of its name (volumesToAddForTemplates)."""
    claims = {scalar(section(claim, "metadata").get("name")) for claim in items(body, "spec", "volumeClaimTemplates")}
    spec = section(body, "spec")
    template = section(spec, "template")
    pod = section(template, "spec")
    if not claims or not pod:
        return body
    volumes = [volume for volume in items(pod, "volumes") if scalar(volume.get("name")) not in claims]
    added: list[Value] = [{"name": name, "persistentVolumeClaim": {"claimName": name}} for name in claims if name]
    whole = {**pod, "volumes": [*volumes, *added]}
    return {**body, "spec": {**spec, "template": {**template, "spec": whole}}}


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
    if isinstance(zone, str) and zone not in time_zones():
        yield Problem("spec.timeZone", f"{zone} is a time zone that the server may not know", certain=False)
    name = section(body, "metadata").get("name")
    if isinstance(name, str) and len(name) > 52:
        yield Problem("metadata.name", "must be no more than 52 characters")


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
    sources = {
        "resource": ("averageUtilization", "averageValue"),
        "containerResource": ("averageUtilization", "averageValue"),
        "pods": ("averageValue",),
        "object": ("value", "averageValue"),
        "external": ("value", "averageValue"),
    }.get(name, ())
    given = [key for key in sources if target.get(key) is not None]
    if sources and not given:
        yield Problem(f"{path}.{name}.target", f"must set {' or '.join(sources)}")
    elif len(given) > 1:
        yield Problem(f"{path}.{name}.target", f"may not set both {' and '.join(given)}")


def _budget(body: Body) -> Iterator[Problem]:
    spec = section(body, "spec")
    if spec.get("minAvailable") is not None and spec.get("maxUnavailable") is not None:
        yield Problem("spec", "minAvailable and maxUnavailable cannot be both set")


OF_KIND: Final[dict[str, Callable[[Body], Iterator[Problem]]]] = {
    "apps/Deployment": _deployment,
    "apps/ReplicaSet": _workload,
    "apps/StatefulSet": _stateful_set,
    "apps/DaemonSet": _daemon_set,
    "batch/Job": _job,
    "batch/CronJob": _cron_job,
    "autoscaling/HorizontalPodAutoscaler": _autoscaler,
    "policy/PodDisruptionBudget": _budget,
}
"""By group and kind: yields the problems of one object, given as the server would store it."""
