"""Names that can exist once: a replacement that creates first, under the same name, is refused."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from plangate import knowledge as shipped
from plangate.classify.terraform.impact.values import UNSURE, leaves, spelled
from plangate.model.change import Action, Effect, EffectName, ReplaceOrder

if TYPE_CHECKING:
    from plangate.classify.terraform.impact.plan_index import PlanIndex, Subject


class NamesKnowledge(Struct, frozen=True, forbid_unknown_fields=True):
    """`policies/knowledge/unique-names.yaml`."""

    refused: dict[str, tuple[str, ...]]
    maybe: dict[str, tuple[str, ...]]
    identity: tuple[str, ...]
    same_as: dict[str, str]


@functools.cache
def knowledge() -> NamesKnowledge:
    """The document."""
    return shipped.knowledge("unique-names", NamesKnowledge)


def paths(type_: str) -> tuple[str, ...]:
    """The attributes that together can exist only once."""
    known = knowledge()
    return known.refused.get(type_) or known.maybe.get(type_) or ()


def collides(subject: Subject, _scene: PlanIndex) -> Iterator[Effect]:
    """The new object is created while the old one still has the name."""
    change = subject.change
    if change.action is not Action.REPLACE or change.replace_order is not ReplaceOrder.CREATE_FIRST:
        return
    unique = paths(subject.type)
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
    if subject.type in knowledge().refused and not unsure:
        because = f"is created while the old one still has its name ({shown[0]}), and is refused"
        yield Effect(EffectName.FAILS, because, "name-taken", shown)
    else:
        because = f"is created while the old one still has its name ({shown[0]}): refused, or taken for the old one and deleted with it"
        yield Effect(EffectName.MAY_FAIL, because, "name-taken", shown)
