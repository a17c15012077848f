import pytest

from plangate.model.values import UNKNOWN, Embedded, Sensitive
from tests.support.plan_changes import effects


def policy(*statements):
    return {"policy": Embedded("json", {"Version": "2012-10-17", "Statement": list(statements)})}


def allow(action, resource="*", **fields):
    return {"Effect": "Allow", "Action": action, "Resource": resource} | fields


def trust(principal, **fields):
    statement = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal} | fields
    return {"assume_role_policy": Embedded("json", {"Statement": statement})}


GITHUB = "token.actions.githubusercontent.com"


def jobs(condition, issuer=GITHUB):
    return trust({"Federated": f"arn:aws:iam::1:oidc-provider/{issuer}"}, Condition=condition)


ANYBODY = allow("s3:GetObject", "arn:aws:s3:::b/*", Principal="*")
NEW = {"bucket": UNKNOWN}

OPENED = {
    "a bucket that everybody reads": (
        ("aws_s3_bucket_acl", None, {"acl": "public-read"}),
        [("exposes:public-bucket", "is readable by everybody (acl)")],
    ),
    "a private bucket that becomes public": (
        ("aws_s3_bucket_acl", {"acl": "private"}, {"acl": "public-read-write"}),
        [("exposes:public-bucket", "is readable by everybody (acl)")],
    ),
    "a bucket that was public before": (
        ("aws_s3_bucket_acl", {"acl": "public-read", "x": 1}, {"acl": "public-read-write", "x": 2}),
        [],
    ),
    "an ACL that nobody configured": (("aws_s3_bucket", None, {"acl": UNKNOWN}), []),
    "a database with a public address": (
        ("aws_db_instance", None, {"publicly_accessible": True, "storage_encrypted": True}),
        [("exposes:public-database", "gets a public address (publicly_accessible)")],
    ),
    "a database whose address is not known to be public": (
        ("aws_db_instance", None, {"publicly_accessible": UNKNOWN, "storage_encrypted": True}),
        [
            (
                "?exposes:public-database",
                "gets a public address (publicly_accessible); publicly_accessible is known only after the apply",
            )
        ],
    ),
    "a provider's default at create": (
        ("azurerm_container_registry", None, {"public_network_access_enabled": True}),
        [],
    ),
    "a database with an endpoint on the internet": (
        ("azurerm_mssql_server", None, {"public_network_access_enabled": True}),
        [
            (
                "exposes:public-endpoint",
                "is a new database with an endpoint on the internet (public_network_access_enabled)",
            )
        ],
    ),
    "a database inside of a network": (
        (
            "azurerm_postgresql_flexible_server",
            None,
            {"public_network_access_enabled": True, "delegated_subnet_id": UNKNOWN},
        ),
        [
            (
                "?exposes:public-endpoint",
                "is a new database with an endpoint on the internet (public_network_access_enabled);"
                " delegated_subnet_id is known only after the apply",
            )
        ],
    ),
    "a machine with a public address": (
        ("aws_instance", None, {"associate_public_ip_address": True}),
        [("exposes:public-ip", "gets a public address (associate_public_ip_address)")],
    ),
    "a machine whose address the subnet decides": (
        ("aws_instance", None, {"associate_public_ip_address": UNKNOWN}),
        [],
    ),
    "a machine of Google with a public address": (
        ("google_compute_instance", None, {"network_interface": [{"network": "default", "access_config": [{}]}]}),
        [("exposes:public-ip", "gets a public address (access_config)")],
    ),
    "a machine of Google without one": (
        ("google_compute_instance", None, {"network_interface": [{"network": "default", "access_config": []}]}),
        [],
    ),
    "rights of a user": (
        ("aws_iam_user_policy_attachment", None, {"user": UNKNOWN, "policy_arn": UNKNOWN}),
        [("exposes:direct-grant", "gives rights to a user directly, not to a group or a role")],
    ),
    "rights of a role": (("aws_iam_role_policy_attachment", None, {"role": "web", "policy_arn": UNKNOWN}), []),
    "a role of a person in Azure": (
        (
            "azurerm_role_assignment",
            None,
            {
                "scope": "/subscriptions/1/resourceGroups/g",
                "role_definition_name": "Contributor",
                "principal_type": "User",
            },
        ),
        [("exposes:direct-grant", "gives a role to a person directly, not to a group (principal_type)")],
    ),
    "a role of a service in Azure": (
        (
            "azurerm_role_assignment",
            None,
            {
                "scope": "/subscriptions/1/resourceGroups/g",
                "role_definition_name": "Contributor",
                "principal_type": "ServicePrincipal",
            },
        ),
        [],
    ),
    "a role of a person in Google": (
        ("google_storage_bucket_iam_member", None, {"role": "roles/storage.admin", "member": "user:a@example.com"}),
        [("exposes:direct-grant", "gives roles/storage.admin to user:a@example.com directly, not to a group")],
    ),
    "a person who may read": (
        (
            "google_storage_bucket_iam_member",
            None,
            {"role": "roles/storage.objectViewer", "member": "user:a@example.com"},
        ),
        [],
    ),
    "who may act as a service account": (
        (
            "google_service_account_iam_member",
            None,
            {"role": "roles/iam.serviceAccountTokenCreator", "member": "group:ops@example.com"},
        ),
        [
            (
                "exposes:wide-grant",
                "gives roles/iam.serviceAccountTokenCreator on a service account, and so every right of that account",
            )
        ],
    ),
    "a workload that acts as its own service account": (
        ("google_service_account_iam_member", None, {"role": "roles/iam.workloadIdentityUser", "member": "x"}),
        [],
    ),
    "a lock that nobody can open": (
        ("google_storage_bucket", None, {"retention_policy": [{"is_locked": True}]}),
        [("locks", "locks its retention policy for good (is_locked)")],
    ),
    "a lock that was shut before": (
        (
            "google_storage_bucket",
            {"retention_policy": [{"is_locked": True}], "labels": {}},
            {"retention_policy": [{"is_locked": True}], "labels": {"a": "b"}},
        ),
        [],
    ),
    "a lock with a way back": (
        ("aws_s3_bucket_object_lock_configuration", None, {"rule": [{"default_retention": [{"mode": "GOVERNANCE"}]}]}),
        [],
    ),
    "a provider's default, when it changes": (
        ("azurerm_mssql_server", {"public_network_access_enabled": False}, {"public_network_access_enabled": True}),
        [("exposes:public-endpoint", "can be reached from every network (public_network_access_enabled)")],
    ),
    "the whole internet in Azure SQL": (
        ("azurerm_mssql_firewall_rule", None, {"start_ip_address": "0.0.0.0", "end_ip_address": "255.255.255.255"}),
        [("exposes:public-database", "lets the whole internet connect (0.0.0.0 to 255.255.255.255)")],
    ),
    "every Azure service": (
        ("azurerm_mssql_firewall_rule", None, {"start_ip_address": "0.0.0.0", "end_ip_address": "0.0.0.0"}),
        [("exposes:cloud-wide", "lets every Azure service of every customer connect (0.0.0.0 to 0.0.0.0)")],
    ),
    "one address in Azure SQL": (
        ("azurerm_mssql_firewall_rule", None, {"start_ip_address": "9.9.9.9", "end_ip_address": "9.9.9.9"}),
        [],
    ),
    "a function that everybody calls": (
        ("aws_lambda_function_url", None, {"authorization_type": "NONE"}),
        [("exposes:function-url", "can be called by everybody (authorization_type = NONE)")],
    ),
    "a function that a service calls": (
        ("aws_lambda_permission", None, {"principal": "events.amazonaws.com"}),
        [],
    ),
    "a function for every principal": (
        ("aws_lambda_permission", None, {"principal": "*"}),
        [("exposes:public-access", "lets everybody call the function (principal = *)")],
    ),
    "a function for every principal of one organization": (
        ("aws_lambda_permission", None, {"principal": "*", "principal_org_id": "o-1"}),
        [],
    ),
    "a role for a job of one repository": (
        ("aws_iam_role", None, jobs({"StringLike": {f"{GITHUB}:sub": "repo:acme/web:*", f"{GITHUB}:aud": "sts"}})),
        [],
    ),
    "a role for the jobs of everybody": (
        ("aws_iam_role", None, jobs({"StringEquals": {f"{GITHUB}:aud": "sts.amazonaws.com"}})),
        [("exposes:trust-anyone", f"can be assumed by jobs of everybody at {GITHUB}")],
    ),
    "a role for the jobs of every repository": (
        ("aws_iam_role", None, jobs({"StringLike": {f"{GITHUB}:sub": ["repo:acme/web:*", "repo:*"]}})),
        [("exposes:trust-anyone", f"can be assumed by jobs of everybody at {GITHUB}")],
    ),
    "a role for jobs under a condition that is hidden": (
        ("aws_iam_role", None, jobs(Sensitive(1))),
        [
            (
                "?exposes:trust-anyone",
                f"can be assumed by jobs of everybody at {GITHUB}; assume_role_policy is masked, as it may be a secret",
            )
        ],
    ),
    "a role for the jobs of one cluster": (
        ("aws_iam_role", None, jobs({}, "oidc.eks.eu-west-1.amazonaws.com/id/1")),
        [],
    ),
    "everything on everything": (
        ("aws_iam_policy", None, policy(allow("*"))),
        [("exposes:iam-wildcard", "allows every action on everything")],
    ),
    "everything in IAM": (
        ("aws_iam_role_policy", None, policy(allow(["iam:*"], "arn:aws:iam::1:role/x"))),
        [("exposes:iam-wildcard", "allows every IAM action, and so everything")],
    ),
    "a whole service on everything": (
        ("aws_iam_policy", None, policy(allow("ec2:*"))),
        [("exposes:wide-grant", "allows every ec2 action on everything")],
    ),
    "reading on everything": (("aws_iam_policy", None, policy(allow(["ec2:Describe*", "logs:PutLogEvents"]))), []),
    "passing every role": (
        ("aws_iam_policy", None, policy(allow("iam:PassRole"))),
        [("exposes:wide-grant", "allows actions on everything that can lead to every permission")],
    ),
    "everything but a little": (
        ("aws_iam_policy", None, policy({"Effect": "Allow", "NotAction": "sts:*", "Resource": "*"})),
        [("exposes:iam-wildcard", "allows everything but a few actions, on everything")],
    ),
    "denying everything": (("aws_iam_policy", None, policy({"Effect": "Deny", "Action": "*", "Resource": "*"})), []),
    "everything on everything, as before": (
        ("aws_iam_policy", policy(allow("*")), policy(allow("*"), allow("s3:GetObject", "arn:x"))),
        [],
    ),
    "a policy that is not known yet": (
        ("aws_iam_policy", None, {"policy": UNKNOWN}),
        [("?exposes:iam-wildcard", "has a policy that cannot be seen; policy is known only after the apply")],
    ),
    "a policy that is redacted": (
        ("aws_iam_policy", None, {"policy": Sensitive(1)}),
        [("?exposes:iam-wildcard", "has a policy that cannot be seen; policy is masked, as it may be a secret")],
    ),
    "a known policy with a resource that is not known yet": (
        ("aws_iam_policy", None, policy(allow("s3:GetObject", UNKNOWN))),
        [],
    ),
    "a bucket whose policy lets everybody in": (
        ("aws_s3_bucket_policy", None, policy(ANYBODY) | NEW),
        [("exposes:public-bucket", "can be used by everybody (its policy allows every principal)")],
    ),
    "everybody of one organization": (
        (
            "aws_s3_bucket_policy",
            None,
            policy(ANYBODY | {"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-1"}}}) | NEW,
        ),
        [],
    ),
    "everybody who uses TLS is everybody": (
        (
            "aws_s3_bucket_policy",
            None,
            policy(ANYBODY | {"Condition": {"Bool": {"aws:SecureTransport": "true"}}}) | NEW,
        ),
        [("exposes:public-bucket", "can be used by everybody (its policy allows every principal)")],
    ),
    "a queue that the provider gave its policy": (("aws_sqs_queue", None, {"policy": UNKNOWN}), []),
    "a key whose administrator is the account": (
        ("aws_kms_key", None, policy(allow("kms:*", Principal={"AWS": "arn:aws:iam::1:root"}))),
        [],
    ),
    "a role that everybody may become": (
        ("aws_iam_role", None, trust({"AWS": "*"})),
        [("exposes:trust-anyone", "can be assumed by every AWS account")],
    ),
    "a role that everybody may become who knows a word": (
        ("aws_iam_role", None, trust("*", Condition={"StringEquals": {"sts:ExternalId": "plainly-invented"}})),
        [],
    ),
    "a role for a service": (("aws_iam_role", None, trust({"Service": "ec2.amazonaws.com"})), []),
    "administrator": (
        ("aws_iam_role_policy_attachment", None, {"policy_arn": "arn:aws:iam::aws:policy/AdministratorAccess"}),
        [("exposes:iam-wildcard", "gives the managed policy AdministratorAccess")],
    ),
    "a policy of one's own that is only called so": (
        ("aws_iam_role_policy_attachment", None, {"policy_arn": "arn:aws:iam::1:policy/AdministratorAccess"}),
        [],
    ),
    "everybody reads a bucket of Google": (
        ("google_storage_bucket_iam_member", None, {"role": "roles/storage.objectViewer", "member": "allUsers"}),
        [("exposes:public-access", "gives everybody a role")],
    ),
    "everybody calls a service of Google": (
        ("google_cloud_run_service_iam_member", None, {"role": "roles/run.invoker", "member": "allUsers"}),
        [("exposes:function-url", "gives everybody a role")],
    ),
    "a role on a whole project": (
        ("google_project_iam_member", None, {"role": "roles/editor", "member": "user:a@example.com"}),
        [("exposes:wide-grant", "gives roles/editor on the whole project")],
    ),
    "a harmless role on a whole project": (
        ("google_project_iam_member", None, {"role": "roles/logging.logWriter", "member": "user:a@example.com"}),
        [],
    ),
    "an authoritative binding": (
        ("google_project_iam_binding", None, {"role": "roles/browser", "members": ["user:a@example.com"]}),
        [
            (
                "exposes:authoritative-binding",
                "is authoritative: it takes roles/browser on the project away from everybody that it does not name",
            )
        ],
    ),
    "an authoritative binding that names one more": (
        (
            "google_project_iam_binding",
            {"role": "roles/browser", "members": ["user:a@example.com"]},
            {"role": "roles/browser", "members": ["user:a@example.com", "user:b@example.com"]},
        ),
        [],
    ),
    "a role on a subscription": (
        ("azurerm_role_assignment", None, {"scope": "/subscriptions/1", "role_definition_name": "Contributor"}),
        [("exposes:wide-grant", "gives the role Contributor on the whole subscription")],
    ),
    "a role on a resource group": (
        (
            "azurerm_role_assignment",
            None,
            {"scope": "/subscriptions/1/resourceGroups/g", "role_definition_name": "Contributor"},
        ),
        [],
    ),
    "reading a subscription": (
        ("azurerm_role_assignment", None, {"scope": "/subscriptions/1", "role_definition_name": "Reader"}),
        [],
    ),
    "cluster-admin": (
        ("kubernetes_cluster_role_binding_v1", None, {"role_ref": [{"name": "cluster-admin"}]}),
        [("exposes:iam-wildcard", "makes somebody administrator of the whole cluster (cluster-admin)")],
    ),
    "a cluster's API for networks that cannot be seen": (
        ("aws_eks_cluster", None, {"vpc_config": [{"public_access_cidrs": UNKNOWN}]}),
        [
            (
                "?exposes:public-endpoint",
                "opens its API to the whole internet (public_access_cidrs is not set);"
                " vpc_config is known only after the apply",
            )
        ],
    ),
    "a cluster's API in a network": (
        ("aws_eks_cluster", None, {"vpc_config": [{"public_access_cidrs": UNKNOWN, "endpoint_public_access": False}]}),
        [],
    ),
    "a cluster's API for everybody": (
        ("aws_eks_cluster", None, {"vpc_config": [{"public_access_cidrs": ["0.0.0.0/0"]}]}),
        [("exposes:public-endpoint", "opens its API to the whole internet (public_access_cidrs)")],
    ),
    "a cluster's API that opens": (
        (
            "aws_eks_cluster",
            {"vpc_config": [{"public_access_cidrs": ["10.0.0.0/8"]}]},
            {"vpc_config": [{"public_access_cidrs": ["0.0.0.0/0"]}]},
        ),
        [("exposes:public-endpoint", "opens its API to the whole internet (public_access_cidrs)")],
    ),
    "a snapshot for everybody": (
        ("aws_ami_launch_permission", None, {"group": "all"}),
        [("exposes:public-snapshot", "gives everybody the image (group = all)")],
    ),
}


@pytest.mark.parametrize(("given", "expected"), OPENED.values(), ids=OPENED)
def test_opened(given, expected):
    assert effects(*given) == expected
