"""Every plan there is gets right counts or a clear refusal. The counts are made here, by other code."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import AS_OF, corpus_plans, fixture_plans, plan_id, run

KEYS = ("create", "update", "destroy", "replace", "read", "no-op", "move", "import", "forget", "unknown")
ACTIONS = {
    ("create",): "create",
    ("update",): "update",
    ("delete",): "destroy",
    ("read",): "read",
    ("open",): "read",
    ("no-op",): "no-op",
    ("forget",): "forget",
    ("delete", "create"): "replace",
    ("create", "delete"): "replace",
    ("create", "forget"): "replace",
    ("forget", "create"): "replace",
}
REFUSED = {
    "jond3k__tfplan-validator__test__fixtures__itest__plan-missing-version": "a part of it is missing",
    "ovsds__tf-plan-format__tests__data__plans__artificial__full": "a format version that is no version",
    "ovsds__tf-plan-format__tests__data__plans__artificial__full@109e792": "a format version that is no version",
    "terraform-compliance__cli__tests__functional__test_issue-132__plan.out": "a part of it is missing",
}
"""The plans of the corpus that are refused, and the words that say why."""


def counted(plan: dict[str, Any]) -> dict[str, int]:
    """What a plan says will happen, one per entry."""
    counts: Counter[str] = Counter()
    deferred = [one.get("resource_change") or {} for one in plan.get("deferred_changes") or []]
    for resource in [*(plan.get("resource_changes") or []), *deferred]:
        change = resource.get("change") or {}
        action = ACTIONS.get(tuple(change.get("actions") or ()), "unknown")
        if action == "no-op" and change.get("importing"):
            action = "import"
        elif action == "no-op" and resource.get("previous_address"):
            action = "move"
        counts[action] += 1
    return {key: counts[key] for key in KEYS}


def test_the_corpus_is_here(corpus: Path) -> None:
    assert len(corpus_plans()) > 300


@pytest.mark.parametrize("path", [*corpus_plans(), *fixture_plans()], ids=plan_id)
def test_a_plan_is_counted_right_or_refused(path: Path) -> None:
    done = run("review", path, "--format", "json", "--as-of", AS_OF)
    verdict = json.loads(done.stdout)

    assert done.code == verdict["exit_code"]
    assert b"Traceback" not in done.stderr
    if plan_id(path) in REFUSED:
        assert done.code == 3
        assert REFUSED[plan_id(path)] in done.stderr.decode()
        return
    assert done.code in (0, 4, 10), done.stderr
    plan = json.loads(path.read_bytes())
    expected = counted(plan)
    assert verdict["summary"] == expected
    assert {key: sum(one[key] for one in verdict["summary_by_source"].values()) for key in KEYS} == expected
    if plan.get("errored") or expected["unknown"]:
        assert verdict["decision"] != "pass"
    listed = Counter(change["action"] for change in verdict["changes"])
    assert {**dict.fromkeys(KEYS, 0), **listed} == {**expected, "no-op": 0}
