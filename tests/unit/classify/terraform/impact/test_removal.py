import pytest

from plangate.model.change import Action, References, ReplaceOrder
from tests.support.plan_changes import change, effects, plan, said

FIRST, LAST = ReplaceOrder.DESTROY_FIRST, ReplaceOrder.CREATE_FIRST

DELETED = {
    "a database without a final snapshot": (
        ("aws_db_instance", {"identifier": "main", "skip_final_snapshot": True}),
        [("data-loss:destroyed", "is deleted, and its databases and rows go with it; no final snapshot is taken")],
    ),
    "a database with a final snapshot": (
        ("aws_db_instance", {"identifier": "main", "skip_final_snapshot": False}),
        [
            (
                "data-loss:with-snapshot",
                "is deleted, and its databases and rows go with it; a final snapshot is taken first",
            )
        ],
    ),
    "a protected database is refused, and nothing else is said": (
        ("aws_db_instance", {"identifier": "main", "deletion_protection": True}),
        [("fails:protected", "cannot be deleted: the provider refuses while deletion_protection is on in the state")],
    ),
    "a read replica holds no data of its own": (
        ("aws_db_instance", {"identifier": "copy", "replicate_source_db": "main"}),
        [("downtime:replica", "is deleted, and who reads from it has to read elsewhere")],
    ),
    "a bucket that may not be deleted while something is in it": (
        ("aws_s3_bucket", {"bucket": "logs", "force_destroy": False}),
        [
            (
                "data-loss:if-empty-only",
                "is deleted; the provider refuses while it is not empty (force_destroy = false)",
            )
        ],
    ),
    "a null force_destroy is the provider's default": (
        ("aws_s3_bucket", {"bucket": "logs", "force_destroy": None}),
        [
            (
                "data-loss:if-empty-only",
                "is deleted; the provider refuses while it is not empty (force_destroy = false)",
            )
        ],
    ),
    "a bucket whose state does not show that the provider refuses": (
        ("aws_s3_bucket", {"bucket": "logs"}),
        [("data-loss:destroyed", "is deleted, and the objects in it go with it")],
    ),
    "a bucket that is emptied by force": (
        ("aws_s3_bucket", {"bucket": "logs", "force_destroy": True}),
        [("data-loss:destroyed", "is deleted, and the objects in it go with it")],
    ),
    "a secret that can be restored": (
        ("aws_secretsmanager_secret", {"name": "s", "recovery_window_in_days": 30}),
        [
            (
                "removes:identity",
                "is deleted, and its values go and readers are locked out; it can be restored for some days",
            )
        ],
    ),
    "a secret that is gone at once": (
        ("aws_secretsmanager_secret", {"name": "s", "recovery_window_in_days": 0}),
        [("removes:identity", "is deleted, and its values go and readers are locked out")],
    ),
    "a queue": (
        ("aws_sqs_queue", {"name": "q"}),
        [("data-loss:destroyed", "is deleted, and the messages in it go with it")],
    ),
    "a repository that is only archived": (
        ("github_repository", {"name": "r", "archive_on_destroy": True}),
        [("forgets", "is archived, not deleted, and no longer managed")],
    ),
    "a volume whose disk is retained": (
        ("kubernetes_persistent_volume_v1", {"spec": [{"persistent_volume_reclaim_policy": "Retain"}]}),
        [("forgets", "is no longer managed; the disk behind it stays (reclaim policy Retain)")],
    ),
    "a claim for a volume": (
        ("kubernetes_persistent_volume_claim_v1", {"metadata": [{"name": "data"}]}),
        [("data-loss:destroyed", "is deleted, and the content of its volume goes with it")],
    ),
    "a namespace as a manifest": (
        ("kubernetes_manifest", {"manifest": {"kind": "Namespace", "metadata": {"name": "n"}}}),
        [("data-loss:destroyed", "is deleted, and every object and volume claim in it goes")],
    ),
    "a memory cache without storage": (
        ("aws_elasticache_cluster", {"engine": "memcached"}),
        [("downtime:replica", "is deleted, and who reads from it has to read elsewhere")],
    ),
    "a store of a provider that nobody listed": (
        ("aws_acme_mysql_database", {"name": "d"}),
        [("data-loss:destroyed", "is deleted, and what it holds goes with it")],
    ),
    "a route table is no table": (
        ("aws_route_table", {"id": "rtb-1"}),
        [("removes:foundation", "is deleted, and its routes go")],
    ),
    "a policy of a bucket is no bucket": (("aws_acme_bucket_policy", {"id": "p"}), []),
    "a machine": (
        ("aws_instance", {"ami": "a"}),
        [("traffic-cut:compute", "is deleted with its own disks, and what runs on it stops")],
    ),
    "a listener": (
        ("aws_lb_listener", {"port": 443}),
        [("traffic-cut", "is deleted, and requests to its port fail")],
    ),
    "an event rule": (
        ("aws_cloudwatch_event_rule", {"name": "r"}),
        [("downtime:trigger", "is deleted, and nothing is triggered by its events or schedule")],
    ),
    "what is replaced on every deploy": (("aws_ecs_task_definition", {"family": "web"}), []),
    "a random name": (("random_pet", {"length": 2}), []),
    "a random password nobody can use any more": (("random_password", {"length": 20}), []),
}


