"""Whether evidence is that of the environment under review: from its clusters, and its state from where its states are.

Values that look clean because they are those of another cluster are the mistake that no comparison sees. Nothing of this runs
where the configuration does not say which clusters and states an environment has.
"""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

from msgspec import Struct

from plangate.errors import InputError
from plangate.gate.config import listed
from plangate.lang.glob import fits_path
from plangate.lang.wording import several
from plangate.model.change import Gap, HelmChangeSet

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from plangate.gate.config import Cluster, Config
    from plangate.model.change import ChangeSet
    from plangate.model.release import ClusterIdentity


class FoundCluster(Struct, frozen=True):
    """A cluster that evidence comes from: what the evidence is called, and the cluster, None where nothing tells."""

    what: str
    identity: ClusterIdentity | None


class StatePlace(Struct, frozen=True):
    """Where a state that was read is: where it is kept, nothing where the file does not say it, and the path it was read from."""

    kept: str
    path: str


def check_environment(
    config: Config,
    environment: str | None,
    changesets: Sequence[ChangeSet],
    clusters: Callable[[], Sequence[FoundCluster]],
    state: StatePlace | None,
) -> Iterator[Gap]:
    """What cannot be taken for evidence of this environment, and why.

    `clusters` is asked only where the environment has clusters and evidence of one was used; it may raise `InputError`.
    `state` is None where no state was read.
    """
    here = config.environments.get(environment or "")
    if here is None:
        return
    if (here.cluster.server or here.cluster.kube_system_uid) and any(map(_used, changesets)):
        try:
            found = clusters()
        except InputError as error:
            yield Gap(error.where or "cluster.json", error.message, error.hint or "", inconclusive=True)
            found = ()
        yield from _other_clusters(config, environment or "", here.cluster, found)
    globs = listed(here.state)
    if globs and state is not None:
        place = state.kept or state.path
        if not any(fits_path(glob, place) for glob in globs):
            yield _other_state(config, environment or "", state.kept, place)


def check_age(
    changesets: Sequence[ChangeSet], folder: str, collected_at: Callable[[], str | None], now: str
) -> Iterator[Gap]:
    """What is said of collected evidence that is more than a day old: what it shows may have changed since."""
    if not any(map(_used, changesets)):
        return
    try:
        collected = collected_at()
        age = None if collected is None else datetime.fromisoformat(now) - datetime.fromisoformat(collected)
    except (InputError, ValueError, TypeError):
        return
    if age is not None and age.days >= 1:
        yield Gap(
            folder,
            f"was collected {several(age.days, 'day')} ago, and what is live may have changed since",
            "plangate collect",
        )


def _used(changeset: ChangeSet) -> bool:
    """Whether evidence of a cluster is part of what was reviewed."""
    kinds = ("values", "history", "manifest", "live_objects")
    of_release = any(one.live is not None or one.history or one.gone for one in changeset.releases)
    upgraded = isinstance(changeset, HelmChangeSet)
    return of_release or (upgraded and any(changeset.evidence.get(kind) == "given" for kind in kinds))


def _other_clusters(config: Config, environment: str, wanted: Cluster, found: Sequence[FoundCluster]) -> Iterator[Gap]:
    for one in found:
        why = _why_not(config, environment, wanted, one.identity)
        if why:
            yield Gap(
                one.what,
                why,
                "plangate collect, or KUBECONFIG, with the cluster of this environment; if it is the right one, correct "
                "`cluster` in the configuration",
                inconclusive=True,
            )


def _why_not(config: Config, environment: str, wanted: Cluster, found: ClusterIdentity | None) -> str:
    """Why a cluster is not one of those of an environment; nothing where it is."""
    if found is None or not (found.server or found.kube_system_uid):
        return f"does not say which cluster it is from, and {environment} has clusters of its own"
    uids, servers = listed(wanted.kube_system_uid), listed(wanted.server)
    if uids and found.kube_system_uid is not None:
        # The uid decides where it is known: one cluster may be reached by many addresses.
        return (
            ""
            if found.kube_system_uid in uids
            else f"is from {_named(config, environment, found)}, not from {environment}"
        )
    if uids and not servers:
        return f"does not say the uid of its kube-system, and {environment} is known by that"
    if servers and (found.server or "").rstrip("/") in {one.rstrip("/") for one in servers}:
        return "" if not uids else f"does not say the uid of its kube-system, and {environment} is known by that"
    return f"is from {_named(config, environment, found)}, not from {environment}"


def _named(config: Config, environment: str, found: ClusterIdentity) -> str:
    """The cluster by its environment, where another one has it."""
    for name, other in config.environments.items():
        uids, servers = listed(other.cluster.kube_system_uid), listed(other.cluster.server)
        if name != environment and (found.kube_system_uid in uids or found.server in servers):
            return f"the cluster of {name}"
    return f"another cluster ({found.server or found.kube_system_uid})"


def _other_state(config: Config, environment: str, said: str, place: str) -> Gap:
    others = [
        name for name, one in config.environments.items() if any(fits_path(glob, place) for glob in listed(one.state))
    ]
    if others:
        why = f"is a state of {' or '.join(others)}, not of {environment}"
    elif said:
        why = f"is none of the places where {environment} keeps its states"
    else:
        why = f"does not say where it is kept, and {environment} keeps its states in places of its own"
    return Gap(
        place or "state",
        why,
        "give the state of this environment: --state s3://BUCKET/KEY, or what plangate collect wrote; if it is the right "
        "one, correct `state` in the configuration",
        inconclusive=True,
    )
