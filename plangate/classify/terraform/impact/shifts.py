"""Instances of a `count` that take each other's place: one item is deleted or inserted, and all that follow shift."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from plangate.classify.terraform.impact.values import UNSURE, Maybe, empty, plain
from plangate.model.change import Action
from plangate.model.values import ABSENT

if TYPE_CHECKING:
    from plangate.model.change import Change

_CHANGED: Final = frozenset({Action.UPDATE, Action.REPLACE})


def shifted(changes: Iterable[Change]) -> dict[str, str]:
    """A note for every address that takes part in a shift."""
    groups: dict[tuple[str, str, str], dict[int, Change]] = {}
    for change in changes:
        if isinstance(change.index, int) and not isinstance(change.index, bool) and not change.address.deposed:
            groups.setdefault((change.module, change.type, change.name), {})[change.index] = change
    found: dict[str, str] = {}
    for group in groups.values():
        found |= _notes(group)
    return found


def _notes(group: dict[int, Change]) -> dict[str, str]:
    moving = [index for index, change in group.items() if change.action in _CHANGED]
    if not moving or len(group) < 2:
        return {}
    for step, action, verb in (
        (1, Action.DESTROY, "deleting one item of"),
        (-1, Action.CREATE, "inserting one item into"),
    ):
        if not any(change.action is action for change in group.values()):
            continue
        taking = [index for index in moving if index + step in group and _takes(group[index], group[index + step])]
        if taking:
            note = f"{verb} a `count` shifts the others: with for_each only that one would change"
            edge = {index for index, change in group.items() if change.action is action}
            return {group[index].address.text: note for index in (*taking, *edge)}
    return {}


def _takes(change: Change, neighbour: Change) -> bool:
    """Whether it becomes what its neighbour was: every value that changes is the neighbour's old one."""
    if change.after is None or neighbour.before is None:
        return False
    same = 0
    for attribute in change.differing:
        value: Maybe = plain(change.after.get(attribute))
        if isinstance(value, UNSURE):
            continue
        if value != (neighbour.before.get(attribute) if value is ABSENT else plain(neighbour.before.get(attribute))):
            return False
        same += not empty(value)
    return same > 0
