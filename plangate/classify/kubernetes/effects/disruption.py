"""Disruption budgets that let no pod go: https://kubernetes.io/docs/tasks/run-application/configure-pdb/."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Final

from plangate.classify.kubernetes import selectors
from plangate.classify.kubernetes.object_side import body_of
from plangate.classify.kubernetes.objects import section, type_of
from plangate.classify.kubernetes.release_index import pod_template
from plangate.lang.wording import several
from plangate.model.change import Action, Notice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.classify.kubernetes.objects import Identity
    from plangate.classify.kubernetes.release_index import ReleaseIndex
    from plangate.model.change import Change
    from plangate.model.values import Value

    Body = dict[str, Value]

_BUDGET: Final = "policy/PodDisruptionBudget"
_COUNTED: Final = frozenset({"apps/Deployment", "apps/StatefulSet"})


def notices(change: Change, index: ReleaseIndex) -> Iterator[Notice]:
    """The notice on a budget, or on a workload under one, that keeps every node from being drained and did not before."""
    identity = index.identity(change)
    if change.type == _BUDGET and change.action in (Action.CREATE, Action.UPDATE):
        because = _blocked(identity, body_of(change.after), index, new=True)
        before = body_of(change.before)
        if because and not (before and _blocked(identity, before, index, new=False)):
            paths = tuple(key for key in ("spec.minAvailable", "spec.maxUnavailable") if _has(change, key))
            yield Notice("drains-blocked", because, paths)
    elif change.type in _COUNTED and change.action is Action.UPDATE:
        if not any(one.path == "spec.replicas" for one in change.attributes):
            return
        labels = section(body_of(change.after), "spec", "template", "metadata", "labels")
        for one in index.upgrade.same:
            if one.kind == "PodDisruptionBudget" and index.names.identity(one)[2] == identity[2]:
                who, body = index.names.identity(one), index.stored(one)
                if selectors.matches(section(body, "spec").get("selector"), labels):
                    because = _blocked(who, body, index, new=True)
                    if because and not _blocked(who, body, index, new=False):
                        yield Notice(
                            "drains-blocked", f"is under the budget {who[3]}, which {because}", ("spec.replicas",)
                        )


def _has(change: Change, path: str) -> bool:
    return section(body_of(change.after), "spec").get(path.rpartition(".")[2]) is not None


def _blocked(identity: Identity, body: Body, index: ReleaseIndex, *, new: bool) -> str:
    """Why a budget lets no pod go, as a clause; empty where it lets one go, or that cannot be told."""
    spec = section(body, "spec")
    most, least = spec.get("maxUnavailable"), spec.get("minAvailable")
    if most in (0, "0%") and not isinstance(most, bool):
        return f"lets no pod go (maxUnavailable {most}): node drains wait for ever"
    if least == "100%":
        return "lets no pod go (minAvailable 100%): node drains wait for ever"
    pods = _pods(identity[2], spec.get("selector"), index, new=new)
    wanted = _wanted(least, pods)
    if pods and wanted >= pods:
        return f"keeps {several(wanted, 'pod')} of the {pods} that there are: node drains wait for ever"
    return ""


def _wanted(least: Value, pods: int) -> int:
    if isinstance(least, str) and least.endswith("%") and least[:-1].isdecimal():
        return math.ceil(pods * int(least[:-1]) / 100)
    return least if isinstance(least, int) and not isinstance(least, bool) else 0


def _pods(namespace: str, selector: Value, index: ReleaseIndex, *, new: bool) -> int:
    """The number of pods that a budget is about: what autoscalers may scale down to, else the replicas. 0 where it is not known."""
    count = 0
    for identity, body in index.workloads(new=new):
        labels = section(pod_template(identity, body), "metadata", "labels")
        if identity[2] != namespace or not selectors.matches(selector, labels):
            continue
        if type_of(identity) not in _COUNTED:
            return 0
        replicas = section(body, "spec").get("replicas")
        scaled = [one.least for one in index.scalers(new=new).get(identity[1:], ()) if one.least is not None]
        count += scaled[0] if scaled else replicas if isinstance(replicas, int) else 1
    return count
