"""Creates that take over what is there, names that two addresses claim, and the world in parts."""

import pytest

from plangate.classify.terraform.impact.cidr import together_world
from plangate.model.change import References
from plangate.model.values import UNKNOWN
from tests.support.plan_changes import change, effects, plan, said

NOTIFICATIONS = (
    "adopts:only-one",
    "sets all notifications of a bucket that is there: those that it does not name are gone",
)


def test_what_is_there_already_is_taken_over():
    assert effects("aws_s3_bucket_notification", None, {"bucket": "exports"}) == [NOTIFICATIONS]


@pytest.mark.parametrize("bucket", [UNKNOWN, "exports"])
def test_what_the_same_plan_makes_has_nothing_to_lose(bucket):
    made = change("aws_s3_bucket", None, {"bucket": "exports"})
    notification = change("aws_s3_bucket_notification", None, {"bucket": bucket})
    assert [said(one) for one in plan(made, notification)] == [[], []]


def test_what_nobody_wrote_says_nothing_of_what_the_plan_makes():
    given = change("google_storage_bucket_iam_policy", None, {"bucket": "b", "project": UNKNOWN, "policy_data": {}})
    (found,) = plan(given, references=References(written={"google_storage_bucket_iam_policy.x": {"policy_data": ()}}))
    assert [name for name, _ in said(found)] == ["exposes:authoritative-binding"]


def test_an_overwrite_that_is_not_known_may_be_one():
    because = "may overwrite a record that is there (allow_overwrite); allow_overwrite is known only after the apply"
    given = {"zone_id": "Z1", "name": "www", "type": "A", "allow_overwrite": UNKNOWN}
    assert effects("aws_route53_record", None, given) == [("?adopts:overwrite", because)]


def test_two_addresses_that_claim_one_name():
    both = [change("aws_iam_role", None, {"name": "web", "path": "/"}, address=f"aws_iam_role.{one}") for one in "ab"]
    first = (
        "may-fail:same-name",
        "claims the same name as aws_iam_role.b (name): one is refused, or both manage one object",
    )
    assert said(plan(*both)[0]) == [first]
    other = change("aws_iam_role", None, {"name": "web", "path": "/other/"}, address="aws_iam_role.c")
    assert said(plan(both[0], other)[0]) == []


@pytest.mark.parametrize(("type_", "expected"), [("aws_iam_role", 1), ("aws_lambda_function", 0)])
def test_with_several_regions_only_global_names_collide(type_, expected):
    name = "function_name" if type_ == "aws_lambda_function" else "name"
    both = [change(type_, None, {name: "web"}, address=f"{type_}.{one}") for one in "ab"]
    assert len(plan(*both, references=References(aliased=True))[0].effects) == expected


@pytest.mark.parametrize(
    ("sources", "expected"),
    [
        ([f"{n}.0.0.0/8" for n in range(256)], True),
        ([f"{n}.0.0.0/8" for n in range(16, 40)], True),
        ([f"{n}.0.0.0/8" for n in range(16, 20)], False),
        (["16.0.0.0/8"] * 40, False),
        (["10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"], False),
        (["2000::/4", "3000::/4"], True),
        (["x/8", "300.0.0.0/8", "/8", ""], False),
    ],
)
def test_the_world_in_parts(sources, expected):
    assert together_world(sources) is expected


def test_rules_that_hold_the_world_together():
    rules = [{"from_port": 22, "to_port": 22, "protocol": "tcp", "cidr_blocks": [f"{n}.0.0.0/8"]} for n in range(256)]
    found = effects("aws_security_group", None, {"ingress": rules})
    assert found == [("exposes:admin-port", "opens port 22 (SSH) to everybody")]


def test_one_port_where_the_range_is_minus_one():
    rule = {"port": 22, "from_port": -1, "to_port": -1, "protocol": "TCP", "v4_cidr_blocks": ["0.0.0.0/0"]}
    found = effects("yandex_vpc_security_group", None, {"ingress": [rule]})
    assert found == [("exposes:admin-port", "opens port 22 (SSH) to everybody")]
