"""What a resource is: the traits of its type, and what its own values add or take away."""

import functools
from typing import Final

from msgspec import Struct, field

from plangate import knowledge as shipped
from plangate.classify.terraform.impact.lookup import Lookup
from plangate.classify.terraform.impact.values import Scalar, Test, leaves, text
from plangate.model.change import Change
from plangate.model.values import ABSENT, Side

STATEFUL: Final = "stateful"
UNFAMILIAR: Final = "unfamiliar"
REFUSES: Final = "refuses-when-not-empty"


class Store(Struct, frozen=True, forbid_unknown_fields=True):
    """Types that lose the same thing."""

    loses: str
    types: tuple[str, ...]


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

    stateful: tuple[Store, ...]
    not_stateful: tuple[str, ...]
    refuses_when_not_empty: dict[str, Refusal]
    stays_behind: dict[str, Stays]
    holds_nothing: dict[str, Test]
    final_copy: dict[str, Test]
    recoverable: dict[str, Test]
    manifest_kind: dict[str, str]
    manifest_types: dict[str, str]
    foundation: tuple[str, ...]
    recreatable: tuple[str, ...]
    crowds: Crowds
    compute: tuple[str, ...]
    routine: tuple[str, ...]
    serves: tuple[str, ...]
    triggers: tuple[str, ...]
    credential: tuple[str, ...]
    grants: tuple[str, ...]
    runs_code: tuple[str, ...]


_LISTS: Final = ("foundation", "recreatable", "compute", "routine", "serves", "triggers", "credential", "grants")


@functools.cache
def knowledge() -> TraitsKnowledge:
    """The document."""
    return shipped.knowledge("traits", TraitsKnowledge)


@functools.cache
def _traits() -> Lookup[tuple[str, str]]:
    """Trait and, for a store, what it loses."""
    known = knowledge()
    entries = [(type_, (STATEFUL, store.loses)) for store in known.stateful for type_ in store.types]
    for name in _LISTS:
        entries += [(type_, (name, "")) for type_ in getattr(known, name)]
    entries += [(type_, ("runs-code", "")) for type_ in known.runs_code]
    return Lookup(entries)


@functools.cache
def _not_stateful() -> Lookup[bool]:
    return Lookup((pattern, True) for pattern in knowledge().not_stateful)


@functools.cache
def of_type(type_: str) -> frozenset[str]:
    """The traits of a type. One of a provider that the knowledge has never heard of is `unfamiliar`."""
    traits = frozenset(trait for trait, _ in _entries(type_))
    return traits if traits or type_.partition("_")[0] in _families() else frozenset({UNFAMILIAR})


@functools.cache
def _families() -> frozenset[str]:
    """The first words of all known types: `aws`, `google`, ..."""
    return frozenset(type_.partition("_")[0] for type_ in _exact())


@functools.cache
def loses(type_: str) -> str:
    """What goes with a store that is deleted: `its data goes`."""
    return next((what for trait, what in _entries(type_) if trait == STATEFUL), "its data goes")


def _entries(type_: str) -> tuple[tuple[str, str], ...]:
    found = _traits()(type_)
    if found and type_ not in _exact() and _not_stateful()(type_):
        return tuple(entry for entry in found if entry[0] != STATEFUL)
    return found


@functools.cache
def _exact() -> frozenset[str]:
    known = knowledge()
    lists = [store.types for store in known.stateful] + [getattr(known, name) for name in (*_LISTS, "runs_code")]
    return frozenset(type_ for types in lists for type_ in types if "*" not in type_)


def real_type(change: Change) -> str:
    """The type that knowledge goes by: a manifest is what its `kind` says."""
    known = knowledge()
    path = known.manifest_kind.get(change.type)
    if path is None:
        return change.type
    for side in (change.before, change.after):
        for kind in leaves(side, path):
            if isinstance(kind, str):
                return known.manifest_types.get(kind, change.type)
    return change.type


def of(change: Change, type_: str) -> frozenset[str]:
    """The traits of one object: those of its type, and what its state adds or takes away."""
    traits = of_type(type_)
    if STATEFUL not in traits:
        return traits
    known = knowledge()
    nothing = known.holds_nothing.get(type_)
    if nothing is not None and nothing.holds(change.before or change.after):
        return traits - {STATEFUL} | {"replica"}
    refusal = known.refuses_when_not_empty.get(type_)
    if refusal is not None and change.before is not None and refusal.shown(change.before):
        return traits | {REFUSES}
    return traits
