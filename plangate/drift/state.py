"""Compares the state that a plan was made from with the current one.

Terraform refuses a saved plan whose lineage or serial is not that of the state (backend_local.go in
https://github.com/hashicorp/terraform), whatever else has changed; whether it matters to this plan is another question.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from plangate.model.change import Freshness

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plangate.model.change import Lock


def freshness_of(
    freshness: Freshness | None,
    lineage: str | None,
    serial: int,
    lock: Lock | None,
    *,
    moved: Mapping[str, tuple[str, ...]] | None,
) -> Freshness:
    """The freshness of a plan relative to the current state. No `lineage` and serial 0 mean that there is no state."""
    known = freshness or Freshness()
    return structs.replace(
        known,
        lineage=known.lineage or (lineage if known.serial_plan is None else None),
        lineage_state=lineage,
        serial_state=serial,
        lock=lock,
        moved=None if moved is None else tuple(sorted(moved)),
    )
