"""What a condition is held against, and what it says of it."""

from __future__ import annotations

from typing import Any

from msgspec import Struct, structs

from plangate.model.change import Change
from plangate.model.verdict import Outcome
from plangate.policy.items import Item
from plangate.policy.whole_plan import WholePlan


class Subject(Struct, frozen=True):
    """What a condition is held against: a change, one item of it where they are judged one by one, and the plan that it is in."""

    change: Change
    item: Item | None = None
    plan: WholePlan | None = None

    def old(self) -> Subject:
        """The old side in place of the new one."""
        change = structs.replace(self.change, after=self.change.before)
        item = None if self.item is None else structs.replace(self.item, after=self.item.before)
        return Subject(change, item, self.plan)


class EvaluationResult(Struct, frozen=True):
    """What an expression said of one change: its outcome, the paths it read, and why it cannot tell or went wrong."""

    outcome: Outcome
    paths: tuple[str, ...] = ()
    because: str = ""
    seen: tuple[tuple[str, Any], ...] = ()
    """The calls for values, and the masked values that they gave."""
