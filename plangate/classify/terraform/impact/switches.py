"""Settings that open something: public buckets, databases with public addresses, endpoints for every network."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from plangate.classify.terraform.impact import exposure
from plangate.classify.terraform.impact.exposure import Switch
from plangate.classify.terraform.impact.values import all_hold, leaves, same_hidden, spelled
from plangate.model.change import Action, Effect, EffectName
from plangate.model.values import UNKNOWN

if TYPE_CHECKING:
    from plangate.classify.terraform.impact.plan_index import PlanIndex, Subject


def opened(subject: Subject, _scene: PlanIndex) -> Iterator[Effect]:
    """What is open after, and was not before."""
    for switch in exposure.switches(subject.type):
        opens = _opens(switch, subject)
        if opens is not False:
            yield Effect(EffectName.EXPOSES, switch.because, switch.kind, _paths(switch), certain=opens is True)


def weak(subject: Subject, _scene: PlanIndex) -> Iterator[Effect]:
    """What guards after, and holds back less than it could."""
    for guard in exposure.weak_guards(subject.type):
        opens = _opens(guard, subject)
        if opens is not False:
            yield Effect(EffectName.UNPROTECTS, guard.because, guard.kind, _paths(guard), certain=opens is True)


def _paths(switch: Switch) -> tuple[str, ...]:
    return tuple(dict.fromkeys(spelled(test.path) for test in switch.when))


def _opens(switch: Switch, subject: Subject) -> bool | None:
    if subject.change.action is Action.DESTROY or subject.after is None:
        return False
    if not (switch.create if subject.creates else switch.update):
        return False
    if not any(subject.touched(name) for name in switch.heads):
        return False
    after = subject.after
    now = all_hold(switch.when, after)
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
    return all(
        UNKNOWN in leaves(subject.after, test.path) and not (kept and leaves(subject.old, test.path))
        for test in switch.when
        if _hidden(test.path, subject)
    )


def _hidden(path: str, subject: Subject) -> bool:
    return any(value is UNKNOWN for value in leaves(subject.after, path))
