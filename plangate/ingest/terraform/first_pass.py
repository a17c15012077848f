"""The first pass over a plan, before anything of it is shown: every secret in it is found, and what it contradicts itself about.

A plan repeats most of its objects several times: as planned, as they were, as they change. Each is looked at once, and those of
a large plan by two processes. `look_over` alone decides that, and puts together what both found.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from plangate.ingest.document import NULL
from plangate.ingest.redact.known_secrets import merge
from plangate.ingest.redact.secret_scan import SensitiveObject, scan
from plangate.ingest.redact.sensitivity import of_rights, opened
from plangate.ingest.terraform import contradictions, wire
from plangate.ingest.terraform.sides import marks

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping

    from msgspec import Raw

    from plangate.ingest.document import Top
    from plangate.ingest.redact.known_secrets import SearchTerms

Fork: TypeAlias = "Callable[[Callable[[], Any]], Callable[[], Any] | None]"
"""Runs work in a copy of this process and returns what waits for its answer: see `plangate.pipeline.fork.run_in_fork`."""

_MOST_COPIES = 8
"""How many different objects of one address are remembered, so that a plan of equal addresses is not compared for ever."""
_WORTH_A_FORK = 1000
"""Resources of a plan that is looked over by two processes: to copy a process takes as long as to look over a few hundred."""


class FirstPass(NamedTuple):
    """What the first pass finds. Plain data."""

    terms: SearchTerms
    """What to look for so that every secret is found wherever it stands."""
    contradictions: list[tuple[str, str]]
    """Addresses, and what the plan says of each that cannot be."""


def look_over(
    resources: list[wire.WireResource], top: Top, mentioned: set[str], fork: Fork | None
) -> Callable[[], FirstPass]:
    """Look over these resources and the states of a plan. `mentioned` are the addresses that it says something of.

    Returns a function that returns what was found. The list is emptied, to make room. Of a large plan `fork` looks over most
    while this process goes on, and the function waits for it; where the fork fails, the function does that part itself. Both
    raise `wire.ShapeError`.
    """
    here = len(resources) * 2 // 5
    answer = None
    if fork is not None and len(resources) >= _WORTH_A_FORK:
        answer = fork(lambda: tuple(_everything(resources, top, mentioned, skip=here)))
    if answer is None:
        everything = _everything(resources, top, mentioned)
        return lambda: everything
    doubled: list[tuple[str, str]] = []
    terms = scan(_of_changes(resources[:here], _Distinct(), doubled))
    resources.clear()

    @functools.cache
    def both() -> FirstPass:
        others = answer() or _everything(wire.resources.read(top) or [], top, mentioned, skip=here)
        merge(terms, others[0])
        return FirstPass(terms, [*doubled, *others[1]])

    return both


def objects_of(resources: Iterable[wire.WireResource]) -> Iterator[SensitiveObject]:
    """Both sides of the change of each resource, equal ones once."""
    return _of_changes(resources, _Distinct(), [])


def outputs(changes: Mapping[str, wire.WireChange]) -> Iterator[SensitiveObject]:
    """Both sides of each output."""
    for name, change in changes.items():
        for side, sensitive in ((change.before, change.before_sensitive), (change.after, change.after_sensitive)):
            yield SensitiveObject({name: wire.rough.decode(side)}, {name: marks(sensitive)}, "output")


def variables(top: Top, sensitive: Collection[str]) -> Iterator[SensitiveObject]:
    """What the variables were given; `sensitive` are the names of those that the configuration marks."""
    for name, variable in (wire.variables.read(top) or {}).items():
        if name in sensitive:
            yield SensitiveObject(variable.value, True, "variable")
        else:
            yield SensitiveObject({name: variable.value}, False, "variable")


def invocation(action: wire.WireInvocation) -> SensitiveObject:
    """What an action is given."""
    return SensitiveObject(wire.rough.decode(action.config_values), marks(action.config_sensitive), "action")


def _everything(resources: list[wire.WireResource], top: Top, mentioned: set[str], skip: int = 0) -> FirstPass:
    """Look over all but the first `skip` resources, and what only the states have. The list is emptied on the way."""
    found: list[tuple[str, str]] = []
    return FirstPass(scan(_objects(resources, top, mentioned, skip, found)), found)


def _objects(
    resources: list[wire.WireResource], top: Top, mentioned: set[str], skip: int, found: list[tuple[str, str]]
) -> Iterator[SensitiveObject]:
    """The objects to scan. Contradictions are added to `found` on the way, as each object is decoded once."""
    distinct = _Distinct()
    for resource in resources[:skip]:
        distinct.sides(resource)
    yield from _of_changes(resources[skip:], distinct, found)
    # One at a time: each is as large as the plan has resources.
    resources.clear()
    yield from _of_state(wire.planned_values.read(top), distinct)
    prior = wire.prior_state.read(top)
    values = prior.values if prior else None
    if top.complete:
        found += contradictions.left_out(values, mentioned)
    yield from _of_state(values, distinct)


def _of_changes(
    resources: Iterable[wire.WireResource], distinct: _Distinct, found: list[tuple[str, str]]
) -> Iterator[SensitiveObject]:
    """Both sides of the change of each resource, equal ones once."""
    for resource in resources:
        sides = distinct.sides(resource)
        objects = list(map(_decoded, sides))
        changes = resource.change is not None and resource.change.actions != ["no-op"]
        if changes and any(contradictions.lost(one.value, side[0]) for one, side in zip(objects, sides, strict=True)):
            found.append((resource.address, contradictions.TWICE))
        yield from objects


def _of_state(values: wire.WireStateValues | None, distinct: _Distinct) -> Iterator[SensitiveObject]:
    """What only `planned_values` or `prior_state` holds, such as the results of data sources."""
    if values is None:
        return
    for name, output in (values.outputs or {}).items():
        yield SensitiveObject({name: output.value}, {name: output.sensitive}, "output")
    for resource in wire.state_resources(values):
        side = (resource.values, resource.sensitive_values, resource.type)
        if distinct.is_new(resource.address, side):
            yield _decoded(side)


_Side: TypeAlias = "tuple[Raw, Raw, str]"
"""The values of an object, its marks, both undecoded, and its type."""


def _decoded(side: _Side) -> SensitiveObject:
    values, sensitive, type_ = side
    value = wire.rough.decode(values)
    kind = value.get("kind") if isinstance(value, dict) else None
    own, type_ = of_rights(marks(sensitive), type_, kind)
    return SensitiveObject(value, opened(own, type_), type_)


class _Distinct:
    """Tells objects that were seen before, by address and byte by byte."""

    def __init__(self) -> None:
        self._seen: dict[str, list[_Side]] = {}

    def sides(self, resource: wire.WireResource) -> list[_Side]:
        """The sides of a change that are new."""
        change = resource.change
        if change is None:
            return []
        type_ = resource.type or ""
        sides = [(change.after, change.after_sensitive, type_), (change.before, change.before_sensitive, type_)]
        return [side for side in sides if self.is_new(resource.address, side)]

    def is_new(self, address: str, side: _Side) -> bool:
        """Whether there is such an object and it was not seen before. It counts as seen from now on."""
        if side[0] == NULL:
            return False
        seen = self._seen.setdefault(address, [])
        if side in seen:
            return False
        if len(seen) < _MOST_COPIES:
            seen.append(side)
        return True
