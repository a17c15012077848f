"""Resources that carry others: stacks, deployments, manifests. `policies/knowledge/carriers.yaml` says where the types stand."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct, structs

from plangate import knowledge as shipped
from plangate.classify.terraform.impact import type_class
from plangate.classify.terraform.impact.values import Test, fields, leaves, plain
from plangate.model.change import Action
from plangate.model.resource_type import Consequence
from plangate.model.values import ABSENT, within

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.classify.terraform.impact.values import Maybe, Readable
    from plangate.model.change import Change
    from plangate.model.values import Absent, Path, Side, Value


class Carrier(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a carrier says what it carries."""

    type: tuple[str, ...]
    named: str
    object: str = ""
    """The attribute that holds the whole object; empty where its values are not read."""
    each: str = ""
    """The path of the things that it carries; empty when it is one."""
    stays: Test | None = None
    """What is true of a thing that a delete leaves behind."""


class CarriersKnowledge(Struct, frozen=True, forbid_unknown_fields=True):
    """The document."""

    carriers: dict[str, Carrier]
    named: dict[str, dict[str, str]]


@functools.cache
def knowledge() -> CarriersKnowledge:
    """The document."""
    return shipped.knowledge("carriers", CarriersKnowledge)


def carried(change: Change) -> str | None:
    """The type that a carrier is judged as, its own name where nothing is known of it; None where none is seen.

    Of several, that whose loss is the worst, and only where they go: one without a class may be anything, and a person looks.
    """
    carrier = knowledge().carriers.get(change.type)
    if carrier is None or (carrier.each and change.action is not Action.DESTROY):
        return None
    for side in (change.before, change.after):
        found = [known_as(carrier.named, name) for name in _names(carrier, side)]
        if found:
            return min(found, key=_harm)
    return None


def native(change: Change, type_: str) -> Change:
    """A change of a manifest as one of the native type: with the attributes of that, and which of them differ."""
    carrier = knowledge().carriers.get(change.type)
    attribute = carrier.object if carrier is not None else ""
    if not attribute or type_ == change.type or type_class.of(type_) is None:
        return change
    sides = [side and _object(side, attribute) for side in (change.before, change.after)]
    if any(side is None for side, given in zip(sides, (change.before, change.after), strict=True) if given is not None):
        return change
    before, after = sides
    differing: tuple[str, ...] = ()
    if before is not None and after is not None:
        differing = tuple(sorted(k for k in {*before.keys(), *after.keys()} if before.get(k) != after.get(k)))
    return structs.replace(change, before=before, after=after, differing=differing)


def _object(side: Side, attribute: str) -> NativeSide | None:
    """The object that an attribute holds; None where it cannot be seen."""
    value = plain(side.get(attribute))
    return NativeSide(_renamed(value)) if isinstance(value, dict) else None


class NativeSide:
    """A manifest with the names of Terraform's attributes: `roleRef` is `role_ref`, and a list of objects is in the singular."""

    def __init__(self, values: dict[str, Value]):
        self._values = values

    def keys(self) -> tuple[str, ...]:
        """The names of its attributes."""
        return tuple(self._values)

    def get(self, key: str) -> Value | Absent:
        """The value of one."""
        return self._values.get(key, ABSENT)

    def at(self, path: Path) -> Value | Absent:
        """The value at a path."""
        return within(self._values, path)


def _renamed(value: dict[str, Value]) -> dict[str, Value]:
    return {name: below for key, inner in value.items() for name, below in [_attribute(key, plain(inner))]}


def _attribute(key: str, value: Maybe) -> tuple[str, Value]:
    name = re.sub(_WORDS, "_", key).lower()
    if isinstance(value, dict):
        return name, value if key in _FREE else _renamed(value)
    if isinstance(value, list) and value and all(isinstance(item, dict) for item in value):
        single = name if name.endswith("ss") else name.removesuffix("s")
        return single, [_renamed(item) for item in value if isinstance(item, dict)]
    return name, value  # type: ignore[return-value]


_FREE: Final = frozenset({"labels", "annotations", "data", "stringData", "binaryData", "matchLabels", "nodeSelector"})
"""Objects whose keys are data."""


@functools.cache
def known_as(table: str, name: str) -> str:
    """What Terraform calls a type of CloudFormation, Azure or Kubernetes; the name itself where it has no class."""
    plain = name.partition("@")[0]
    known = _lower(table).get(plain.lower())
    if known is None and plain.startswith("AWS::"):
        _, service, *thing = plain.split("::")
        known = "_".join(("awscc", service.lower(), *(re.sub(_WORDS, "_", part).lower() for part in thing)))
    return known if known is not None and type_class.of(known) is not None else plain


_WORDS: Final = r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])"
_ORDER: Final = [Consequence.CRITICAL, Consequence.HIGH, None, Consequence.MEDIUM, Consequence.NONE]


def _harm(type_: str) -> int:
    known = type_class.of(type_)
    return _ORDER.index(known.consequence if known is not None else None)


@functools.cache
def _lower(table: str) -> dict[str, str]:
    return {name.lower(): type_ for name, type_ in knowledge().named[table].items()}


def _names(carrier: Carrier, side: Readable | None) -> Iterator[str]:
    """The names of the carried types that can be seen."""
    if not carrier.each:
        yield from _first(carrier.type, side)
        return
    for value in leaves(side, carrier.each):
        thing = fields(value)
        if carrier.stays is None or not carrier.stays.holds(thing):
            yield from _first(carrier.type, thing)


def _first(paths: tuple[str, ...], side: Readable | None) -> Iterator[str]:
    for path in paths:
        names = [value for value in leaves(side, path) if isinstance(value, str) and value]
        if names:
            yield names[0]
            return
