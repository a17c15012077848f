"""What switches LiteLLM's family on, and which versions of its charts are releases."""

from __future__ import annotations

import json

import pytest

from plangate.pipeline.inputs import classified
from plangate.policy import helm_cases, load, testing
from plangate.policy.evaluate import evaluate

MAP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "proxy"}}


def of_plan(chart: str, old: str, new: str) -> list[str]:
    sides = ({"name": "x", "chart": chart, "version": version} for version in (old, new))
    before, after = sides
    (change,) = classified(testing.plan({"type": "helm_release", "before": before, "after": after}), {}).changes
    return [notice.kind for notice in change.views["release"].notices] if "release" in change.views else []


def of_dry_run(chart: str, old: str, new: str) -> list[str]:
    sides = {"before": {**MAP, "data": {"level": "info"}}, "after": {**MAP, "data": {"level": "debug"}}}
    case = helm_cases.upgrade({**sides, "old_chart": old, "chart": new})
    dry_run = json.loads(case.dry_run)
    dry_run["chart"]["metadata"]["name"] = chart
    (change,) = classified(json.dumps(dry_run).encode(), case.evidence).changes
    return [notice.kind for notice in change.views["release"].notices] if "release" in change.views else []


@pytest.mark.parametrize("told", [of_plan, of_dry_run])
@pytest.mark.parametrize(
    ("old", "new", "of_litellm", "of_others"),
    [
        ("1.81.9", "1.81.9-stable", [], ["chart-downgraded", "chart-prerelease"]),
        ("1.81.9", "1.81.10-stable.patch.1", [], ["chart-prerelease"]),
        ("1.81.9-stable.patch.1", "1.81.9-stable", ["chart-downgraded"], ["chart-downgraded"]),
        ("1.81.9-stable", "1.82.0-rc.1", ["chart-prerelease"], []),
    ],
)
def test_stable_is_a_release_of_litellm_alone(told, old, new, of_litellm, of_others):
    assert told("litellm-helm", old, new) == of_litellm
    assert told("web", old, new) == of_others


def test_the_chart_may_be_named_by_its_address():
    assert of_plan("oci://ghcr.io/berriai/litellm-helm", "1.81.9", "1.81.9-stable") == []
    assert of_plan("oci://litellm.example.com/web", "1.81.9", "1.81.10-stable") == ["chart-prerelease"]


def test_a_plan_without_litellm_meets_no_policy_of_the_family() -> None:
    changeset = classified(testing.plan({"type": "aws_instance", "before": None, "after": {"ami": "a"}}), {})
    family = [policy for policy in load.load() if policy.match.view == "litellm"]

    assert evaluate(family, [changeset], None, protected=True).expected == 0
