"""What a case of a policy may say, and how a case that says something else is refused."""

from __future__ import annotations

from typing import Any

import pytest

from plangate.engine import classified
from plangate.model import Outcome, Severity
from plangate.policy import testing
from plangate.policy.load import Cases, Match, Policy

CASE: dict[str, Any] = {"type": "aws_route53_record", "before": {"ttl": 300}, "after": {"ttl": 30}}
OBJECT = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}


def policy(when: str, case: dict[str, Any], **match: Any) -> Policy:
    return Policy(
        id="of-a-test",
        family="terraform",
        severity=Severity.MEDIUM,
        summary="For a test",
        why="For a test.",
        remediation="None.",
        message="of a test",
        references=("https://example.org",),
        match=Match(**match),
        when=when,
        tests=Cases(violated=(case,)),
    )


def result(of: Policy) -> testing.Result:
    (only,) = testing.run(of, classified)
    return only


@pytest.mark.parametrize(
    ("asked", "got"),
    [
        ({"environment": "production"}, Outcome.VIOLATED),
        ({"environment": "dev"}, Outcome.SATISFIED),
        ({}, Outcome.SATISFIED),
        ({"environment": "production", "protected": False}, Outcome.SATISFIED),
    ],
)
def test_a_case_names_the_environment_that_the_policy_is_about(asked, got):
    of = policy("environment == 'production' && protected && after('ttl') < 60", {**CASE, **asked})
    assert result(of).got is got


def test_a_case_of_an_upgrade_names_the_environment_too():
    case = {
        "before": {**OBJECT, "data": {"a": "1"}},
        "after": {**OBJECT, "data": {"a": "2"}},
        "environment": "production",
    }
    assert result(policy("environment == 'production'", case, source="helm")).got is Outcome.VIOLATED


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ({"enviroment": "production"}, "unknown key enviroment; did you mean environment?"),
        ({"colour": "red"}, "unknown key colour"),
        ({"environment": ["production"]}, "environment is a text"),
        ({"protected": "no"}, "protected is true or false"),
        ({"as_of": 3}, "as_of is a text"),
        ({"params": [1]}, "params is a mapping"),
    ],
)
def test_a_case_that_says_something_else_is_refused_with_a_reason(asked, problem):
    got = result(policy("true", {**CASE, **asked}))
    assert (got.got, got.problem, got.passed) == (Outcome.ERROR, problem, False)


def test_a_mistyped_key_of_a_case_of_an_upgrade_gets_a_suggestion():
    got = result(policy("true", {"befor": OBJECT, "after": OBJECT}, source="helm"))
    assert got.problem == "unknown key befor; did you mean before?"
    got = result(policy("true", {"instal": True}, view="litellm"))
    assert got.problem == "unknown key instal; did you mean install?"
