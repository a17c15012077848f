"""The types that a policy names, as changes have them: checked against the lists, and Kubernetes' in all of their spellings."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from plangate import knowledge
from plangate.lang.glob import fits, fits_shell
from plangate.lang.typo import did_you_mean
from plangate.model.input import Source

if TYPE_CHECKING:
    from collections.abc import Iterable

_WILD: Final = frozenset("*?[")
_VERSION: Final = re.compile(r"v\d+(?:(?:alpha|beta)\d+)?")
_LEGACY: Final = "extensions"
"""A group whose kinds have moved; no cluster of today serves it, and manifests still name it."""
_NEWER: Final = " (one that is newer than these lists goes into unlisted_types)"
_ALIKE: Final = 0.8
"""How like a built-in kind a word is that was meant to be it: kinds of others are often longer or shorter."""


class UnknownTypeError(ValueError):
    """No change has such a type."""


def resolve(wanted: str, source: Source | None) -> tuple[str, ...]:
    """The types of changes that a word of a policy means: itself, or `apps/Deployment` for `Deployment`.

    Raises `UnknownTypeError` for one that no change can have. A provider that the lists do not know may have any type.
    """
    if wanted.startswith("@") or source is None:
        return (wanted,)
    return _of_kubernetes(wanted) if source is Source.HELM else _of_terraform(wanted)


def of_source(wanted: str) -> Source:
    """The tool whose type this is: one with a capital letter, a slash or a group is of Kubernetes."""
    return Source.HELM if re.search(r"[A-Z/.]", wanted) else Source.TERRAFORM


# --- Terraform --------------------------------------------------------------------------------------------------------


def _of_terraform(wanted: str) -> tuple[str, ...]:
    if of_source(wanted) is Source.HELM:
        raise UnknownTypeError(f"{wanted} is a type of Kubernetes, and the source is terraform")
    provider = wanted.partition("_")[0]
    if _WILD & set(provider):
        return (wanted,)
    names, patterns = knowledge.types_of(provider)
    if names and not _is_known(wanted, names, patterns):
        raise UnknownTypeError(f"no type {wanted}{did_you_mean(wanted, list(names))}{_NEWER}")
    return (wanted,)


def _is_known(wanted: str, names: tuple[str, ...], patterns: tuple[str, ...]) -> bool:
    if wanted in names or any(fits(pattern, wanted) for pattern in patterns):
        return True
    return bool(_WILD & set(wanted)) and any(fits_shell(wanted, name) for name in (*names, *patterns))


# --- Kubernetes -------------------------------------------------------------------------------------------------------


class _Kinds(Struct, frozen=True):
    """The kinds of the knowledge document `kubernetes-schema`, as `group/version/Kind`."""

    kinds: dict[str, object]


def kinds(names: Iterable[str]) -> tuple[str, ...]:
    """The kinds of names such as `group/version/Kind`, as `group/Kind`."""
    return tuple(dict.fromkeys(_joined(one.split("/")) for one in names))


@functools.cache
def builtin_kinds() -> tuple[str, ...]:
    """Every built-in kind, as `group/Kind`."""
    return kinds(knowledge.knowledge("kubernetes-schema", _Kinds).kinds)


def api_version(type_: str) -> str:
    """The `apiVersion` of a type `group/Kind`: the one that the lists have, or the first of a group of somebody's own."""
    group = type_.partition("/")[0]
    found = knowledge.knowledge("kubernetes-schema", _Kinds).kinds
    known = next((one for one in found if _joined(one.split("/")) == type_), None)
    if known is not None:
        return known.rpartition("/")[0]
    return f"{'example.org' if '*' in group else group}/v1"


@functools.cache
def _by_word() -> dict[str, tuple[str, ...]]:
    """The kinds by each word that people have for one, in small letters: the kind, and its plural."""
    found: dict[str, list[str]] = {}
    for one in builtin_kinds():
        kind = one.partition("/")[2].lower()
        for word in dict.fromkeys((kind, *_plurals(kind))):
            found.setdefault(word, []).append(one)
    return {word: tuple(ones) for word, ones in found.items()}


def _plurals(kind: str) -> Iterable[str]:
    """What Kubernetes calls many of a kind: https://kubernetes.io/docs/reference/using-api/api-concepts/."""
    if kind.endswith("s"):
        yield f"{kind}es"
    elif kind.endswith("y") and kind[-2] not in "aeiou":
        yield f"{kind[:-1]}ies"
    else:
        yield f"{kind}s"


def _joined(parts: list[str]) -> str:
    """`group/Kind` of the parts of `group/version/Kind`; the group without a name is `core`."""
    groups = [part for part in parts[:-1] if not _VERSION.fullmatch(part)]
    return f"{groups[0] if groups and groups[0] else 'core'}/{parts[-1]}"


def _of_kubernetes(wanted: str) -> tuple[str, ...]:
    if "/" in wanted:
        return _of_group(_joined(wanted.split("/")), wanted)
    if re.fullmatch(r"[a-z0-9]+(?:_[a-z0-9]+)+", wanted):
        raise UnknownTypeError(f"{wanted} is a type of Terraform, and the source is helm")
    word, dot, group = wanted.partition(".")
    if dot:
        group = ".".join(part for part in group.split(".") if not _VERSION.fullmatch(part)) or "core"
        return _of_resource(word, group, wanted)
    known = _by_word().get(word.lower())
    if known is not None:
        return known
    if _WILD & set(word):
        return _fitting(f"*/{word}", wanted)
    hint = did_you_mean(word, [one.partition("/")[2] for one in builtin_kinds()], _ALIKE)
    if hint or not re.fullmatch(r"[A-Z][A-Za-z0-9]*", word):
        raise UnknownTypeError(f"no kind {wanted}{hint or '; a kind of your own is written as group/Kind'}")
    return (f"*/{word}",)


def _of_resource(word: str, group: str, wanted: str) -> tuple[str, ...]:
    """A resource as `kubectl api-resources` names it: `deployments.apps`."""
    found = tuple(one for one in _by_word().get(word.lower(), ()) if one.partition("/")[0] == group)
    if found:
        return found
    if word[:1].isupper():
        return _of_group(f"{group}/{word}", wanted)
    known = [f"{plural}.{one.partition('/')[0]}" for plural, ones in _by_word().items() for one in ones]
    raise UnknownTypeError(f"no type {wanted}{did_you_mean(wanted, known) or f'; write {group}/Kind'}")


def _of_group(type_: str, wanted: str) -> tuple[str, ...]:
    group, _, kind = type_.partition("/")
    if _WILD & set(type_):
        return _fitting(type_, wanted)
    of_group = [one for one in builtin_kinds() if one.partition("/")[0] == group]
    if type_ in of_group or group == _LEGACY:
        return (type_,)
    same = next((one for one in of_group if one.lower() == type_.lower()), None)
    if same is not None:
        return (same,)
    # A group of somebody's own has a dot, and its kinds are not known here.
    if not of_group and "." in group and kind[:1].isupper():
        return (type_,)
    raise UnknownTypeError(f"no type {wanted}{did_you_mean(type_, list(builtin_kinds()))}")


def _fitting(pattern: str, wanted: str) -> tuple[str, ...]:
    group = pattern.partition("/")[0]
    if any(fits_shell(pattern, one) for one in builtin_kinds()) or "." in group or group == "*":
        return (pattern,)
    raise UnknownTypeError(f"no type fits {wanted}")
