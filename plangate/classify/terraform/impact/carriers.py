"""Resources that carry others: stacks, deployments, manifests. `policies/knowledge/carriers.yaml` says where the types stand."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from plangate import knowledge as shipped
from plangate.classify.terraform.impact import type_class
from plangate.classify.terraform.impact.values import Test, fields, leaves
from plangate.model.change import Action
from plangate.model.resource_type import Consequence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.classify.terraform.impact.values import Readable
    from plangate.model.change import Change


class Carrier(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a carrier says what it carries."""

    type: tuple[str, ...]
    named: str
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


@functools.cache
def known_as(table: str, name: str) -> str:
    """What Terraform calls a type of CloudFormation, Azure or Kubernetes; the name itself where it has no class."""
    plain = name.partition("@")[0]
    known = _lower(table).get(plain.lower())
    if known is None and plain.startswith("AWS::"):
        known = _WORDS.sub("_", plain.replace("AWS::", "awscc_", 1).replace("::", "_")).lower()
    return known if known is not None and type_class.of(known) is not None else plain


_WORDS: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
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
