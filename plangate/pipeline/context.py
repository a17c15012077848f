"""What is given besides the inputs: the state, the saved plan, and the evidence about Helm releases.

Read once for a whole review. What cannot be read is said, and never stops an input from being reviewed.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from plangate.errors import EvidenceError, InputError
from plangate.ingest.terraform.releases import ReleaseSources
from plangate.model.change import Gap, Lock
from plangate.model.input import EvidenceSources, StateSource
from plangate.pipeline.key import gate_key

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plangate.drift.values import Owned
    from plangate.gate.config import Config
    from plangate.gate.evidence_scope import FoundCluster
    from plangate.ingest.terraform.planfile import PlanFile
    from plangate.ingest.terraform.state import State
    from plangate.model.change import ChangeSet


class PlanContext(Struct, frozen=True):
    """What is known besides a plan."""

    tf_dir: Path = Path()
    releases: ReleaseSources = ReleaseSources()
    """Where what is known of the releases of a plan comes from."""
    state: State | None = None
    state_read: bool = False
    """Whether the place of the state was looked at; with `state` None there is none."""
    lock: Lock | None = None
    place: str = ""
    """Where that state is kept; nothing for a file that does not say it."""
    saved: PlanFile | None = None
    owned: tuple[Owned, ...] = ()
    """Values that something else than the configuration is meant to change."""


def read(
    tf_dir: Path, asked: EvidenceSources, state_asked: StateSource, saved_plan: str | None
) -> tuple[PlanContext, list[Gap]]:
    """What is known besides the inputs of one review, and what of it could not be read."""
    skipped: list[Gap] = []
    saved = None
    if saved_plan is not None:
        try:
            saved = _saved(saved_plan)
        except InputError as error:
            skipped.append(failed(error, saved_plan))
    state, lock, place, state_read = None, None, "", False
    try:
        place_of = _where(state_asked, asked.folder, saved, skipped)
        if place_of is not None:
            state, lock, place = _state(place_of, skipped)
            state_read = True
    except InputError as error:
        skipped.append(failed(error, "state"))
    gather = None
    if asked.named or asked.folder is not None or asked.live:
        from plangate.pipeline import gather as gathering

        gather = functools.partial(gathering.gather, asked)
    # The key enters here, at the edge: what was collected with it can be compared with it.
    key = gate_key()
    releases = ReleaseSources(state=state, gather=gather, one=asked.named, key=key)
    context = PlanContext(
        tf_dir=tf_dir, releases=releases, state=state, state_read=state_read, lock=lock, place=place, saved=saved
    )
    return context, skipped


def with_owners(context: PlanContext, config: Config) -> PlanContext:
    """The same, with the values that the configuration leaves to others."""
    if not config.drift.owned:
        return context
    from plangate.drift.values import Owned

    return structs.replace(context, owned=tuple(Owned(one.path, one.by) for one in config.drift.owned))


def check_age(changesets: Sequence[ChangeSet], asked: EvidenceSources, now: str) -> list[Gap]:
    """What is said of collected evidence that may be out of date."""
    if asked.folder is None:
        return []
    from plangate.gate import evidence_scope

    return list(evidence_scope.check_age(changesets, str(asked.folder), lambda: _collected_at(asked), now))


def check_scope(
    config: Config,
    environment: str | None,
    changesets: Sequence[ChangeSet],
    asked: EvidenceSources,
    context: PlanContext,
) -> list[Gap]:
    """What is said of evidence that is not that of the environment under review."""
    if not config.environments:
        return []
    from plangate.gate import evidence_scope

    state = None
    if context.state_read:
        path = context.state.path if context.state is not None else ""
        state = evidence_scope.StatePlace(context.place, path)
    return list(evidence_scope.check_environment(config, environment, changesets, lambda: _clusters(asked), state))


def _collected_at(asked: EvidenceSources) -> str | None:
    from plangate.evidence import cluster

    found = cluster.read(asked.folder) if asked.folder is not None else None
    return None if found is None else found.collected_at


def _clusters(asked: EvidenceSources) -> list[FoundCluster]:
    """The clusters that evidence comes from. Raises `InputError` for a folder that does not tell it as it should."""
    from plangate.evidence import cluster
    from plangate.gate.evidence_scope import FoundCluster

    found: list[FoundCluster] = []
    if asked.folder is not None:
        found.append(FoundCluster(str(asked.folder), cluster.read(asked.folder)))
    if asked.live:
        found.append(FoundCluster("the cluster that was asked", cluster.ask(seconds=asked.seconds)))
    return found or [FoundCluster("the evidence", None)]


def _where(asked: StateSource, folder: Path | None, saved: PlanFile | None, skipped: list[Gap]) -> StateSource | None:
    """Where the state is: what was named, else what a folder of evidence holds, else what the backend block says."""
    if asked.asked:
        return asked
    if folder is not None:
        from plangate.evidence import state as evidence

        found = evidence.in_folder(folder)
        if found:
            path = str(found[0]) if len(found) == 1 else _of_plan(found, saved, folder, skipped)
            return None if path is None else StateSource(location=path)
    if asked.live and asked.tf_dir is not None:
        from plangate.evidence.s3 import location

        if location.is_named_in(asked.tf_dir):
            return structs.replace(asked, location="s3://")
    return None


def _of_plan(found: tuple[Path, ...], saved: PlanFile | None, folder: Path, skipped: list[Gap]) -> str | None:
    """Which of several collected states is that of the saved plan."""
    from plangate.evidence import state as evidence
    from plangate.ingest.terraform import state as terraform_state

    if saved is not None and saved.lineage:
        for path in found:
            given = evidence.read(StateSource(location=str(path))).given
            state = None if given is None else terraform_state.read(given)
            if state is not None and state.lineage == saved.lineage:
                return str(path)
        why = "none of the states in it has the lineage of the saved plan: they are of other places"
    else:
        why = f"holds {len(found)} states, and nothing tells which of them this is about"
    names = ", ".join(path.name for path in found[:3])
    skipped.append(Gap(str(folder), why, f"name it with --state; there are {names}", inconclusive=True))
    return None


def _state(asked: StateSource, skipped: list[Gap]) -> tuple[State | None, Lock | None, str]:
    from plangate.evidence import state as evidence
    from plangate.ingest.terraform import state as terraform_state

    given = evidence.read(asked)
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


def _saved(path: str) -> PlanFile:
    from plangate.evidence import files
    from plangate.ingest.document import Document
    from plangate.ingest.terraform import planfile
    from plangate.model.input import Kind

    given = files.read(path)
    return planfile.read(Document(Kind.TERRAFORM_PLANFILE, path, given.sha256, given.data))


def failed(error: InputError, what: str) -> Gap:
    """What is said of evidence that could not be read; `what` names it where the error does not."""
    return Gap(
        error.where or what,
        ": ".join(part for part in (error.place, error.message) if part),
        error.hint or "see the reason, and review again",
        inconclusive=True,
        input_failed=not isinstance(error, EvidenceError),
    )


def unreadable(error: InputError) -> Gap:
    """What is said of an input that could not be read."""
    return Gap(
        what=error.where or "input",
        why=": ".join(part for part in (error.place, error.message) if part),
        how_to_fix=error.hint or "give the output of `terraform show -json tfplan`",
        input_failed=True,
    )
