"""What an attribute is for: `policies/knowledge/attribute-roles.yaml`."""

from __future__ import annotations

import functools
import re
from enum import StrEnum
from typing import Any, Final, Literal

from msgspec import Struct

from plangate import knowledge as shipped
from plangate.classify.terraform.impact import type_class
from plangate.lang.glob import fits
from plangate.model.resource_type import Class


class Role(StrEnum):
    """What an attribute is for."""

    COSMETIC = "cosmetic"
    COMPUTED = "computed"
    WINDOW = "window"
    CONTENT = "content"
    SIZE = "size"
    RETENTION = "retention"
    ITEM = "item"
    VERSION = "version"
    RELEASE = "release"
    GUARD = "guard"
    SCHEDULE = "schedule"
    TRAFFIC = "traffic"
    ACCESS = "access"
    EXPOSURE = "exposure"
    IDENTITY = "identity"
    SECRET = "secret"
    NETWORK_PLACE = "network-place"


class Meaning(Struct, frozen=True, forbid_unknown_fields=True):
    """When an update of a role is harmless, for which classes of types (none: all), and what to say then of one and of several."""

    harmless: Literal["always", "grows", "on", "patch", "minor", "item", "never"]
    classes: tuple[Class, ...] = ()
    says: str = ""
    many: str = ""


class Pattern(Struct, frozen=True, forbid_unknown_fields=True):
    """Names of a role by pattern."""

    role: Role
    like: tuple[str, ...]


class RolesKnowledge(Struct, frozen=True, forbid_unknown_fields=True):
    """The document. An entry of `types` holds its patterns of types, and names by role."""

    roles: dict[Role, Meaning]
    classes: dict[Class, Role]
    generic: frozenset[str]
    weakens: tuple[str, ...]
    code: frozenset[str]
    names: dict[Role, tuple[str, ...]]
    patterns: tuple[Pattern, ...]
    types: tuple[dict[str, Any], ...]


@functools.cache
def knowledge() -> RolesKnowledge:
    """The document."""
    return shipped.knowledge("attribute-roles", RolesKnowledge)


def meaning(role: Role) -> Meaning:
    """What a change of a role means."""
    return knowledge().roles[role]


@functools.cache
def weakens() -> re.Pattern[str]:
    """What in a name or a value says that a guard is weakened by what is added to it."""
    return re.compile("|".join(map(re.escape, knowledge().weakens)), re.IGNORECASE)


def is_code(path: str) -> bool:
    """Whether what stands at a path runs: what it does cannot be told where it is hidden."""
    return not knowledge().code.isdisjoint(names(path))


_PART: Final = re.compile(r'\["((?:[^"\\]|\\.)*)"\]|\[[^\]]*\]|([^.\[]+)')


@functools.lru_cache(maxsize=65536)
def names(path: str) -> tuple[str, ...]:
    """The names on a path as plangate spells paths, without positions."""
    return tuple(key or name for key, name in _PART.findall(path) if key or name)


@functools.lru_cache(maxsize=65536)
def of(type_: str, on_path: tuple[str, ...]) -> Role | None:
    """The role of an attribute of a type by the names on its path; None when nobody has said what it is for."""
    known = knowledge()
    by_type = _of_type(type_)
    below = next((by_type[f"{name}.*"] for name in on_path if f"{name}.*" in by_type), None)
    if below is not None:
        return below
    for end in range(len(on_path), 0, -1):
        role = _spelled(by_type, on_path, end) or _anywhere(on_path, end)
        # Where a type says what all of it is for, names only tell what means nothing.
        if role is not None and ("*" not in by_type or role in _EMPTY or _spelled(by_type, on_path, end)):
            return role
    found = type_class.of(type_)
    return by_type.get("*") or (known.classes.get(found.class_) if found is not None else None)


_EMPTY: Final = frozenset({Role.COSMETIC, Role.COMPUTED})


def _anywhere(on_path: tuple[str, ...], end: int) -> Role | None:
    """The role of the last names up to `end` in whatever type; a generic one says something only at the top."""
    name = on_path[end - 1]
    if end > 1 and name in knowledge().generic:
        return _spelled(_exact(), on_path, end, least=2)
    return _spelled(_exact(), on_path, end) or _like(name)


def _spelled(table: dict[str, Role], on_path: tuple[str, ...], end: int, least: int = 1) -> Role | None:
    """The role that the table has for the last names up to `end`: of several words first."""
    for words in range(min(end, 3), least - 1, -1):
        role = table.get(".".join(on_path[end - words : end]))
        if role is not None:
            return role
    return None


@functools.cache
def _exact() -> dict[str, Role]:
    return {name: role for role, of_it in knowledge().names.items() for name in of_it}


@functools.cache
def _like(name: str) -> Role | None:
    """The role of the first pattern that a name fits."""
    return next(
        (pattern.role for pattern in knowledge().patterns if any(fits(like, name) for like in pattern.like)), None
    )


@functools.cache
def _of_type(type_: str) -> dict[str, Role]:
    """What names mean in one type, where that differs."""
    for entry in knowledge().types:
        if any(fits(glob, type_) for glob in entry["types"]):
            return {name: Role(role) for role, of_it in entry.items() if role != "types" for name in of_it}
    return {}
