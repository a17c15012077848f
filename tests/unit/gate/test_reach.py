"""A release of an observed environment that changes something outside of it."""

import pytest

from plangate.gate.config import Config, Environment, Match
from plangate.gate.environment import Resolution, settings
from plangate.gate.reach import reached
from plangate.model.change import Action, Address, HelmChangeSet, Hook
from plangate.model.input import InputRecord, Kind
from plangate.model.release import Upgrade
from tests.support.verdicts import change


def environment(releases, **fields):
    return Environment(match=Match(releases=releases), **fields)


CONFIG = Config(
    environments={
        "dev": environment(("dev/*", "dev-*/web"), mode="observe", protected=False),
        "prod": environment("prod/*", require=("values",)),
        "lab": environment("lab/*", mode="observe"),
    }
)


def upgrade(*addresses, action=Action.UPDATE, hooks=()):
    return HelmChangeSet(
        input=InputRecord(Kind.HELM_DRY_RUN, "x", ""),
        upgrade=Upgrade(release="dev/web", namespace="dev"),
        changes=tuple(change(address, action, type_="x") for address in addresses),
        hooks=tuple(Hook(address=Address(address)) for address in hooks),
    )


@pytest.mark.parametrize(
    ("changeset", "others", "reason"),
    [
        (upgrade("apps/Deployment/prod/web"), ("prod",), "apps/Deployment/prod/web is of prod"),
        (upgrade(hooks=("batch/Job/prod/x",)), ("prod",), "batch/Job/prod/x is of prod"),
        (
            upgrade("rbac.authorization.k8s.io/ClusterRole/-/view"),
            (),
            "rbac.authorization.k8s.io/ClusterRole/-/view is there for the whole cluster",
        ),
        (upgrade("core/Secret/kube-system/x"), (), "core/Secret/kube-system/x is in no namespace of dev"),
    ],
)
def test_what_reaches_out_of_an_observed_environment_is_enforced(changeset, others, reason):
    found = reached(CONFIG, Resolution("dev"), [changeset])
    assert found == Resolution("dev", others=others, enforced=reason)
    here = settings(CONFIG, found)
    assert (here.mode, here.protected, here.require) == ("enforce", bool(others), ("values",) if others else ())


@pytest.mark.parametrize(
    "changeset",
    [
        upgrade("apps/Deployment/dev/web", "core/Service/dev-two/web"),
        upgrade("core/Secret/lab/x"),
        upgrade("apps/Deployment/prod/web", "core/Namespace/-/x", action=Action.NO_OP),
    ],
)
def test_what_stays_inside_is_observed(changeset):
    assert reached(CONFIG, Resolution("dev"), [changeset]) == Resolution("dev")


def test_where_nothing_is_enforced_anywhere_it_is_observed():
    config = Config(mode="observe", environments={"dev": environment("dev/*"), "prod": environment("prod/*")})
    reaching = upgrade("apps/Deployment/prod/web", "core/Namespace/-/x", "core/Secret/other/x")
    assert reached(config, Resolution("dev", ("x",)), [reaching]) == Resolution("dev", ("x",))


def test_an_environment_that_is_known_by_its_folder_has_no_namespaces_of_its_own():
    config = Config(environments={"dev": Environment(mode="observe", match=Match(paths="dev/**"))})
    assert reached(config, Resolution("dev"), [upgrade("core/Secret/other/x")]) == Resolution("dev")
    assert reached(config, Resolution("dev"), [upgrade("core/Namespace/-/x")]).enforced


def test_what_speaks_for_another_environment_is_enforced():
    words = ("the release prod/web belongs to prod",)
    assert reached(CONFIG, Resolution("dev", words), []).enforced == words[0]
    assert reached(CONFIG, Resolution("prod", words), []) == Resolution("prod", words)
