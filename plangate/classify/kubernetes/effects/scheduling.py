"""Pods that no node can take: requests above every node, and spread over more zones or nodes than there are."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Final

from plangate.classify.kubernetes import selectors
from plangate.classify.kubernetes.object_side import body_of
from plangate.classify.kubernetes.objects import items, section
from plangate.classify.kubernetes.release_index import pod_template
from plangate.lang import quantity
from plangate.lang.wording import several
from plangate.model.change import Action, Effect, EffectName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.classify.kubernetes.objects import Identity
    from plangate.classify.kubernetes.release_index import ReleaseIndex
    from plangate.model.change import Change
    from plangate.model.values import Value

    Body = dict[str, Value]

_SCHEDULED: Final = frozenset({"apps/Deployment", "apps/StatefulSet"})
_SPEC: Final = "spec.template.spec"
_ZONES: Final = ("topology.kubernetes.io/zone", "failure-domain.beta.kubernetes.io/zone")
_HOST: Final = "kubernetes.io/hostname"


def effects(change: Change, index: ReleaseIndex) -> Iterator[Effect]:
    """The effect of pods that stay pending, where the live nodes or the manifest itself tell; what was so before is left out."""
    if change.type not in _SCHEDULED or change.action not in (Action.CREATE, Action.UPDATE):
        return
    identity = index.identity(change)
    known = set(_unschedulable(identity, body_of(change.before), index)) if change.before is not None else set()
    for because, path in _unschedulable(identity, body_of(change.after), index):
        if (because, path) not in known:
            yield Effect(EffectName.DOWNTIME, because, "unschedulable", (path,))


def _unschedulable(identity: Identity, body: Body, index: ReleaseIndex) -> Iterator[tuple[str, str]]:
    template = pod_template(identity, body)
    pods = section(template, "spec")
    replicas = section(body, "spec").get("replicas", 1)
    count = replicas if isinstance(replicas, int) else 1
    if count > 0:
        yield from _too_large(pods, index.nodes)
        yield from _too_far(pods, section(template, "metadata", "labels"), count, index.nodes)


def _too_large(pods: Body, nodes: list[Body]) -> Iterator[tuple[str, str]]:
    for name in ("cpu", "memory"):
        wanted = sum((_request(one, name) for one in items(pods, "containers")), Decimal(0))
        largest = max((_allocatable(node, name) for node in nodes), default=None)
        if largest is not None and wanted > largest:
            yield (
                f"asks for {_spelled(wanted, name)} of {name} in each pod, and the largest node has {_spelled(largest, name)}: no pod of it starts",
                f"{_SPEC}.containers",
            )


def _request(container: Body, name: str) -> Decimal:
    resources = section(container, "resources")
    value = section(resources, "requests").get(name, section(resources, "limits").get(name))
    return quantity.read(value) or Decimal(0)


def _allocatable(node: Body, name: str) -> Decimal:
    return quantity.read(section(node, "status", "allocatable").get(name)) or Decimal(0)


def _spelled(number: Decimal, name: str) -> str:
    return f"{number / 2**20:.0f}Mi" if name == "memory" else quantity.spelled(number)


def _too_far(pods: Body, labels: Body, count: int, nodes: list[Body]) -> Iterator[tuple[str, str]]:
    for one in items(pods, "topologySpreadConstraints"):
        key = str(one.get("topologyKey"))
        least, skew = one.get("minDomains"), one.get("maxSkew")
        domains = _domains(key, pods, nodes)
        if one.get("whenUnsatisfiable", "DoNotSchedule") != "DoNotSchedule" or domains is None:
            continue
        # With fewer domains than `minDomains` the least count is taken as 0, so that each takes `maxSkew` pods.
        if isinstance(least, int) and isinstance(skew, int) and domains < least and count > skew * domains:
            because = f"has to be spread over {several(least, _word(key))}, and may run in {domains}: only {skew * domains} of its {count} pods start"
            yield because, f"{_SPEC}.topologySpreadConstraints"
    for one in items(pods, "affinity", "podAntiAffinity", "requiredDuringSchedulingIgnoredDuringExecution"):
        key = str(one.get("topologyKey"))
        domains = _domains(key, pods, nodes)
        if domains is not None and domains < count and selectors.matches(one.get("labelSelector"), labels):
            because = f"runs one pod in each {_word(key)} at most, and may run in {domains}: only {domains} of its {count} pods start"
            yield because, f"{_SPEC}.affinity"


def _domains(key: str, pods: Body, nodes: list[Body]) -> int | None:
    """How many zones or nodes pods may run in: by the nodes that are known, and by what they say themselves; None where neither tells."""
    allowed = _allowed(key, pods)
    if nodes:
        wanted = section(pods, "nodeSelector")
        fitting = [labels for node in nodes if _fits(labels := section(node, "metadata", "labels"), wanted)]
        found = {str(labels[key]) for labels in fitting if key in labels}
        return len(found if allowed is None else found & allowed)
    return None if allowed is None else len(allowed)


def _fits(labels: Body, wanted: Body) -> bool:
    return all(labels.get(key) == value for key, value in wanted.items())


def _allowed(key: str, pods: Body) -> set[str] | None:
    """The values of a topology key that a node selector or the required affinity allows; None where neither restricts it."""
    selected = section(pods, "nodeSelector").get(key)
    if selected is not None:
        return {str(selected)}
    required = section(pods, "affinity", "nodeAffinity", "requiredDuringSchedulingIgnoredDuringExecution")
    found: set[str] = set()
    for term in items(required, "nodeSelectorTerms"):
        values = [
            e.get("values")
            for e in items(term, "matchExpressions")
            if e.get("key") == key and e.get("operator") == "In"
        ]
        if not values:
            return None
        found |= {str(value) for value in values[0]} if isinstance(values[0], list) else set()
    return found or None


def _word(key: str) -> str:
    return "zone" if key in _ZONES else "node" if key == _HOST else f"value of {key}"
