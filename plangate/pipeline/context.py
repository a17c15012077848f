"""The context of a review besides its inputs: the state, the saved plan, and the evidence about Helm releases.

Read once for a whole review. What cannot be read becomes a gap and never stops an input from being reviewed.
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
    """The state, saved plan and evidence that plans are reviewed with."""

    tf_dir: Path = Path()
    releases: ReleaseSources = ReleaseSources()
    """Where evidence about the releases of a plan comes from."""
    state: State | None = None
    state_read: bool = False
    """Whether the state's location was read. If so and `state` is None, there is no state."""
    lock: Lock | None = None
    place: str = ""
    """The location of the state; empty for a file that does not name it."""
    saved: PlanFile | None = None
    owned: tuple[Owned, ...] = ()
    """Values that something other than the configuration is meant to change."""


def read(
    tf_dir: Path, sources: EvidenceSources, state_source: StateSource, saved_plan: str | None
) -> tuple[PlanContext, list[Gap]]:
    """The context of one review, and a gap for each part that could not be read."""
    skipped: list[Gap] = []
    saved = None
    if saved_plan is not None:
        try:
            saved = _saved(saved_plan)
        except InputError as error:
            skipped.append(failed(error, saved_plan))
    state, lock, place, state_read = None, None, "", False
    try:
        location = _locate_state(state_source, sources.folder, saved, skipped)
        if location is not None:
            state, lock, place = _state(location, skipped)
            state_read = True
    except InputError as error:
        skipped.append(failed(error, "state"))
    gather = None
    if sources.named or sources.folder is not None or sources.live:
        from plangate.pipeline import gather as gathering

        gather = functools.partial(gathering.gather, sources)
    # The key is read here, at the edge: secrets that were collected with it can be compared with it.
    key = gate_key()
    releases = ReleaseSources(state=state, gather=gather, one=sources.named, key=key)
    context = PlanContext(
        tf_dir=tf_dir, releases=releases, state=state, state_read=state_read, lock=lock, place=place, saved=saved
    )
    return context, skipped


def with_owners(context: PlanContext, config: Config) -> PlanContext:
    """The context with the values that `drift.owned` of the configuration names."""
    if not config.drift.owned:
        return context
    from plangate.drift.values import Owned

    return structs.replace(context, owned=tuple(Owned(one.path, one.by) for one in config.drift.owned))


def check_age(changesets: Sequence[ChangeSet], sources: EvidenceSources, now: str) -> list[Gap]:
    """A gap for collected evidence that may be out of date."""
    if sources.folder is None:
        return []
    from plangate.gate import evidence_scope

    return list(evidence_scope.check_age(changesets, str(sources.folder), lambda: _collected_at(sources), now))


def check_scope(
    config: Config,
    environment: str | None,
    changesets: Sequence[ChangeSet],
    sources: EvidenceSources,
    context: PlanContext,
) -> list[Gap]:
    """Gaps for evidence that is not from the environment under review."""
    if not config.environments:
        return []
    from plangate.gate import evidence_scope

    state = None
    if context.state_read:
        path = context.state.path if context.state is not None else ""
        state = evidence_scope.StateLocation(context.place, path)
    return list(evidence_scope.check_environment(config, environment, changesets, lambda: _clusters(sources), state))


def _collected_at(sources: EvidenceSources) -> str | None:
    from plangate.evidence import cluster

    found = cluster.read(sources.folder) if sources.folder is not None else None
    return None if found is None else found.collected_at


def _clusters(sources: EvidenceSources) -> list[FoundCluster]:
    """The clusters that evidence comes from. Raises `InputError` for a folder whose `cluster.json` cannot be read."""
    from plangate.evidence import cluster
    from plangate.gate.evidence_scope import FoundCluster

    found: list[FoundCluster] = []
    if sources.folder is not None:
        found.append(FoundCluster(str(sources.folder), cluster.read(sources.folder)))
    if sources.live:
        found.append(FoundCluster("the cluster that was asked", cluster.ask(seconds=sources.seconds)))
    return found or [FoundCluster("the evidence", None)]


def _locate_state(
    source: StateSource, folder: Path | None, saved: PlanFile | None, skipped: list[Gap]
) -> StateSource | None:
    """The state's source: the one that flags name, else a file in the evidence folder, else the backend block; None for none."""
    if source.is_named:
        return source
    if folder is not None:
        from plangate.evidence import state as evidence

        found = evidence.in_folder(folder)
        if found:
            path = str(found[0]) if len(found) == 1 else _state_of_plan(found, saved, folder, skipped)
            return None if path is None else StateSource(location=path)
    if source.live and source.tf_dir is not None:
        from plangate.evidence.s3 import location

        if location.is_named_in(source.tf_dir):
            return structs.replace(source, location="s3://")
    return None


def _state_of_plan(found: tuple[Path, ...], saved: PlanFile | None, folder: Path, skipped: list[Gap]) -> str | None:
    """The path of the collected state with the saved plan's lineage; None, with a gap, where there is none."""
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


def _state(source: StateSource, skipped: list[Gap]) -> tuple[State | None, Lock | None, str]:
    from plangate.evidence import state as evidence
    from plangate.ingest.terraform import state as terraform_state

    given = evidence.read(source)
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
    """The gap for evidence that could not be read; `what` names it where the error does not."""
    return Gap(
        error.where or what,
        ": ".join(part for part in (error.place, error.message) if part),
        error.hint or "see the reason, and review again",
        inconclusive=True,
        input_failed=not isinstance(error, EvidenceError),
    )


def unreadable(error: InputError) -> Gap:
    """The gap for an input that could not be read."""
    return Gap(
        what=error.where or "input",
        why=": ".join(part for part in (error.place, error.message) if part),
        how_to_fix=error.hint or "give the output of `terraform show -json tfplan`",
        input_failed=True,
    )
