"""Protection that goes away: a setting that is switched off, or a resource that protected another one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from plangate.classify.terraform.impact import protection, traits, type_class
from plangate.classify.terraform.impact.protection import Guard, GuardResource
from plangate.classify.terraform.impact.values import UNSURE, all_hold, items, leaves, plain, spelled
from plangate.model.change import Action, Effect, EffectName
from plangate.model.values import Sensitive

if TYPE_CHECKING:
    from plangate.classify.terraform.impact.plan_index import PlanIndex, Subject

_CHANGED = frozenset({Action.UPDATE, Action.REPLACE})


def switched_off(subject: Subject, _scene: PlanIndex) -> Iterator[Effect]:
    """A setting that protected before and does not after."""
    change = subject.change
    if change.action not in _CHANGED or change.before is None or change.after is None:
        return
    by_attribute = protection.guards(subject.type)
    for attribute in change.differing:
        for guard in by_attribute.get(attribute, ()):
            lost = _lost(guard, subject)
            if lost is not False:
                path = spelled(guard.while_.path)
                because = guard.because or protection.knowledge().words[guard.kind].replace("{path}", path)
                yield Effect(EffectName.UNPROTECTS, because, guard.kind, (path,), certain=lost is True)


def _lost(guard: Guard, subject: Subject) -> bool | None:
    """Whether the guard is on before and off after; None where a value hides it."""
    before, after = guard.while_.holds(subject.change.before), guard.while_.holds(subject.change.after)
    if before is False or after is True:
        return False
    if before and after is False:
        return True
    old, new = leaves(subject.change.before, guard.while_.path), leaves(subject.change.after, guard.while_.path)
    if subject.change.action is Action.REPLACE and not any(isinstance(plain(value), Sensitive) for value in new):
        # The provider decides again what nobody configures, and the plan shows it as unknown. An update keeps what was there.
        return False
    return False if old == new and all(isinstance(value, UNSURE) for value in old) else None


def removed(subject: Subject, scene: PlanIndex) -> Iterator[Effect]:
    """A resource that protected another one, deleted for good."""
    change = subject.change
    if change.action is not Action.DESTROY or change.address.deposed or subject.renamed:
        return
    if "harmless" in subject.traits or subject.traits & traits.HOLDS:
        return
    for guard in protection.guard_resources(subject.type):
        if guard.when and change.before is not None and all_hold(guard.when, change.before) is False:
            continue
        together = _guarded_goes(guard, subject, scene)
        if together and guard.moot:
            continue
        because = f"{guard.because}; what it guarded is deleted in the same plan" if together else guard.because
        known = type_class.of(subject.type)
        consequence = known.consequence if known is not None else None
        yield Effect(EffectName.UNPROTECTS, because, guard.kind, consequence=consequence)


def _guarded_goes(guard: GuardResource, subject: Subject, scene: PlanIndex) -> bool:
    before = subject.change.before
    if before is None:
        return False
    return any(value in scene.gone for name in guard.of for value in items(before.get(name)) if isinstance(value, str))