@pytest.mark.parametrize(("given", "expected"), DELETED.values(), ids=DELETED)
def test_deleted(given, expected):
    assert effects(*given) == expected


REPLACED = {
    "deleted first": (
        ("aws_ebs_volume", {"size": 1}, {"size": 1}),
        FIRST,
        [
            (
                "data-loss:destroyed",
                "is deleted, then created empty, and the disk and what is on it go with it; no final snapshot is taken",
            )
        ],
    ),
    "created first": (
        ("aws_dynamodb_table", {"name": "old"}, {"name": "new"}),
        LAST,
        [
            (
                "data-loss:destroyed",
                "is created again and empty, then the old one is deleted, and all its items go with it",
            )
        ],
    ),
    "protected in the state, although the plan takes the protection away": (
        (
            "google_sql_database_instance",
            {"name": "a", "deletion_protection": True},
            {"name": "b", "deletion_protection": False},
        ),
        FIRST,
        [("fails:protected", "cannot be replaced: the provider refuses while deletion_protection is on in the state")],
    ),
    "a cluster": (
        ("aws_eks_cluster", {"name": "a"}, {"name": "b"}),
        FIRST,
        [("removes:foundation", "is replaced: the old one is deleted, and everything that runs in it goes")],
    ),
    "a cluster, the new one first": (
        ("aws_eks_cluster", {"name": "a"}, {"name": "b"}),
        LAST,
        [("removes:foundation", "is replaced: the old one is deleted, and everything that runs in it goes")],
    ),
    "a machine": (
        ("google_compute_instance", {"name": "a"}, {"name": "a"}),
        FIRST,
        [("downtime:compute", "is deleted before the new one is created, and nothing serves in between")],
    ),
    "what is replaced on every deploy": (("aws_lambda_layer_version", {"v": 1}, {"v": 2}), FIRST, []),
    "a password": (
        ("random_password", {"length": 20}, {"length": 30}),
        FIRST,
        [("rotates-secret", "gets a new value, and whoever uses the old one is locked out")],
    ),
    "the new one first under the same name": (
        ("aws_lb_target_group", {"name": "web", "port": 80}, {"name": "web", "port": 81}),
        LAST,
        [("fails:name-taken", "is created while the old one still has its name (name), and is refused")],
    ),
    "the new one first under the same name, where the API takes both for one": (
        ("aws_sqs_queue", {"name": "t"}, {"name": "t"}),
        LAST,
        [
            (
                "may-fail:name-taken",
                "is created while the old one still has its name (name): refused, or taken for the old one and deleted with it",
            ),
            (
                "data-loss:destroyed",
                "is created again and empty, then the old one is deleted, and the messages in it go with it",
            ),
        ],
    ),
    "a file that is written in its own place, and then deleted": (
        ("local_file", {"filename": "a", "content": "1"}, {"filename": "a", "content": "2"}),
        LAST,
        [
            (
                "removes:overwritten",
                "is written in the place of the old one (filename), and then deleted with it: nothing is left",
            )
        ],
    ),
    "a file that is written in another place first": (
        ("local_file", {"filename": "a", "content": "1"}, {"filename": "b", "content": "1"}),
        LAST,
        [],
    ),
    "the new one first in another namespace": (
        (
            "kubernetes_config_map_v1",
            {"metadata": [{"name": "c", "namespace": "a"}]},
            {"metadata": [{"name": "c", "namespace": "b"}]},
        ),
        LAST,
        [],
    ),
}


@pytest.mark.parametrize(("given", "order", "expected"), REPLACED.values(), ids=REPLACED)
def test_replaced(given, order, expected):
    assert effects(*given, order=order) == expected


def test_the_leftover_of_a_replacement_still_holds_data():
    assert effects("aws_ebs_volume", {"size": 1}, deposed="1a2b3c4d") == [
        (
            "data-loss:destroyed",
            "has an old object left over from a replacement; it is deleted, and the disk and what is on it go with it; "
            "no final snapshot is taken",
        )
    ]


def test_a_replacement_that_forgets_deletes_nothing():
    (found,) = plan(
        change("aws_db_instance", {"identifier": "a"}, {"identifier": "b"}, order=LAST, actions=("create", "forget"))
    )
    assert said(found) == [
        ("forgets", "is created again; the old one is no longer managed, but stays, and is still paid for")
    ]


GROUP = change("aws_security_group", {"name": "a"}, {"name": "b"}, order=FIRST)
IN_USE = [
    ("may-fail:in-use", "is deleted before the new one is created, which is refused while something still uses it")
]


