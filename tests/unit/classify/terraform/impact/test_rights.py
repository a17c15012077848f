"""What each policy language is read into, and that only what a change brings counts."""

import pytest

from plangate.classify.terraform.impact.rights import hcl
from plangate.model.values import UNKNOWN, Embedded, Sensitive
from tests.support.plan_changes import effects


def iam(*statements):
    return {"policy": Embedded("json", {"Statement": list(statements)})}


def allow(action="*", resource="*", **more):
    return {"Effect": "Allow", "Action": action, "Resource": resource} | more


def deny(action, **more):
    return {"Effect": "Deny", "Action": action, "Resource": "*"} | more


def tailnet(**policy):
    return {"acl": Embedded("json", policy)}


def may(*lines):
    return {"statements": list(lines)}


def vault(path, *capabilities):
    words = ", ".join(f'"{word}"' for word in capabilities)
    return {"policy": f'# may\npath "{path}" {{ capabilities = [{words}] }}\n'}


def rule(verbs, resources, groups=("",), **more):
    return {"rule": [{"verbs": verbs, "resources": resources, "api_groups": list(groups)} | more]}


IAM_EVERYTHING = [("exposes:iam-wildcard", "allows every action on everything")]
EVERY_IAM = [("exposes:iam-wildcard", "allows every IAM action, and so everything")]
SECRETS = [("exposes:wide-grant", "allows reading every secret (secretsmanager:GetSecretValue on everything)")]

