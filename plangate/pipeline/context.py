"""What is given besides the inputs: the state, the saved plan, and the evidence about Helm releases.

Read once for a whole review. What cannot be read is said, and never stops an input from being reviewed.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from plangate.errors import EvidenceError, InputError
from plangate.evidence import cluster
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
    saved, state, lock, place, state_read = None, None, None, "", False
    if saved_plan is not None or state_asked.asked or state_asked.live or asked.folder is not None:
        from plangate.pipeline import known_state

        if saved_plan is not None:
            try:
                saved = known_state.saved_plan(saved_plan)
            except InputError as error:
                skipped.append(failed(error, saved_plan))
        try:
            place_of = known_state.where(state_asked, asked.folder, saved, skipped)
            if place_of is not None:
                state, lock, place = known_state.read(place_of, skipped)
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
    found = cluster.read(asked.folder) if asked.folder is not None else None
    return None if found is None else found.collected_at


def _clusters(asked: EvidenceSources) -> list[FoundCluster]:
    """The clusters that evidence comes from. Raises `InputError` for a folder that does not tell it as it should."""
    from plangate.gate.evidence_scope import FoundCluster

    found: list[FoundCluster] = []
    if asked.folder is not None:
        found.append(FoundCluster(str(asked.folder), cluster.read(asked.folder)))
    if asked.live:
        found.append(FoundCluster("the cluster that was asked", cluster.ask(seconds=asked.seconds)))
    return found or [FoundCluster("the evidence", None)]


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
