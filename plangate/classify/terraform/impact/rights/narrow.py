"""Policies that gain little: an application may read one more thing of its own, and loses nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

from plangate.classify.terraform.impact.rights import hcl
from plangate.classify.terraform.impact.rights.knowledge import documents, knowledge
from plangate.classify.terraform.impact.values import UNSURE, fields, items, leaves, plain
from plangate.lang.glob import fits_path

if TYPE_CHECKING:
    from collections.abc import Callable

    from plangate.classify.terraform.impact.values import Maybe, Readable

_Allowed: TypeAlias = "dict[str, frozenset[str]]"
"""What may be done, by the name of the thing."""

_READS: Final = frozenset({"read", "list", "get", "watch"})


def gains_little(type_: str, attribute: str, before: Readable | None, after: Readable | None) -> bool:
    """Whether all that differs in a policy is that named things can be read in addition. False where it cannot be seen."""
    document = next((one for one in documents(type_) if one.path.split(".", 1)[0] == attribute), None)
    reader = _READERS.get((document.language, document.kind)) if document is not None else None
    if document is None or reader is None:
        return False
    old, new = (reader(leaves(side, document.path)) for side in (before, after))
    if old is None or new is None or any(not may <= new.get(name, frozenset()) for name, may in old.items()):
        return False
    gained = {name: may - old.get(name, frozenset()) for name, may in new.items()}
    return all(not may or (may <= _READS and _is_named(name)) for name, may in gained.items())


def _is_named(name: str) -> bool:
    """Whether a name stands for one thing, and not for one that leads to everything."""
    return not set(name) & set("*+") and not any(fits_path(name, one) for one in knowledge().vault.paths)


def _parsed(values: list[Maybe]) -> dict[str, Any] | None:
    found = [plain(value) for value in values]
    if len(found) != 1:
        return None
    read: Any = hcl.read(found[0]) if isinstance(found[0], str) else found[0]
    return read if isinstance(read, dict) else None


def _vault(values: list[Maybe]) -> _Allowed | None:
    read = _parsed(values)
    if read is None or set(read) != {"path"}:
        return None
    found: _Allowed = {}
    for one in items(read["path"]):
        for path, rules in fields(one).items():
            for rule in items(rules):
                given = fields(rule)
                may = {str(word) for word in items(given.get("capabilities"))}
                if set(given) != {"capabilities"} or "deny" in may or path in found:
                    return None
                found[path] = frozenset(may)
    return found


def _consul(values: list[Maybe]) -> _Allowed | None:
    read = _parsed(values)
    if read is None:
        return None
    found: _Allowed = {}
    for name, below in read.items():
        for label, rule in fields(below).items():
            policy = fields(rule).get("policy")
            if not label or not isinstance(policy, str) or set(fields(rule)) != {"policy"}:
                return None
            found[f"{name}/{label}"] = frozenset({policy})
        if not isinstance(below, dict):
            return None
    return found


def _kubernetes(values: list[Maybe]) -> _Allowed | None:
    found: dict[str, frozenset[str]] = {}
    for value in values:
        given = {key.replace("_", "").lower(): items(below) for key, below in fields(value).items()}
        named = [*given.get("apigroups", []), *given.get("resources", []), *given.get("verbs", [])]
        if not named or any(isinstance(plain(one), UNSURE) for one in (value, *named)):
            return None
        for group in given.get("apigroups", []):
            for resource in given.get("resources", []):
                name = f"{group}/{resource}/{given.get('resourcenames', [])}" + ("*" if resource == "secrets" else "")
                found[name] = found.get(name, frozenset()) | {str(verb) for verb in given.get("verbs", [])}
    return found


_READERS: Final[dict[tuple[str, str], Callable[[list[Maybe]], _Allowed | None]]] = {
    ("vault", ""): _vault,
    ("consul", ""): _consul,
    ("kubernetes-role", "namespace"): _kubernetes,
}
"""By language, and the kind of a document in it."""
