"""What goes away with what is deleted: data, traffic, service; and what the provider refuses to delete."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from plangate.classify.terraform.impact import protection, traits, type_class
from plangate.classify.terraform.impact.lookup import Lookup
from plangate.classify.terraform.impact.values import Test, spelled
from plangate.model.change import Action, Effect, EffectName, ReplaceOrder, base
from plangate.model.resource_type import Class, Consequence

if TYPE_CHECKING:
    from plangate.classify.terraform.impact.plan_index import PlanIndex, Subject
    from plangate.model.resource_type import TypeClass


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


def holds(type_: str) -> bool:
    """Whether content can go with a type."""
    return not traits.HOLDS.isdisjoint(traits.of_type(type_) | traits.of_class(type_))


def data_loss(subject: Subject, _scene: PlanIndex) -> Iterator[Effect]:
    """A store that is deleted takes its data along, in either order of a replacement."""
    if not subject.deletes or subject.traits.isdisjoint(traits.HOLDS) or _stays(subject) is not None:
        return
    known = type_class.of(subject.type)
    if traits.REFUSES in subject.traits:
        refusal = traits.knowledge().refuses_when_not_empty[subject.type]
        because = f"{_how(subject)}; the provider refuses while it is not empty{refusal.why}"
        yield Effect(
            EffectName.DATA_LOSS, because, kind="if-empty-only", paths=tuple(filter(None, (refusal.attribute,)))
        )
        return
    kind, words, paths = _way_back(subject)
    because = f"{_how(subject)}, and {_what(known)}{words}"
    yield Effect(
        EffectName.DATA_LOSS, because, kind, paths, consequence=known.consequence if known is not None else None
    )


def left_behind(subject: Subject, _scene: PlanIndex) -> Iterator[Effect]:
    """What is forgotten is still there, and still paid for."""
    change = subject.change
    kind, paid = ("routine", "") if subject.traits & _UNMISSED else ("", ", and is still paid for")
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
    if not subject.deletes or change.address.deposed or subject.traits & traits.HOLDS or _stays(subject):
        return
    if change.action is Action.REPLACE:
        if change.replace_order is not ReplaceOrder.CREATE_FIRST and subject.traits & _SERVING:
            kind = "compute" if "compute" in subject.traits else "replaced"
            because = "is deleted before the new one is created, and nothing serves in between"
            yield Effect(EffectName.DOWNTIME, because, kind)
        return
    if subject.renamed:
        if subject.traits & (_SERVING | {"foundation"}):
            yield Effect(EffectName.DOWNTIME, "is deleted and created again under another address", kind="replaced")
        return
    known = type_class.of(subject.type)
    bad, what = (known.consequence, _what(known)) if known is not None else (None, "")
    if "compute" in subject.traits:
        because = "is deleted with its own disks, and what runs on it stops"
        yield Effect(EffectName.TRAFFIC_CUT, because, "compute", consequence=bad)
    elif "serves" in subject.traits:
        yield Effect(EffectName.TRAFFIC_CUT, f"is deleted, and {what}", consequence=bad)
    elif "replica" in subject.traits:
        yield Effect(EffectName.DOWNTIME, "is deleted, and who reads from it has to read elsewhere", kind="replica")


def goes(subject: Subject, scene: PlanIndex) -> Iterator[Effect]:
    """What is deleted goes, and what that means is said by its class. Only asked where nothing more precise is known."""
    change, known = subject.change, type_class.of(subject.type)
    if known is None or subject.traits & _UNMISSED or not subject.deletes or _stays(subject) is not None:
        return
    class_ = known.class_
    if class_ not in _SAID_HERE or known.consequence is Consequence.NONE:
        return
    if class_ in _STOOD_ON:
        if (subject.renamed and "recreatable" in subject.traits) or _renewed(subject):
            return
        how = "is replaced: the old one is deleted" if change.action is Action.REPLACE else "is deleted"
    elif change.action is not Action.DESTROY or change.address.deposed or subject.renamed or scene.goes_with(change):
        return
    else:
        how = "is deleted"
    _, words, paths = _way_back(subject)
    because = f"{how}, and {_what(known)}{words}"
    if class_ is Class.DELIVERS:
        yield Effect(EffectName.DOWNTIME, because, "trigger", consequence=known.consequence)
        return
    yield Effect(EffectName.REMOVES, because, class_.value, paths, consequence=known.consequence)


_STOOD_ON: Final = frozenset({Class.FOUNDATION, Class.IDENTITY})
"""Who uses it holds on to the old object, also when a new one comes."""

_REMOVED: Final = _STOOD_ON | {
    Class.GRANTS,
    Class.GUARDS,
    Class.WATCHES,
    Class.CONFIGURES,
    Class.ATTACHES,
    Class.VERSION,
}
_SAID_HERE: Final = _REMOVED | {Class.DELIVERS}
"""Data and traffic are said before."""

_WHAT: Final[dict[Class, str]] = {
    Class.DATA: "its data goes",
    Class.FOUNDATION: "what stands on it stops",
    Class.SERVES: "what goes through it stops",
    Class.GUARDS: "what it protected is no longer protected",
    Class.WATCHES: "nobody is told any more",
    Class.IDENTITY: "whoever uses it is locked out",
    Class.DELIVERS: "what hangs on it no longer runs",
    Class.CONFIGURES: "what it set goes back to its default",
    Class.ATTACHES: "what it joined comes apart",
    Class.VERSION: "nothing can go back to it",
}
"""What is said where nobody has said more."""

_RIGHTS: Final = {
    "authoritative": "every right that it lists is taken away",
    "additive": "whoever had rights through it loses them",
}


def _renewed(subject: Subject) -> bool:
    """Whether the new one is there before the old one goes, and users are moved to it: certificates."""
    return subject.change.replace_order is ReplaceOrder.CREATE_FIRST and bool(_renewable()(subject.type))


@functools.cache
def _renewable() -> Lookup[bool]:
    return Lookup((pattern, True) for pattern in traits.knowledge().renewable)


def _what(known: TypeClass | None) -> str:
    """What goes, as a clause."""
    if known is None:
        return "its data goes with it"
    if known.class_ is Class.GRANTS:
        return _RIGHTS.get(known.what, known.what or _RIGHTS["additive"])
    what = known.what or _WHAT.get(known.class_, "")
    return f"{what} with it" if known.class_ is Class.DATA else what


_RELEASE = "helm_release"
"""A release is no object: deleting it uninstalls all that it installed."""

_SERVING = frozenset({"serves", "compute", "replica"})
_UNMISSED = frozenset({"routine", "harmless"})


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
