"""The cases in the files of the LiteLLM pack, and what switches the pack on."""

from __future__ import annotations

import pytest

from plangate.model.policy import Policy
from plangate.pipeline import inputs, policy_cases
from plangate.policy import file, load, testing
from plangate.policy.evaluate import evaluate

PACK = [path for path in load.shipped_files() if path.parent.name == "litellm"]


@pytest.mark.parametrize("path", PACK, ids=lambda path: path.stem)
def test_every_case_holds(path: object) -> None:
    policy: Policy = file.read(path)  # type: ignore[arg-type]
    results = policy_cases.run(policy)

    assert [result for result in results if not result.passed] == []
    assert policy.tests.violated
    assert policy.tests.satisfied


def test_a_plan_without_litellm_meets_no_policy_of_the_pack() -> None:
    changeset = inputs.classified(testing.plan({"type": "aws_instance", "before": None, "after": {"ami": "a"}}), {})
    pack = [policy for policy in load.load() if policy.match.view == "litellm"]

    assert evaluate(pack, [changeset], None, protected=True).expected == 0
