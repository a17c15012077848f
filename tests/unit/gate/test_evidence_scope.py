"""Whether evidence is that of the environment under review: its clusters, the places of its states, and its age."""

import pytest

from plangate.errors import InputError
from plangate.gate import evidence_scope
from plangate.gate.config import Cluster, Config, Environment
from plangate.gate.evidence_scope import FoundCluster, StateLocation
from plangate.model.change import Gap, HelmChangeSet, RefusedUpgrade, TerraformChangeSet
from plangate.model.input import InputRecord, Kind
from plangate.model.release import ClusterIdentity, ReleaseEvidence, Revision, Upgrade
from tests.support.command import AS_OF

PLAN = InputRecord(Kind.TERRAFORM_PLAN, "plan.json", "")
DRY_RUN = InputRecord(Kind.HELM_DRY_RUN, "dry-run.json", "")


def of_release(**fields):
    return TerraformChangeSet(
        input=PLAN, releases=(ReleaseEvidence(address="helm_release.web", release="prod/web", **fields),)
    )


def upgrade(**evidence):
    return HelmChangeSet(input=DRY_RUN, upgrade=Upgrade(), evidence=evidence)


USED = (upgrade(manifest="given"),)
"""A review that evidence of a cluster is part of."""

OTHERS = {
    "dev": Environment(cluster=Cluster(server="https://dev", kube_system_uid="dev-uid"), state="s3://states/dev/**"),
    "test": Environment(state=("s3://states/test/*", "s3://states/shared/*")),
}


def clusters(cluster, *found, changesets=USED, environment="prod"):
    config = Config(environments={"prod": Environment(cluster=cluster), **OTHERS})
    given = [FoundCluster("evidence", one) for one in found]
    return list(evidence_scope.check_environment(config, environment, changesets, lambda: given, None))


def identity(server=None, uid=None):
    return ClusterIdentity(server=server, kube_system_uid=uid)


BY_UID = Cluster(kube_system_uid="prod-uid")
BY_SERVER = Cluster(server=("https://prod", "https://prod.example:6443/"))
BY_BOTH = Cluster(server="https://prod", kube_system_uid=("prod-uid", "prod-uid-2"))

UNSAID = "does not say which cluster it is from, and prod has clusters of its own"
NO_UID = "does not say the uid of its kube-system, and prod is known by that"
OF_DEV = "is from the cluster of dev, not from prod"

WHY_NOT = {
    "nothing known": (BY_BOTH, None, UNSAID),
    "neither server nor uid": (BY_BOTH, identity(), UNSAID),
    "an empty server": (BY_SERVER, identity(server=""), UNSAID),
    "the uid": (BY_UID, identity(uid="prod-uid"), ""),
    "one of several uids": (BY_BOTH, identity(uid="prod-uid-2"), ""),
    "the uid, by another address": (BY_BOTH, identity("https://bastion", "prod-uid"), ""),
    "another uid": (BY_UID, identity(uid="x"), "is from another cluster (x), not from prod"),
    "another uid, by the same address": (
        BY_BOTH,
        identity("https://prod", "x"),
        "is from another cluster (https://prod), not from prod",
    ),
    "the uid of another environment": (BY_UID, identity(uid="dev-uid"), OF_DEV),
    "no uid, and only the uid is asked for": (BY_UID, identity("https://prod"), NO_UID),
    "no uid, and the server fits": (BY_BOTH, identity("https://prod"), NO_UID),
    "no uid, and the server is that of another environment": (BY_BOTH, identity("https://dev"), OF_DEV),
    "the server": (BY_SERVER, identity("https://prod"), ""),
    "the server with a slash": (BY_SERVER, identity("https://prod/"), ""),
    "the server without a slash": (BY_SERVER, identity("https://prod.example:6443"), ""),
    "the server, and a uid that nobody asked for": (BY_SERVER, identity("https://prod", "x"), ""),
    "another server": (BY_SERVER, identity("https://x"), "is from another cluster (https://x), not from prod"),
    "the server of another environment": (BY_SERVER, identity("https://dev"), OF_DEV),
    "no server, and only the server is asked for": (
        BY_SERVER,
        identity(uid="x"),
        "is from another cluster (x), not from prod",
    ),
    "a longer server": (
        BY_SERVER,
        identity("https://prod.evil"),
        "is from another cluster (https://prod.evil), not from prod",
    ),
}


@pytest.mark.parametrize("case", WHY_NOT)
def test_a_cluster_is_one_of_the_environment_or_it_is_said_why_not(case):
    cluster, found, why = WHY_NOT[case]
    gaps = clusters(cluster, found)
    assert [(gap.what, gap.why, gap.inconclusive, gap.input_failed) for gap in gaps] == (
        [("evidence", why, True, False)] if why else []
    )
    assert all(gap.how_to_fix.startswith("plangate collect, or KUBECONFIG") for gap in gaps)


def test_each_cluster_that_evidence_is_from_is_held_against_the_environment():
    gaps = clusters(BY_UID, identity(uid="prod-uid"), identity(uid="x"), None)
    assert [gap.why for gap in gaps] == ["is from another cluster (x), not from prod", UNSAID]


@pytest.mark.parametrize("environment", [None, "", "elsewhere"])
def test_an_environment_that_is_not_configured_has_no_clusters(environment):
    assert clusters(BY_UID, None, environment=environment) == []


def test_an_environment_without_clusters_takes_evidence_of_any():
    assert clusters(Cluster(), None) == []


def never():
    raise AssertionError("asked")


