"""The first pass over a plan: every secret in it is learned before anything of it is shown.

A plan tells most of its objects several times: as planned, as they were, as they change. Each is learned once, and those of a
large plan by two processes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from plangate.ingest.document import NULL, Top
from plangate.ingest.redact.sensitivity import opened
from plangate.ingest.terraform import wire
from plangate.ingest.terraform.sides import marks

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from msgspec import Raw

    from plangate.ingest.redact.known_secrets import Learned
    from plangate.ingest.redact.redactor import Redactor

Begin: TypeAlias = "Callable[[Callable[[], Any]], Callable[[], Any] | None]"
"""What begins work aside and gives what waits for its answer: see `plangate.pipeline.fork.run_in_fork`."""

_MOST_COPIES = 8
"""How many different objects of one address are remembered, so that a plan of equal addresses is not compared for ever."""
_WORTH_A_COPY = 1000
"""Resources of a plan that is learned in two processes: to copy one takes as long as to learn a few hundred."""


class SecretScan:
    """What is learned from one plan, section by section. `begin` may take a part of it."""

    def __init__(self, top: Top, redactor: Redactor, begin: Begin | None = None):
        self._top = top
        self._redactor = redactor
        self._begin = begin
        self._seen: dict[str, list[tuple[Raw, Raw, str]]] = {}

    def objects(self, resources: list[wire.WireResource]) -> None:
        """Learn every object of a plan: of these resources, and of its states. The list is emptied.

        Of a large plan most is learned aside; the redactor waits for that when something is first asked of it, or when
        it settles.
        """
        mine = len(resources) * 2 // 5
        answer = None
        if self._begin is not None and len(resources) >= _WORTH_A_COPY:
            answer = self._begin(lambda: self._learned_beside(resources, mine))
        if answer is None:
            self._objects(resources)
            return
        for resource in resources[:mine]:
            self.resource(resource)
        # What nobody keeps makes room for what is made of the others.
        resources.clear()
        self._seen.clear()
        self._redactor.expect(lambda: self._learned_late(mine) if (told := answer()) is None else told)

    def _learned_beside(self, resources: list[wire.WireResource], start: int) -> Learned:
        """What is learned from the resources after the first ones, and from what the states have besides."""
        for resource in resources[:start]:
            self.resource(resource, elsewhere=True)
        self._objects(resources[start:])
        return self._redactor.learned()

    def _learned_late(self, start: int) -> Learned:
        """The same, where it went wrong aside."""
        self._objects((wire.resources.read(self._top) or [])[start:])
        return self._redactor.learned()

    def _objects(self, resources: list[wire.WireResource]) -> None:
        """Learn these resources, and the states. The list is emptied."""
        for resource in resources:
            self.resource(resource)
        # One at a time: each is as large as the plan has resources.
        resources.clear()
        self._state(wire.planned_values.read(self._top))
        prior = wire.prior_state.read(self._top)
        self._state(prior.values if prior else None)
        self._seen.clear()

    def _state(self, values: wire.WireStateValues | None) -> None:
        """Learn what only `planned_values` or `prior_state` holds, such as the results of data sources."""
        if values is None:
            return
        for name, output in (values.outputs or {}).items():
            self._redactor.learn({name: output.value}, {name: output.sensitive}, "output")
        for resource in wire.state_resources(values):
            self._object(resource.address, resource.values, resource.sensitive_values, resource.type)

    def resource(self, resource: wire.WireResource | None, *, elsewhere: bool = False) -> None:
        """Learn both sides of a change. `elsewhere`: they are learned in another process, and need not be here."""
        change = resource.change if resource is not None else None
        if resource is None or change is None:
            return
        type_ = resource.type or ""
        self._object(resource.address, change.after, change.after_sensitive, type_, elsewhere=elsewhere)
        if change.before != change.after or change.before_sensitive != change.after_sensitive:
            self._object(resource.address, change.before, change.before_sensitive, type_, elsewhere=elsewhere)

    def _object(self, address: str, values: Raw, sensitive: Raw, type_: str, *, elsewhere: bool = False) -> None:
        """Learn one object, once: a plan repeats most of them three or four times, byte by byte."""
        if values == NULL:
            return
        seen = self._seen.setdefault(address, [])
        for known in seen:
            if values == known[0] and sensitive == known[1] and type_ == known[2]:
                return
        if len(seen) < _MOST_COPIES:
            seen.append((values, sensitive, type_))
        if not elsewhere:
            self._redactor.learn(wire.rough.decode(values), opened(marks(sensitive), type_), type_)

    def outputs(self, outputs: Mapping[str, wire.WireChange]) -> None:
        """Learn both sides of each output."""
        for name, change in outputs.items():
            for side, sensitive in ((change.before, change.before_sensitive), (change.after, change.after_sensitive)):
                self._redactor.learn({name: wire.rough.decode(side)}, {name: marks(sensitive)}, "output")

    def variables(self, sensitive: Collection[str]) -> None:
        """Learn what the variables were given. The names of sensitive ones are told by the configuration."""
        for name, variable in (wire.variables.read(self._top) or {}).items():
            if name in sensitive:
                self._redactor.learn_secret(variable.value)
            else:
                self._redactor.learn({name: variable.value}, False, "variable")

    def invocation(self, invocation: wire.WireInvocation) -> None:
        """Learn what an action is given."""
        values = wire.rough.decode(invocation.config_values)
        self._redactor.learn(values, marks(invocation.config_sensitive), "action")
