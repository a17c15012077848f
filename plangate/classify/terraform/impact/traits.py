"""What a resource is: the traits of its type, and what its own values add or take away."""

import functools
from typing import Final

from msgspec import Struct, field

from plangate import knowledge as shipped
from plangate.classify.terraform.impact import type_class
from plangate.classify.terraform.impact.lookup import Lookup
from plangate.classify.terraform.impact.values import Scalar, Test, all_hold, text
from plangate.model.change import Action, Change
from plangate.model.resource_type import Class, Consequence
from plangate.model.values import ABSENT, Side

STATEFUL: Final = "stateful"
UNFAMILIAR: Final = "unfamiliar"
REFUSES: Final = "refuses-when-not-empty"
IDLE: Final = "harmless"
"""Nobody misses it."""
HOLDS: Final = frozenset({STATEFUL, "data"})
"""Content goes with it."""


class Refusal(Struct, frozen=True, forbid_unknown_fields=True):
    """What the state shows where the provider refuses to delete what is not empty; no attribute: it always refuses.

    `absent` says what a null means: the provider's own default.
    """

    attribute: str = ""
    value: Scalar = None
    absent: bool = False

    def shown(self, before: Side | None) -> bool:
        """Whether the state shows it. A state that does not have the attribute at all shows nothing."""
        if not self.attribute:
            return True
        value = before.get(self.attribute) if before is not None else ABSENT
        return self.absent if value is None else text(value) is not None and text(value) == text(self.value)

    @property
    def why(self) -> str:
        """The setting, as it stands in the configuration."""
        return f" ({self.attribute} = {text(self.value)})" if self.attribute else ""


class Stays(Struct, frozen=True, forbid_unknown_fields=True):
    """A setting with which a delete leaves the object behind."""

    path: str
    is_: tuple[Scalar, ...] = field(name="is")
    because: str

    def test(self) -> Test:
        """The setting as a test of the state."""
        return Test(self.path, is_=self.is_)


class Crowds(Struct, frozen=True, forbid_unknown_fields=True):
    """How many new objects of one type are very many."""

    heavy: int
    """Of stores, of what others stand on, and of machines."""
    light: int


class TraitsKnowledge(Struct, frozen=True, forbid_unknown_fields=True):
    """`policies/knowledge/traits.yaml`."""

    refuses_when_not_empty: dict[str, Refusal]
    stays_behind: dict[str, Stays]
    holds_nothing: dict[str, Test]
    guards_nothing: dict[str, tuple[Test, ...]]
    final_copy: dict[str, Test]
    recoverable: dict[str, Test]
    recreatable: tuple[str, ...]
    renewable: tuple[str, ...]
    crowds: Crowds
    compute: tuple[str, ...]
    routine: tuple[str, ...]
    credential: tuple[str, ...]
    runs_code: tuple[str, ...]


_LISTS: Final = ("recreatable", "compute", "routine", "credential", "runs_code")
_WORST: Final = frozenset({Consequence.CRITICAL, Consequence.HIGH})
_OF_CLASS: Final[dict[Class, frozenset[str]]] = {
    **{class_: frozenset({class_.value}) for class_ in Class},
    Class.DELIVERS: frozenset({"triggers"}),
    Class.VERSION: frozenset({"version", "routine"}),
    Class.LOCAL: frozenset({"routine"}),
}


@functools.cache
def knowledge() -> TraitsKnowledge:
    """The document."""
    return shipped.knowledge("traits", TraitsKnowledge)


@functools.cache
def _listed() -> Lookup[str]:
    known = knowledge()
    return Lookup((type_, name.replace("_", "-")) for name in _LISTS for type_ in getattr(known, name))


@functools.cache
def of_type(type_: str) -> frozenset[str]:
    """The traits of a type, of which `routine` hides those of its class. Without a class it is `unfamiliar`."""
    listed = frozenset(_listed()(type_))
    return listed if "routine" in listed else listed | of_class(type_, listed)


@functools.cache
def of_class(type_: str, listed: frozenset[str] = frozenset()) -> frozenset[str]:
    """The traits that a type has for its class, beside those it is `listed` with."""
    known = type_class.of(type_)
    if known is None:
        return frozenset() if listed else frozenset({UNFAMILIAR})
    if known.consequence is Consequence.NONE:
        return _OF_CLASS[known.class_] & {"routine"} or frozenset({IDLE})
    found = _OF_CLASS[known.class_] - {"routine"}
    if (known.class_ is Class.DATA and known.consequence in _WORST) or (
        known.class_ in (Class.FOUNDATION, Class.IDENTITY) and known.consequence is Consequence.CRITICAL
    ):
        found |= {STATEFUL}
    elif known.class_ is Class.IDENTITY and known.consequence is Consequence.HIGH and "credential" not in listed:
        found |= {"foundation"}
    return found


def of(change: Change, type_: str) -> frozenset[str]:
    """The traits of one object: those of its type, and what its state and its action add or take away."""
    traits = of_type(type_)
    if "routine" in traits and change.action in _GOES:
        # What is replaced at every deploy is missed like everything else when nothing takes its place.
        listed = frozenset(_listed()(type_)) - {"routine"}
        traits = listed | of_class(type_, listed)
    known = knowledge()
    idle = known.guards_nothing.get(type_)
    if idle is not None and change.action in _GOES and change.before is not None and all_hold(idle, change.before):
        return frozenset({IDLE})
    if traits.isdisjoint(HOLDS):
        return traits
    nothing = known.holds_nothing.get(type_)
    if nothing is not None and nothing.holds(change.before or change.after):
        return traits - HOLDS | {"replica"}
    refusal = known.refuses_when_not_empty.get(type_)
    if refusal is not None and change.before is not None and refusal.shown(change.before):
        return traits | {REFUSES}
    return traits


_GOES: Final = frozenset({Action.DESTROY, Action.FORGET})
