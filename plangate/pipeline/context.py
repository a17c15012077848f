"""The context of a review besides its inputs: the state, the saved plan, and the evidence about Helm releases.

Read once for a whole review. What cannot be read becomes a gap and never stops an input from being reviewed.
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
    saved, state, lock, place, state_read = None, None, None, "", False
    if saved_plan is not None or state_source.is_named or state_source.live or sources.folder is not None:
        from plangate.pipeline import known_state

        if saved_plan is not None:
            try:
                saved = known_state.saved_plan(saved_plan)
            except InputError as error:
                skipped.append(failed(error, saved_plan))
        try:
            place_of = known_state.where(state_source, sources.folder, saved, skipped)
            if place_of is not None:
                state, lock, place = known_state.read(place_of, skipped)
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
    found = cluster.read(sources.folder) if sources.folder is not None else None
    return None if found is None else found.collected_at


def _clusters(sources: EvidenceSources) -> list[FoundCluster]:
    """The clusters that evidence comes from. Raises `InputError` for a folder that does not tell it as it should."""
    from plangate.gate.evidence_scope import FoundCluster

    found: list[FoundCluster] = []
    if sources.folder is not None:
        found.append(FoundCluster(str(sources.folder), cluster.read(sources.folder)))
    if sources.live:
        found.append(FoundCluster("the cluster that was asked", cluster.ask(seconds=sources.seconds)))
    if sources.named or not found:
        # A file that a flag names does not say where it is from, whatever stands beside it.
        found.append(FoundCluster("the evidence", None))
    return found


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
