"""Updates in place: what restarts, what stops running, what is set back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from plangate.classify.terraform.impact import risk
from plangate.classify.terraform.impact.values import UNSURE, all_hold, head, leaves, number, spelled
from plangate.lang.wording import several
from plangate.model.change import Action, Effect, EffectName

if TYPE_CHECKING:
    from plangate.classify.terraform.impact.plan_index import PlanIndex, Subject

_CHANGED = frozenset({Action.UPDATE, Action.REPLACE})


def restarts(subject: Subject, _scene: PlanIndex) -> Iterator[Effect]:
    """An update that interrupts what it updates. One effect for each kind."""
    change = subject.change
    if change.action is not Action.UPDATE:
        return
    kinds: set[str] = set()
    for entry in risk.restarts(subject.type):
        if entry.kind in kinds or not any(head(path) in change.differing for path in entry.paths):
            continue
        held = all_hold(entry.only, change.after)
        if held is False or all_hold(entry.from_, change.before) is False:
            continue
        changed = [path for path in entry.paths if leaves(change.before, path) != leaves(change.after, path)]
        if not changed:
            continue
        kinds.add(entry.kind)
        # One value that is known to change is enough, whatever else is hidden.
        sure = [path for path in changed if not any(isinstance(v, UNSURE) for v in leaves(change.after, path))]
        known = held is True and bool(sure)
        paths = tuple(map(spelled, sure if known else changed))
        because = entry.because.replace("{path}", paths[0])
        yield Effect(EffectName.DOWNTIME, because, entry.kind, paths, certain=known)


_NUMBERS = re.compile(r"\d+")


def downgrades(subject: Subject, _scene: PlanIndex) -> Iterator[Effect]:
    """A version that is set back to an older one where the service refuses that, as after an upgrade of its own."""
    change = subject.change
    for path in risk.no_way_back(subject.type):
        if head(path) not in change.differing:
            continue
        sides = [v for side in (change.before, change.after) for v in leaves(side, path) if isinstance(v, str)]
        if len(sides) == 2 and is_older(*sides):
            by_itself = leaves(change.before, "auto_minor_version_upgrade") == [True]
            why = "; the service has upgraded it by itself (auto_minor_version_upgrade)" if by_itself else ""
            because = f"is set back from version {sides[0]} to {sides[1]}, and a downgrade is refused{why}"
            yield Effect(EffectName.FAILS, because, "downgrade", (spelled(path),))


def is_older(before: str, after: str) -> bool:
    """Whether a version is older than another one of the same product. `16` is no other one than `16.4`."""
    if _NUMBERS.split(before)[0] != _NUMBERS.split(after)[0]:
        return False
    old, new = ([int(part) for part in _NUMBERS.findall(side)[:8]] for side in (before, after))
    return bool(new) and new < old[: len(new)]


def rolls_pods(subject: Subject, _scene: PlanIndex) -> Iterator[Effect]:
    """The pod template of a workload changes."""
    path = risk.knowledge().pod_templates.get(subject.type)
    change = subject.change
    if path is None or change.action is not Action.UPDATE or head(path) not in change.differing:
        return
    if leaves(change.before, path) != leaves(change.after, path):
        yield Effect(EffectName.ROLLS_PODS, f"rolls its pods ({spelled(path)} changes)", paths=(spelled(path),))


def scaled_to_zero(subject: Subject, _scene: PlanIndex) -> Iterator[Effect]:
    """A count that becomes 0, or a switch that is turned off.

    What is not known of an object that is replaced is left to the provider; an update keeps what that decided before.
    """
    change = subject.change
    if change.action not in _CHANGED:
        return
    kept = change.action is Action.UPDATE
    for path in risk.knowledge().counts.get(subject.type, ()):
        if head(path) not in change.differing:
            continue
        before, after = leaves(change.before, path), leaves(change.after, path)
        if not after or (before and number(before[0]) == 0):
            continue
        zero = None if isinstance(after[0], UNSURE) else number(after[0]) == 0
        if zero or (zero is None and kept and before):
            because = f"runs nothing any more ({spelled(path)} = 0)"
            yield Effect(EffectName.SCALE_TO_ZERO, because, paths=(spelled(path),), certain=zero is True)
            return
    for stop in risk.stops(subject.type):
        if head(stop.when.path) not in change.differing or stop.when.holds(change.before) is True:
            continue
        off = stop.when.holds(change.after)
        if off or (off is None and kept):
            path = spelled(stop.when.path)
            because = f"is switched off ({path})"
            yield Effect(EffectName.SCALE_TO_ZERO, because, "switched-off", (path,), certain=off is True)


def shortened(subject: Subject, _scene: PlanIndex) -> Iterator[Effect]:
    """A limit of how long the past is kept becomes lower: what is older is deleted."""
    change = subject.change
    for entry in risk.kept(subject.type):
        if head(entry.path) not in change.differing:
            continue
        before, after = leaves(change.before, entry.path), leaves(change.after, entry.path)
        old = number(before[0]) if before else None
        if old is None or not after:
            continue
        path = spelled(entry.path)
        because = f"keeps less of the past, and what is older is deleted ({path})"
        new = number(after[0])
        if new is None:
            if isinstance(after[0], UNSURE):
                yield Effect(EffectName.DATA_LOSS, because, "shortened", (path,), certain=False)
        elif 0 < new < old or (entry.forever and old == 0 < new):
            yield Effect(EffectName.DATA_LOSS, because, "shortened", (path,))


def reverts(subject: Subject, scene: PlanIndex) -> Iterator[Effect]:
    """What was changed outside of Terraform and is set back, or set to something else again."""
    rival, undone = scene.rivals.get(str(subject.change.address), ("", ()))
    if rival and subject.change.action in _CHANGED:
        because = f"and {rival} manage one object: each apply of one undoes the other"
        yield Effect(EffectName.REVERTS_LIVE, because, "rival", undone)
    paths = scene.reverted.get(str(subject.change.address))
    if paths and subject.change.action in _CHANGED:
        yield Effect(
            EffectName.REVERTS_LIVE, f"undoes {several(len(paths), 'change')} made outside of Terraform", paths=paths
        )
