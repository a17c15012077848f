"""Why an update is harmless, and which attributes somebody has to judge."""

import pytest

from plangate.classify.terraform import roles
from plangate.classify.terraform.plan import classify
from plangate.model.change import TerraformChangeSet
from plangate.model.input import InputRecord, Kind
from plangate.model.values import UNKNOWN, Embedded, Sensitive
from tests.support.plan_changes import change

HARMLESS = {
    "only a description": (
        "google_service_account",
        {"display_name": "a"},
        {"display_name": "b"},
        "only its display_name changes",
    ),
    "description and labels of a pool": (
        "aws_kms_key",
        {"description": "a", "tags": {}},
        {"description": "b", "tags": {"x": "y"}},
        "only its description and tags change",
    ),
    "more tasks": ("aws_ecs_service", {"desired_count": 2}, {"desired_count": 4}, "desired_count grows"),
    "new code": (
        "aws_lambda_function",
        {"s3_key": "1.zip", "last_modified": "x"},
        {"s3_key": "2.zip", "last_modified": UNKNOWN},
        "s3_key is what every deploy changes",
    ),
    "a longer memory": (
        "aws_cloudwatch_log_group",
        {"retention_in_days": 30},
        {"retention_in_days": 365},
        "retention_in_days keeps more",
    ),
    "a guard that is switched on": (
        "aws_db_instance",
        {"deletion_protection": False},
        {"deletion_protection": True},
        "deletion_protection protects more",
    ),
    "a negated guard that is switched on": (
        "aws_db_instance",
        {"skip_final_snapshot": True},
        {"skip_final_snapshot": False},
        "skip_final_snapshot protects more",
    ),
    "what a name waits for": ("aws_route53_record", {"ttl": 3600}, {"ttl": 300}, "only its ttl changes"),
    "what is nothing outside": (
        "time_offset",
        {"offset_days": 7},
        {"offset_days": 8},
        "it is nothing outside of the state and of the machine that runs Terraform",
    ),
}

UNJUDGED = {
    "fewer tasks": ("aws_ecs_service", {"desired_count": 10}, {"desired_count": 1}, ("desired_count",)),
    "another address": ("aws_route53_record", {"records": ["1.2.3.4"]}, {"records": ["1.2.3.5"]}, ("records[0]",)),
    "a shorter memory": (
        "azurerm_storage_management_policy",
        {"rule": [{"days": 90}]},
        {"rule": [{"days": 7}]},
        ("rule[0].days",),
    ),
    "code of a guard": ("aws_wafv2_web_acl", {"rule": [{"body": "a"}]}, {"rule": [{"body": "b"}]}, ("rule[0].body",)),
    "a value that is hidden": (
        "aws_ecs_service",
        {"desired_count": 1},
        {"desired_count": Sensitive(0)},
        ("desired_count",),
    ),
    "a type that nobody knows": ("example_thing", {"knob": 1}, {"knob": 2}, ("knob",)),
    "a schema": (
        "aws_cognito_user_pool",
        {"schema": [{"max_length": "64"}]},
        {"schema": [{"max_length": "256"}]},
        ("schema[0].max_length",),
    ),
    "no limit any more": ("aws_sqs_queue", {"max_message_size": 10}, {"max_message_size": 0}, ("max_message_size",)),
}


def _classified(one):
    record = InputRecord(kind=Kind.TERRAFORM_PLAN, path="p", sha256="")
    return classify(TerraformChangeSet(input=record, changes=(one,))).changes[0]


def _judged(type_, before, after):
    return _classified(change(type_, before, after))


@pytest.mark.parametrize("case", HARMLESS.values(), ids=HARMLESS)
def test_harmless(case):
    type_, before, after, reason = case
    found = _judged(type_, before, after)
    assert (found.assessed or found.noise, found.unjudged) == (reason, ())


@pytest.mark.parametrize("case", UNJUDGED.values(), ids=UNJUDGED)
def test_unjudged(case):
    type_, before, after, paths = case
    found = _judged(type_, before, after)
    assert (found.assessed, found.unjudged) == (None, paths)


def test_every_name_has_one_role_and_every_role_a_meaning():
    known = roles.knowledge()
    every = [name for of_it in known.names.values() for name in of_it]
    assert len(every) == len(set(every))
    assert set(known.roles) == set(roles.Role)


def test_a_destroy_that_nobody_knows_has_no_reason():
    assert _classified(change("example_thing", {"id": "1"})).assessed is None


IDLE = {
    "a block that blocks nothing": (
        "aws_s3_bucket_public_access_block",
        {"bucket": "b", "block_public_acls": False, "block_public_policy": False},
        True,
    ),
    "a block that blocks something": (
        "aws_s3_bucket_public_access_block",
        {"bucket": "b", "block_public_acls": True, "block_public_policy": False},
        False,
    ),
    "a block that cannot be seen": (
        "aws_s3_bucket_public_access_block",
        {"bucket": "b", "block_public_acls": Sensitive("x")},
        False,
    ),
    "the encryption that there is anyway": (
        "aws_s3_bucket_server_side_encryption_configuration",
        {"rule": [{"apply_server_side_encryption_by_default": [{"sse_algorithm": "AES256", "kms_master_key_id": ""}]}]},
        True,
    ),
    "encryption with a key": (
        "aws_s3_bucket_server_side_encryption_configuration",
        {
            "rule": [
                {"apply_server_side_encryption_by_default": [{"sse_algorithm": "aws:kms", "kms_master_key_id": "k"}]}
            ]
        },
        False,
    ),
    "a rule that is disabled": ("google_compute_firewall", {"disabled": True, "deny": [{"protocol": "all"}]}, True),
}


