"""What ties changes of one plan together, in a note for people and a trait for policies."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from plangate.classify.terraform.impact import pairs, shifts, traits
from plangate.lang.wording import joined
from plangate.model.change import Action, base

if TYPE_CHECKING:
    from plangate.model.change import Change, TerraformChangeSet

_CHANGED: Final = frozenset({Action.UPDATE, Action.REPLACE})
_MOST_NAMED: Final = 2


class Correlations(Struct, frozen=True):
    """The ties of one plan."""

    partners: dict[pairs.Key, Change]
    shifts: dict[str, str]
    users: dict[str, tuple[str, ...]]
    """The changes that use a replaced resource, by its address without instance keys."""
    crowds: dict[pairs.Key, int]
    """How many of one type are created, by the first of them, where that is very many."""
    whole: bool
    """Whether most of what the plan creates was found deleted: that is one event, and not many."""

    def tell(self, change: Change, known: frozenset[str]) -> tuple[tuple[str, ...], str | None]:
        """The traits that it adds to those `known`, and the note of one change."""
        told: list[tuple[str, str]] = []
        if change.found == "deleted" and change.action is Action.CREATE:
            told.append((_vanished(known, whole=self.whole), "was deleted outside of Terraform, and is created again"))
        partner = pairs.partner_note(change, self.partners)
        if partner is not None:
            told.append(("probable-move", partner))
        shift = self.shifts.get(change.address.text)
        if shift is not None and not change.address.deposed:
            # What every deploy makes anew may take any place.
            told.append(("" if "routine" in known else "count-shift", shift))
        if change.action is Action.REPLACE and (users := self.users.get(base(change.address.text))):
            told.append(("blast-radius", _radius(users)))
        if (many := self.crowds.get(pairs.key(change))) is not None:
            told.append(("crowd", f"the first of {many} `{change.type}` that this plan creates"))
        notes = [note for note in (change.note, *(note for _, note in told)) if note]
        return tuple(trait for trait, _ in told if trait), "; ".join(notes) or None


def _vanished(known: frozenset[str], *, whole: bool) -> str:
    """What an object is that was found deleted. A local file is missing on every new runner: what is routine did not vanish."""
    if "routine" in known:
        return ""
    if whole:
        return "vanished-with-others"
    return "vanished" if known & _HELD else "deleted-outside"


def story(changeset: TerraformChangeSet) -> Correlations:
    """Look for the ties of one plan."""
    changes = [change for change in changeset.changes if change.mode == "managed"]
    return Correlations(
        partners=pairs.renamed(changes),
        shifts=shifts.shifted(changes),
        users=_users(changeset, changes),
        crowds=_crowds(changes),
        whole=_whole(changes),
    )


_FEWEST_OF_A_WHOLE: Final = 5
_HELD: Final = traits.HOLDS | {"compute", traits.UNFAMILIAR}


def _whole(changes: list[Change]) -> bool:
    created = [c for c in changes if c.action is Action.CREATE and "routine" not in traits.of_type(c.type)]
    vanished = sum(change.found == "deleted" for change in created)
    return vanished >= _FEWEST_OF_A_WHOLE and 2 * vanished > len(created)


def _crowds(changes: list[Change]) -> dict[pairs.Key, int]:
    """Very many new objects of one type: a loop over the wrong list, or a state that was lost."""
    created: dict[str, list[Change]] = {}
    for change in changes:
        if change.action is Action.CREATE:
            created.setdefault(change.type, []).append(change)
    most = traits.knowledge().crowds
    found = {}
    for type_, same in created.items():
        known = traits.of_type(type_)
        limit = most.heavy if known & _HEAVY else most.light
        if len(same) >= limit and "routine" not in known:
            found[pairs.key(same[0])] = len(same)
    return found


_HEAVY: Final = frozenset({traits.STATEFUL, "foundation", "compute"})


def _users(changeset: TerraformChangeSet, changes: list[Change]) -> dict[str, tuple[str, ...]]:
    """Who uses a replaced resource and changes in the same plan."""
    users = changeset.references.users
    if not users:
        return {}
    changing: dict[str, list[str]] = {}
    for change in changes:
        if change.action in _CHANGED:
            changing.setdefault(base(change.address.text), []).append(change.address.text)
    replaced = {base(change.address.text) for change in changes if change.action is Action.REPLACE}
    return {
        address: tuple(sorted(one for user in users.get(address, ()) for one in changing.get(user, ())))
        for address in replaced
    }


def _radius(users: tuple[str, ...]) -> str:
    named = [f"`{user}`" for user in users[:_MOST_NAMED]]
    if len(users) > len(named):
        named.append(f"{len(users) - len(named)} more")
    return (
        f"used by {len(users)} {'other that changes' if len(users) == 1 else 'others that change'} too: {joined(named)}"
    )
