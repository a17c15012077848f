"""What is probably a mistake of a policy and no error: attributes that nothing of its types has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from plangate import knowledge
from plangate.lang.typo import did_you_mean
from plangate.model.input import Source
from plangate.policy.paths import parse_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from plangate.model.change import ChangeSet
    from plangate.model.policy import Policy

_ASKED: Final = re.compile(r"\b(?:before|after|path|changed|known|present)\(\s*(['\"])(.*?)\1")
_SIDES: Final = ("before", "after", "after_unknown")


def of_cases(policy: Policy) -> Iterator[str]:
    """A sentence for each attribute that the condition asks for and that no case of the policy has."""
    if policy.match.view:
        return
    cases = [case for cases in (policy.tests.violated, policy.tests.satisfied, policy.tests.unknown) for case in cases]
    seen = {str(key) for case in cases for side in _SIDES if isinstance(case.get(side), dict) for key in case[side]}
    for name in _attributes(policy) if seen else ():
        if name not in seen:
            yield f"no case has the attribute {name}{did_you_mean(name, sorted(seen))}"


def of_plans(policy: Policy, seen: Mapping[str, frozenset[str]]) -> Iterator[str]:
    """A sentence for each attribute that nothing of its types has in real plans: `seen` are the attributes by type."""
    types = [type_ for type_ in policy.match.types if type_ in seen]
    for name in _attributes(policy) if types and len(types) == len(policy.match.types) else ():
        if not any(name in seen[type_] for type_ in types):
            known = sorted(set().union(*(seen[type_] for type_ in types)))
            yield f"no {' or '.join(types)} of the plans has an attribute {name}{did_you_mean(name, known)}"


def of_kinds(policy: Policy) -> Iterator[str]:
    """A sentence for each field that its built-in kind of Kubernetes does not have."""
    if policy.match.source is not Source.HELM or policy.match.view or len(policy.match.types) != 1:
        return
    types = knowledge.knowledge("kubernetes-schema", _Schema)
    start = next((of[0] for name, of in types.kinds.items() if _type(name) == policy.match.types[0]), None)
    for path in _paths(policy) if start is not None else ():
        problem = _missing(path, str(start), types.types)
        if problem:
            yield f"{policy.match.types[0]} has no field {problem}"


def attributes(changesets: Iterable[ChangeSet]) -> dict[str, frozenset[str]]:
    """The top-level attributes of each type in some plans."""
    found: dict[str, set[str]] = {}
    for changeset in changesets:
        for change in (*changeset.changes, *getattr(changeset, "siblings", ())):
            sides = (side for side in (change.before, change.after) if side is not None)
            found.setdefault(change.type, set()).update(*(side.keys() for side in sides))
    return {type_: frozenset(keys) for type_, keys in found.items()}


class _Schema(Struct, frozen=True):
    kinds: dict[str, tuple[str, bool]]
    types: dict[str, dict[str, str]]


def _type(name: str) -> str:
    *groups, _, kind = name.split("/")
    return f"{groups[0] if groups else 'core'}/{kind}"


def _missing(path: str, type_: str, types: Mapping[str, Mapping[str, str]]) -> str:
    """The first part of a path that its type does not have, with the one that was probably meant; empty without one."""
    here: str | None = type_
    for part in parse_path(path):
        if here is None or here not in types:
            return ""
        if not isinstance(part, str):
            continue
        fields = types[here]
        if part not in fields:
            return f"{path}{did_you_mean(part, sorted(fields))}"
        words = fields[part].lstrip("!").split(" ")
        here = None if words[0].startswith("{}") else words[0].removeprefix("[]")
    return ""


def _paths(policy: Policy) -> list[str]:
    return [*policy.each, *(found[2] for found in _ASKED.finditer(policy.when or ""))]


def _attributes(policy: Policy) -> list[str]:
    """The top-level attributes that a condition asks for, each once."""
    first = (parse_path(path)[:1] for path in _paths(policy))
    return list(dict.fromkeys(str(part[0]) for part in first if part))
