"""Deletion guards and other protection: what `policies/knowledge/protection.yaml` knows."""

import functools

from msgspec import Struct, field

from plangate import knowledge as shipped
from plangate.classify.terraform.impact.lookup import Lookup
from plangate.classify.terraform.impact.values import Test, head


class Refused(Struct, frozen=True, forbid_unknown_fields=True):
    """What the state shows where the provider or the API refuses a delete; not `certain`: it depends on live facts."""

    types: tuple[str, ...]
    when: Test
    certain: bool = True
    because: str = ""


class InUse(Struct, frozen=True, forbid_unknown_fields=True):
    """Types that cannot be deleted while something uses them. `but`: types of users that do not count."""

    types: tuple[str, ...]
    but: tuple[str, ...] = ()


class Guard(Struct, frozen=True, forbid_unknown_fields=True):
    """A setting that protects while the test holds."""

    types: tuple[str, ...]
    kind: str
    while_: Test = field(name="while")
    because: str = ""


class GuardResource(Struct, frozen=True, forbid_unknown_fields=True):
    """A resource that protects another one, named by the attributes `of`.

    `when`: only these. `moot`: it means nothing once the object that it guards goes too.
    """

    types: tuple[str, ...]
    kind: str
    because: str
    of: tuple[str, ...] = ()
    when: tuple[Test, ...] = ()
    moot: bool = False


class ProtectionKnowledge(Struct, frozen=True, forbid_unknown_fields=True):
    """The document. `words` finishes the sentence for each kind of guard; `{path}` is the setting."""

    refuses: tuple[Refused, ...]
    in_use: tuple[InUse, ...]
    words: dict[str, str]
    guards: tuple[Guard, ...]
    guard_resources: tuple[GuardResource, ...]


@functools.cache
def knowledge() -> ProtectionKnowledge:
    """The document."""
    return shipped.knowledge("protection", ProtectionKnowledge)


def refusals(type_: str) -> tuple[Refused, ...]:
    """What refuses to be deleted, by type."""
    return _refusals()(type_)


@functools.cache
def _refusals() -> Lookup[Refused]:
    return Lookup(((type_, entry) for entry in knowledge().refuses for type_ in entry.types), together=True)


def in_use(type_: str) -> tuple[InUse, ...]:
    """What is not deleted while it is used, by type."""
    return _in_use()(type_)


@functools.cache
def _in_use() -> Lookup[InUse]:
    return Lookup((type_, entry) for entry in knowledge().in_use for type_ in entry.types)


@functools.cache
def _guards() -> Lookup[Guard]:
    return Lookup(((type_, entry) for entry in knowledge().guards for type_ in entry.types), together=True)


@functools.cache
def guards(type_: str) -> dict[str, tuple[Guard, ...]]:
    """The settings of a type that protect, by top-level attribute."""
    found: dict[str, tuple[Guard, ...]] = {}
    for guard in _guards()(type_):
        attribute = head(guard.while_.path)
        found[attribute] = (*found.get(attribute, ()), guard)
    return found


def guard_resources(type_: str) -> tuple[GuardResource, ...]:
    """Resources that protect, by type."""
    return _guard_resources()(type_)


@functools.cache
def _guard_resources() -> Lookup[GuardResource]:
    return Lookup((type_, entry) for entry in knowledge().guard_resources for type_ in entry.types)
