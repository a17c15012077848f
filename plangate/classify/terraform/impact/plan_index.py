"""What has to be known of the whole plan before one change of it can be judged."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from plangate.classify.terraform.impact import names, traits
from plangate.classify.terraform.impact.resolved import ResolvedSide, document
from plangate.classify.terraform.impact.values import items, leaves
from plangate.model.change import Action, DriftStatus, base
from plangate.model.values import UNKNOWN

if TYPE_CHECKING:
    from plangate.classify.terraform.impact.values import Readable
    from plangate.model.change import Change, TerraformChangeSet
    from plangate.model.values import Side, Value

_REVERTED = frozenset({DriftStatus.WILL_BE_REVERTED, DriftStatus.CONFLICT})


class Subject(Struct, frozen=True):
    """One change, with what has been worked out of it once."""

    change: Change
    type: str
    """The type that knowledge goes by."""
    traits: frozenset[str]
    old: Side | None
    """What was there before: its own state, or that of the object that it is a renamed form of."""
    renamed: bool = False
    """Whether the same object goes or comes under another address."""
    after: Readable | None = None
    """What will be there, with what can be told of values that only the apply will know."""

    @property
    def creates(self) -> bool:
        """Whether nothing was there before."""
        return self.old is None

    @property
    def deletes(self) -> bool:
        """Whether something that exists is deleted."""
        return deletes(self.change)

    def touched(self, attribute: str) -> bool:
        """Whether a top-level attribute may differ: always but in an update that leaves it alone."""
        return self.change.action is not Action.UPDATE or attribute in self.change.differing


class PlanIndex(Struct, frozen=True, dict=True):
    """The plan around a change. What takes a walk over all changes is worked out when a change first asks for it."""

    changeset: TerraformChangeSet
    reverted: Mapping[str, tuple[str, ...]]
    """The paths changed outside of Terraform that the plan sets back, by address."""
    rivals: Mapping[str, tuple[str, tuple[str, ...]]]
    """The other address that manages the same object, and the paths that it changed, by address."""
    provisioners: frozenset[str]
    """Addresses without instance keys."""
    unseen: frozenset[str]
    """Of those with provisioners, the ones whose command the plan does not show."""
    users: Mapping[str, tuple[str, ...]]
    """Who refers to a resource, by addresses without instance keys. Empty when the plan does not tell."""
    written: Mapping[str, Mapping[str, tuple[str, ...]]]
    """What is written of attributes that only the apply will know, by addresses without instance keys."""
    reads: Mapping[str, tuple[Change, ...]]
    """The data sources that are read while applying, by addresses without instance keys."""

    hands_out: bool
    """Whether an output changes: what nobody in the plan uses may be used elsewhere."""

    @cached_property
    def gone(self) -> frozenset[str]:
        """Ids of what the plan deletes and others belong to."""
        return frozenset(_ids(self.changeset))

    @cached_property
    def made(self) -> frozenset[str]:
        """The names and ids that the objects created by the plan get."""
        return frozenset(_made(self.changeset))

    @cached_property
    def named(self) -> Mapping[tuple[str, ...], tuple[str, ...]]:
        """The addresses that claim a name which can exist once, by type and name, where there are several."""
        return _claimed(self.changeset)

    def goes_with(self, change: Change) -> bool:
        """Whether what an object belongs to is deleted too: that is told there."""
        before = change.before
        if before is None or not self.gone:
            return False
        return not self.gone.isdisjoint(_owners(before))

    def makes(self, subject: Subject, attributes: Iterable[str]) -> bool:
        """Whether the plan makes what one of these attributes of a change names: the name of a new object, or not known yet.

        What nobody wrote is unknown too, where the provider fills it in.
        """
        change = subject.change
        if change.after is None:
            return False
        written = self.written.get(base(change.address.text))
        return any(
            (value is UNKNOWN and (written is None or name in written))
            or (isinstance(value, str) and value in self.made)
            for name in attributes
            for value in items(change.after.get(name))
        )

    def refers(self, subject: Subject, attribute: str) -> tuple[str, ...]:
        """What an attribute that only the apply will know refers to, as far as the configuration tells."""
        return self.written.get(base(subject.change.address.text), {}).get(attribute, ())

    def left_out(self, subject: Subject, path: str) -> bool:
        """Whether an attribute of a block is left to the provider: only the apply will know it, and the block does not name it."""
        block = path.rpartition(".")[0]
        if not block or UNKNOWN not in leaves(subject.after, path) or UNKNOWN in leaves(subject.after, block):
            return False
        written = self.written.get(base(subject.change.address.text), {})
        return any(one.startswith(f"{block}.") for one in written) and path not in written

    def unused(self, change: Change) -> bool:
        """Whether the configuration is there, and nothing in it refers to a resource that gets unknown values."""
        address = base(change.address.text)
        return address in self.written and address not in self.users and not self.hands_out

    def after(self, change: Change, type_: str, old: Side | None) -> Readable | None:
        """The side after a change, with what can be told of values that only the apply will know."""
        if change.after is None or not self.written:
            return change.after
        written = self.written.get(base(change.address.text))
        if written is None:
            return change.after
        return ResolvedSide(change.after, type_, old, written, lambda address: self._document(address, change))

    def _document(self, address: str, change: Change) -> Value | None:
        """The document that a data source will give to a change: the instance of the same key, where there are several."""
        reads = self.reads.get(address, ())
        if len(reads) > 1:
            reads = tuple(read for read in reads if (read.module, read.index) == (change.module, change.index))
        return document(reads[0]) if len(reads) == 1 else None


def deletes(change: Change) -> bool:
    """Whether something that exists is deleted. A replacement that forgets the old object deletes nothing."""
    if "forget" in change.actions:
        return False
    return change.action in (Action.DESTROY, Action.REPLACE) or (
        change.action is Action.UNKNOWN and "delete" in change.actions
    )


def scene(changeset: TerraformChangeSet) -> PlanIndex:
    """Look over a plan once."""
    reverted: dict[str, list[str]] = {}
    rivals: dict[str, tuple[str, tuple[str, ...]]] = {}
    for entry in changeset.drift:
        if entry.address and entry.rival and entry.status is not DriftStatus.STAYS:
            rivals[entry.address] = (entry.rival, (*rivals.get(entry.address, ("", ()))[1], entry.path))
        if entry.address and entry.path and entry.status in _REVERTED and entry.noise is None:
            reverted.setdefault(entry.address, []).append(entry.path)
    return PlanIndex(
        changeset=changeset,
        reverted={address: tuple(paths) for address, paths in reverted.items()},
        rivals=rivals,
        provisioners=frozenset(changeset.references.provisioners),
        unseen=frozenset(changeset.references.unseen),
        users=changeset.references.users,
        written=changeset.references.written,
        reads=_reads(changeset),
        hands_out=bool(changeset.outputs),
    )


_NAMES: Final = ("id", "name", "arn", "project_id")


def _made(changeset: TerraformChangeSet) -> Iterator[str]:
    for change in changeset.changes:
        if change.action is Action.CREATE and change.mode == "managed" and change.after is not None:
            own = (
                path for path in names.paths(change.type)[:1] if "." not in path and not path.endswith(("_id", "_arn"))
            )
            named = (change.after.get(name) for name in (*_NAMES, *own))
            yield from (value for value in named if isinstance(value, str) and value)


def _claimed(changeset: TerraformChangeSet) -> dict[tuple[str, ...], tuple[str, ...]]:
    """Who claims a name that can exist once, where several do. With several accounts or regions, only names that are global count."""
    found: dict[tuple[str, ...], list[str]] = {}
    for change in changeset.changes:
        if change.mode == "managed" and change.after is not None and not change.address.deposed:
            claim = names.claim(change)
            if claim is not None and (not changeset.references.aliased or names.is_global(change.type)):
                found.setdefault(claim, []).append(change.address.text)
    return {claim: tuple(addresses) for claim, addresses in found.items() if len(addresses) > 1}


def _reads(changeset: TerraformChangeSet) -> dict[str, tuple[Change, ...]]:
    found: dict[str, tuple[Change, ...]] = {}
    for change in changeset.changes:
        if change.action is Action.READ:
            address = base(change.address.text)
            found[address] = (*found.get(address, ()), change)
    return found


_KEPT = frozenset({traits.STATEFUL, "foundation", "compute", "serves", "triggers", "guards"})


def _ids(changeset: TerraformChangeSet) -> set[str]:
    """How others name the objects that the plan deletes."""
    found: set[str] = set()
    for change in changeset.changes:
        if change.before is None or not deletes(change):
            continue
        known = traits.of_type(change.type)
        if not known & _KEPT:
            continue
        own = {v for key in ("id", "arn") if isinstance(v := change.before.get(key), str) and v}
        found |= own - set(_owners(change.before)) if own and "guards" in known else own
    return found


_HELD_BY = ("_id", "_ids", "_arn", "_arns")
_HELD_BY_NAME = frozenset({"role", "user", "group", "bucket", "repository", "project"})
"""How attributes are called that say what an object belongs to."""


def _owners(before: Side) -> Iterator[str]:
    """What an object belongs to, by its attributes. Settings of a bucket are called like it."""
    for key in before.keys():  # noqa: SIM118 - a Side is no mapping
        if key.endswith(_HELD_BY) or key in _HELD_BY_NAME:
            yield from (value for value in items(before.get(key)) if isinstance(value, str))
