import pytest

from plangate.model.change import Action, References
from plangate.model.values import UNKNOWN, Sensitive
from tests.support.plan_changes import change, plan, said

DOCUMENT = "data.aws_iam_policy_document.d"
WORLD = "0.0.0.0/0"
SSH = {"type": "ingress", "from_port": 22, "to_port": 22, "protocol": "tcp"}


def read(statement, type_="aws_iam_policy_document", address=DOCUMENT, **fields):
    """A data source that is read while applying."""
    return change(type_, None, statement, address=address, action=Action.READ, mode="data", **fields)


def told(type_, after, written, *reads, before=None):
    """What is said of a change whose configuration is known."""
    found, *_ = plan(change(type_, before, after), *reads, references=References(written={f"{type_}.x": written}))
    return said(found)


def statement(**fields):
    return {"statement": [{"effect": "Allow", "actions": ["s3:GetObject"], "resources": [UNKNOWN]} | fields]}


EVERYTHING = [("exposes:iam-wildcard", "allows every action on everything")]
UNSEEN = [("?exposes:iam-wildcard", "has a policy that cannot be seen; policy is known only after the apply")]
PARTLY = [("?exposes:iam-wildcard", "has a statement that cannot be seen; policy is known only after the apply")]
PRINCIPAL = {"type": "AWS", "identifiers": ["*"]}

READ = {
    "one action on one object": ("aws_iam_policy", "policy", statement(), []),
    "everything on everything": ("aws_iam_policy", "policy", statement(actions=["*"], resources=["*"]), EVERYTHING),
    "an effect that is left out": (
        "aws_iam_policy",
        "policy",
        statement(effect=None, actions=["*"], resources=["*"]),
        EVERYTHING,
    ),
    "what is denied": ("aws_iam_policy", "policy", statement(effect="Deny", actions=["*"], resources=["*"]), []),
    "everything but": (
        "aws_iam_policy",
        "policy",
        statement(actions=[], not_actions=["s3:*"], resources=["*"]),
        [("exposes:iam-wildcard", "allows everything but a few actions, on everything")],
    ),
    "another document that is not known": (
        "aws_iam_policy",
        "policy",
        statement() | {"source_policy_documents": [UNKNOWN]},
        PARTLY,
    ),
    "statements that are not known": ("aws_iam_policy", "policy", {"statement": UNKNOWN}, PARTLY),
    "a service that becomes the role": (
        "aws_iam_role",
        "assume_role_policy",
        statement(principals=[{"type": "Service", "identifiers": ["ec2.amazonaws.com"]}]),
        [],
    ),
    "everybody becomes the role": (
        "aws_iam_role",
        "assume_role_policy",
        statement(principals=[PRINCIPAL]),
        [("exposes:trust-anyone", "can be assumed by every AWS account")],
    ),
    "everybody of one organization": (
        "aws_iam_role",
        "assume_role_policy",
        statement(
            principals=[PRINCIPAL],
            condition=[{"test": "StringEquals", "variable": "aws:PrincipalOrgID", "values": ["o-1"]}],
        ),
        [],
    ),
    "a bucket for everybody, spelled with a star": (
        "aws_s3_bucket",
        "policy",
        statement(principals=[{"type": "*", "identifiers": ["*"]}]),
        [("exposes:public-bucket", "can be used by everybody (its policy allows every principal)")],
    ),
}


@pytest.mark.parametrize(("type_", "attribute", "given", "expected"), READ.values(), ids=READ)
def test_a_document_that_is_read_while_applying(type_, attribute, given, expected):
    assert told(type_, {attribute: UNKNOWN}, {attribute: (DOCUMENT,)}, read(given)) == expected


def test_a_document_is_that_of_the_same_instance():
    narrow, wide = (
        read(given, address=f'{DOCUMENT}["{key}"]', index=key)
        for key, given in (("a", statement()), ("b", statement(actions=["*"], resources=["*"])))
    )
    given = [
        change("aws_iam_policy", None, {"policy": UNKNOWN}, address=f'aws_iam_policy.x["{key}"]', index=key)
        for key in "abc"
    ]
    found = plan(*given, narrow, wide, references=References(written={"aws_iam_policy.x": {"policy": (DOCUMENT,)}}))
    assert [said(one) for one in found[:3]] == [[], EVERYTHING, UNSEEN]


