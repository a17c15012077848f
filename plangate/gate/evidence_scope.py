"""Checks that evidence is from the environment under review: from its clusters, and the state from one of its locations.

No comparison of values detects that they are from another cluster. Nothing is checked where the configuration does not name
the clusters and states of the environment.
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
    """A cluster that evidence comes from: the evidence's name, and the cluster's identity, None where it is not known."""

    what: str
    identity: ClusterIdentity | None


class StateLocation(Struct, frozen=True):
    """Where a state is kept, empty where its file does not say it, and the path that it was read from."""

    location: str
    path: str


def check_environment(
    config: Config,
    environment: str | None,
    changesets: Sequence[ChangeSet],
    clusters: Callable[[], Sequence[FoundCluster]],
    state: StateLocation | None,
) -> Iterator[Gap]:
    """A gap for each cluster and state that is not of this environment.

    `clusters` is called only if the environment names clusters and cluster evidence was used; it may raise `InputError`.
    `state` is None where no state was read.
    """
    here = config.environments.get(environment or "")
    if here is None:
        return
    if (here.cluster.server or here.cluster.kube_system_uid) and any(map(_uses_cluster, changesets)):
        try:
            found = clusters()
        except InputError as error:
            yield Gap(error.where or "cluster.json", error.message, error.hint or "", inconclusive=True)
            found = ()
        yield from _other_clusters(config, environment or "", here.cluster, found)
    globs = listed(here.state)
    if globs and state is not None:
        place = state.location or state.path
        if not any(fits_path(glob, place) for glob in globs):
            yield _other_state(config, environment or "", state.location, place)


def check_age(
    changesets: Sequence[ChangeSet], folder: str, collected_at: Callable[[], str | None], now: str
) -> Iterator[Gap]:
    """A gap for collected evidence that is at least a day old."""
    if not any(map(_uses_cluster, changesets)):
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


def _uses_cluster(changeset: ChangeSet) -> bool:
    """Whether a change set was made with evidence of a cluster."""
    kinds = ("values", "history", "manifest", "hooks", "live_objects")
    of_release = any(one.live is not None or one.history or one.gone for one in changeset.releases)
    upgraded = isinstance(changeset, HelmChangeSet)
    return of_release or (upgraded and any(changeset.evidence.get(kind) == "given" for kind in kinds))


def _other_clusters(config: Config, environment: str, wanted: Cluster, found: Sequence[FoundCluster]) -> Iterator[Gap]:
    for one in found:
        why = _mismatch(config, environment, wanted, one.identity)
        if why:
            yield Gap(
                one.what,
                why,
                "plangate collect, or KUBECONFIG, with the cluster of this environment; if it is the right one, correct "
                "`cluster` in the configuration",
                inconclusive=True,
            )


def _mismatch(config: Config, environment: str, wanted: Cluster, found: ClusterIdentity | None) -> str:
    """Why a cluster is not one of the environment's; empty where it is."""
    if found is None or not (found.server or found.kube_system_uid):
        return f"does not say which cluster it is from, and {environment} has clusters of its own"
    uids, servers = listed(wanted.kube_system_uid), listed(wanted.server)
    if uids and found.kube_system_uid is not None:
        # A known uid decides: one cluster can have many addresses.
        return (
            ""
            if found.kube_system_uid in uids
            else f"is from {_described(config, environment, found)}, not from {environment}"
        )
    if uids and not servers:
        return f"does not say the uid of its kube-system, and {environment} is known by that"
    if servers and (found.server or "").rstrip("/") in {one.rstrip("/") for one in servers}:
        return "" if not uids else f"does not say the uid of its kube-system, and {environment} is known by that"
    return f"is from {_described(config, environment, found)}, not from {environment}"


def _described(config: Config, environment: str, found: ClusterIdentity) -> str:
    """The cluster in words: by its environment where another one names it."""
    for name, other in config.environments.items():
        uids, servers = listed(other.cluster.kube_system_uid), listed(other.cluster.server)
        if name != environment and (found.kube_system_uid in uids or found.server in servers):
            return f"the cluster of {name}"
    return f"another cluster ({found.server or found.kube_system_uid})"


def _other_state(config: Config, environment: str, location: str, place: str) -> Gap:
    others = [
        name for name, one in config.environments.items() if any(fits_path(glob, place) for glob in listed(one.state))
    ]
    if others:
        why = f"is a state of {' or '.join(others)}, not of {environment}"
    elif location:
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
