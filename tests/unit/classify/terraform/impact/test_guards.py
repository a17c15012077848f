import pytest

from plangate.model.change import ReplaceOrder
from plangate.model.values import UNKNOWN, Sensitive
from tests.support.plan_changes import change, effects, plan, said

SWITCHED = {
    "deletion protection goes off": (
        ("aws_db_instance", {"deletion_protection": True}, {"deletion_protection": False}),
        [("unprotects:deletion-guard", "loses its protection against deletion (deletion_protection)")],
    ),
    "deletion protection is not written any more": (
        ("aws_acme_database", {"deletion_protection": True}, {}),
        [("unprotects:deletion-guard", "loses its protection against deletion (deletion_protection)")],
    ),
    "deletion protection comes": (
        ("aws_db_instance", {"deletion_protection": False}, {"deletion_protection": True}),
        [],
    ),
    "deletion protection was never there": (
        ("aws_db_instance", {"deletion_protection": None}, {"deletion_protection": False}),
        [],
    ),
    "a bucket may be emptied by force": (
        ("aws_s3_bucket", {"force_destroy": False}, {"force_destroy": True}),
        [("unprotects:deletion-guard", "loses its protection against deletion (force_destroy)")],
    ),
    "a provider upgrade writes the default": (("aws_s3_bucket", {}, {"force_destroy": False}), []),
    "no final snapshot any more": (
        ("aws_rds_cluster", {"skip_final_snapshot": False}, {"skip_final_snapshot": True}),
        [("unprotects:backup", "takes no final snapshot any more when it is deleted (skip_final_snapshot)")],
    ),
    "no backups any more, and a moment down": (
        ("aws_db_instance", {"backup_retention_period": 7}, {"backup_retention_period": 0}),
        [
            ("unprotects:backup", "loses its backups (backup_retention_period)"),
            ("downtime:restart", "goes down for a moment (backup_retention_period becomes 0)"),
        ],
    ),
    "backups are kept for fewer days": (
        ("aws_rds_cluster", {"backup_retention_period": 7}, {"backup_retention_period": 3}),
        [
            (
                "data-loss:shortened",
                "keeps less of the past, and what is older is deleted (backup_retention_period)",
            )
        ],
    ),
    "point in time recovery goes off": (
        (
            "aws_dynamodb_table",
            {"point_in_time_recovery": [{"enabled": True}]},
            {"point_in_time_recovery": [{"enabled": False}]},
        ),
        [("unprotects:backup", "loses its backups (point_in_time_recovery[0].enabled)")],
    ),
    "a negated switch: encryption is disabled": (
        (
            "aws_codebuild_project",
            {"artifacts": [{"encryption_disabled": False}]},
            {"artifacts": [{"encryption_disabled": True}]},
        ),
        [("unprotects:encryption", "is no longer encrypted as before (artifacts[0].encryption_disabled)")],
    ),
    "a negated switch: termination may be asked for again": (
        ("aws_instance", {"disable_api_termination": True}, {"disable_api_termination": False}),
        [("unprotects:deletion-guard", "loses its protection against deletion (disable_api_termination)")],
    ),
    "a public access block opens": (
        (
            "aws_s3_bucket_public_access_block",
            {"block_public_acls": True, "block_public_policy": True},
            {"block_public_acls": False, "block_public_policy": True},
        ),
        [("unprotects:public-access-block", "no longer blocks public access (block_public_acls)")],
    ),
    "old versions are no longer kept": (
        (
            "aws_s3_bucket_versioning",
            {"versioning_configuration": [{"status": "Enabled"}]},
            {"versioning_configuration": [{"status": "Suspended"}]},
        ),
        [("unprotects:versioning", "no longer keeps old versions (versioning_configuration[0].status)")],
    ),
    "a lower version of TLS": (
        ("azurerm_storage_account", {"min_tls_version": "TLS1_2"}, {"min_tls_version": "TLS1_0"}),
        [("unprotects:tls", "accepts weaker or no transport encryption (min_tls_version)")],
    ),
    "what it becomes is known only after apply": (
        ("aws_db_instance", {"deletion_protection": True}, {"deletion_protection": UNKNOWN}),
        [
            (
                "?unprotects:deletion-guard",
                "loses its protection against deletion (deletion_protection); deletion_protection is known only after the apply",
            )
        ],
    ),
    "a hidden value that is the same": (
        ("aws_acme_x", {"deletion_protection": Sensitive(1), "a": 1}, {"deletion_protection": Sensitive(1), "a": 2}),
        [],
    ),
}


@pytest.mark.parametrize(("given", "expected"), SWITCHED.values(), ids=SWITCHED)
def test_switched_off(given, expected):
    assert effects(*given) == expected


def test_a_guard_that_goes_with_a_replacement():
    assert effects(
        "aws_ebs_volume",
        {"encrypted": True, "size": 1},
        {"encrypted": False, "size": 1},
        order=ReplaceOrder.DESTROY_FIRST,
    ) == [
        (
            "data-loss:destroyed",
            "is deleted, then created empty, and the disk and what is on it go with it; no final snapshot is taken",
        ),
        ("unprotects:encryption", "is no longer encrypted as before (encrypted)"),
    ]


BUCKET = {"id": "logs", "bucket": "logs", "force_destroy": True}
BLOCK = {"id": "logs", "bucket": "logs", "block_public_acls": True}
LOCK = {"scope": "/subscriptions/1/resourceGroups/g/providers/x/servers/db", "lock_level": "CanNotDelete"}


def test_a_public_access_block_that_is_deleted():
    assert effects("aws_s3_bucket_public_access_block", BLOCK) == [
        ("unprotects:public-access-block", "is deleted, and public access is no longer blocked")
    ]


def test_a_public_access_block_that_goes_with_its_bucket_protects_nothing():
    _, block = plan(change("aws_s3_bucket", BUCKET), change("aws_s3_bucket_public_access_block", BLOCK))
    assert said(block) == []


def test_a_lock_that_goes_with_what_it_locks_is_said_to():
    lock, _ = plan(
        change("azurerm_management_lock", LOCK),
        change("azurerm_mssql_server", {"id": LOCK["scope"], "name": "db"}),
    )
    assert said(lock) == [
        (
            "unprotects:deletion-guard",
            "is deleted, and what it locked can be deleted; what it guarded is deleted in the same plan",
        )
    ]


def test_a_guard_under_another_address_is_still_there():
    old, new = plan(
        change("aws_s3_bucket_public_access_block", BLOCK, address="aws_s3_bucket_public_access_block.a"),
        change("aws_s3_bucket_public_access_block", None, BLOCK, address="aws_s3_bucket_public_access_block.b"),
    )
    assert ([word for word, _ in said(old)], said(new)) == (["removes:renamed"], [])


def test_a_deny_rule_that_is_deleted_opens():
    rule = {"direction": "Inbound", "access": "Deny", "name": "d"}
    assert effects("azurerm_network_security_rule", rule) == [
        ("unprotects:network-guard", "is deleted, and what it denied is no longer denied")
    ]


def test_an_allow_rule_that_is_deleted_closes():
    rule = {"direction": "Inbound", "access": "Allow", "name": "a"}
    assert effects("azurerm_network_security_rule", rule) == [
        ("removes:guards", "is deleted, and what it denied opens, what it allowed is cut")
    ]


def test_what_the_provider_decides_again_for_a_new_object_is_no_doubt():
    assert (
        effects("aws_eks_node_group", {"encrypted": True}, {"encrypted": UNKNOWN}, order=ReplaceOrder.CREATE_FIRST)
        == []
    )
