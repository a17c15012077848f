"""Pods: resources, probes, disruption budgets, update strategy and identity."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plangate.applications.litellm.knowledge import known
from plangate.applications.litellm.proxy import Problem, texts, tree, whole
from plangate.lang import quantity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.applications.litellm.proxy import Proxy
    from plangate.model.values import Absent, Value

_PROBES: Final = ("livenessProbe", "readinessProbe", "startupProbe")
_SLOW_START: Final = 60
"""Seconds that a proxy with a database takes to start, and that its probes have to wait."""


def problems(proxy: Proxy) -> Iterator[Problem]:
    """The problems of the pods on one side."""
    yield from _probes(proxy)
    yield from _drains(proxy)
    rolling = tree(tree(proxy.pod.get("strategy")).get("rollingUpdate"))
    gone = _count(rolling.get("maxUnavailable"), whole(proxy.replicas))
    pods = whole(proxy.replicas)
    if gone is not None and pods and gone >= pods and "maxUnavailable" in rolling:
        because = (
            f"may stop all {pods} pods at once when they are replaced (maxUnavailable {rolling['maxUnavailable']})"
        )
        yield Problem("strategy-recreate", "all", because, "workload", ("strategy", "rollingUpdate", "maxUnavailable"))
    args = texts(proxy.pod.get("args")) if isinstance(proxy.pod.get("args"), list) else []
    if (
        args
        and not any(one == "--config" or one.startswith(("--config=", "-c")) for one in args)
        and "CONFIG_FILE_PATH" not in proxy.env
    ):
        because = "starts without --config: models, master key and every setting of the ConfigMap are not read"
        yield Problem("config-unused", "", because, "workload", ("args",))


def _probes(proxy: Proxy) -> Iterator[Problem]:
    for name in _PROBES:
        probe = tree(proxy.pod.get(name))
        path = tree(probe.get("httpGet")).get("path")
        if isinstance(path, str) and path.startswith("/") and path.rstrip("/") not in known().probe_paths:
            because = f"probes {path} ({name}), which the proxy does not answer: its probes are /health/liveliness and /health/readiness"
            yield Problem("probe-wrong", name, because, "workload", (name,))
        elif name == "livenessProbe" and isinstance(path, str) and path.rstrip("/") == "/health/readiness":
            because = "restarts pods when the database is away: its livenessProbe asks /health/readiness"
            yield Problem("probe-wrong", name, because, "workload", (name,))
    probe = tree(proxy.pod.get("startupProbe"))
    if probe:
        waits = (whole(probe.get("failureThreshold", 3)) or 0) * (whole(probe.get("periodSeconds", 10)) or 10)
        waits += whole(probe.get("initialDelaySeconds", 0)) or 0
        if waits < _SLOW_START:
            because = f"gives a pod {waits} s to start (startupProbe), and the proxy with its database takes longer: it is killed and tried again"
            yield Problem("probe-wrong", "startup", because, "workload", ("startupProbe",))


def _drains(proxy: Proxy) -> Iterator[Problem]:
    """A disruption budget that lets no pod go."""
    pods = whole(proxy.replicas)
    least = proxy.budget_keeps
    kept = _count(least, pods)
    if pods and pods > 1 and kept is not None and kept >= pods:
        because = f"keeps {least} of {pods} pods at all times (minAvailable): a node that is drained waits for ever"
        yield Problem("drains-blocked", "", because, "budget", ("budget", "minAvailable"))


def _count(value: Value | Absent, of: int | None) -> int | None:
    """A number of pods, also one that is a share."""
    if isinstance(value, str) and value.endswith("%"):
        share = whole(value[:-1])
        return None if share is None or of is None else -(-share * of // 100)
    return whole(value)


def transitions(before: Proxy, after: Proxy) -> Iterator[Problem]:
    """The problems of a change that reduces what the pods have."""
    if not before.pod or not after.pod:
        return
    for key, kind, words in (
        ("resources", "resources-removed", "has no requests and limits any more"),
        ("livenessProbe", "probe-removed", "loses its livenessProbe"),
        ("readinessProbe", "probe-removed", "loses its readinessProbe: it gets requests before it can answer them"),
        ("startupProbe", "probe-removed", "loses its startupProbe: a slow migration looks like a hung pod"),
    ):
        if tree(before.pod.get(key)) and not tree(after.pod.get(key)):
            yield Problem(kind, key, words, "workload", (key,))
    yield from _resources(before, after)
    yield from _strategy(before, after)
    yield from _companions(before, after)
    for name, role in before.identity.items():
        if name in known().role_annotations and after.identity.get(name) != role:
            words = f"to {after.identity[name]}" if name in after.identity else "away"
            because = f"changes the cloud role that the pods act as: {name} ({role}) goes {words}"
            yield Problem("identity-changes", name, because, "release", ("serviceAccount", "annotations", name))
    ours, theirs = (side.pod.get("serviceAccountName") for side in (before, after))
    if isinstance(ours, str) and theirs is not None and ours != theirs and before.names == after.names:
        because = f"acts as the ServiceAccount {theirs} instead of {ours}: what the old one was allowed, a cloud role for one, is gone"
        yield Problem("identity-changes", "", because, "workload", ("serviceAccountName",))


def _resources(before: Proxy, after: Proxy) -> Iterator[Problem]:
    sides = [tree(side.pod.get("resources")) for side in (before, after)]
    if not all(sides):
        return
    old, new = (tree(side.get("limits")) for side in sides)
    if "memory" in old and "memory" not in new:
        yield Problem("resources-removed", "memory", "has no memory limit any more", "workload", ("resources",))
    for name in ("memory", "cpu"):
        for kind in ("limits", "requests"):
            was, now = (tree(side.get(kind)).get(name) for side in sides)
            sizes = quantity.read(was), quantity.read(now)
            if sizes[0] is not None and sizes[1] is not None and sizes[1] * 2 < sizes[0]:
                what = "is killed when it needs more" if name == "memory" else "answers more slowly under load"
                because = f"gets {now} of {name} instead of {was} (resources.{kind}), less than half, and {what}"
                yield Problem("resources-cut", name, because, "workload", ("resources", kind, name))
                break


def _strategy(before: Proxy, after: Proxy) -> Iterator[Problem]:
    grace = [whole(side.pod.get("terminationGracePeriodSeconds", 30)) for side in (before, after)]
    if grace[0] and grace[1] is not None and grace[1] < grace[0]:
        because = f"gives requests {grace[1]} s to finish when a pod stops, {grace[0]} before"
        yield Problem("grace-shortened", "", because, "workload", ("terminationGracePeriodSeconds",))
    old, new = (tree(side.pod.get("strategy")).get("type", "RollingUpdate") for side in (before, after))
    if new == "Recreate" != old:
        because = "stops every pod before a new one starts (Recreate)"
        yield Problem("strategy-recreate", "", because, "workload", ("strategy",))


def _companions(before: Proxy, after: Proxy) -> Iterator[Problem]:
    for name in sorted(set(texts(after.pod.get("containers"))) - set(texts(before.pod.get("containers")))):
        because = f"runs another container {name} beside the proxy"
        yield Problem("companion-added", name, because, "workload", ("containers",))
    for name in texts(after.pod.get("companions")):
        if name not in texts(before.pod.get("companions")):
            yield Problem("companion-added", name, f"turns {name} of the chart on", "workload", ("companions",))
    for name, value in after.env.items():
        if isinstance(value, str) and name not in before.env and any(one in value for one in known().telemetry):
            because = f"reports its use to {value} ({name})"
            yield Problem("companion-added", name, because, "workload", ("environment", name))