@pytest.mark.parametrize("references", [(DOCUMENT, "aws_s3_bucket.b"), ("?",), ("data.aws_other.d",), ()])
def test_a_document_that_is_made_of_more_stays_unseen(references):
    assert told("aws_iam_policy", {"policy": UNKNOWN}, {"policy": references}, read(statement())) == UNSEEN


AUTHORITATIVE = (
    "exposes:authoritative-binding",
    "is authoritative: it takes every role on the object away from everybody that it does not name",
)


def test_bindings_of_google_are_read_too():
    def given(member):
        policy = read(
            {"binding": [{"role": "r", "members": [member]}]}, "google_iam_policy", "data.google_iam_policy.p"
        )
        return told(
            "google_storage_bucket_iam_policy",
            {"policy_data": UNKNOWN, "bucket": UNKNOWN},
            {"policy_data": ("data.google_iam_policy.p",), "bucket": ("google_storage_bucket.b",)},
            policy,
        )

    assert given("user:a@example.org") == [AUTHORITATIVE]
    assert given("allUsers") == [("exposes:public-access", "gives everybody a role"), AUTHORITATIVE]


FIREWALL = {"allow": [{"protocol": "tcp", "ports": ["22"]}], "direction": UNKNOWN, "source_ranges": UNKNOWN}


def test_sources_that_nobody_wrote_are_everybody_on_google():
    assert told("google_compute_firewall", FIREWALL, {}) == [("exposes:admin-port", "opens port 22 (SSH) to everybody")]


def test_without_a_configuration_nobody_can_tell():
    (found,) = plan(change("google_compute_firewall", None, FIREWALL))
    because = "opens port 22 (SSH) to sources that cannot be seen; source_ranges is known only after the apply"
    assert said(found) == [("?exposes:admin-port", because)]


def test_what_an_update_leaves_to_the_provider_stays_as_it_was():
    before = FIREWALL | {"direction": "INGRESS", "source_ranges": ["10.0.0.0/8"], "x": 1}
    assert told("google_compute_firewall", FIREWALL | {"x": 2}, {}, before=before) == []


SOURCES = {
    "an address of this plan": (("aws_eip.nat",), []),
    "an address of this plan in a module": (("module.net.aws_eip.nat",), []),
    "a data source": (("data.http.me",), "unknown"),
    "a local value": (("?", "aws_eip.nat"), "unknown"),
    "a box for anything": (("terraform_data.any",), "unknown"),
    "a type that nobody knows": (("acme_thing.any",), "unknown"),
}


@pytest.mark.parametrize(("references", "expected"), SOURCES.values(), ids=SOURCES)
def test_a_source_that_is_not_known(references, expected):
    because = "opens port 22 (SSH) to sources that cannot be seen; cidr_blocks is known only after the apply"
    unknown = [("?exposes:admin-port", because)]
    given = SSH | {"cidr_blocks": [UNKNOWN]}
    found = told("aws_security_group_rule", given, {"cidr_blocks": references})
    assert found == (unknown if expected == "unknown" else expected)


def test_a_world_beside_an_address_of_this_plan_is_the_world():
    found = told("aws_security_group_rule", SSH | {"cidr_blocks": [UNKNOWN, WORLD]}, {"cidr_blocks": ("aws_eip.nat",)})
    assert found == [("exposes:admin-port", "opens port 22 (SSH) to everybody")]


def test_a_source_that_is_a_secret_stays_one():
    found = told("aws_security_group_rule", SSH | {"cidr_blocks": [Sensitive(1)]}, {"cidr_blocks": ("aws_eip.nat",)})
    because = "opens port 22 (SSH) to sources that cannot be seen; cidr_blocks is masked, as it may be a secret"
    assert found == [("?exposes:admin-port", because)]


def test_what_a_block_does_not_name_is_left_to_the_provider():
    def cluster(**written):
        return told(
            "aws_eks_cluster",
            {"vpc_config": [{"endpoint_public_access": True, "public_access_cidrs": UNKNOWN}]},
            written,
        )

    because = "opens its API to the whole internet (public_access_cidrs is not set)"
    assert cluster(**{"vpc_config": (), "vpc_config.0.subnet_ids": ()}) == [("exposes:public-endpoint", because)]
    given = {"vpc_config": (), "vpc_config.0.public_access_cidrs": ("aws_eip.nat",)}
    assert [word for word, _ in cluster(**given)] == ["?exposes:public-endpoint"]
