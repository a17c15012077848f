"""Deletes and creates of one plan that are one object under two addresses: a `moved` block is missing.

Pairs need evidence: the same name in the cloud, or every value that is known equal. Objects are paired one to one; where
two could be meant, none is.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from typing import TYPE_CHECKING, Final, TypeAlias

from plangate.classify.terraform.impact import names, traits
from plangate.classify.terraform.impact.values import UNSURE, empty, leaves, plain
from plangate.model.change import Action, Effect, EffectName
from plangate.model.values import Sensitive

if TYPE_CHECKING:
    from plangate.model.change import Change
    from plangate.model.values import Side

Key: TypeAlias = tuple[str, str]
"""Address and deposed key."""

_MOST_COMPARED: Final = 900
"""Pairs of one type that are compared value by value."""

_FEWEST_EQUAL: Final = 2


def key(change: Change) -> Key:
    """What tells changes of one plan apart."""
    return change.address.text, change.address.deposed


def renamed(changes: Iterable[Change]) -> dict[Key, Change]:
    """For a delete its create, and for a create its delete."""
    gone: dict[str, list[Change]] = {}
    come: dict[str, list[Change]] = {}
    for change in changes:
        if change.mode != "managed" or change.address.deposed:
            continue
        if change.action is Action.DESTROY and change.before is not None:
            gone.setdefault(_type(change.type), []).append(change)
        elif change.action is Action.CREATE and change.after is not None and change.found != "deleted":
            come.setdefault(_type(change.type), []).append(change)
    found: dict[Key, Change] = {}
    for type_ in gone.keys() & come.keys():
        for old, new in _pairs(type_, gone[type_], come[type_]):
            found[key(old)], found[key(new)] = new, old
    return found


def _type(type_: str) -> str:
    """A type under its newest name."""
    same = names.knowledge().same_as.get(type_, type_)
    return same.removesuffix("_v1") if same.startswith("kubernetes_") else same


def _pairs(type_: str, gone: list[Change], come: list[Change]) -> Iterable[tuple[Change, Change]]:
    if "routine" in traits.of_class(type_):
        return
    olds, news = _by_identity(type_, gone, "before"), _by_identity(type_, come, "after")
    for identity, same in olds.items():
        if identity is not None and len(same) == 1 and len(news.get(identity, ())) == 1:
            yield same[0], news[identity][0]
    old_left, new_left = olds.get(None, []), news.get(None, [])
    if len(old_left) * len(new_left) > _MOST_COMPARED:
        return
    likes = [(old, new) for old in old_left for new in new_left if _alike(old.before, new.after)]
    for old, new in likes:
        if sum(pair[0] is old or pair[1] is new for pair in likes) == 1:
            yield old, new


def _by_identity(type_: str, changes: list[Change], side: str) -> dict[Hashable, list[Change]]:
    found: dict[Hashable, list[Change]] = {}
    for change in changes:
        found.setdefault(_identity(type_, getattr(change, side)), []).append(change)
    return found


def _identity(type_: str, side: Side) -> Hashable:
    """What names the object in the cloud; None when nothing known does."""
    known = names.knowledge()
    unique = names.paths(type_) or names.paths(f"{type_}_v1")
    if unique:
        # Only the name itself: what is not known yet, or left to the provider, is no difference.
        first = leaves(side, unique[0])
        return (unique[0], str(first[0])) if first and not isinstance(first[0], UNSURE) else None
    there = frozenset(side.keys())
    for attribute in known.identity:
        if attribute in there and isinstance(value := plain(side.get(attribute)), str) and value:
            return attribute, value
    return None


def _alike(before: Side | None, after: Side | None) -> bool:
    """Whether everything that is known of the new object is as in the old one."""
    if before is None or after is None:
        return False
    equal = 0
    for attribute in after.keys():  # noqa: SIM118 - a Side is no mapping
        value = after.get(attribute)
        if empty(value) or isinstance(value, (bool, *UNSURE)):
            continue
        if plain(value) != plain(before.get(attribute)):
            return False
        equal += 1
    return equal >= _FEWEST_EQUAL


def partner_note(change: Change, partners: Mapping[Key, Change]) -> str | None:
    """What to say of a change that has a partner."""
    partner = partners.get(key(change))
    if partner is None:
        return None
    old, new = (change, partner) if change.action is Action.DESTROY else (partner, change)
    way = "add a moved block" if old.type == new.type else "move it in the state"
    return f"looks like `{old.address}` renamed to `{new.address}`: {way}, so that nothing is deleted"


def renames(old: Change, new: Change) -> Effect:
    """What to do where an object is deleted only because its address changes: the arguments of the block that is missing."""
    alike = old.type == new.type
    way = "add a `moved` block with" if alike else "move it in the state,"
    because = f"looks renamed: {way} from = {old.address} and to = {new.address}, and nothing is deleted"
    # An address with a hidden key is not one that can be written.
    writable = alike and not old.address.deposed and repr(Sensitive(0)) not in f"{old.address}{new.address}"
    block = f"moved {{\n  from = {old.address}\n  to   = {new.address}\n}}"
    return Effect(EffectName.REMOVES, because, "renamed", paste=block if writable else "")
