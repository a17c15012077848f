"""A plan and the dry run of the same release, given together."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from plangate.policy.testing import plan
from tests.support.command import run

MAP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web"}}


def release(**more: Any) -> bytes:
    return json.dumps(
        {
            "name": "web",
            "namespace": "prod",
            "version": 3,
            "info": {"status": "pending-upgrade", "deleted": ""},
            "chart": {"metadata": {"name": "web", "version": "1.1.0"}},
            "config": {"image": {"tag": "v2"}, "replicas": 3},
            "manifest": f"---\n{json.dumps({**MAP, 'data': {'level': 'debug'}})}\n",
            **more,
        }
    ).encode()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    side = {"name": "web", "namespace": "prod", "chart": "web"}
    data = plan(
        {
            "type": "helm_release",
            "before": {**side, "version": "1.0.0", "values": ["image: {tag: v1}\nreplicas: 3\n"]},
            "after": {
                **side,
                "version": "1.1.0",
                "values": ["image: {tag: v2}\n"],
                "set": [{"name": "replicas", "value": "3"}],
            },
        }
    )
    (tmp_path / "plan.json").write_bytes(data)
    (tmp_path / "manifest.yaml").write_text(f"---\n{json.dumps({**MAP, 'data': {'level': 'info'}})}\n", "utf-8")
    return tmp_path


def reviewed(folder: Path, *inputs: str) -> dict[str, Any]:
    done = run("review", *inputs, "--manifest", "manifest.yaml", "--format", "json", cwd=folder)
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def unseen(verdict: dict[str, Any]) -> dict[str, str]:
    return {one["what"]: one["why"] for one in verdict["coverage"]["skipped"]}


def test_a_plan_alone_says_that_objects_were_not_examined(folder: Path) -> None:
    assert unseen(reviewed(folder, "plan.json"))["the objects of helm_release.example"] == (
        "a plan shows values and not what the chart makes of them: pods and other objects were not examined"
    )


def test_both_together_are_one_story(folder: Path) -> None:
    (folder / "dry-run.json").write_bytes(release())
    verdict = reviewed(folder, "plan.json", "dry-run.json")
    assert [(c["source"], c["release"], c["address"], c["note"]) for c in verdict["changes"]] == [
        ("terraform", "prod/web", "helm_release.example", "what it does to its objects: dry-run.json"),
        ("helm", "prod/web", "core/ConfigMap/prod/web", None),
    ]
    assert "the objects of helm_release.example" not in unseen(verdict)
    assert verdict["decision"] == "pass"


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"config": {"image": {"tag": "v1"}, "replicas": 3}}, "image.tag differ"),
        ({"config": {}}, "image.tag, replicas differ"),
        ({"chart": {"metadata": {"name": "web", "version": "1.2.0"}}}, "chart version 1.2.0 instead of 1.1.0 differ"),
    ],
)
def test_a_dry_run_of_something_else_is_no_part_of_it(folder: Path, more: dict[str, Any], why: str) -> None:
    (folder / "dry-run.json").write_bytes(release(**more))
    verdict = reviewed(folder, "plan.json", "dry-run.json")
    assert unseen(verdict)["dry-run.json"] == f"is not the dry run of what helm_release.example will do: {why}"
    assert verdict["decision"] == "inconclusive"
