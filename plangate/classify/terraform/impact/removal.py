"""What goes away with what is deleted: data, traffic, service; and what the provider refuses to delete."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING

from plangate.classify.terraform.impact import protection, traits
from plangate.classify.terraform.impact.values import Test, spelled
from plangate.model.change import Action, Effect, EffectName, ReplaceOrder, base

if TYPE_CHECKING:
    from plangate.classify.terraform.impact.plan_index import PlanIndex, Subject


def refusals(subject: Subject, _scene: PlanIndex) -> Iterator[Effect]:
    """The provider or the API refuses to delete what the state shows as protected: it looks at the state, not at the plan."""
    if not subject.deletes or subject.change.before is None:
        return
    verb = "replaced" if subject.change.action is Action.REPLACE else "deleted"
    for refusal in protection.refusals(subject.type):
        held = refusal.when.holds(subject.change.before)
        if held is False:
            continue
        path = spelled(refusal.when.path)
        yield Effect(
            EffectName.FAILS if refusal.certain else EffectName.MAY_FAIL,
            f"cannot be {verb}: {refusal.because or f'it is still protected in the state ({path})'}",
            kind="protected",
            paths=(path,),
            certain=held is True,
        )


def in_use(subject: Subject, scene: PlanIndex) -> Iterator[Effect]:
    """What is deleted first is refused while something still uses it: its users are only changed afterwards."""
    change = subject.change
    if change.replace_order is not ReplaceOrder.DESTROY_FIRST or "forget" in change.actions:
        return
    for entry in protection.in_use(subject.type):
        users = [user for user in scene.users.get(base(change.address.text), ()) if _type(user) not in entry.but]
        if users or not (scene.users or "routine" in subject.traits):
            because = "is deleted before the new one is created, which is refused while something still uses it"
            yield Effect(EffectName.MAY_FAIL, because, "in-use")


def data_loss(subject: Subject, _scene: PlanIndex) -> Iterator[Effect]:
    """A store that is deleted takes its data along, in either order of a replacement."""
    if not subject.deletes or traits.STATEFUL not in subject.traits or _stays(subject) is not None:
        return
    if traits.REFUSES in subject.traits:
        refusal = traits.knowledge().refuses_when_not_empty[subject.type]
        because = f"{_how(subject)}; the provider refuses while it is not empty{refusal.why}"
        yield Effect(
            EffectName.DATA_LOSS, because, kind="if-empty-only", paths=tuple(filter(None, (refusal.attribute,)))
        )
        return
    kind, words, paths = _way_back(subject)
    yield Effect(EffectName.DATA_LOSS, f"{_how(subject)}, and {traits.loses(subject.type)} with it{words}", kind, paths)


def left_behind(subject: Subject, _scene: PlanIndex) -> Iterator[Effect]:
    """What is forgotten is still there, and still paid for."""
    change = subject.change
    kind, paid = ("routine", "") if "routine" in subject.traits else ("", ", and is still paid for")
    if change.action is Action.FORGET:
        yield Effect(EffectName.FORGETS, f"is no longer managed; it stays{paid}", kind)
    elif "forget" in change.actions:
        because = f"is created again; the old one is no longer managed, but stays{paid}"
        yield Effect(EffectName.FORGETS, because, kind)
    elif subject.deletes and (stays := _stays(subject)) is not None:
        yield Effect(EffectName.FORGETS, stays.because, kind, (spelled(stays.path),))


def outage(subject: Subject, _scene: PlanIndex) -> Iterator[Effect]:
    """Requests stop, or nothing serves for a while."""
    change = subject.change
    if not subject.deletes or change.address.deposed or traits.STATEFUL in subject.traits or _stays(subject):
        return
    if change.action is Action.REPLACE:
        if change.replace_order is ReplaceOrder.CREATE_FIRST or not subject.traits & _SERVING:
            return
        yield Effect(
            EffectName.DOWNTIME,
            "is deleted before the new one is created, and nothing serves in between",
            kind="compute" if "compute" in subject.traits else "replaced",
        )
    elif subject.renamed:
        if subject.traits & _SERVING:
            yield Effect(EffectName.DOWNTIME, "is deleted and created again under another address", kind="replaced")
    elif "compute" in subject.traits:
        yield Effect(EffectName.TRAFFIC_CUT, "is deleted with its own disks, and what runs on it stops", kind="compute")
    elif "serves" in subject.traits:
        yield Effect(EffectName.TRAFFIC_CUT, "is deleted, and what goes through it stops")
    elif "replica" in subject.traits:
        yield Effect(EffectName.DOWNTIME, "is deleted, and who reads from it has to read elsewhere", kind="replica")
    elif "triggers" in subject.traits:
        yield Effect(EffectName.DOWNTIME, "is deleted, and what hangs on it no longer runs", kind="trigger")


_RELEASE = "helm_release"
"""A release is no object: deleting it uninstalls all that it installed."""

_SERVING = frozenset({"serves", "foundation", "compute", "replica"})


def _type(address: str) -> str:
    """The type in an address without instance keys."""
    return address.rpartition(".")[0].rpartition(".")[2]


def _how(subject: Subject) -> str:
    change = subject.change
    if change.address.deposed:
        return "has an old object left over from a replacement; it is deleted"
    if change.action is not Action.REPLACE:
        return "is uninstalled" if subject.type == _RELEASE else "is deleted"
    if subject.type == _RELEASE:
        return "is uninstalled, then installed again and empty"
    if change.replace_order is ReplaceOrder.CREATE_FIRST:
        return "is created again and empty, then the old one is deleted"
    return "is deleted, then created empty"


def _stays(subject: Subject) -> traits.Stays | None:
    stays = traits.knowledge().stays_behind.get(subject.type)
    return stays if stays is not None and _stays_test(subject.type).holds(subject.change.before) else None


@functools.cache
def _stays_test(type_: str) -> Test:
    return traits.knowledge().stays_behind[type_].test()


def _way_back(subject: Subject) -> tuple[str, str, tuple[str, ...]]:
    """The kind of a loss, what to say of the way back, and where that was read."""
    known, before = traits.knowledge(), subject.change.before
    copy, recoverable = known.final_copy.get(subject.type), known.recoverable.get(subject.type)
    if copy is not None and before is not None:
        taken = copy.holds(before)
        words = (
            "; a final snapshot is taken first" if taken else "; no final snapshot is taken" if taken is False else ""
        )
        return ("with-snapshot" if taken else "destroyed"), words, (spelled(copy.path),)
    if recoverable is not None and before is not None and recoverable.holds(before):
        return "recoverable", "; it can be restored for some days", (spelled(recoverable.path),)
    return "destroyed", "", ()
