"""Creates that take over what is there already: what `policies/knowledge/takeovers.yaml` knows."""

from __future__ import annotations

import functools
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct

from plangate import knowledge as shipped
from plangate.classify.terraform.impact.lookup import Lookup
from plangate.classify.terraform.impact.values import Test, all_hold, spelled
from plangate.model.change import Effect, EffectName

if TYPE_CHECKING:
    from plangate.classify.terraform.impact.plan_index import PlanIndex, Subject


class Takeover(Struct, frozen=True, forbid_unknown_fields=True):
    """Types whose create takes over something, while every condition holds; `of` names what it belongs to."""

    types: tuple[str, ...]
    kind: str
    because: str
    of: tuple[str, ...] = ()
    when: tuple[Test, ...] = ()


class TakeoverKnowledge(Struct, frozen=True, forbid_unknown_fields=True):
    """The document."""

    takeovers: tuple[Takeover, ...]


@functools.cache
def knowledge() -> TakeoverKnowledge:
    """The document."""
    return shipped.knowledge("takeovers", TakeoverKnowledge)


def of_type(type_: str) -> tuple[Takeover, ...]:
    """What creates of a type take over."""
    return _lookup()(type_)


@functools.cache
def _lookup() -> Lookup[Takeover]:
    return Lookup((type_, entry) for entry in knowledge().takeovers for type_ in entry.types)


def taken_over(subject: Subject, scene: PlanIndex) -> Iterator[Effect]:
    """What a create takes over. What the same plan makes has nothing yet that could be lost."""
    if subject.renamed or not subject.creates:
        return
    for entry in of_type(subject.type):
        held = all_hold(entry.when, subject.after)
        if held is False or scene.makes(subject, entry.of):
            continue
        paths = tuple(spelled(test.path) for test in entry.when) or entry.of[:1]
        yield Effect(EffectName.ADOPTS, entry.because, entry.kind, paths, certain=held is True)
        return
