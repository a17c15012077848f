"""What a case of a policy may say, and how a case that says something else is refused."""

from __future__ import annotations

from typing import Any

import pytest

from plangate.model.policy import Cases
from plangate.model.verdict import Outcome
from plangate.pipeline import policy_cases
from plangate.policy import testing
from tests.support.policies import policy

CASE: dict[str, Any] = {"type": "aws_route53_record", "before": {"ttl": 300}, "after": {"ttl": 30}}
OBJECT = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "a"}}


def result(case: dict[str, Any], when: str = "true", **match: Any) -> testing.Result:
    (only,) = policy_cases.run(policy(match, when, tests=Cases(violated=(case,))))
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
    when = "environment == 'production' && protected && after('ttl') < 60"
    assert result({**CASE, **asked}, when).got is got


def test_a_case_of_an_upgrade_names_the_environment_too():
    case = {
        "before": {**OBJECT, "data": {"a": "1"}},
        "after": {**OBJECT, "data": {"a": "2"}},
        "environment": "production",
    }
    assert result(case, "environment == 'production'", source="helm").got is Outcome.VIOLATED


@pytest.mark.parametrize(
    ("asked", "problem"),
    [
        ({"enviroment": "production"}, "unknown key enviroment; did you mean environment?"),
        ({"colour": "red"}, "unknown key colour"),
        ({"with": [{"type": "null_thing", "environment": "production"}]}, "unknown key environment"),
        ({"with": [{"type": "null_thing", 1: "production"}]}, "unknown key 1"),
        ({"environment": ["production"]}, "environment is a text"),
        ({"protected": "no"}, "protected is true or false"),
        ({"as_of": 3}, "as_of is a text"),
        ({"params": [1]}, "params is a mapping"),
    ],
)
def test_a_case_that_says_something_else_is_refused_with_a_reason(asked, problem):
    got = result({**CASE, **asked})
    assert (got.got, got.problem, got.passed) == (Outcome.ERROR, problem, False)


def test_a_mistyped_key_of_a_case_of_an_upgrade_gets_a_suggestion():
    got = result({"befor": OBJECT, "after": OBJECT}, source="helm")
    assert got.problem == "unknown key befor; did you mean before?"
    got = result({"enviroment": "production", "after": OBJECT}, source="helm")
    assert got.problem == "unknown key enviroment; did you mean environment?"
    got = result({"instal": True}, source=None, view="litellm")
    assert got.problem == "unknown key instal; did you mean install?"
