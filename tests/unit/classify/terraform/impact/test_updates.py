import pytest

from plangate.model.change import Action, Drift, DriftStatus, Noise, References, ReplaceOrder
from plangate.model.values import ABSENT, UNKNOWN, Sensitive
from tests.support.plan_changes import change, effects, plan, said

UPDATED = {
    "a machine of another size": (
        ("aws_instance", {"instance_type": "t3.small"}, {"instance_type": "t3.large"}),
        [("downtime:restart", "is stopped and started again (instance_type changes)")],
    ),
    "a machine that is only watched": (("aws_instance", {"monitoring": False}, {"monitoring": True}), []),
    "a database of another size, now": (
        (
            "aws_db_instance",
            {"instance_class": "a", "apply_immediately": True},
            {"instance_class": "b", "apply_immediately": True},
        ),
        [
            (
                "downtime:restart",
                "may restart at once, with nothing serving meanwhile (instance_class changes, apply_immediately = true)",
            )
        ],
    ),
    "a database of another size, later": (
        ("aws_db_instance", {"instance_class": "a"}, {"instance_class": "b"}),
        [("downtime:later", "restarts in its next maintenance window (instance_class changes)")],
    ),
    "backups that begin": (
        ("aws_db_instance", {"backup_retention_period": 0}, {"backup_retention_period": 7}),
        [("downtime:restart", "goes down for a moment (backup_retention_period leaves 0)")],
    ),
    "keys that no longer open": (
        ("azurerm_servicebus_namespace", {"local_auth_enabled": True}, {"local_auth_enabled": False}),
        [("downtime:locked-out", "no longer lets in those who use keys (local_auth_enabled is switched off)")],
    ),
    "a workload that stops before it starts": (
        (
            "kubernetes_deployment_v1",
            {"spec": [{"strategy": [{"type": "Recreate"}], "x": 1}]},
            {"spec": [{"strategy": [{"type": "Recreate"}], "x": 2}]},
        ),
        [("downtime:restart", "stops all of its pods before it starts new ones (strategy Recreate)")],
    ),
    "nothing runs any more": (
        ("aws_ecs_service", {"desired_count": 3}, {"desired_count": 0}),
        [("scale-to-zero", "runs nothing any more (desired_count = 0)")],
    ),
    "nothing ran before": (("aws_ecs_service", {"desired_count": 0, "x": 1}, {"desired_count": 0, "x": 2}), []),
    "replicas written as text": (
        ("kubernetes_deployment", {"spec": [{"replicas": "2"}]}, {"spec": [{"replicas": "0"}]}),
        [("scale-to-zero", "runs nothing any more (spec[0].replicas = 0)")],
    ),
    "a distribution that is switched off": (
        ("aws_cloudfront_distribution", {"enabled": True}, {"enabled": False}),
        [("scale-to-zero:switched-off", "is switched off (enabled)")],
    ),
    "another password": (
        ("aws_db_instance", {"password": Sensitive(1)}, {"password": Sensitive(2)}),
        [("rotates-secret", "changes its password, and whoever uses the old one is locked out")],
    ),
    "a first password": (("aws_db_instance", {"password": None}, {"password": Sensitive(2)}), []),
    "a password that is known after apply": (
        ("aws_db_instance", {"password": Sensitive(1)}, {"password": UNKNOWN}),
        [
            (
                "?rotates-secret",
                "changes its password, and whoever uses the old one is locked out; password is known only after the apply",
            )
        ],
    ),
    "one more key in a secret": (
        ("kubernetes_secret_v1", {"data": {"a": Sensitive(1)}}, {"data": {"a": Sensitive(1), "b": Sensitive(2)}}),
        [],
    ),
    "a write-only secret that is sent again": (
        ("kubernetes_secret_v1", {"data_wo_revision": 1}, {"data_wo_revision": 2}),
        [("rotates-secret:write-only", "is sent its secret again, perhaps another one (data_wo_revision changes)")],
    ),
    "a write-only secret for the first time": (("aws_db_instance", {}, {"password_wo_version": 1}), []),
    "a new pod template": (
        ("kubernetes_daemon_set_v1", {"spec": [{"template": [{"x": 1}]}]}, {"spec": [{"template": [{"x": 2}]}]}),
        [("rolls-pods", "rolls its pods (spec[0].template changes)")],
    ),
    "another value in a secret": (
        ("kubernetes_secret_v1", {"data": {"a": Sensitive(1)}}, {"data": {"a": Sensitive(2)}}),
        [("rotates-secret", "changes its data, and whoever uses the old one is locked out")],
    ),
}


@pytest.mark.parametrize(("given", "expected"), UPDATED.values(), ids=UPDATED)
def test_updated(given, expected):
    assert effects(*given) == expected


def drift(path, status, noise=None):
    return Drift(address="aws_acme_x.x", path=path, desired=1, recorded=1, live=2, status=status, noise=noise)


def test_what_was_changed_outside_is_undone():
    (found,) = plan(
        change("aws_acme_x", {"a": 2, "b": 2}, {"a": 1, "b": 1}),
        drift=(
            drift("a", DriftStatus.WILL_BE_REVERTED),
            drift("b", DriftStatus.CONFLICT),
            drift("c", DriftStatus.STAYS),
            drift("d", DriftStatus.WILL_BE_REVERTED, Noise.READ_BACK),
        ),
    )
    assert said(found) == [("reverts-live", "undoes 2 changes made outside of Terraform")]
    assert found.effects[0].paths == ("a", "b")


