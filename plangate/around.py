"""What is given around a Terraform plan: the state, the saved plan it was made from, and the evidence about its Helm releases.

Read once for a whole review. What cannot be read is said, and never stops the plan itself from being reviewed.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from plangate.errors import EvidenceError, InputError
from plangate.evidence.helm import Asked
from plangate.evidence.key import gate_key
from plangate.evidence.state import StateAsked
from plangate.ingest.terraform_releases import Beside
from plangate.model import Lock, Skipped

if TYPE_CHECKING:
    from plangate.drift.values import Owned
    from plangate.ingest.terraform_planfile import PlanFile
    from plangate.ingest.terraform_state import State


class Around(Struct, frozen=True):
    """What is there besides a plan."""

    tf_dir: Path = Path()
    beside: Beside = Beside()
    state: State | None = None
    state_read: bool = False
    """Whether the place of the state was looked at; with `state` None there is none."""
    lock: Lock | None = None
    saved: PlanFile | None = None
    owned: tuple[Owned, ...] = ()
    """Values that something else than the configuration is meant to change."""


def read(
    tf_dir: Path, asked: Asked, state_asked: StateAsked, saved_plan: str | None
) -> tuple[Around, tuple[Skipped, ...]]:
    """Everything around the plans of one review, and what of it could not be read."""
    skipped: list[Skipped] = []
    state, lock, state_read = None, None, False
    if state_asked.asked:
        try:
            state, lock = _state(state_asked, skipped)
            state_read = True
        except InputError as error:
            skipped.append(failed(error, "state"))
    saved = None
    if saved_plan is not None:
        try:
            saved = _saved(saved_plan)
        except InputError as error:
            skipped.append(failed(error, saved_plan))
    gather = None
    if asked.named or asked.folder is not None:
        from plangate.evidence import helm

        gather = functools.partial(helm.gather, asked)
    # The key enters here, at the edge: what was collected with it can be compared with it.
    key = gate_key()
    beside = Beside(state=state, gather=gather, one=asked.named, key=key)
    return Around(tf_dir, beside, state, state_read, lock, saved), tuple(skipped)


def _state(asked: StateAsked, skipped: list[Skipped]) -> tuple[State | None, Lock | None]:
    from plangate.evidence import state as evidence
    from plangate.ingest import terraform_state

    given = evidence.read(asked)
    if given.unsure:
        skipped.append(
            Skipped("the lock of the state", given.unsure, "allow reading it: plangate collect --print-permissions")
        )
    if given.given is None:
        return None, given.lock
    if given.digest is not None and given.digest != terraform_state.digest(given.given.data):
        skipped.append(
            Skipped(
                given.given.path,
                "is not what its digest in DynamoDB says: a write is under way, or one failed half way",
                "wait and review again; if it stays, see `terraform plan`, which reports the same",
                inconclusive=True,
            )
        )
    return terraform_state.read(given.given), given.lock


def _saved(path: str) -> PlanFile:
    from plangate.evidence import files
    from plangate.ingest import terraform_planfile
    from plangate.ingest.document import Document, Kind

    given = files.read(path)
    return terraform_planfile.read(Document(Kind.TERRAFORM_PLANFILE, path, given.sha256, given.data))


def failed(error: InputError, what: str) -> Skipped:
    """What is said of evidence or of an input that could not be read."""
    return Skipped(
        error.where or what,
        ": ".join(part for part in (error.place, error.message) if part),
        error.hint or "see the reason, and review again",
        inconclusive=True,
        input_failed=not isinstance(error, EvidenceError),
    )
