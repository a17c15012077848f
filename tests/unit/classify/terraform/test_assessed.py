"""Why an update is harmless, and which attributes somebody has to judge."""

import pytest

from plangate.classify.terraform import roles
from plangate.classify.terraform.plan import classify
from plangate.model.change import TerraformChangeSet
from plangate.model.input import InputRecord, Kind
from plangate.model.values import UNKNOWN, Sensitive
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
