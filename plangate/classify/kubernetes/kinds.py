"""Kinds that are not built in: what goes when an object of one is deleted, and which of them run pods. Data: `kubernetes-kinds.yaml`."""

from __future__ import annotations

import functools
from typing import Final

from msgspec import Struct

from plangate import knowledge
from plangate.classify.kubernetes import schema
from plangate.classify.kubernetes.api import removed_apis
from plangate.model.resource_type import Class, Consequence, TypeClass

_WORKLOADS: Final = ("apps/Deployment", "apps/StatefulSet", "apps/DaemonSet")


class _Kinds(Struct):
    classes: dict[Class, dict[Consequence, dict[str, str]]]
    workloads: dict[str, str]


@functools.cache
def _known() -> dict[str, TypeClass]:
    return {
        kind: TypeClass(class_, consequence, what)
        for class_, consequences in knowledge.knowledge("kubernetes-kinds", _Kinds).classes.items()
        for consequence, kinds in consequences.items()
        for kind, what in kinds.items()
    }


def class_of(type_: str) -> TypeClass | None:
    """The class of a custom kind (`group/Kind`); that of its whole group (`group/*`) where it has none; None without either."""
    return _known().get(type_) or _known().get(f"{type_.partition('/')[0]}/*")


@functools.cache
def workloads() -> dict[str, str]:
    """Every kind that keeps pods running from `spec.template`, with the built-in kind whose ways are nearest."""
    return {**{kind: kind for kind in _WORKLOADS}, **knowledge.knowledge("kubernetes-kinds", _Kinds).workloads}


def is_custom(type_: str) -> bool:
    """Whether a kind (`group/Kind`) stands in an API group that is none of Kubernetes' own, of this or of an earlier version."""
    return type_.partition("/")[0] not in _groups()


@functools.cache
def _groups() -> frozenset[str]:
    removed = (schema.group_of(version) for version in removed_apis.removed_versions())
    return frozenset({"core", *schema.groups(), *removed})