CREATED = {
    # IAM of AWS
    "a star in another place": (("aws_iam_policy", iam(allow("*:*"))), IAM_EVERYTHING),
    "every action of what begins with i": (("aws_iam_policy", iam(allow("i*"))), EVERY_IAM),
    "another case": (("aws_iam_policy", iam(allow("IAM:*"))), EVERY_IAM),
    "elements in another case": (
        ("aws_iam_policy", {"policy": {"statement": [{"effect": "allow", "action": "*", "resource": "*"}]}}),
        IAM_EVERYTHING,
    ),
    "everything, under a condition that narrows": (
        ("aws_iam_policy", iam(allow(Condition={"StringEquals": {"aws:ResourceTag/team": "a"}}))),
        [("exposes:wide-grant", "allows every action on everything, under a condition")],
    ),
    "everything, from some addresses": (
        ("aws_iam_policy", iam(allow(Condition={"IpAddress": {"aws:SourceIp": "192.0.2.0/24"}}))),
        IAM_EVERYTHING,
    ),
    "everything, but for what is denied": (
        ("aws_iam_policy", iam(allow(), deny("iam:*"))),
        [("exposes:wide-grant", "allows every action on everything, but for what it denies")],
    ),
    "everything, denied under a condition": (
        ("aws_iam_policy", iam(allow(), deny("iam:*", Condition={"Bool": {"aws:SecureTransport": "false"}}))),
        IAM_EVERYTHING,
    ),
    "everything but IAM": (
        ("aws_iam_policy", iam({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})),
        [("exposes:wide-grant", "allows everything but a few actions, on everything")],
    ),
    "everything on all but one": (
        ("aws_iam_policy", iam({"Effect": "Allow", "Action": "*", "NotResource": "arn:aws:s3:::b"})),
        IAM_EVERYTHING,
    ),
    "every secret": (("aws_iam_policy", iam(allow("secretsmanager:GetSecretValue"))), SECRETS),
    "every secret of an account": (
        ("aws_iam_policy", iam(allow("secretsmanager:Get*", "arn:aws:secretsmanager:eu-west-1:1:secret:*"))),
        SECRETS,
    ),
    "one secret": (
        (
            "aws_iam_policy",
            iam(allow("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:eu-west-1:1:secret:a-*")),
        ),
        [],
    ),
    "objects of one bucket": (("aws_iam_policy", iam(allow("s3:*", "arn:aws:s3:::assets/*"))), []),
    "decrypting through one service": (
        (
            "aws_iam_policy",
            iam(allow("kms:Decrypt", Condition={"StringEquals": {"kms:ViaService": "s3.amazonaws.com"}})),
        ),
        [],
    ),
    "everybody but one": (
        ("aws_sqs_queue_policy", iam(allow("sqs:*", NotPrincipal={"AWS": "1"})) | {"queue_url": UNKNOWN}),
        [("exposes:public-access", "can be used by everybody (its policy allows every principal)")],
    ),
    "everybody outside of one organization": (
        (
            "aws_sqs_queue_policy",
            iam(allow("sqs:*", Principal="*", Condition={"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}))
            | {"queue_url": UNKNOWN},
        ),
        [("exposes:public-access", "can be used by everybody (its policy allows every principal)")],
    ),
    "a policy of another cloud in the same grammar": (
        ("alicloud_ram_policy", {"policy_document": Embedded("json", {"Statement": [allow()]})}),
        IAM_EVERYTHING,
    ),
    # Azure
    "a role that gives roles": (
        ("azurerm_role_definition", {"permissions": [{"actions": ["Microsoft.Authorization/*"]}]}),
        [
            (
                "exposes:iam-wildcard",
                "allows what leads to every role (Microsoft.Authorization/roleAssignments/write) (permissions)",
            ),
        ],
    ),
    "a contributor": (
        (
            "azurerm_role_definition",
            {
                "permissions": [
                    {
                        "actions": ["*"],
                        "not_actions": [
                            "Microsoft.Authorization/*/Write",
                            "Microsoft.Authorization/elevateAccess/Action",
                        ],
                    }
                ]
            },
        ),
        [("exposes:wide-grant", "allows every action but a few (permissions)")],
    ),
    "a reader": (("azurerm_role_definition", {"permissions": [{"actions": ["*/read"]}]}), []),
    "an owner of a subscription, by id": (
        (
            "azurerm_role_assignment",
            {
                "scope": "/subscriptions/1",
                "role_definition_id": "/providers/Microsoft.Authorization/roleDefinitions/8e3af657-a8ff-443c-a75c-2fe8c4bcb635",
            },
        ),
        [("exposes:iam-wildcard", "gives the role Owner on the whole subscription, and so everything")],
    ),
    "an owner of a resource group": (
        ("azurerm_role_assignment", {"scope": "/subscriptions/1/resourceGroups/g", "role_definition_name": "Owner"}),
        [("exposes:wide-grant", "gives the role Owner on a whole resource group")],
    ),
    # Google
    "an owner of a project": (
        ("google_project_iam_member", {"project": "p", "role": "roles/owner", "member": "user:a@example.org"}),
        [("exposes:iam-wildcard", "gives roles/owner on the whole project, and so everything")],
    ),
    "who may set roles of a folder": (
        (
            "google_folder_iam_member",
            {"folder": "f", "role": "roles/resourcemanager.folderIamAdmin", "member": "group:a"},
        ),
        [("exposes:iam-wildcard", "gives roles/resourcemanager.folderIamAdmin on the whole folder, and so everything")],
    ),
    "a role of one's own that acts as others": (
        ("google_project_iam_custom_role", {"permissions": ["iam.serviceAccounts.actAs", "storage.objects.get"]}),
        [("exposes:wide-grant", "may do what leads to every role (iam.serviceAccounts.actAs)")],
    ),
    # OCI
    "everything in a tenancy": (
        ("oci_identity_policy", may("ALLOW GROUP admins TO MANAGE all-resources IN TENANCY")),
        [("exposes:iam-wildcard", "lets group admins manage everything in the tenancy")],
    ),
    "everything in a compartment": (
        ("oci_identity_policy", may("allow group a to manage all-resources in compartment b")),
        [("exposes:wide-grant", "lets group a manage everything in a compartment")],
    ),
    "policies of a tenancy": (
        ("oci_identity_policy", may("allow dynamic-group a to manage policies in tenancy")),
        [("exposes:iam-wildcard", "lets dynamic-group a manage policies in the tenancy, and so everything")],
    ),
    "everybody": (
        ("oci_identity_policy", may("allow any-user to read buckets in compartment b")),
        [("exposes:trust-anyone", "lets every user read buckets in a compartment")],
    ),
    "everybody of one instance": (
        (
            "oci_identity_policy",
            may("allow any-user to read buckets in compartment b where request.principal.id = 'x'"),
        ),
        [],
    ),
    "reading one family of a compartment": (
        ("oci_identity_policy", may("allow group a to read secret-family in compartment b")),
        [],
    ),
    # Vault
    "everything in Vault": (
        ("vault_policy", vault("*", "read", "update")),
        [("exposes:iam-wildcard", 'may do everything in Vault (path "*")')],
    ),
    "policies of Vault": (
        ("vault_policy", vault("sys/policies/acl/*", "create", "update")),
        [("exposes:iam-wildcard", 'may change who may do what in Vault (path "sys/policies/acl/*")')],
    ),
    "all of one engine": (
        ("vault_policy", vault("secret/data/*", "read")),
        [("exposes:wide-grant", 'may use all of one engine (path "secret/data/*")')],
    ),
    "one folder": (("vault_policy", vault("secret/data/app/*", "read", "list")), []),
    "everything denied": (("vault_policy", vault("*", "deny")), []),
    "a policy in JSON": (
        ("vault_policy", {"policy": Embedded("json", {"path": {"*": {"capabilities": ["sudo"]}}})}),
        [("exposes:iam-wildcard", 'may do everything in Vault (path "*")')],
    ),
    "a policy that is none": (
        ("vault_policy", {"policy": "path {{"}),
        [("?exposes:iam-wildcard", "has a policy that cannot be read")],
    ),
    # Consul and Nomad
    "tokens of Consul": (
        ("consul_acl_policy", {"rules": 'acl = "write"'}),
        [("exposes:iam-wildcard", "may write tokens and policies of Consul, and so do everything (acl)")],
    ),
    "every service of Consul": (
        ("consul_acl_policy", {"rules": 'namespace_prefix "" {\n service_prefix "" { policy = "write" }\n}'}),
        [("exposes:wide-grant", "may register every service (service_prefix)")],
    ),
    "one service of Consul": (("consul_acl_policy", {"rules": 'service "web" { policy = "write" }'}), []),
    "every namespace of Nomad": (
        ("nomad_acl_policy", {"rules_hcl": 'namespace "*" { policy = "write" }'}),
        [("exposes:iam-wildcard", "may run anything in every namespace (namespace)")],
    ),
    # Tailscale
    "a tailnet whose members reach everything": (
        ("tailscale_acl", {"acl": '{// all\n"grants": [{"src": ["autogroup:member"], "dst": ["*"], "ip": ["*"],},],}'}),
        [
            ("exposes:wide-grant", "lets every device of the tailnet reach every port of every other"),
            ("adopts:only-one", "is the policy of the whole tailnet: what it does not name is gone"),
        ],
    ),
    # Kubernetes
    "a role for everything": (
        ("kubernetes_cluster_role_v1", rule(["*"], ["*"], ["*"])),
        [("exposes:iam-wildcard", "allows everything on everything in the cluster")],
    ),
    "a role that reads Secrets": (
        ("kubernetes_cluster_role", rule(["get", "list"], ["configmaps", "secrets"])),
        [("exposes:wide-grant", "reads every Secret in the cluster")],
    ),
    "a role that reads one Secret": (
        ("kubernetes_cluster_role", rule(["get"], ["secrets"], resource_names=["web"])),
        [],
    ),
    "a role that reads pods": (("kubernetes_cluster_role", rule(["get", "list", "watch"], ["pods"])), []),
    "a role for everything in a namespace": (
        ("kubernetes_role", rule(["*"], ["*"], ["*"])),
        [("exposes:wide-grant", "allows everything on everything in a namespace")],
    ),
    "cluster-admin in a manifest": (
        (
            "kubernetes_manifest",
            {"manifest": {"kind": "ClusterRoleBinding", "roleRef": {"name": "cluster-admin"}, "subjects": []}},
        ),
        [("exposes:iam-wildcard", "makes somebody administrator of the whole cluster (cluster-admin)")],
    ),
    "a role for everybody": (
        (
            "kubernetes_cluster_role_binding",
            {"role_ref": [{"name": "view"}], "subject": [{"kind": "Group", "name": "system:unauthenticated"}]},
        ),
        [("exposes:trust-anyone", "gives a role to everybody, signed in or not")],
    ),
}


@pytest.mark.parametrize(("given", "expected"), CREATED.values(), ids=CREATED)
def test_what_a_create_gives(given, expected):
    type_, after = given
    assert effects(type_, None, after) == expected


CHANGED = {
    "the same rights, written in another order": (
        "aws_iam_policy",
        iam(allow(), allow("s3:*")),
        iam(allow("s3:*"), allow()),
        [],
    ),
    "less than before": ("aws_iam_policy", iam(allow()), iam(allow("s3:GetObject", "arn:aws:s3:::b/*")), []),
    "a denial that goes": (
        "aws_iam_policy",
        iam(allow(), deny("iam:*")),
        iam(allow()),
        [*IAM_EVERYTHING, ("exposes:denial-removed", "no longer denies what its policy denied")],
    ),
    "a denial that grows": (
        "aws_organizations_policy",
        {"content": {"Statement": [deny("s3:Put*")]}},
        {"content": {"Statement": [deny("s3:*")]}},
        [],
    ),
    "a denial that shrinks": (
        "aws_organizations_policy",
        {"content": {"Statement": [deny("s3:*")]}},
        {"content": {"Statement": [deny("s3:Put*")]}},
        [("exposes:denial-removed", "no longer denies what its policy denied")],
    ),
    "one more narrow path": (
        "vault_policy",
        vault("secret/data/app/*", "read"),
        vault("database/creds/app", "read"),
        [],
    ),
}


@pytest.mark.parametrize(("type_", "before", "after", "expected"), CHANGED.values(), ids=CHANGED)
def test_what_an_update_gives(type_, before, after, expected):
    assert effects(type_, before, after) == expected


HIDDEN = {
    "known only after the apply": UNKNOWN,
    "marked as sensitive": Sensitive(2, marked=True),
    "masked, as it may be a secret": Sensitive(2),
}
DECIDES = {
    "aws_sqs_queue": ("policy", Sensitive(1), "exposes:public-access", "has a policy that cannot be seen"),
    "aws_kms_key": ("policy", "{}", "exposes:public-access", "has a policy that cannot be seen"),
    "aws_iam_role": ("assume_role_policy", Sensitive(1), "exposes:trust-anyone", "has a policy that cannot be seen"),
    "oci_identity_policy": ("statements", ["x"], "exposes:iam-wildcard", "has a policy that cannot be seen"),
    "vault_policy": ("policy", Sensitive(1), "exposes:iam-wildcard", "has a policy that cannot be seen"),
    "aws_lambda_permission": (
        "principal",
        Sensitive(1),
        "exposes:public-access",
        "lets everybody call the function (principal = *)",
    ),
}


@pytest.mark.parametrize(("why", "value"), HIDDEN.items(), ids=HIDDEN)
@pytest.mark.parametrize(("type_", "given"), DECIDES.items(), ids=DECIDES)
def test_what_decides_and_cannot_be_seen_is_never_satisfied(type_, given, why, value):
    name, before, kind, because = given
    found = effects(type_, {name: before}, {name: value})
    assert (f"?{kind}", f"{because}; {name} is {why}") in found
    assert effects(type_, {name: value, "x": 1}, {name: value, "x": 2}) == []


@pytest.mark.parametrize("type_", ["google_project_iam_member", "google_project_iam_binding"])
def test_a_role_that_cannot_be_seen_may_be_that_of_the_owner(type_):
    given = {"project": "p", "member": "user:a", "role": Sensitive(1)}
    found = effects(type_, given, given | {"role": Sensitive(2, marked=True)})
    assert found[0] == (
        "?exposes:iam-wildcard",
        "gives a role that cannot be seen on the whole project; role is marked as sensitive",
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", {}),
        ('a = "b"', {"a": "b"}),
        ('a "b" "c" { d = ["e", "f"] }', {"a": {"b": {"c": {"d": ["e", "f"]}}}}),
        ('a "b" { c = 1 }\na "d" { e = true }', {"a": {"b": {"c": "1"}, "d": {"e": "true"}}}),
        ("/* x */ a { // y\n b = {c = 2} } # z", {"a": {"b": {"c": "2"}}}),
        ("a {", None),
        ("a = ", None),
        ("a b c", None),
        ("}", None),
        ("a = <<EOT", None),
        ("a {" * 50 + "}" * 50, None),
    ],
)
def test_the_little_of_hcl(text, expected):
    assert hcl.read(text) == expected
