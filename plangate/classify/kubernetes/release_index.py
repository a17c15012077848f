"""Look-ups over the objects of a release before and after the upgrade. Objects are parsed only when they are needed."""

from __future__ import annotations

import functools
from functools import cached_property
from typing import TYPE_CHECKING

from plangate.classify.kubernetes import kinds, predict, scalers
from plangate.classify.kubernetes.objects import items, section, type_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.classify.kubernetes.objects import Identity, Names
    from plangate.classify.kubernetes.scalers import Scaler
    from plangate.model.change import Change
    from plangate.model.release import KubeObject, Upgrade
    from plangate.model.values import Value

    Body = dict[str, Value]

_PODS = ("Deployment", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod", "ReplicaSet")


class ReleaseIndex:
    """The objects of both sides of a release by identity, kind and name."""

    def __init__(self, upgrade: Upgrade, names: Names):
        self.upgrade = upgrade
        self.names = names
        self.changes: list[Change] = []
        """Every change of the release; empty until `effects.assess` has them all."""
        self._stored: dict[int, Body] = {}
        self._candidates: dict[tuple[tuple[str, ...], bool], list[KubeObject]] = {}
        self._scalers: dict[bool, dict[tuple[str, str, str], list[Scaler]]] = {}

    @cached_property
    def new(self) -> dict[Identity, KubeObject]:
        """The objects of the new side, without those that stay byte for byte the same."""
        return self.names.table(self.upgrade.new)

    @cached_property
    def old(self) -> dict[Identity, KubeObject]:
        """The objects of the old side, without those that stay byte for byte the same."""
        return self.names.table(self.upgrade.old or ())

    @cached_property
    def same(self) -> dict[Identity, KubeObject]:
        """The objects that stay byte for byte the same."""
        return self.names.table(self.upgrade.same)

    @staticmethod
    def identity(change: Change) -> Identity:
        """The identity of the object of a change."""
        group, kind, namespace, name = change.address.text.split("/", 3)
        return group, kind, namespace, name

    def stored(self, one: KubeObject) -> Body:
        """An object as the server stores it, computed once."""
        if id(one) not in self._stored:
            self._stored[id(one)] = predict.as_stored(one)
        return self._stored[id(one)]

    def renders(self, identity: Identity, *path: str) -> bool:
        """Whether the chart says the value at a path of an object of the new side, and does not leave it to a default."""
        one = self.new.get(identity) or self.same.get(identity)
        return one is not None and section(one.body, *path[:-1]).get(path[-1]) is not None

    def of_kind(self, *kinds: str, new: bool = True, mentions: tuple[str, ...] = ()) -> Iterator[tuple[Identity, Body]]:
        """The objects of some kinds on one side, as the server stores them. `mentions`: words that the text of each has to contain."""
        if (kinds, new) not in self._candidates:
            side = self.upgrade.new if new else self.upgrade.old or ()
            self._candidates[kinds, new] = [
                one for one in (*side, *self.upgrade.same) if any(one.mentions(kind) for kind in kinds)
            ]
        for one in self._candidates[kinds, new]:
            if one.mentions(*mentions) and one.kind in kinds:
                yield self.names.identity(one), self.stored(one)

    def workloads(self, *words: Value, new: bool = True) -> list[tuple[Identity, Body]]:
        """The objects with pods on one side whose text contains all these words, such as a name or the values of a selector."""
        return list(self.of_kind(*_kinds_with_pods(), new=new, mentions=tuple(w for w in words if isinstance(w, str))))

    def standing(self, word: str) -> Iterator[tuple[Identity, Body]]:
        """What will stand in the cluster after the upgrade, as far as is known, and contains a word."""
        for one in (*self.upgrade.new, *self.upgrade.same):
            if one.mentions(word):
                yield self.names.identity(one), self.stored(one)
        for identity, one in self.others:
            if one.mentions(word):
                yield identity, self.stored(one)

    @cached_property
    def same_services(self) -> list[tuple[Identity, Body]]:
        """The Services that stay byte for byte the same."""
        return [
            (self.names.identity(one), self.stored(one))
            for one in self.upgrade.same
            if one.mentions("Service", "selector") and one.kind == "Service"
        ]

    @cached_property
    def services(self) -> list[tuple[Identity, Body]]:
        """Every Service of the new side and of the cluster."""
        live = [one for one in self.upgrade.live or () if one.kind == "Service"]
        return [*((self.names.identity(one), self.stored(one)) for one in live), *self.of_kind("Service")]

    @cached_property
    def storage_classes(self) -> list[tuple[Identity, Body]]:
        """Every StorageClass of the new side and of the cluster."""
        live = [one for one in self.upgrade.live or () if one.kind == "StorageClass"]
        return [*self.of_kind("StorageClass"), *((self.names.identity(one), self.stored(one)) for one in live)]

    @cached_property
    def nodes(self) -> list[Body]:
        """The nodes of the cluster, as they are; none where they were not collected."""
        return [one.body for one in self.upgrade.live or () if one.kind == "Node"]

    @cached_property
    def namespaces(self) -> frozenset[str]:
        """The namespaces that the release already uses or creates, by name."""
        used = (*(self.upgrade.old or ()), *self.upgrade.same, *(self.upgrade.live or ()))
        made = {identity[3] for identity, _ in self.of_kind("Namespace")}
        return frozenset({self.names.identity(one)[2] for one in used if one.mentions("namespace:")} | made)

    @cached_property
    def others(self) -> list[tuple[Identity, KubeObject]]:
        """The live objects that neither revision has and that no controller made: those of other releases and of people."""
        if not self.upgrade.live:
            # The objects of the release would all be parsed for nothing.
            return []
        mine = {self.names.identity(one) for one in (*self.upgrade.new, *(self.upgrade.old or ()), *self.upgrade.same)}
        found = ((self.names.identity(one), one) for one in self.upgrade.live or ())
        return [
            (identity, one)
            for identity, one in found
            if identity not in mine and not items(one.body, "metadata", "ownerReferences")
        ]

    @cached_property
    def autoscaled(self) -> dict[tuple[str, str, str], Body]:
        """The autoscalers of the new side by (kind, namespace, name) of their target."""
        return {target: one.body for target, several in self.scalers().items() for one in several if one.sets_replicas}

    def scalers(self, *, new: bool = True) -> dict[tuple[str, str, str], list[Scaler]]:
        """What scales workloads on one side, with those that others have put into the cluster, by kind, namespace and name of the target."""
        if new not in self._scalers:
            found: dict[tuple[str, str, str], list[Scaler]] = {}
            own = self.of_kind(*scalers.KINDS, new=new)
            live = ((identity, self.stored(one)) for identity, one in self.others if one.kind in scalers.KINDS)
            for scaler in scalers.read((*own, *live)):
                found.setdefault(scaler.target, []).append(scaler)
            self._scalers[new] = found
        return self._scalers[new]


@functools.cache
def _kinds_with_pods() -> tuple[str, ...]:
    custom = (kind.partition("/")[2] for kind in kinds.workloads() if not kind.startswith("serving.knative.dev/"))
    return tuple(dict.fromkeys((*_PODS, *custom)))


def pod_template(identity: Identity, body: Body) -> Body:
    """The pod template of a workload or CronJob; of a Pod the object itself. Empty where there is none."""
    if identity[1] == "CronJob":
        return section(body, "spec", "jobTemplate", "spec", "template")
    return body if identity[1] == "Pod" else section(body, "spec", "template")


def is_workload(identity: Identity) -> bool:
    """Whether an object keeps pods running: a Deployment, StatefulSet or DaemonSet, or a custom kind like one."""
    return type_of(identity) in kinds.workloads()


def selects(selector: Body, labels: Body) -> bool:
    """Whether the selector of a Service matches labels. An empty one matches none."""
    return bool(selector) and all(labels.get(key) == value for key, value in selector.items())
