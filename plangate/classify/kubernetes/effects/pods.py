"""Workloads: restarts of pods, and downtime."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from plangate.classify.kubernetes import kinds
from plangate.classify.kubernetes.object_side import body_of
from plangate.classify.kubernetes.objects import section
from plangate.model.change import Action, Effect, EffectName

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plangate.classify.kubernetes.release_index import ReleaseIndex
    from plangate.model.change import Change
    from plangate.model.values import Value

_TEMPLATE: Final = "spec.template"
_CHART_LABELS: Final = (
    'labels["helm.sh/chart"]',
    'labels["app.kubernetes.io/version"]',
    "labels.chart",
    "labels.version",
)
_VOLATILE_ANNOTATIONS: Final = (
    "rollme",
    "timestamp",
    "restartedat",
    "random",
    "nonce",
    "deploydate",
    "deploy-date",
    "date",
    "time",
)


def effects(change: Change, _index: ReleaseIndex) -> Iterator[Effect]:
    """The effects of a change on the pods of a workload."""
    if change.action is Action.CREATE and change.type in ("batch/Job", "core/Pod"):
        yield Effect(EffectName.RUNS_CODE, "runs as soon as it is created", "job")
    if change.type not in kinds.workloads():
        return
    if change.action is Action.UPDATE:
        paths = _template_paths(change)
        if paths:
            yield Effect(EffectName.ROLLS_PODS, f"restarts its pods{_why(paths)}", _kind(paths), paths)
            yield from _downtime(change, paths)
            if _kind(paths) == "chance":
                yield Effect(
                    EffectName.RANDOM_RENDER, "restarts because of a value that changes at every render", "", paths
                )
    elif change.action is Action.DESTROY and change.note and "renamed" in change.note:
        yield Effect(
            EffectName.DOWNTIME,
            "is deleted right after its successor is created, without waiting until that serves",
            "renamed",
        )


def note(change: Change, found: Sequence[Effect]) -> str | None:
    """How the pods of a workload restart (`OnDelete`, `partition`); None where all of them restart at once."""
    if not any(effect.name is EffectName.ROLLS_PODS for effect in found):
        return None
    strategy = section(body_of(change.after), "spec", "updateStrategy")
    if strategy.get("type") == "OnDelete":
        return "OnDelete: pods take the new template only when somebody deletes them"
    partition = section(strategy, "rollingUpdate").get("partition")
    if isinstance(partition, int) and partition > 0:
        return f"partition: only pods from number {partition} on restart"
    return None


def _template_paths(change: Change) -> tuple[str, ...]:
    return tuple(one.path for one in change.attributes if one.path.startswith(_TEMPLATE))


def _kind(paths: tuple[str, ...]) -> str:
    """The kind of a restart: `chart-label`, `chance` (a value that differs at every render), or empty."""
    if all(any(path.endswith(label) for label in _CHART_LABELS) for path in paths):
        return "chart-label"
    keys = [path.partition("annotations")[2].strip('.["]').lower() for path in paths]
    return "chance" if all(key and any(key.endswith(word) for word in _VOLATILE_ANNOTATIONS) for key in keys) else ""


def _why(paths: tuple[str, ...]) -> str:
    if _kind(paths) == "chart-label":
        return " for nothing but a label with the chart's version"
    return ""


def _downtime(change: Change, paths: tuple[str, ...]) -> Iterator[Effect]:
    """The effect of a restart that leaves no pod running, by the strategy and replicas after the upgrade.

    Where it was the same before, every restart of this workload does that.
    """
    before, after = (section(body_of(side), "spec") for side in (change.before, change.after))
    like = kinds.workloads()[change.type]
    always = {effect.because for effect in _gap(like, before, paths)}
    for effect in _gap(like, after, paths):
        if effect.because in always:
            yield Effect(EffectName.DOWNTIME, f"{effect.because}, as at every restart", "as-always", paths)
        else:
            yield effect


def _gap(type_: str, spec: dict[str, Value], paths: tuple[str, ...]) -> Iterator[Effect]:
    """How a restart of a workload leaves no pod running; nothing where some pod stays."""
    replicas = _count(spec.get("replicas", 1))
    if type_ == "apps/Deployment" and replicas > 0:
        strategy = section(spec, "strategy")
        if strategy.get("type") == "Recreate":
            yield Effect(EffectName.DOWNTIME, "stops every pod before a new one starts (Recreate)", "recreate", paths)
        elif _share(section(strategy, "rollingUpdate").get("maxUnavailable"), replicas) >= replicas:
            yield Effect(EffectName.DOWNTIME, "may stop every pod at once (maxUnavailable)", "all-unavailable", paths)
    elif type_ == "apps/StatefulSet" and replicas == 1:
        if section(spec, "updateStrategy").get("type") == "RollingUpdate":
            yield Effect(EffectName.DOWNTIME, "has one pod, which stops before the new one starts", "single-pod", paths)
    elif type_ == "apps/DaemonSet":
        rolling = section(spec, "updateStrategy", "rollingUpdate")
        if rolling.get("maxUnavailable") == "100%":
            yield Effect(EffectName.DOWNTIME, "stops every pod at once (maxUnavailable 100%)", "all-unavailable", paths)


def _count(value: Value) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 1


def _share(value: Value, of: int) -> int:
    """A number, or a percentage of the replicas rounded down, as for `maxUnavailable`; 0 for anything else."""
    if isinstance(value, str) and value.endswith("%") and value[:-1].isdecimal():
        return math.floor(of * int(value[:-1]) / 100)
    return value if isinstance(value, int) and not isinstance(value, bool) else 0
