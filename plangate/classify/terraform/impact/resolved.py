"""What can be told of values that only the apply will know: from the configuration, and from the reads of data sources.

An attribute that nobody wrote is left to the provider. A policy document that is read while applying stands in the plan all
the same, statement by statement. An address of something that this very plan makes is never everybody's.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from plangate.classify.terraform.impact import exposure, traits
from plangate.classify.terraform.impact.rights.knowledge import documents
from plangate.classify.terraform.impact.values import UNSURE, empty, fields, items, plain
from plangate.model.values import ABSENT, UNKNOWN, Absent, Value

if TYPE_CHECKING:
    from collections.abc import Callable

    from plangate.model.change import Change
    from plangate.model.values import Side

_OF_THIS_PLAN: Final = "an address of this plan"


class ResolvedSide:
    """The side after a change, where an unknown attribute is what can be told of it. Reads like a `Side`."""

    __slots__ = ("_documents", "_old", "_side", "_type", "_written")

    def __init__(
        self,
        side: Side,
        type_: str,
        old: Side | None,
        written: Mapping[str, tuple[str, ...]],
        documents: Callable[[str], Value | None],
    ):
        self._side = side
        self._type = type_
        self._old = old
        self._written = written
        self._documents = documents

    def get(self, key: str) -> Value | Absent:
        """The value of one attribute."""
        value = self._side.get(key)
        if value is not UNKNOWN and not (isinstance(value, list) and UNKNOWN in value):
            return value
        references = self._written.get(key)
        if references is None:
            if value is not UNKNOWN or key not in _single(self._type):
                return value
            return ABSENT if self._old is None else self._old.get(key)
        if len(references) == 1 and (document := self._documents(references[0])) is not None:
            return document
        if key in _sources(self._type) and references and all(_made_here(one) for one in references):
            known = [one for one in items(value) if one is not UNKNOWN]
            return [*known, _OF_THIS_PLAN]
        return value


def _made_here(reference: str) -> bool:
    """Whether a reference is to something real that this plan or one before made, and not to a box that holds anything."""
    *before, type_, _ = ("", *reference.split("."))
    known = traits.of_type(type_)
    return bool(type_) and before[-1] != "data" and bool(known) and not known & _BOXES


_BOXES: Final = frozenset({"routine", traits.UNFAMILIAR, "credential"})


@functools.cache
def _single(type_: str) -> frozenset[str]:
    """The attributes that decide and are one value: blocks can be written in ways that a configuration does not show."""
    switches = (*exposure.switches(type_), *exposure.weak_guards(type_), *exposure.locks(type_))
    paths = {test.path for switch in switches for test in switch.when}
    paths.update(document.path for document in documents(type_))
    for rules in exposure.network_rules(type_):
        if not rules.list:
            paths.update(test.path for test in rules.when)
            paths.update((*rules.sources, *(rules.world_without or ())))
    return frozenset(path for path in (*paths, "policy_data") if "." not in path)


@functools.cache
def _sources(type_: str) -> frozenset[str]:
    """The attributes that say who is let in."""
    return frozenset(source for rules in exposure.network_rules(type_) if not rules.list for source in rules.sources)


# --- documents that are read while applying ---------------------------------------------------------------------------


def document(read: Change) -> Value | None:
    """The policy that a data source will give, as far as the plan shows it; None for a data source of another kind."""
    shape = _SHAPES.get(read.type)
    return shape(read.after) if shape is not None and read.after is not None else None


def _iam(side: Side) -> Value:
    """The arguments that aws_iam_policy_document spells in its own way, as the document that it makes of them."""
    statements: list[Value] = [
        UNKNOWN if isinstance(plain(statement), UNSURE) else _statement(fields(statement))
        for statement in items(side.get("statement"))
    ]
    for key in ("source_json", "override_json", "source_policy_documents", "override_policy_documents"):
        for text in items(side.get(key)):
            inner = plain(text)
            statements += items(inner.get("Statement")) if isinstance(inner, dict) else [UNKNOWN] if text else []
    return {"Statement": statements}


def _statement(given: dict[str, Value]) -> Value:
    found: dict[str, Value] = {"Effect": given.get("effect") or "Allow"}
    for key, name in _LISTS.items():
        if not empty(given.get(key, ABSENT)):
            found[name] = given[key]
    for key, name in (("principals", "Principal"), ("not_principals", "NotPrincipal")):
        principal: dict[str, Any] = {}
        for one in items(given.get(key, ABSENT)):
            who = fields(one)
            principal.setdefault(str(who.get("type") or "AWS").replace("*", "AWS"), []).extend(
                items(who.get("identifiers", ABSENT)) if who else [UNKNOWN]
            )
        if principal:
            found[name] = principal
    conditions: dict[str, Any] = {}
    for one in items(given.get("condition", ABSENT)):
        test = fields(one)
        conditions.setdefault(str(test.get("test")), {})[str(test.get("variable"))] = test.get("values", UNKNOWN)
    if conditions:
        found["Condition"] = conditions
    return found


_LISTS: Final = {
    "actions": "Action",
    "not_actions": "NotAction",
    "resources": "Resource",
    "not_resources": "NotResource",
}


def _google(side: Side) -> Value:
    """The same of google_iam_policy."""
    bindings = side.get("binding")
    return {"bindings": [] if isinstance(bindings, Absent) else bindings}


_SHAPES: Final[dict[str, Callable[[Side], Value]]] = {"aws_iam_policy_document": _iam, "google_iam_policy": _google}
"""The data sources that make a document of their arguments alone, by type."""
