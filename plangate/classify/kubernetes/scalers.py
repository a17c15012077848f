"""What scales workloads: HorizontalPodAutoscaler, KEDA's ScaledObject, VerticalPodAutoscaler."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from plangate.classify.kubernetes.objects import items, section, type_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plangate.classify.kubernetes.objects import Identity
    from plangate.model.values import Value

    Body = dict[str, Value]


class _Kind(Struct, frozen=True):
    """Where a kind says what it scales and how far. Source: the API of each."""

    target: str
    least: str = ""
    most: str = ""
    default_least: int = 1
    default_most: int | None = None


_KINDS: Final = {
    "autoscaling/HorizontalPodAutoscaler": _Kind("scaleTargetRef", "minReplicas", "maxReplicas"),
    "keda.sh/ScaledObject": _Kind("scaleTargetRef", "minReplicaCount", "maxReplicaCount", 0, 100),
    "autoscaling.k8s.io/VerticalPodAutoscaler": _Kind("targetRef"),
}
KINDS: Final = tuple(type_.partition("/")[2] for type_ in _KINDS)
"""The kinds that scale, by their names alone."""


class Scaler(Struct, frozen=True):
    """One of them. `target` is kind, namespace and name of what it scales."""

    identity: Identity
    body: dict[str, Value]
    target: tuple[str, str, str]
    sets_replicas: bool
    least: int | None
    most: int | None

    @property
    def resources(self) -> frozenset[str]:
        """The resources whose use it goes by (HPA), or whose requests it sets (VPA): `cpu`, `memory`."""
        spec = section(self.body, "spec")
        if self.sets_replicas:
            named = {section(one, "resource").get("name") for one in items(spec, "metrics")}
            named |= {section(one, "containerResource").get("name") for one in items(spec, "metrics")}
            return frozenset(name for name in named if isinstance(name, str))
        if section(spec, "updatePolicy").get("updateMode") in ("Off", "Initial"):
            return frozenset()
        policies = items(spec, "resourcePolicy", "containerPolicies")
        limited = [one.get("controlledResources") for one in policies]
        if limited and all(isinstance(one, list) for one in limited):
            return frozenset(str(name) for one in limited if isinstance(one, list) for name in one)
        return frozenset({"cpu", "memory"})


def read(objects: Iterable[tuple[Identity, Body]]) -> Iterator[Scaler]:
    """Those among some objects that scale something."""
    for identity, body in objects:
        kind = _KINDS.get(type_of(identity))
        if kind is None:
            continue
        spec = section(body, "spec")
        target = section(spec, kind.target)
        where = str(target.get("kind") or "Deployment"), identity[2], str(target.get("name"))
        least, most = (_count(spec.get(key), default) for key, default in _bounds(kind))
        yield Scaler(identity, body, where, bool(kind.least), least, most)


def _bounds(kind: _Kind) -> tuple[tuple[str, int | None], tuple[str, int | None]]:
    return (kind.least, kind.default_least if kind.least else None), (kind.most, kind.default_most)


def _count(value: Value, default: int | None) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else default