@pytest.mark.parametrize(
    ("users", "expected"),
    [
        ({}, IN_USE),
        ({"aws_security_group.x": ("module.m.aws_instance.web",)}, IN_USE),
        ({"aws_security_group.x": ("aws_security_group_rule.ssh",)}, []),
        ({"aws_vpc.x": ("aws_subnet.y",)}, []),
    ],
)
def test_what_is_in_use_is_not_deleted_first(users, expected):
    (found,) = plan(GROUP, references=References(users=users))
    assert said(found) == expected


def test_forgotten_stays_and_costs():
    (found,) = plan(change("aws_db_instance", {"identifier": "a"}, action=Action.FORGET, actions=("forget",)))
    assert said(found) == [("forgets", "is no longer managed; it stays, and is still paid for")]


def test_an_action_that_nobody_knows_and_that_deletes_loses_data():
    (found,) = plan(change("aws_sqs_queue", {"name": "q"}, action=Action.UNKNOWN, actions=("update", "delete")))
    assert said(found) == [("data-loss:destroyed", "is deleted, and the messages in it go with it")]


def test_data_sources_and_reads_have_no_effects():
    read = change("aws_db_instance", {"identifier": "a"}, mode="data")
    assert plan(read) == (read,)


def test_a_stream_without_values_still_loses_data():
    (found,) = plan(change("aws_s3_bucket", action=Action.DESTROY, actions=("delete",), values_known=False))
    assert said(found) == [("data-loss:destroyed", "is deleted, and the objects in it go with it")]


TRAITS = {
    "aws_s3_bucket": {"data", "stateful"},
    "aws_kms_key": {"foundation", "identity"},
    "aws_route53_record": {"serves"},
    "random_password": {"credential", "routine"},
    "kubernetes_job_v1": {"routine", "runs-code"},
    "azurerm_virtual_network": {"foundation"},
    "google_project_iam_member": {"grants"},
    "aws_acme_thing": {"unfamiliar"},
    "aws_db_subnet_group": {"harmless", "recreatable"},
    "azurerm_storage_table_entity": {"data"},
    "aws_ecs_task_definition": {"routine"},
    "aws_cloudwatch_metric_alarm": {"routine"},
    "acme_thing": {"unfamiliar"},
}


@pytest.mark.parametrize(("type_", "traits"), TRAITS.items())
def test_traits_of_a_type(type_, traits):
    (found,) = plan(change(type_, None, {}))
    assert found.traits == traits


def test_the_state_adds_a_trait_of_its_own():
    (found,) = plan(change("aws_ecr_repository", {"force_delete": False}))
    assert found.traits == {"data", "stateful", "refuses-when-not-empty"}


GOES = {
    "rights": (
        ("azurerm_role_assignment", {"scope": "/subscriptions/1"}),
        [("removes:grants", "is deleted, and whoever had rights through it loses them")],
    ),
    "all rights": (
        ("google_project_iam_policy", {"project": "p"}),
        [("removes:grants", "is deleted, and every right that it lists is taken away")],
    ),
    "what is routine only while something takes its place": (
        ("aws_cloudwatch_metric_alarm", {"alarm_name": "a"}),
        [("removes:watches", "is deleted, and nobody is alarmed")],
    ),
    "settings that nobody misses": (("aws_db_subnet_group", {"name": "a"}), []),
    "what nobody has classified": (("acme_thing", {"name": "a"}), []),
}


@pytest.mark.parametrize(("given", "expected"), GOES.values(), ids=GOES)
def test_what_goes_is_said_by_the_class(given, expected):
    assert effects(*given) == expected


def test_what_goes_with_its_owner_is_told_there():
    group, rule = plan(
        change("aws_security_group", {"id": "sg-1", "vpc_id": "vpc-1"}),
        change("aws_security_group_rule", {"id": "sgr-1", "security_group_id": "sg-1"}),
    )
    assert [word for word, _ in said(group)] == ["removes:guards"]
    assert said(rule) == []


def test_settings_that_are_called_like_their_owner_do_not_own_each_other():
    found = plan(
        change("aws_s3_bucket_policy", {"id": "logs", "bucket": "logs"}),
        change("aws_s3_bucket_lifecycle_configuration", {"id": "logs", "bucket": "logs"}),
    )
    assert [len(one.effects) for one in found] == [1, 1]


def test_what_nobody_misses_is_forgotten_in_silence():
    (found,) = plan(change("aws_db_subnet_group", {"name": "a"}, action=Action.FORGET, actions=("forget",)))
    assert [(effect.name, effect.kind) for effect in found.effects] == [("forgets", "routine")]


@pytest.mark.parametrize(("type_", "consequence"), [("aws_lb", "high"), ("aws_lb_target_group", "medium")])
def test_the_effect_has_the_consequence_of_the_type(type_, consequence):
    (found,) = plan(change(type_, {"name": "a"}))
    assert [effect.consequence for effect in found.effects] == [consequence]


def test_a_certificate_that_is_made_anew_first_is_missed_by_nobody():
    given = "aws_acm_certificate", {"domain_name": "a"}, {"domain_name": "b"}
    assert effects(*given, order=LAST) == []
    assert [word for word, _ in effects(*given, order=FIRST)] == ["may-fail:in-use", "removes:identity"]
