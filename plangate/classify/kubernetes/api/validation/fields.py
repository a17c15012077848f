"""Every field of an object by its type, its name, and the rules of its kind. Data: `kubernetes-schema` and `-validation.yaml`."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct

from plangate import knowledge
from plangate.classify.kubernetes import schema
from plangate.classify.kubernetes.api.validation import core, extensions, networking, pods, rbac, workloads
from plangate.classify.kubernetes.api.validation.formats import (
    FORMATS,
    Problem,
    is_label,
    is_service_name,
    is_subdomain,
)
from plangate.classify.kubernetes.compare import child_path
from plangate.classify.kubernetes.objects import section
from plangate.classify.kubernetes.schema import ANY, Field
from plangate.lang import quantity
from plangate.model.values import Embedded, Sensitive, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.model.release import KubeObject
    from plangate.model.values import Value

    Body = dict[str, Value]

_UNIQUE_BY_NAME: Final = frozenset({"containers", "initContainers", "volumes"})
_LABEL_NAMES: Final = frozenset({"core/Namespace", "apps/StatefulSet"})
"""Kinds whose names are labels; most others are subdomains."""
_RBAC: Final = "rbac.authorization.k8s.io"
_OF_KIND: Final = workloads.OF_KIND | core.OF_KIND | networking.OF_KIND | rbac.OF_KIND | extensions.OF_KIND

DUPLICATE: Final = "duplicate entries for key"
"""How a problem starts that only a patch or a server-side apply has, and a create has not."""


class _Rules(Struct):
    words: dict[str, dict[str, tuple[str, ...]]]
    ranges: dict[str, dict[str, tuple[int | None, int | None]]]
    formats: dict[str, dict[str, str]]
    needed: dict[str, tuple[str, ...]]
    one_of: dict[str, tuple[str, ...]]


@functools.cache
def _rules() -> _Rules:
    return knowledge.knowledge("kubernetes-validation", _Rules)


def problems(manifest: KubeObject, body: Body) -> Iterator[Problem]:
    """Why the server refuses an object, given as it would store it. Nothing for a kind that is not built in."""
    root = schema.root(manifest.api_version, manifest.kind)
    if root is ANY:
        return
    type_ = f"{schema.group_of(manifest.api_version) or 'core'}/{manifest.kind}"
    yield from _walk(workloads.with_claims(body) if type_ == "apps/StatefulSet" else body, root, "")
    yield from _name(body, type_)
    extra = _OF_KIND.get(type_)
    if extra is not None:
        yield from extra(body)


def unknown_fields(manifest: KubeObject) -> Iterator[Problem]:
    """The fields of a manifest that its type does not have. Server-side apply refuses them, a patch drops them silently."""
    root = schema.root(manifest.api_version, manifest.kind)
    if (
        root is not ANY
        and schema.served(manifest.api_version, manifest.kind)
        and manifest.api_version != "autoscaling/v1"
    ):
        yield from _unknown(manifest.body, root, "")


def _unknown(value: Value, field: Field, path: str) -> Iterator[Problem]:
    if isinstance(value, dict):
        if field.form == "one" and schema.is_struct(field.type):
            fields = schema.fields(field.type)
            for key, inner in value.items():
                if key not in fields:
                    yield Problem(child_path(path, key), "field not declared in schema")
                else:
                    yield from _unknown(inner, fields[key], child_path(path, key))
        elif field.form == "map":
            for key, inner in value.items():
                yield from _unknown(inner, field.item, child_path(path, key))
    elif isinstance(value, list) and field.form == "list":
        for i, inner in enumerate(value):
            yield from _unknown(inner, field.item, child_path(path, i))


def _walk(value: Value, field: Field, path: str) -> Iterator[Problem]:
    """Types, required fields, enumerations, ranges and formats, at every depth."""
    if isinstance(value, (Sensitive, Unknown)):
        return
    if field.form == "list":
        if isinstance(value, list):
            for i, inner in enumerate(value):
                yield from _walk(inner, field.item, child_path(path, i))
            yield from _duplicate_names(value, path)
            yield from _duplicate_keys(value, field, path)
        elif not isinstance(value, Embedded):
            yield Problem(path, "must be a list")
    elif field.form == "map":
        if isinstance(value, dict):
            for key, inner in value.items():
                yield from _walk(inner, field.item, child_path(path, key))
        else:
            yield Problem(path, "must be a map")
    elif schema.is_struct(field.type):
        if isinstance(value, dict):
            yield from _struct(value, field.type, path)
        else:
            yield Problem(path, "must be an object")
    elif not _has_type(value, field.type):
        yield Problem(path, f"must be of type {field.type}")


def _has_type(value: Value, type_: str) -> bool:
    if type_ == "string":
        return isinstance(value, (str, Embedded))
    if type_ == "int":
        return isinstance(value, int) and not isinstance(value, bool)
    if type_ == "bool":
        return isinstance(value, bool)
    if type_ == "quantity":
        return quantity.read(value) is not None
    if type_ == "intstr":
        return isinstance(value, (int, str)) and not isinstance(value, bool)
    return True


def _struct(value: Body, type_: str, path: str) -> Iterator[Problem]:
    fields = schema.fields(type_)
    rules = _rules()
    words, ranges, formats = rules.words.get(type_, {}), rules.ranges.get(type_, {}), rules.formats.get(type_, {})
    for key, inner in value.items():
        field = fields.get(key)
        if field is None:
            continue
        here = child_path(path, key)
        yield from _walk(inner, field, here)
        if key in words and isinstance(inner, str) and inner not in words[key]:
            yield Problem(here, f"must be one of {', '.join(words[key])}")
        if key in ranges and isinstance(inner, int) and not isinstance(inner, bool):
            yield from _in_range(inner, ranges[key], here)
        if key in formats:
            for where, says in FORMATS[formats[key]](inner):
                yield Problem(
                    here + where if where.startswith("[") else child_path(here, where) if where else here, says
                )
        if key == "nodePort" and isinstance(inner, int) and inner and not 30000 <= inner <= 32767:
            yield Problem(
                here, "provided port is not in the valid range (30000-32767 unless the cluster says otherwise)"
            )
    yield from _required(value, type_, path)
    extra = pods.OF_TYPE.get(type_)
    if extra is not None:
        yield from extra(value, path)


def _in_range(value: int, bounds: tuple[int | None, int | None], path: str) -> Iterator[Problem]:
    least, most = bounds
    if least is not None and value < least:
        yield Problem(
            path, f"must be greater than or equal to {least}" if most is None else f"must be between {least} and {most}"
        )
    elif most is not None and value > most:
        yield Problem(
            path, f"must be less than or equal to {most}" if least is None else f"must be between {least} and {most}"
        )


def _required(value: Body, type_: str, path: str) -> Iterator[Problem]:
    """Fields that a type must have: by the schema, by `kubernetes-validation.yaml`, and exactly one of each `one_of`."""
    needed = _rules().needed.get(type_, ())
    for key, field in schema.fields(type_).items():
        if (
            (field.required or key in needed)
            and key not in value
            and key not in ("status", "rules")
            and not (field.form != "one" and type_.startswith("meta"))
        ):
            yield Problem(child_path(path, key), "is required")
    choice = _rules().one_of.get(type_)
    if choice:
        given = [key for key in choice if value.get(key) is not None]
        if len(given) > 1:
            yield Problem(child_path(path, given[1]), "may not be specified together with another of its kind")
        elif not given:
            yield Problem(path, f"must specify one of {', '.join(choice)}")


def _name(body: Body, type_: str) -> Iterator[Problem]:
    """The name of an object, which most kinds want to be a subdomain."""
    name = section(body, "metadata").get("name")
    if not isinstance(name, str) or not name:
        if not isinstance(name, (Sensitive, Unknown)):
            yield Problem("metadata.name", "resource name may not be empty: Helm has to look for the object")
        return
    if type_.startswith(_RBAC):
        if name in (".", "..") or "/" in name or "%" in name:
            yield Problem("metadata.name", "is not a valid name (no slash, no percent sign)")
    elif type_ == "core/Service":
        if not is_service_name(name):
            yield Problem("metadata.name", "is not the name of a Service (RFC 1035 label)")
    elif not (is_label if type_ in _LABEL_NAMES else is_subdomain)(name):
        yield Problem("metadata.name", "is not a valid name (lower case, digits, dashes and dots)")


def _duplicate_names(value: list[Value], path: str) -> Iterator[Problem]:
    if path.rpartition(".")[2] not in _UNIQUE_BY_NAME:
        return
    seen: set[Any] = set()
    for i, one in enumerate(value):
        name = one.get("name") if isinstance(one, dict) else None
        if isinstance(name, str):
            if name in seen:
                yield Problem(child_path(child_path(path, i), "name"), "duplicate value")
            seen.add(name)


def _duplicate_keys(value: list[Value], field: Field, path: str) -> Iterator[Problem]:
    """Items of a keyed list with the same key: no patch and no apply can be made of them, though a create can."""
    if not field.keys or path.rpartition(".")[2] in _UNIQUE_BY_NAME:
        return
    keys = [schema.key_of(item, field.keys, field.item.type) for item in value]
    for key in dict.fromkeys(key for key in keys if key is not None and keys.count(key) > 1):
        yield Problem(path, f"{DUPLICATE} {', '.join(str(part) for part in key)}")
