"""The types of Kubernetes' built-in kinds: what a field holds and how lists and maps are merged. Data: `kubernetes-schema.yaml`."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final, Literal

from msgspec import Struct

from plangate import knowledge

if TYPE_CHECKING:
    from plangate.model.values import Value

_CONVERTED: Final = {"autoscaling/v1/HorizontalPodAutoscaler": "autoscaling/v2/HorizontalPodAutoscaler"}
"""Versions that are read as another one: `defaults.py` converts the first to the second."""
_PREFERRED: Final = ("v1", "v2", "v1beta1")


class _Schema(Struct):
    kinds: dict[str, tuple[str, bool]]
    types: dict[str, dict[str, str]]


class _Defaults(Struct):
    defaults: dict[str, dict[str, Any]]
    empty_means: list[str] = []


class Field(Struct, frozen=True):
    """The type of one field. `type` is the type of the value itself (`form` is `one`), or of the items of a list or map."""

    type: str
    form: Literal["one", "list", "map"] = "one"
    required: bool = False
    keys: tuple[str, ...] = ()
    """The list map keys (`x-kubernetes-list-map-keys`): what identifies the items of a list in a server-side apply."""
    merge: str = ""
    """The patch merge key: what identifies the items of a list in a strategic merge patch."""
    retain: bool = False
    atomic: bool = False
    is_set: bool = False
    patch: bool = False

    @property
    def item(self) -> Field:
        """The type of the items of a list or map."""
        return _parse(self.type)


ANY: Final = Field("any")


@functools.cache
def _schema() -> _Schema:
    return knowledge.knowledge("kubernetes-schema", _Schema)


@functools.cache
def _known() -> _Defaults:
    return knowledge.knowledge("kubernetes-defaults", _Defaults)


def group_of(api_version: str) -> str:
    """The API group of `group/version`; empty for the core group."""
    group, slash, _ = api_version.rpartition("/")
    return group if slash else ""


@functools.cache
def root(api_version: str, kind: str) -> Field:
    """The type of a kind; of its preferred version where this one is no longer served; `ANY` where the kind is not built in."""
    kinds = _schema().kinds
    found = kinds.get(_CONVERTED.get(f"{api_version}/{kind}", f"{api_version}/{kind}"))
    if found is None:
        group = group_of(api_version)
        names = ("/".join(part for part in (group, version, kind) if part) for version in _PREFERRED)
        found = next((kinds[name] for name in names if name in kinds), None)
    return Field(found[0]) if found is not None else ANY


@functools.cache
def served(api_version: str, kind: str) -> bool:
    """Whether the Kubernetes version of the schema serves a kind in this API version."""
    return f"{api_version}/{kind}" in _schema().kinds


@functools.cache
def groups() -> frozenset[str]:
    """The API groups of the kinds that are built in, without the core group."""
    return frozenset(group for name in _schema().kinds if (group := group_of(name.rpartition("/")[0])))


@functools.cache
def namespaced(api_version: str, kind: str) -> bool | None:
    """Whether a kind is namespaced; None for a kind that is not built in."""
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
    """The fields of a struct type by name; none for scalars and unknown types."""
    return {name: _parse(text) for name, text in _schema().types.get(type_, {}).items()}


@functools.cache
def is_struct(type_: str) -> bool:
    """Whether a type has named fields."""
    return type_ in _schema().types


class _Zones(Struct):
    zones: list[str]


@functools.cache
def time_zones() -> frozenset[str]:
    """The names of the IANA time zone database."""
    return frozenset(knowledge.knowledge("time-zones", _Zones).zones)


def defaults(type_: str) -> dict[str, Any]:
    """The default values of a type by field, as data of YAML."""
    return _known().defaults.get(type_, {})


@functools.cache
def empty_means() -> frozenset[str]:
    """The names of fields whose empty string is not the same as no value."""
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
    """The key of a list item, in the order of `keys` and with defaults; None where the item has none of them."""
    if not isinstance(item, dict):
        return None
    known = defaults(type_)
    found = tuple(item.get(key, known.get(key)) for key in keys)
    if all(isinstance(part, (str, int)) or part is None for part in found) and any(p is not None for p in found):
        return found
    return None
