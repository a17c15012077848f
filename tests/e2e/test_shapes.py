"""Plans that no tool would write: each is refused, inconclusive, or reviewed in a moment; none breaks the command."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import FIXTURES, FORMATS, run, run_here

Edit = Callable[[dict[str, Any]], Any]
PLAN = json.loads((FIXTURES / "update-in-place" / "plan.json").read_bytes())


def first(plan: dict[str, Any]) -> dict[str, Any]:
    return plan["resource_changes"][0]


def change(plan: dict[str, Any]) -> dict[str, Any]:
    return first(plan)["change"]


def image(value: Any) -> Edit:
    """Put a value where an ordinary one stands."""
    return lambda plan: change(plan)["after"]["input"].update(image=value)


def section(**sections: Any) -> Edit:
    """Exchange whole sections."""
    return lambda plan: plan.update(sections)


def nested(depth: int) -> str:
    text = "x"
    for _ in range(depth):
        text = json.dumps({"a": text})
    return text


REFUSED: dict[str, Edit] = {
    "half a surrogate as value": image("\ud800"),
    "half a surrogate as address": lambda plan: first(plan).update(address="a.\udcff"),
    "a word as actions": lambda plan: change(plan).update(actions="delete"),
    "a number as action": lambda plan: change(plan).update(actions=[1]),
    "a number as address": lambda plan: first(plan).update(address=1),
    "null among the changes": lambda plan: plan["resource_changes"].append(None),
    "a word among the changes": lambda plan: plan["resource_changes"].append("x"),
    "a word for errored": section(errored="true"),
    "a number for errored": section(errored=1),
    "a word for drift": section(resource_drift="x"),
    "a word for the configuration": section(configuration="x"),
    "a word for the state": section(prior_state="x"),
    "a word for checks": section(checks="x"),
    "a word for an output": section(output_changes={"a": "x"}),
    "null among the deferred": section(deferred_changes=[None]),
    "a list for variables": section(variables=["x"]),
    "a negative format": section(format_version="-1"),
}
UNKNOWN: dict[str, Edit] = {
    "null as change": lambda plan: first(plan).update(change=None),
    "no change": lambda plan: first(plan).pop("change"),
    "null as actions": lambda plan: change(plan).update(actions=None),
    "no actions": lambda plan: change(plan).update(actions=[]),
    "a new action": lambda plan: change(plan).update(actions=["Delete"]),
    "a new pair of actions": lambda plan: change(plan).update(actions=["delete", "read"]),
    "an empty deferred change": section(deferred_changes=[{}]),
}
QUICK: dict[str, Edit] = {
    "JSON in JSON in JSON": image(nested(12)),
    "aliases of aliases": image(
        "a: &a [x,x,x,x,x,x,x,x]\n"
        + "".join(f"{b}: &{b} [{', '.join(['*' + a] * 8)}]\n" for a, b in zip("abcdefgh", "bcdefghi", strict=True))
    ),
    "only brackets": image("[" * 200_000),
    "brackets in JSON": image(json.dumps({"a": "[" * 200_000})),
    "three million letters": image("A" * 3_000_000),
    "a long number": lambda plan: change(plan)["after"]["input"].update(replicas=10**400),
    "many keys": lambda plan: change(plan)["after"]["input"].update({f"key{i}": i for i in range(20_000)}),
    "a long list of objects": lambda plan: [
        change(plan)[side]["input"].update(zones=[{"name": i + more} for i in range(10_000)])
        for side, more in (("before", 0), ("after", 7))
    ],
    "a long text": lambda plan: [
        change(plan)[side]["input"].update(image="\n".join(str(i * factor) for i in range(60_000)))
        for side, factor in (("before", 1), ("after", 3))
    ],
    "a newer minor format": section(format_version="1.99"),
    "sections from the future": section(resource_futures=[{"address": "x"}]),
}


def reviewed(edit: Edit, folder: Path, format_: str = "json") -> tuple[int, dict[str, Any]]:
    plan = copy.deepcopy(PLAN)
    edit(plan)
    path = folder / "plan.json"
    path.write_text(json.dumps(plan))
    done = run_here("review", path, "--format", format_, "--all")
    assert b"internal error" not in done.stderr
    return done.code, json.loads(done.stdout) if format_ == "json" else {}


@pytest.mark.parametrize("name", REFUSED)
def test_a_section_of_the_wrong_shape_is_refused(name: str, tmp_path: Path) -> None:
    code, verdict = reviewed(REFUSED[name], tmp_path)

    assert (code, verdict["decision"]) == (3, "inconclusive")


@pytest.mark.parametrize("name", UNKNOWN)
def test_an_action_that_nobody_knows_is_unknown_and_never_passes(name: str, tmp_path: Path) -> None:
    code, verdict = reviewed(UNKNOWN[name], tmp_path)

    assert code == 4
    assert verdict["decision"] in ("inconclusive", "review")
    assert verdict["summary"]["unknown"] == 1


@pytest.mark.parametrize("format_", FORMATS)
@pytest.mark.parametrize("name", QUICK)
def test_a_monstrous_value_is_reviewed_all_the_same(name: str, format_: str, tmp_path: Path) -> None:
    code, _ = reviewed(QUICK[name], tmp_path, format_)

    assert code == 0


@pytest.mark.parametrize(("opened", "closed"), [("[", "]"), ('{"a":', "}")], ids=["lists", "objects"])
@pytest.mark.parametrize("depth", [90, 600, 900, 5_000])
def test_a_deep_value_is_reviewed_or_refused(depth: int, opened: str, closed: str, tmp_path: Path) -> None:
    deep = opened * depth + "1" + closed * depth
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(PLAN).replace('"replicas": 3', f'"replicas": {deep}'))
    done = run("review", path, "--all")

    assert done.code == 0 or (done.code == 3 and depth > 90)
