"""What opens things up: what `policies/knowledge/exposure.yaml` knows."""

import functools

from msgspec import Struct, field

from plangate import knowledge as shipped
from plangate.classify.terraform.impact.lookup import Lookup
from plangate.classify.terraform.impact.values import Test, head


class NetworkRules(Struct, frozen=True, forbid_unknown_fields=True):
    """How the rules of one kind of firewall are written.

    `list` is where they stand; empty: the resource is one rule. `parts` is a list inside a rule with ports and protocol of
    their own; without a `protocol`, `when` says that it is one with ports. `world_without`: a rule that names no source lets
    everybody in, unless one of these is set. `open_at_first`: what these name lets everybody in when it is made.
    """

    types: tuple[str, ...]
    sources: tuple[str, ...]
    list: str = ""
    parts: str = ""
    when: tuple[Test, ...] = ()
    ports: tuple[str, ...] = ()
    from_: str = field(default="", name="from")
    to: str = ""
    protocol: str = ""
    world_without: tuple[str, ...] | None = None
    open_at_first: tuple[str, ...] = ()
    computed: bool = False
    kind: str = ""


class Switch(Struct, frozen=True, forbid_unknown_fields=True):
    """Something that is open while every condition holds. Not `create`: only a change to it counts; not `update`: only a create.

    `computed`: unknown as a whole means that nobody configured it; a path: only where the whole of that is unknown.
    """

    types: tuple[str, ...]
    because: str
    when: tuple[Test, ...]
    kind: str = ""
    create: bool = True
    update: bool = True
    computed: bool | str = False

    @property
    def heads(self) -> frozenset[str]:
        """The top-level attributes that decide."""
        return _heads(tuple(test.path for test in self.when))


@functools.cache
def _heads(paths: tuple[str, ...]) -> frozenset[str]:
    return frozenset(map(head, paths))


class ExposureKnowledge(Struct, frozen=True, forbid_unknown_fields=True):
    """The document."""

    admin_ports: dict[int, str]
    data_ports: dict[int, str]
    harmless_ports: tuple[str, ...]
    network_rules: tuple[NetworkRules, ...]
    switches: tuple[Switch, ...]
    weak_guards: tuple[Switch, ...]
    locks: tuple[Switch, ...]
    grants: tuple[Switch, ...]


@functools.cache
def knowledge() -> ExposureKnowledge:
    """The document."""
    return shipped.knowledge("exposure", ExposureKnowledge)


def network_rules(type_: str) -> tuple[NetworkRules, ...]:
    """How firewalls are written, by type."""
    return _network_rules()(type_)


@functools.cache
def _network_rules() -> Lookup[NetworkRules]:
    return Lookup((type_, entry) for entry in knowledge().network_rules for type_ in entry.types)


def switches(type_: str) -> tuple[Switch, ...]:
    """What opens, by type."""
    return _switches()(type_)


@functools.cache
def _switches() -> Lookup[Switch]:
    known = knowledge()
    entries = ((type_, entry) for entry in (*known.switches, *known.grants) for type_ in entry.types)
    return Lookup(entries, together=True)


def weak_guards(type_: str) -> tuple[Switch, ...]:
    """What holds back less than it could, by type."""
    return _weak_guards()(type_)


@functools.cache
def _weak_guards() -> Lookup[Switch]:
    return Lookup(((type_, entry) for entry in knowledge().weak_guards for type_ in entry.types), together=True)


def locks(type_: str) -> tuple[Switch, ...]:
    """What nobody can take back once it is set, by type."""
    return _locks()(type_)


@functools.cache
def _locks() -> Lookup[Switch]:
    return Lookup((type_, entry) for entry in knowledge().locks for type_ in entry.types)