@pytest.mark.parametrize(("type_", "before", "expected"), IDLE.values(), ids=IDLE)
def test_a_guard_that_guarded_nothing_is_not_missed(type_, before, expected):
    plan = TerraformChangeSet(
        input=InputRecord(kind=Kind.TERRAFORM_PLAN, path="p", sha256=""), changes=(change(type_, before),)
    )
    (found,) = classify(plan).changes
    assert (found.assessed is not None) is expected
    assert bool(found.effects) is not expected


def vault(*rules):
    return {"policy": "\n".join(f'path "{path}" {{\n  capabilities = {may}\n}}' for path, may in rules)}


def role(*verbs, resource="configmaps"):
    rule = {"api_groups": [""], "resources": [resource], "verbs": list(verbs)}
    return {"rule": [{"api_groups": [""], "resources": ["pods"], "verbs": ["get"]}, rule]}


OWN = ("secret/data/app", '["read"]')
NARROW = {
    "one more path to read": ("vault_policy", vault(OWN), vault(OWN, ("database/creds/app", '["read"]')), True),
    "one more path to write": ("vault_policy", vault(OWN), vault(OWN, ("database/creds/app", '["update"]')), False),
    "many more paths": ("vault_policy", vault(OWN), vault(OWN, ("secret/data/*", '["read"]')), False),
    "another path": ("vault_policy", vault(OWN), vault(("secret/data/other", '["read"]')), False),
    "one path less": ("vault_policy", vault(OWN, ("secret/data/b", '["read"]')), vault(OWN), False),
    "a policy that cannot be seen": ("vault_policy", vault(OWN), {"policy": Sensitive("x")}, False),
    "one more key of Consul": (
        "consul_acl_policy",
        {"rules": 'key "app/a" { policy = "read" }'},
        {"rules": 'key "app/a" { policy = "read" }\nkey "app/b" { policy = "read" }'},
        True,
    ),
    "a key of Consul to write": (
        "consul_acl_policy",
        {"rules": 'key "app/a" { policy = "read" }'},
        {"rules": 'key "app/a" { policy = "write" }'},
        False,
    ),
    "settings that pods may read": ("kubernetes_role", role("get"), role("get", "list"), True),
    "settings that pods may delete": ("kubernetes_role", role("get"), role("get", "delete"), False),
    "secrets that pods may read": (
        "kubernetes_role",
        role("get", resource="secrets"),
        role("get", "list", resource="secrets"),
        False,
    ),
    "settings of every namespace": ("kubernetes_cluster_role", role("get"), role("get", "list"), False),
}


@pytest.mark.parametrize(("type_", "before", "after", "expected"), NARROW.values(), ids=NARROW)
def test_one_more_thing_that_an_application_reads_is_harmless(type_, before, after, expected):
    plan = TerraformChangeSet(
        input=InputRecord(kind=Kind.TERRAFORM_PLAN, path="p", sha256=""), changes=(change(type_, before, after),)
    )
    (found,) = classify(plan).changes
    assert (found.assessed is not None) is expected


def helm(**given):
    values = given.pop("values", "replicaCount: 3")
    fixed = {"name": "web", "chart": "web", "version": "1.2.3", "set": [], "timeout": 300}
    return fixed | {"values": [Embedded("yaml", values) if isinstance(values, dict) else values]} | given


OF_RELEASE = {
    "an image": (
        {"values": {"image": {"tag": "1"}}},
        {"values": {"image": {"tag": "2"}}},
        "values.image.tag is what every deploy changes",
    ),
    "more pods": ({"values": {"replicaCount": 3}}, {"values": {"replicaCount": 5}}, "values.replicaCount grows"),
    "more memory": (
        {"values": {"resources": {"memory": "512Mi"}}},
        {"values": {"resources": {"memory": "1Gi"}}},
        "values.resources.memory grows",
    ),
    "fewer pods": ({"values": {"replicaCount": 3}}, {"values": {"replicaCount": 1}}, None),
    "another way in": (
        {"values": {"service": {"type": "ClusterIP"}}},
        {"values": {"service": {"type": "NodePort"}}},
        None,
    ),
    "a value that cannot be seen": ({"values": {"a": Sensitive("x")}}, {"values": {"a": Sensitive("y")}}, None),
    "a later chart": ({}, {"version": "1.3.0"}, "version moves to a later release of the same major version"),
    "another major version": ({}, {"version": "2.0.0"}, None),
    "a chart that promises nothing": ({"version": "0.2.3"}, {"version": "0.3.0"}, None),
    "a chart from elsewhere": ({"repository": "https://a.example"}, {"repository": "https://b.example"}, None),
    "a longer wait": ({}, {"timeout": 600}, "only its timeout changes"),
}


@pytest.mark.parametrize(("before", "after", "expected"), OF_RELEASE.values(), ids=OF_RELEASE)
def test_an_upgrade_of_a_release_is_judged_by_what_changes_in_it(before, after, expected):
    plan = TerraformChangeSet(
        input=InputRecord(kind=Kind.TERRAFORM_PLAN, path="p", sha256=""),
        changes=(change("helm_release", helm(**before), helm(**after)),),
    )
    (found,) = classify(plan).changes
    assert found.assessed == expected
    assert bool(found.unjudged) is (expected is None)
