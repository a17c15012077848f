"""Settings that open something: public buckets, databases with public addresses, endpoints for every network."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from plangate.classify.terraform.impact import exposure
from plangate.classify.terraform.impact.exposure import Switch
from plangate.classify.terraform.impact.values import all_hold, leaves, same_hidden, spelled
from plangate.model.change import Action, Effect, EffectName
from plangate.model.values import UNKNOWN

if TYPE_CHECKING:
    from plangate.classify.terraform.impact.plan_index import PlanIndex, Subject


def opened(subject: Subject, scene: PlanIndex) -> Iterator[Effect]:
    """What is open after, and was not before."""
    for switch, certain in _on(exposure.switches(subject.type), subject, scene):
        yield Effect(EffectName.EXPOSES, switch.because, switch.kind, _paths(switch), certain)


def weak(subject: Subject, scene: PlanIndex) -> Iterator[Effect]:
    """What guards after, and holds back less than it could."""
    for guard, certain in _on(exposure.weak_guards(subject.type), subject, scene):
        yield Effect(EffectName.UNPROTECTS, guard.because, guard.kind, _paths(guard), certain)


def locked(subject: Subject, scene: PlanIndex) -> Iterator[Effect]:
    """What is set for good after, and was not before."""
    for lock, certain in _on(exposure.locks(subject.type), subject, scene):
        yield Effect(EffectName.LOCKS, lock.because, paths=_paths(lock), certain=certain)


def _on(switches: Iterable[Switch], subject: Subject, scene: PlanIndex) -> Iterator[tuple[Switch, bool]]:
    """The switches that a change turns on, and whether that is certain."""
    for switch in switches:
        opens = _opens(switch, subject, scene)
        if opens is not False:
            yield switch, opens is True


def _paths(switch: Switch) -> tuple[str, ...]:
    return tuple(dict.fromkeys(spelled(test.path) for test in switch.when))


def _opens(switch: Switch, subject: Subject, scene: PlanIndex) -> bool | None:
    if subject.change.action is Action.DESTROY or subject.after is None:
        return False
    if not (switch.create if subject.creates else switch.update):
        return False
    if switch.when and not any(subject.touched(name) for name in switch.heads):
        return False
    after = subject.after
    # What nobody set is the provider's own choice, and that is what such a condition asks for.
    asked = [test for test in switch.when if test.set is not False or not scene.left_out(subject, test.path)]
    now = all_hold(asked, after)
    if now is False:
        return False
    if now is None and switch.computed and _undecided(switch, subject):
        return False
    before = False if subject.old is None else all_hold(switch.when, subject.old)
    if before is True or (now is None and before is None and _stays(switch, subject)):
        return False
    return now


def _stays(switch: Switch, subject: Subject) -> bool:
    """Whether what cannot be seen is what could not be seen before."""
    return all(same_hidden(leaves(subject.old, test.path), leaves(subject.after, test.path)) for test in switch.when)


def _undecided(switch: Switch, subject: Subject) -> bool:
    """Whether the values are left to the provider: unknown as a whole. What it decided before stays through an update."""
    kept = subject.change.action is Action.UPDATE
    if isinstance(switch.computed, str):
        return UNKNOWN in leaves(subject.after, switch.computed) and not (kept and leaves(subject.old, switch.computed))
    return all(
        UNKNOWN in leaves(subject.after, test.path) and not (kept and leaves(subject.old, test.path))
        for test in switch.when
        if _hidden(test.path, subject)
    )


def _hidden(path: str, subject: Subject) -> bool:
    return any(value is UNKNOWN for value in leaves(subject.after, path))
