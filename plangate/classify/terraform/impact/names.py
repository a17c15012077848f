"""Names that can exist once: a replacement that creates first, under the same name, is refused."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from plangate import knowledge as shipped
from plangate.classify.terraform.impact import type_class
from plangate.classify.terraform.impact.values import UNSURE, leaves, spelled
from plangate.lang.glob import fits
from plangate.model.change import Action, Effect, EffectName, ReplaceOrder
from plangate.model.resource_type import Consequence

if TYPE_CHECKING:
    from plangate.classify.terraform.impact.plan_index import PlanIndex, Subject
    from plangate.model.change import Change


class NamesKnowledge(Struct, frozen=True, forbid_unknown_fields=True):
    """`policies/knowledge/unique-names.yaml`."""

    refused: dict[str, tuple[str, ...]]
    maybe: dict[str, tuple[str, ...]]
    overwritten: dict[str, tuple[str, ...]]
    identity: tuple[str, ...]
    same_as: dict[str, str]
    everywhere: tuple[str, ...]


@functools.cache
def knowledge() -> NamesKnowledge:
    """The document."""
    return shipped.knowledge("unique-names", NamesKnowledge)


def paths(type_: str) -> tuple[str, ...]:
    """The attributes that together can exist only once."""
    known = knowledge()
    return known.refused.get(type_) or known.maybe.get(type_) or ()


def named(type_: str) -> tuple[str, ...]:
    """The attributes that together name an object, whether or not it can be written over."""
    return paths(type_) or knowledge().overwritten.get(type_, ())


def collides(subject: Subject, _scene: PlanIndex) -> Iterator[Effect]:
    """The new object is created while the old one still has the name."""
    change = subject.change
    if change.action is not Action.REPLACE or change.replace_order is not ReplaceOrder.CREATE_FIRST:
        return
    unique = named(subject.type)
    if not unique or change.before is None or change.after is None:
        return
    before, after = leaves(change.before, unique[0]), leaves(change.after, unique[0])
    if not before or before != after or isinstance(before[0], UNSURE):
        return
    rest = [(leaves(change.before, path), leaves(change.after, path)) for path in unique[1:]]
    unsure = any(isinstance(value, UNSURE) for _, new in rest for value in new)
    if any(old != new for old, new in rest if not any(isinstance(value, UNSURE) for value in new)):
        return
    shown = tuple(map(spelled, unique))
    if subject.type in knowledge().overwritten:
        if "forget" not in change.actions:
            known = type_class.of(subject.type)
            consequence = known.consequence if known is not None else None
            because = f"is written in the place of the old one ({shown[0]}), and then deleted with it: nothing is left"
            bad = None if consequence is Consequence.NONE else consequence
            yield Effect(EffectName.REMOVES, because, "overwritten", shown, not unsure, consequence=bad)
    elif subject.type in knowledge().refused and not unsure:
        because = f"is created while the old one still has its name ({shown[0]}), and is refused"
        yield Effect(EffectName.FAILS, because, "name-taken", shown)
    else:
        because = f"is created while the old one still has its name ({shown[0]}): refused, or taken for the old one and deleted with it"
        yield Effect(EffectName.MAY_FAIL, because, "name-taken", shown)


def claim(change: Change) -> tuple[str, ...] | None:
    """The type and the name that an object claims, where all of it is known and it can exist once."""
    unique = knowledge().refused.get(change.type)
    if not unique or change.after is None:
        return None
    parts = [leaves(change.after, path) for path in unique]
    if not parts[0] or any(not isinstance(value, (str, int)) for part in parts for value in part):
        return None
    # Where somebody says it, the same name may be in another place; mostly it is unknown.
    places = [change.after.get(name) for name in ("region", "project", "account_id")]
    return (
        change.type,
        change.provider,
        *(str(value) for part in parts for value in (part or [""])),
        *(place if isinstance(place, str) else "" for place in places),
    )


def is_global(type_: str) -> bool:
    """Whether a name of this type is the same in every region."""
    return any(fits(pattern, type_) for pattern in knowledge().everywhere)


def twice(subject: Subject, scene: PlanIndex) -> Iterator[Effect]:
    """A new object claims a name that another address of the plan claims too."""
    own = claim(subject.change)
    held = () if own is None else scene.named.get(own, ())
    others = [address for address in held if address != subject.change.address.text]
    if others:
        shown = tuple(map(spelled, paths(subject.type)))
        because = f"claims the same name as {others[0]} ({shown[0]}): one is refused, or both manage one object"
        yield Effect(EffectName.MAY_FAIL, because, "same-name", shown)
