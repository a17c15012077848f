"""Credentials that change under their users, and code that runs during the apply."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from plangate.classify.terraform.impact import risk
from plangate.classify.terraform.impact.values import UNSURE, Maybe, empty, plain
from plangate.model.change import Action, Effect, EffectName, base
from plangate.model.values import UNKNOWN

if TYPE_CHECKING:
    from plangate.classify.terraform.impact.plan_index import PlanIndex, Subject

_WRITE_ONLY = ("_wo_version", "_wo_revision")
"""How providers call the counter that makes them send a write-only secret again."""

_RUNS = frozenset({Action.CREATE, Action.REPLACE, Action.UPDATE})


def rotates(subject: Subject, scene: PlanIndex) -> Iterator[Effect]:
    """A credential that is replaced, or a password that is set to another one."""
    change = subject.change
    if change.action is Action.REPLACE and "credential" in subject.traits and subject.deletes:
        if subject.type not in risk.knowledge().values or not scene.unused(change):
            yield Effect(EffectName.ROTATES_SECRET, "gets a new value, and whoever uses the old one is locked out")
        return
    if change.action is not Action.UPDATE or change.before is None or change.after is None:
        return
    known = risk.secrets(subject.type)
    for attribute in change.differing:
        if attribute.endswith(_WRITE_ONLY):
            if not empty(change.before.get(attribute)):
                because = f"is sent its secret again, perhaps another one ({attribute} changes)"
                yield Effect(EffectName.ROTATES_SECRET, because, "write-only", (attribute,))
            continue
        if attribute not in known:
            continue
        changes = _changes(change.before.get(attribute), change.after.get(attribute))
        if changes is not False:
            because = f"changes its {attribute}, and whoever uses the old one is locked out"
            yield Effect(EffectName.ROTATES_SECRET, because, paths=(attribute,), certain=changes is True)


def _changes(before: Maybe, after: Maybe) -> bool | None:
    """Whether a credential that was there is another one after. One that is added, or was empty, locks nobody out."""
    before, after = plain(before), plain(after)
    if empty(before) or before == after:
        return False
    if after is UNKNOWN:
        return None
    if isinstance(before, dict) and isinstance(after, dict):
        answers = [_changes(value, after.get(key)) for key, value in before.items()]
        return True if True in answers else None if None in answers else False
    if isinstance(before, UNSURE) is not isinstance(after, UNSURE) and not empty(after):
        return None
    return True


def runs_code(subject: Subject, scene: PlanIndex) -> Iterator[Effect]:
    """A provisioner or a job that the apply runs."""
    change = subject.change
    if scene.provisioners and base(change.address.text) in scene.provisioners:
        if change.action is Action.CREATE and base(change.address.text) in scene.unseen:
            because = "runs a command for the first time, and the plan does not show its text"
            yield Effect(EffectName.RUNS_CODE, because, "unseen")
        elif change.action in (Action.CREATE, Action.REPLACE):
            yield Effect(EffectName.RUNS_CODE, "runs its provisioners", "provisioner")
        elif change.action is Action.DESTROY:
            # The plan does not say which of them run at a destroy.
            yield Effect(EffectName.RUNS_CODE, "may run its provisioners", "provisioner", certain=False)
    elif "runs-code" in subject.traits and change.action in _RUNS and change.noise is None:
        yield Effect(EffectName.RUNS_CODE, "runs during the apply")
