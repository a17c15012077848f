"""Imports whose plan is not minimal: the object is taken over and changed at once.

What the configuration only adds is expected after an import: a provider does not read back what no API knows, such as a timeout. A
value that is there and becomes another one, or goes, is a difference between what runs and what is written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from plangate.classify.noise import is_tag, read_back
from plangate.lang.wording import listed
from plangate.model.change import Action, Effect, EffectName
from plangate.model.values import ABSENT, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.classify.terraform.impact.plan_index import PlanIndex, Subject
    from plangate.model.change import AttributeChange

_NAMED = 4


def differs(subject: Subject, _scene: PlanIndex) -> Iterator[Effect]:
    """An import that changes what it takes over, attribute by attribute."""
    change = subject.change
    if change.import_id is None or change.action is not Action.UPDATE:
        return
    differing = tuple(one.path for one in change.attributes if not _expected(one, change.type))
    if differing:
        expected = len(change.attributes) - len(differing)
        more = f"; {expected} more as expected after an import" if expected else ""
        because = f"is imported and changed at once: {listed(differing, _NAMED)}{more}"
        yield Effect(EffectName.REVERTS_LIVE, because, "import", differing)


def _expected(attribute: AttributeChange, type_: str) -> bool:
    """Whether a difference says nothing about what runs."""
    before, after = attribute.before, attribute.after
    if after is UNKNOWN or read_back(attribute):
        return True
    nothing = before is ABSENT or before is None or (isinstance(before, (str, list, dict)) and not before)
    return nothing or is_tag(attribute.path, type_)
