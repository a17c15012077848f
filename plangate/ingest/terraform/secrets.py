"""The first pass over a plan: every secret in it is found before anything of it is shown.

A plan repeats most of its objects several times: as planned, as they were, as they change. Each is scanned once, and those of
a large plan by two processes. `scan_plan` alone decides that, and puts together what both found.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from plangate.ingest.document import NULL
from plangate.ingest.redact.known_secrets import merge
from plangate.ingest.redact.secret_scan import SensitiveObject, scan
from plangate.ingest.redact.sensitivity import opened
from plangate.ingest.terraform import wire
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
"""Resources of a plan that is scanned by two processes: to copy a process takes as long as to scan a few hundred."""


def scan_plan(resources: list[wire.WireResource], top: Top, fork: Fork | None) -> Callable[[], SearchTerms]:
    """Scan these resources and the states of a plan. Returns a function that returns what to look for.

    The list is emptied, to make room. Of a large plan `fork` scans most while this process goes on, and the function waits
    for it; where the fork fails, the function scans that part itself. Both raise `wire.ShapeError`.
    """
    here = len(resources) * 2 // 5
    answer = None
    if fork is not None and len(resources) >= _WORTH_A_FORK:
        answer = fork(lambda: scan(_objects(resources, top, skip=here)))
    if answer is None:
        everything = scan(_objects(resources, top))
        return lambda: everything
    terms = scan(objects_of(resources[:here]))
    resources.clear()

    def both() -> SearchTerms:
        others = answer()
        if others is None:
            others = scan(_objects(wire.resources.read(top) or [], top, skip=here))
        merge(terms, others)
        return terms

    return both


def objects_of(resources: Iterable[wire.WireResource]) -> Iterator[SensitiveObject]:
    """Both sides of the change of each resource, equal ones once."""
    distinct = _Distinct()
    return (_decoded(side) for resource in resources for side in distinct.sides(resource))


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


def _objects(resources: list[wire.WireResource], top: Top, skip: int = 0) -> Iterator[SensitiveObject]:
    """The objects of all but the first `skip` resources, and what only the states have. The list is emptied on the way."""
    distinct = _Distinct()
    for i, resource in enumerate(resources):
        sides = distinct.sides(resource)
        if i >= skip:
            yield from map(_decoded, sides)
    # One at a time: each is as large as the plan has resources.
    resources.clear()
    yield from _of_state(wire.planned_values.read(top), distinct)
    prior = wire.prior_state.read(top)
    yield from _of_state(prior.values if prior else None, distinct)


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
    return SensitiveObject(wire.rough.decode(values), opened(marks(sensitive), type_), type_)


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
