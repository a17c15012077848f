"""The state and the saved plan that a review is given: where the state is, and what both say."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from plangate.evidence import files
from plangate.evidence import state as states
from plangate.evidence.s3 import location
from plangate.ingest.document import Document
from plangate.ingest.terraform import planfile
from plangate.ingest.terraform import state as terraform_state
from plangate.model.change import Gap
from plangate.model.input import Kind, StateSource

if TYPE_CHECKING:
    from pathlib import Path

    from plangate.ingest.terraform.planfile import PlanFile
    from plangate.ingest.terraform.state import State
    from plangate.model.change import Lock


def where(asked: StateSource, folder: Path | None, saved: PlanFile | None, skipped: list[Gap]) -> StateSource | None:
    """Where the state is: what was named, else what a folder of evidence holds, else what the backend block says."""
    if asked.is_named:
        return asked
    if folder is not None:
        found = states.in_folder(folder)
        if found:
            path = str(found[0]) if len(found) == 1 else _of_plan(found, saved, folder, skipped)
            return None if path is None else StateSource(location=path)
    if asked.live and asked.tf_dir is not None and location.is_named_in(asked.tf_dir):
        return structs.replace(asked, location="s3://")
    return None


def _of_plan(found: tuple[Path, ...], saved: PlanFile | None, folder: Path, skipped: list[Gap]) -> str | None:
    """Which of several collected states is that of the saved plan."""
    if saved is not None and saved.lineage:
        for path in found:
            given = states.read(StateSource(location=str(path))).given
            state = None if given is None else terraform_state.read(given)
            if state is not None and state.lineage == saved.lineage:
                return str(path)
        why = "none of the states in it has the lineage of the saved plan: they are of other places"
    else:
        why = f"holds {len(found)} states, and nothing tells which of them this is about"
    names = ", ".join(path.name for path in found[:3])
    skipped.append(Gap(str(folder), why, f"name it with --state; there are {names}", inconclusive=True))
    return None


def read(asked: StateSource, skipped: list[Gap]) -> tuple[State | None, Lock | None, str]:
    """A state, its lock, and where it is kept. Raises `InputError` for one that cannot be read."""
    given = states.read(asked)
    if given.unsure:
        skipped.append(
            Gap("the lock of the state", given.unsure, "allow reading it: plangate collect --print-permissions")
        )
    if given.given is None:
        return None, given.lock, given.place
    if given.digest is not None and given.digest != terraform_state.digest(given.given.data):
        skipped.append(
            Gap(
                given.given.path,
                "is not what its digest in DynamoDB says: a write is under way, or one failed half way",
                "wait and review again; if it stays, see `terraform plan`, which reports the same",
                inconclusive=True,
            )
        )
    return terraform_state.read(given.given), given.lock, given.place


def saved_plan(path: str) -> PlanFile:
    """What a saved plan says of its state. Raises `InputError` for one that cannot be read."""
    given = files.read(path)
    return planfile.read(Document(Kind.TERRAFORM_PLANFILE, path, given.sha256, given.data))