def test_an_object_deleted_outside_is_no_undone_change():
    (found,) = plan(
        change("aws_acme_x", None, {"a": 1}, found="deleted"),
        drift=(Drift("aws_acme_x.x", "", "(exists)", "(exists)", ABSENT, DriftStatus.WILL_BE_REVERTED),),
    )
    assert (said(found), found.traits, found.note) == (
        [],
        {"unfamiliar", "vanished"},
        "was deleted outside of Terraform, and is created again",
    )


RUNS = References(provisioners=("module.m.null_resource.x",))


def test_a_command_that_the_plan_does_not_show_is_told_when_it_runs_for_the_first_time():
    unseen = References(provisioners=("null_resource.x",), unseen=("null_resource.x",))
    new = change("null_resource", None, {"triggers": None})
    again = change("null_resource", {"triggers": 1}, {"triggers": 2}, order=ReplaceOrder.DESTROY_FIRST)
    assert [said(one) for one in plan(new, references=unseen)] == [
        [("runs-code:unseen", "runs a command for the first time, and the plan does not show its text")]
    ]
    assert [said(one) for one in plan(again, references=unseen)] == [
        [("runs-code:provisioner", "runs its provisioners")]
    ]


def test_provisioners_run():
    given = [
        change("null_resource", None, {}, address='module.m["a.b[0]"].null_resource.x[0]'),
        change("null_resource", {}, {}, address="module.m.null_resource.x[1]", order=ReplaceOrder.DESTROY_FIRST),
        change("null_resource", {"a": 1}, {"a": 2}, address="module.m.null_resource.x[2]"),
        change("null_resource", {}, address="module.m.null_resource.x[3]"),
        change("null_resource", None, {}, address="null_resource.x"),
    ]
    assert [said(found) for found in plan(*given, references=RUNS)] == [
        [("runs-code:provisioner", "runs its provisioners")],
        [("runs-code:provisioner", "runs its provisioners")],
        [],
        [("?runs-code:provisioner", "may run its provisioners")],
        [],
    ]


def test_a_job_runs():
    assert effects("kubernetes_job_v1", None, {}) == [("runs-code", "runs during the apply")]


def test_a_credential_that_is_deleted():
    assert effects("aws_iam_access_key", {"user": "u"}) == [
        ("removes:identity", "is deleted, and whoever signs requests with it is locked out")
    ]


def test_an_unknown_action_has_no_other_effects():
    (found,) = plan(change("aws_acme_x", {"a": 1}, {"a": 2}, action=Action.UNKNOWN, actions=("melt",)))
    assert said(found) == []


LESS = "keeps less of the past, and what is older is deleted (retention_in_days)"
KEPT = {
    "shorter": (365, 7, [("data-loss:shortened", LESS)]),
    "as text": ("365", "7", [("data-loss:shortened", LESS)]),
    "for ever before": (0, 7, [("data-loss:shortened", LESS)]),
    "longer": (7, 365, []),
    "for ever after": (7, 0, []),
    "not said before": (None, 7, []),
    "not said after": (7, None, []),
    "not known": (7, UNKNOWN, [("?data-loss:shortened", f"{LESS}; retention_in_days is known only after the apply")]),
}


@pytest.mark.parametrize(("before", "after", "expected"), KEPT.values(), ids=KEPT)
def test_how_long_the_past_is_kept(before, after, expected):
    sides = {"retention_in_days": before}, {"retention_in_days": after}
    assert effects("aws_cloudwatch_log_group", *sides) == expected


def test_a_backup_of_no_days_is_another_matter():
    sides = {"backup_retention_period": 7}, {"backup_retention_period": 0}
    assert "data-loss:shortened" not in [name for name, _ in effects("aws_db_instance", *sides)]


@pytest.mark.parametrize(
    ("type_", "before", "after", "expected"),
    [
        ("aws_db_instance", {"engine_version": "16.4"}, {"engine_version": "16.1"}, True),
        ("aws_db_instance", {"engine_version": "16.4"}, {"engine_version": "16"}, False),
        ("aws_db_instance", {"engine_version": "16.4"}, {"engine_version": "16.10"}, False),
        (
            "google_sql_database_instance",
            {"database_version": "POSTGRES_16"},
            {"database_version": "POSTGRES_14"},
            True,
        ),
        ("google_sql_database_instance", {"database_version": "MYSQL_8_0"}, {"database_version": "POSTGRES_14"}, False),
        ("aws_instance", {"engine_version": "16.4"}, {"engine_version": "16.1"}, False),
    ],
)
def test_an_older_version_is_refused_where_there_is_no_way_back(type_, before, after, expected):
    assert ("fails:downgrade" in [word for word, _ in effects(type_, before, after)]) is expected


def test_a_downgrade_after_an_upgrade_by_the_service_is_told_as_that():
    before = {"engine_version": "16.4", "auto_minor_version_upgrade": True}
    (told,) = effects("aws_db_instance", before, before | {"engine_version": "16.1"})
    because = (
        "is set back from version 16.4 to 16.1, and a downgrade is refused;"
        " the service has upgraded it by itself (auto_minor_version_upgrade)"
    )
    assert told == ("fails:downgrade", because)
