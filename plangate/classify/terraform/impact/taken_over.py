"""Creates that are not of something new: they set what is there already, or claim a name that something else in the plan claims."""

from __future__ import annotations

import functools
from collections import Counter
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from plangate import knowledge as shipped
from plangate.classify.terraform.impact import exposure, names
from plangate.classify.terraform.impact.lookup import Lookup
from plangate.classify.terraform.impact.values import Test, all_hold, leaves, spelled
from plangate.model.change import Action, Change, Effect, EffectName
from plangate.model.values import UNKNOWN, Sensitive

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator

    from plangate.classify.terraform.impact.plan_index import PlanIndex, Subject


class Setting(Struct, frozen=True, forbid_unknown_fields=True):
    """Types that set what there is only one of, and the attributes that name whose; none: there is always one."""

    types: tuple[str, ...]
    because: str
    of: tuple[str, ...] = ()
    when: tuple[Test, ...] = ()


class TakenOverKnowledge(Struct, frozen=True, forbid_unknown_fields=True):
    """The document."""

    settings: tuple[Setting, ...]
    names: tuple[str, ...]


@functools.cache
def knowledge() -> TakenOverKnowledge:
    """The document."""
    return shipped.knowledge("taken-over", TakenOverKnowledge)


def settings(type_: str) -> tuple[Setting, ...]:
    """What sets something that is there already, by type."""
    return _settings()(type_)


@functools.cache
def _settings() -> Lookup[Setting]:
    return Lookup((type_, entry) for entry in knowledge().settings for type_ in entry.types)


def takes_over(subject: Subject, scene: PlanIndex) -> Iterator[Effect]:
    """A create that sets something of an object which this plan does not make."""
    change = subject.change
    if not subject.creates or change.after is None or _is_told(subject.type):
        return
    for setting in settings(subject.type)[:1]:
        held = all_hold(setting.when, change.after)
        named = [value for path in setting.of for value in leaves(change.after, path)]
        # What only the apply will know is named by something that the plan makes.
        new = any(value is UNKNOWN or (isinstance(value, str) and value in scene.made) for value in named)
        if held is False or new or (setting.of and not named):
            continue
        hidden = any(isinstance(value, Sensitive) for value in named)
        yield Effect(EffectName.ADOPTS, setting.because, "setting", setting.of, certain=held is True and not hidden)


_BINDING: Final = ("_iam_policy", "_iam_binding")


@functools.cache
def _is_told(type_: str) -> bool:
    """Whether another rule speaks of what such a create takes away."""
    return any(type_.startswith(start) for start in exposure.knowledge().google_scopes) and type_.endswith(_BINDING)


def claimed_twice(subject: Subject, scene: PlanIndex) -> Iterator[Effect]:
    """A create under a name that exists once, and that another address of the plan creates too."""
    claim = _claim(subject.change) if subject.creates else None
    if claim is not None and claim in scene.twice:
        paths = tuple(map(spelled, names.paths(subject.type)))
        because = f"claims a name that another address of this plan claims too ({paths[0]})"
        yield Effect(EffectName.ADOPTS, because, "name-twice", paths)


def _claim(change: Change) -> Hashable:
    """The type, the provider and the name of a created object, where that can exist only once and is known."""
    paths = names.paths(change.type)
    if not paths or change.after is None:
        return None
    first = leaves(change.after, paths[0])
    if not first or not all(isinstance(value, str) for value in first):
        return None
    return change.type, change.provider, *(str(leaves(change.after, path)) for path in paths)


def twice(changes: Iterable[Change]) -> frozenset[Hashable]:
    """The names that several addresses create."""
    counts = Counter(
        claim for change in changes if change.action is Action.CREATE and (claim := _claim(change)) is not None
    )
    return frozenset(claim for claim, count in counts.items() if count > 1)


def made(changes: Iterable[Change]) -> frozenset[str]:
    """What names the objects that a plan creates, where anything in it sets something of others."""
    created = [change for change in changes if change.action is Action.CREATE and change.after is not None]
    if not any(settings(change.type) for change in created):
        return frozenset()
    found = (
        change.after.get(name)
        for change in created
        if change.after is not None and not settings(change.type)
        for name in knowledge().names
    )
    return frozenset(value for value in found if isinstance(value, str) and value)
