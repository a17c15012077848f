"""Ten policies of a newcomer, held against the odd shapes of plans: none of them fails open, and none stops what it should not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from plangate.model.policy import Policy
from plangate.model.verdict import Outcome
from plangate.pipeline import policy_cases
from plangate.pipeline.inputs import classified
from plangate.policy import testing
from plangate.policy.evaluate import evaluate
from plangate.policy.file import parse
from tests.support import odd_plans

GIVEN: dict[str, dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("newcomer.yaml").read_text("utf-8"))
OF_TEST = ("violation", "before", "decides", "null_is_fine")
STOPPED = {Outcome.VIOLATED, Outcome.UNKNOWN}


def policy(id_: str) -> Policy:
    """The policy, with what every policy says of itself."""
    own = {key: value for key, value in GIVEN[id_].items() if key not in OF_TEST}
    text = yaml.safe_dump(
        {
            "id": id_,
            "family": "terraform",
            "severity": "high",
            "summary": "Something is not as it should be",
            "why": "We decided so.",
            "remediation": "Ask the platform team.",
            **own,
            "match": {"source": "terraform", **own["match"]},
        }
    )
    return parse(f"{id_}.yaml", text)


def outcomes(id_: str, case: dict[str, Any]) -> set[Outcome]:
    """What the policy finds in a case."""
    one = policy(id_)
    changeset, about = testing.change_set(one, case, classified, policy_cases.BUILDERS)
    return {f.outcome for f in evaluate([one], [changeset], "prod", protected=True).findings if f.change == about}


def shapes(id_: str) -> dict[str, odd_plans.Case]:
    """The violation in every shape."""
    given = GIVEN[id_]
    made = odd_plans.shapes(given["violation"]["type"], given["violation"]["after"])
    return {
        name: {**case, "before": {**case["before"], **given.get("before", {})}} if "before" in case else case
        for name, case in made.items()
    }


@pytest.mark.parametrize("id_", GIVEN)
def test_every_shape_of_a_violation_is_found(id_: str) -> None:
    assert {name: outcomes(id_, case) for name, case in shapes(id_).items()} == {
        name: {Outcome.VIOLATED} for name in odd_plans.SHAPES
    }


@pytest.mark.parametrize(("id_", "attribute"), [(id_, one) for id_, given in GIVEN.items() for one in given["decides"]])
def test_what_decides_is_never_satisfied_while_it_is_hidden(id_: str, attribute: str) -> None:
    for shape in ("created", "updated", "replaced", "in a module"):
        made = odd_plans.hidden(shapes(id_)[shape], attribute)
        said = {name: outcomes(id_, case) for name, case in made.items()}
        fine = (
            {name for name in said if name.endswith(("is null", "is absent"))}
            if "null_is_fine" in GIVEN[id_]
            else set()
        )
        assert {name for name, found in said.items() if not found or not found <= STOPPED} - fine == set(), shape
        assert {name for name in fine if Outcome.ERROR in said[name]} == set(), shape


@pytest.mark.parametrize("id_", GIVEN)
def test_what_goes_and_what_is_another_thing_is_not_stopped(id_: str) -> None:
    violation = GIVEN[id_]["violation"]
    assert outcomes(id_, {"type": violation["type"], "before": violation["after"]}) == set()
    assert outcomes(id_, {"type": "acme_other", "after": violation["after"]}) == set()
    only_read = {"type": violation["type"], "mode": "data", "address": f"data.{violation['type']}.x", "name": "x"}
    assert outcomes(id_, {**only_read, "actions": ["read"], "after": violation["after"]}) == set()
