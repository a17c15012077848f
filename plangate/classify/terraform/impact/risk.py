"""Updates in place that are not harmless: what `policies/knowledge/risky-updates.yaml` knows."""

import functools

from msgspec import Struct, field

from plangate import knowledge as shipped
from plangate.classify.terraform.impact.lookup import Lookup
from plangate.classify.terraform.impact.values import Test


class Restart(Struct, frozen=True, forbid_unknown_fields=True):
    """Attributes whose change interrupts: only `from` such values, and `only` to such values."""

    types: tuple[str, ...]
    paths: tuple[str, ...]
    because: str
    kind: str = "restart"
    from_: tuple[Test, ...] = field(default=(), name="from")
    only: tuple[Test, ...] = ()


class Stop(Struct, frozen=True, forbid_unknown_fields=True):
    """A switch that stops something: it is off while the test holds."""

    types: tuple[str, ...]
    when: Test


class Kept(Struct, frozen=True, forbid_unknown_fields=True):
    """A limit of how long the past is kept."""

    types: tuple[str, ...]
    path: str
    forever: bool = False
    """Whether a limit of 0 means for ever."""


class RiskKnowledge(Struct, frozen=True, forbid_unknown_fields=True):
    """The document."""

    restarts: tuple[Restart, ...]
    no_way_back: dict[str, tuple[str, ...]]
    pod_templates: dict[str, str]
    counts: dict[str, tuple[str, ...]]
    kept: tuple[Kept, ...]
    stops: tuple[Stop, ...]
    secrets: dict[str, tuple[str, ...]]
    values: frozenset[str]
    not_secrets: frozenset[str]


@functools.cache
def knowledge() -> RiskKnowledge:
    """The document."""
    return shipped.knowledge("risky-updates", RiskKnowledge)


def restarts(type_: str) -> tuple[Restart, ...]:
    """Attributes whose change interrupts, by type."""
    return _restarts()(type_)


@functools.cache
def _restarts() -> Lookup[Restart]:
    return Lookup(((type_, entry) for entry in knowledge().restarts for type_ in entry.types), together=True)


@functools.cache
def no_way_back(type_: str) -> tuple[str, ...]:
    """The attributes of a type that hold a version which is never taken back."""
    return tuple(path for path, types in knowledge().no_way_back.items() if type_ in types)


def stops(type_: str) -> tuple[Stop, ...]:
    """Switches that stop something, by type."""
    return _stops()(type_)


@functools.cache
def _stops() -> Lookup[Stop]:
    return Lookup((type_, entry) for entry in knowledge().stops for type_ in entry.types)


def kept(type_: str) -> tuple[Kept, ...]:
    """Limits of how long the past is kept, by type."""
    return _kept()(type_)


@functools.cache
def _kept() -> Lookup[Kept]:
    return Lookup((type_, entry) for entry in knowledge().kept for type_ in entry.types)


@functools.cache
def secrets(type_: str) -> frozenset[str]:
    """The attributes of a type that hold credentials."""
    known = knowledge()
    if type_ in known.not_secrets:
        return frozenset()
    return frozenset((*known.secrets.get("*", ()), *known.secrets.get(type_, ())))
