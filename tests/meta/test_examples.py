"""The worked examples of the guide: each loads, passes its cases, notices every small change of itself, and never fails open."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from plangate.model.verdict import Outcome
from plangate.pipeline import policy_cases
from plangate.pipeline.inputs import classified
from plangate.policy import hints, testing
from plangate.policy.evaluate import evaluate
from plangate.policy.file import read
from plangate.policy.layout import laid_out
from tests.conftest import ROOT
from tests.meta.mutate import mutants, survives
from tests.support import odd_plans

EXAMPLES = sorted((ROOT / "docs" / "examples").glob("*.yaml"))
POLICIES = {file.stem: read(file) for file in EXAMPLES}
STOPPED = {Outcome.VIOLATED, Outcome.UNKNOWN}

OF_RESOURCES = sorted(
    id_
    for id_, one in POLICIES.items()
    if one.match.source == "terraform"
    and id_ not in ("more-than-20-deletes", "change-outside-of-the-window", "module-not-approved")
)
NO_VIOLATION = {
    ("iam-user-created", "updated"): "the user was there before",
    ("iam-user-created", "moved"): "the user was there before",
}
NULL_IS_FINE = {
    "resource-in-another-region": "a type without a location lies where its parent is",
    "ingress-open-to-the-world": "no rules let nobody in",
    "public-bucket-not-on-the-list": "without an ACL the bucket is private",
}


def outcomes(id_: str, case: dict[str, Any], as_of: str = "") -> set[Outcome]:
    """What the policy says of the change that the case is about."""
    policy = POLICIES[id_]
    changeset, about = testing.change_set(policy, case, classified, policy_cases.BUILDERS)
    report = evaluate([policy], [changeset], "prod", protected=True, as_of=as_of)
    return {one.outcome for one in report.findings if one.change == about or one.address is None}


def violation(id_: str) -> dict[str, Any]:
    """The first violated case of an example."""
    return POLICIES[id_].tests.violated[0]


@pytest.mark.parametrize("file", EXAMPLES, ids=lambda file: file.stem)
def test_an_example_passes_its_cases_and_notices_every_small_change(file: Path) -> None:
    policy = POLICIES[file.stem]
    assert policy.id == file.stem
    assert [one for one in policy_cases.run(policy) if not one.passed] == []
    assert policy.tests.violated
    assert policy.tests.satisfied
    assert [words for words, mutant in mutants(policy) if survives(mutant)] == []
    assert [*hints.of_cases(policy), *hints.of_kinds(policy)] == []
    text = file.read_text("utf-8")
    assert laid_out(file.name, text) == text


@pytest.mark.parametrize("shape", odd_plans.SHAPES)
@pytest.mark.parametrize("id_", OF_RESOURCES)
def test_no_shape_of_a_change_hides_a_violation(id_: str, shape: str) -> None:
    case = violation(id_)
    more = {key: case[key] for key in ("with", "plan") if key in case}
    expected = set() if (id_, shape) in NO_VIOLATION else {Outcome.VIOLATED}
    assert outcomes(id_, odd_plans.shapes(case["type"], case["after"], **more)[shape]) == expected


@pytest.mark.parametrize(
    ("id_", "attribute"),
    [
        ("public-bucket-not-on-the-list", "acl"),
        ("public-bucket-not-on-the-list", "bucket"),
        ("instance-family-not-allowed", "instance_type"),
        ("database-without-deletion-protection", "deletion_protection"),
        ("resource-without-cost-centre", "tags_all"),
        ("resource-in-another-region", "location"),
        ("ingress-open-to-the-world", "ingress"),
        ("database-not-encrypted-with-our-key", "kms_key_id"),
        ("database-not-encrypted-with-our-key", "storage_encrypted"),
        ("load-balancer-made-public", "internal"),
        ("bucket-without-public-access-block", "bucket"),
    ],
)
def test_a_deciding_value_that_is_hidden_is_never_satisfied(id_: str, attribute: str) -> None:
    case = violation(id_)
    plain = {"type": case["type"], "after": case["after"]}
    said = {name: outcomes(id_, one) for name, one in odd_plans.hidden(plain, attribute).items()}
    fine = {name for name in said if name.endswith(("is null", "is absent"))} if id_ in NULL_IS_FINE else set()
    assert {name for name, one in said.items() if not one or not one <= STOPPED} - fine == set()


def test_a_plan_is_counted_whatever_its_shape() -> None:
    id_ = "more-than-20-deletes"
    many = {"type": "aws_sqs_queue", "before": {"name": "q"}, "times": 11}
    for more in (
        {
            "with": [
                {
                    "type": "aws_sqs_queue",
                    "name": f"r{i}",
                    "actions": ["create", "delete"],
                    "before": {"a": 1},
                    "after": {},
                }
                for i in range(10)
            ]
        },
        {
            "with": [
                {"type": "aws_sns_topic", "name": f"r{i}", "before": {"a": 1}, "deposed": f"{i:08}"} for i in range(10)
            ]
        },
        {
            "with": [
                {
                    "type": "aws_sns_topic",
                    "name": f"r{i}",
                    "address": f"module.m[{i}].aws_sns_topic.t",
                    "module_address": f"module.m[{i}]",
                    "before": {"a": 1},
                }
                for i in range(10)
            ]
        },
    ):
        assert outcomes(id_, {**many, **more}) == {Outcome.VIOLATED}


@pytest.mark.parametrize(
    ("id_", "container", "found"),
    [
        ("image-with-moving-tag", {"name": "app", "image": None}, {Outcome.VIOLATED}),
        ("image-with-moving-tag", {"name": "app"}, {Outcome.VIOLATED}),
        ("image-with-moving-tag", {"image": "a:latest"}, {Outcome.VIOLATED}),
        ("image-with-moving-tag", {"name": "app", "image": "a:1"}, set()),
    ],
)
def test_a_container_is_judged_however_it_is_written(id_: str, container: dict[str, Any], found: set[Outcome]) -> None:
    made = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web"},
        "spec": {
            "template": {"spec": {"containers": [{"name": "first", "image": "b:1"}, container], "initContainers": None}}
        },
    }
    assert outcomes(id_, {"after": made}) == found
