"""The types of Kubernetes' built-in kinds: what a field holds and how it is merged. Data: `kubernetes-schema.yaml`."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final, Literal

from msgspec import Struct

from plangate import knowledge

if TYPE_CHECKING:
    from plangate.model.values import Value

_SAME: Final = {"autoscaling/v1/HorizontalPodAutoscaler": "autoscaling/v2/HorizontalPodAutoscaler"}
"""Versions that are read as another one: `complete` tells the first in the words of the second."""
_PREFERRED: Final = ("v1", "v2", "v1beta1")


class _Schema(Struct):
    kinds: dict[str, tuple[str, bool]]
    types: dict[str, dict[str, str]]


class _Defaults(Struct):
    defaults: dict[str, dict[str, Any]]
    empty_means: list[str] = []


class Field(Struct, frozen=True):
    """What one field holds. `form` says whether `type` is the type of the value itself or of the items below it."""

    type: str
    form: Literal["one", "list", "map"] = "one"
    required: bool = False
    keys: tuple[str, ...] = ()
    """What tells the items of a list apart when the server merges them."""
    merge: str = ""
    """The same for a strategic merge, which knows only one key."""
    retain: bool = False
    atomic: bool = False
    is_set: bool = False
    patch: bool = False

    @property
    def item(self) -> Field:
        """What the items below it hold."""
        return _parse(self.type)


ANY: Final = Field("any")


@functools.cache
def _schema() -> _Schema:
    return knowledge.knowledge("kubernetes-schema", _Schema)


@functools.cache
def _known() -> _Defaults:
    return knowledge.knowledge("kubernetes-defaults", _Defaults)


def group_of(api_version: str) -> str:
    """The API group; empty for the core group."""
    group, slash, _ = api_version.rpartition("/")
    return group if slash else ""


@functools.cache
def root(api_version: str, kind: str) -> Field:
    """The type of a kind; of its preferred version where this one is not served any more; `any` for all others."""
    kinds = _schema().kinds
    found = kinds.get(_SAME.get(f"{api_version}/{kind}", f"{api_version}/{kind}"))
    if found is None:
        group = group_of(api_version)
        names = ("/".join(part for part in (group, version, kind) if part) for version in _PREFERRED)
        found = next((kinds[name] for name in names if name in kinds), None)
    return Field(found[0]) if found is not None else ANY


@functools.cache
def served(api_version: str, kind: str) -> bool:
    """Whether the server whose schema this is serves it."""
    return f"{api_version}/{kind}" in _schema().kinds


@functools.cache
def namespaced(api_version: str, kind: str) -> bool | None:
    """Whether objects of a kind live in namespaces; None for a kind that is not built in."""
    kinds = _schema().kinds
    found = kinds.get(f"{api_version}/{kind}")
    if found is None:
        group = group_of(api_version)
        found = next(
            (of for name, of in kinds.items() if name.endswith(f"/{kind}") and name.startswith(group or "v1")), None
        )
    return found[1] if found is not None else None


@functools.cache
def fields(type_: str) -> dict[str, Field]:
    """The fields of a struct type; none for scalars and for what is not known."""
    return {name: _parse(text) for name, text in _schema().types.get(type_, {}).items()}


@functools.cache
def is_struct(type_: str) -> bool:
    """Whether a type has named fields."""
    return type_ in _schema().types


class _Zones(Struct):
    zones: list[str]


@functools.cache
def time_zones() -> frozenset[str]:
    """The time zones that servers know."""
    return frozenset(knowledge.knowledge("time-zones", _Zones).zones)


def defaults(type_: str) -> dict[str, Any]:
    """What the server fills in for a type."""
    return _known().defaults.get(type_, {})


@functools.cache
def empty_means() -> frozenset[str]:
    """The fields in which an empty string says something."""
    return frozenset(_known().empty_means)


@functools.cache
def _parse(text: str) -> Field:
    first, *marks = text.split(" ")
    required = first.startswith("!")
    type_ = first.removeprefix("!")
    form: Literal["one", "list", "map"] = "one"
    if type_.startswith("[]"):
        form, type_ = "list", type_[2:]
    elif type_.startswith("{}"):
        form, type_ = "map", type_[2:]
    valued = dict(mark.partition("=")[::2] for mark in marks)
    return Field(
        type=type_,
        form=form,
        required=required,
        keys=tuple(valued["keys"].split(",")) if "keys" in valued else (),
        merge=valued.get("merge", ""),
        retain="retain" in valued,
        atomic="atomic" in valued,
        is_set="set" in valued,
        patch="patch" in valued,
    )


def key_of(item: Value, keys: tuple[str, ...], type_: str) -> tuple[Any, ...] | None:
    """What tells an item of a list apart, defaults filled in; None where it has nothing of it."""
    if not isinstance(item, dict):
        return None
    known = defaults(type_)
    found = tuple(item.get(key, known.get(key)) for key in keys)
    if all(isinstance(part, (str, int)) or part is None for part in found) and any(p is not None for p in found):
        return found
    return None