USES = {
    "an upgrade with its manifest": (upgrade(manifest="given"), True),
    "an upgrade with live objects": (upgrade(live_objects="given"), True),
    "an upgrade with values": (upgrade(values="given"), True),
    "an upgrade with a history": (upgrade(history="given"), True),
    "an upgrade with none": (upgrade(manifest="missing", history="not-needed"), False),
    "an upgrade with metadata alone": (upgrade(metadata="given"), False),
    "a refused upgrade": (RefusedUpgrade(input=DRY_RUN, refused="no", evidence={"manifest": "given"}), False),
    "a plan": (TerraformChangeSet(input=PLAN, evidence={"values": "given"}), False),
    "a plan with a release that nothing is known of": (of_release(), False),
    "a plan with live values": (of_release(live={}), True),
    "a plan with a history": (of_release(history=(Revision(1, "deployed"),)), True),
    "a plan whose release is gone": (of_release(gone=True), True),
}


@pytest.mark.parametrize("case", USES)
def test_clusters_are_asked_only_where_evidence_of_one_was_used(case):
    changeset, used = USES[case]
    gaps = clusters(BY_UID, identity(uid="x"), changesets=(changeset,))
    assert len(gaps) == used
    if not used:
        config = Config(environments={"prod": Environment(cluster=BY_UID)})
        assert list(evidence_scope.check_environment(config, "prod", (changeset,), never, None)) == []


def test_evidence_that_does_not_tell_its_cluster_as_it_should_is_told():
    def damaged():
        raise InputError("is not what plangate collect writes", where="evidence/cluster.json", hint="plangate collect")

    config = Config(environments={"prod": Environment(cluster=BY_UID)})
    assert list(evidence_scope.check_environment(config, "prod", USED, damaged, None)) == [
        Gap("evidence/cluster.json", "is not what plangate collect writes", "plangate collect", inconclusive=True)
    ]

    def unnamed():
        raise InputError("is odd")

    (gap,) = evidence_scope.check_environment(config, "prod", USED, unnamed, None)
    assert (gap.what, gap.how_to_fix, gap.inconclusive) == ("cluster.json", "", True)


STATES = {
    "in its place": (StateLocation("s3://states/prod/db.tfstate", "state.json"), ""),
    "a file in its place": (StateLocation("", "live/prod/terraform.tfstate"), ""),
    "in a folder below": (StateLocation("s3://states/prod/a/b.tfstate", ""), ""),
    "of another environment": (
        StateLocation("s3://states/dev/db.tfstate", "state.json"),
        "is a state of dev, not of prod",
    ),
    "of one of several places": (StateLocation("s3://states/shared/x", ""), "is a state of test, not of prod"),
    "of nobody": (
        StateLocation("s3://states/other", "live/prod/x"),
        "is none of the places where prod keeps its states",
    ),
    "unsaid": (
        StateLocation("", "state.json"),
        "does not say where it is kept, and prod keeps its states in places of its own",
    ),
    "without a path": (
        StateLocation("", ""),
        "does not say where it is kept, and prod keeps its states in places of its own",
    ),
}


@pytest.mark.parametrize("case", STATES)
def test_a_state_is_where_the_environment_keeps_its_states_or_it_is_said_why_not(case):
    place, why = STATES[case]
    config = Config(environments={"prod": Environment(state=("s3://states/prod/**", "live/prod/*")), **OTHERS})
    gaps = list(evidence_scope.check_environment(config, "prod", (), never, place))
    assert [(gap.what, gap.why, gap.inconclusive) for gap in gaps] == (
        [(place.location or place.path or "state", why, True)] if why else []
    )


def test_a_state_that_was_not_read_and_an_environment_without_places_have_nothing_to_be_said():
    place = StateLocation("s3://states/dev/db.tfstate", "")
    placed = Config(environments={"prod": Environment(state="s3://states/prod/**")})
    assert list(evidence_scope.check_environment(placed, "prod", (), never, None)) == []
    anywhere = Config(environments={"prod": Environment(), **OTHERS})
    assert list(evidence_scope.check_environment(anywhere, "prod", (), never, place)) == []


def age(collected, changesets=USED, now=AS_OF):
    return list(evidence_scope.check_age(changesets, "evidence", lambda: collected, now))


@pytest.mark.parametrize(
    ("collected", "words"),
    [
        ("2026-01-30T12:00:00Z", "1 day"),
        ("2026-01-29T12:00:01Z", "1 day"),
        ("2026-01-29T12:00:00Z", "2 days"),
        ("2026-01-30T12:00:00+02:00", "1 day"),
        ("2025-01-31T12:00:00Z", "365 days"),
    ],
)
def test_evidence_that_is_a_day_old_is_told_and_decides_nothing(collected, words):
    assert age(collected) == [
        Gap("evidence", f"was collected {words} ago, and what is live may have changed since", "plangate collect")
    ]


@pytest.mark.parametrize(
    "collected",
    ["2026-01-30T12:00:01Z", AS_OF, "2026-02-05T12:00:00Z", None, "yesterday", "2026-01-01T12:00:00"],
    ids=["less than a day", "just now", "in the future", "unsaid", "no time", "no zone"],
)
def test_evidence_of_today_or_of_no_time_is_not(collected):
    assert age(collected) == []


def test_evidence_that_was_not_used_has_no_age():
    assert list(evidence_scope.check_age((TerraformChangeSet(input=PLAN),), "evidence", never, AS_OF)) == []


def test_evidence_whose_age_cannot_be_read_is_told_elsewhere():
    def damaged():
        raise InputError("is damaged")

    assert list(evidence_scope.check_age(USED, "evidence", damaged, AS_OF)) == []
