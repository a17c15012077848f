"""What a policy can ask of the plan as a whole: how much of it there is of each kind, and what stands beside a resource."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from plangate.lang.glob import fits_address, fits_shell
from plangate.model.change import LIVE, Action, TerraformChangeSet, base
from plangate.model.values import Sensitive, Unknown

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from plangate.model.change import Change, ChangeSet

ALIASES: Final = {"delete": "destroy", "recreate": "replace", "noop": "no-op"}
"""Terraform's own words for an action, and ours."""
_GONE: Final = frozenset({Action.DESTROY, Action.FORGET})
_IDENTIFYING: Final = ("id", "arn", "name", "self_link")


def action(word: str) -> str:
    """The name of an action, in the words of policies."""
    return ALIASES.get(word, word)


class Beside(Struct, frozen=True):
    """Resources that belong to one: the addresses of those that certainly do, and why it cannot be told of others."""

    addresses: tuple[str, ...] = ()
    because: str = ""


class WholePlan:
    """One input as a whole. Counts are made once, when they are first asked for."""

    def __init__(self, changeset: ChangeSet):
        self._changeset = changeset
        self._counts: Counter[tuple[str, str, str]] | None = None
        self._siblings: dict[tuple[str, str], list[_Sibling]] = {}

    def count(self, actions: Collection[str], type_: str = "*", module: str = "*") -> int:
        """How many changes have one of these actions, a type and a module that fit. Data that is only read is not counted."""
        if self._counts is None:
            managed = (change for change in self._changeset.changes if change.mode == "managed")
            self._counts = Counter((change.action.value, change.type, change.module) for change in managed)
        wanted = {action(one) for one in actions}
        return sum(
            number
            for (done, of, inside), number in self._counts.items()
            if done in wanted and fits_shell(type_, of) and _is_in(module, inside)
        )

    def share(self, actions: Collection[str]) -> float:
        """Which part of everything that there is has one of these actions, from 0 to 1."""
        there = self._changeset.no_ops + sum(
            change.mode == "managed" and change.action in (*LIVE, Action.MOVE) for change in self._changeset.changes
        )
        return self.count(actions) / there if there else 0.0

    def related(self, change: Change, type_: str, attribute: str) -> Beside:
        """The resources of a type that the apply leaves there and whose attribute names this one.

        What an attribute names is told by the configuration, and by its value; a value that nobody knows yet is told by the
        configuration alone.
        """
        changeset = self._changeset
        if not isinstance(changeset, TerraformChangeSet):
            return Beside(because="only a plan of Terraform says what stands beside a resource")
        found, because = [], ""
        names = _names(change, attribute)
        for sibling in self._of(changeset, type_, attribute):
            told = sibling.belongs(change, names)
            if told is None:
                because = f"{attribute} of {sibling.change.address} is not known"
            elif told:
                found.append(str(sibling.change.address))
        return Beside(tuple(found), because)

    def module_call(self, change: Change) -> tuple[str, str] | None:
        """The source and the version constraint of the module that a resource comes from.

        That is the first one on the way from the root whose source is no folder of this configuration. Empty in the root module
        and in such folders; None where the plan does not say.
        """
        if not change.module:
            return "", ""
        known = self._changeset.modules if isinstance(self._changeset, TerraformChangeSet) else {}
        parts = base(change.module).split(".")
        local = False
        for end in range(2, len(parts) + 1, 2):
            call = known.get(".".join(parts[:end]))
            if call is None:
                return None
            local = call[0].startswith(("./", "../"))
            if not local:
                return call
        return ("", "") if local else None

    def _of(self, changeset: TerraformChangeSet, type_: str, attribute: str) -> list[_Sibling]:
        key = (type_, attribute)
        if key not in self._siblings:
            written = changeset.sibling_arguments
            self._siblings[key] = [
                _Sibling(one, attribute, written.get(base(str(one.address)), {}).get(attribute))
                for one in (*changeset.changes, *changeset.siblings, *changeset.unchanged)
                if one.mode == "managed" and one.action not in _GONE and fits_shell(type_, one.type)
            ]
        return self._siblings[key]


class _Sibling(Struct, frozen=True):
    """A resource that may belong to another one, and what the configuration gives to its attribute."""

    change: Change
    attribute: str
    references: Sequence[str] | None

    def belongs(self, other: Change, names: Collection[str]) -> bool | None:
        """Whether its attribute names the other one; None where that cannot be told."""
        mine = self.change
        value = mine.after.get(self.attribute) if mine.after is not None else None
        references = self.references or ()
        if isinstance(value, str) and value in names:
            return True
        if base(str(other.address)) in references:
            return _same_instance(mine.index, other.index)
        if not isinstance(value, (Unknown, Sensitive)):
            return False
        return None if not references or any(one == "?" or "local." in one for one in references) else False


def _same_instance(mine: str | int | None, other: str | int | None) -> bool | None:
    """Whether instances of two blocks, of which one refers to the other, belong together: those of one key do."""
    if other is None or mine == other:
        return True
    return False if type(mine) is type(other) else None


def _names(change: Change, attribute: str) -> frozenset[str]:
    """What other resources may call this one by."""
    keys = dict.fromkeys((*_IDENTIFYING, attribute, attribute.rpartition("_")[0]))
    return frozenset(filter(None, (_text(change, key) for key in keys if key)))


def _text(change: Change, key: str) -> str:
    """The text of an attribute after the apply, or before it where it stays the same object and the new one is not known."""
    sides = (change.after,) if change.action is Action.REPLACE else (change.after, change.before)
    values = (side.get(key) for side in sides if side is not None)
    return next((value for value in values if isinstance(value, str) and value), "")


def _is_in(wanted: str, module: str) -> bool:
    """Whether a module is one that is wanted, or stands in it. Brackets are parts of addresses."""
    return wanted == "*" or any(fits_address(f"{wanted}{below}", module) for below in ("", ".*", "[*"))
