"""One change each to the values of LiteLLM's chart, as a Helm upgrade and as a `helm_release` in a plan: what is said, and how loudly.

The changes stand in `litellm-changes.yaml`; `says` holds every finding of medium severity and above. An everyday change says none.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.command import AS_OF, run_here
from tests.support.litellm_chart import Object, merged, rendered

LOUD = ("medium", "high", "critical")
TABLE = yaml.safe_load((Path(__file__).parent / "litellm-changes.yaml").read_text("utf-8"))
CHANGES: dict[str, Object] = TABLE["changes"]


def sides(change: Object) -> tuple[Object, Object]:
    """The values before and after."""
    old = merged(TABLE["values"], change.get("base", {}))
    return old, merged(old, change["change"])


def manifest(objects: list[Object]) -> str:
    return "".join(f"---\n{json.dumps(one)}\n" for one in objects)


def of_upgrade(old: Object, new: Object, folder: Path) -> list[str | Path]:
    """The arguments of a review of the upgrade."""
    before, old_hooks = rendered(old, "one")
    after, hooks = rendered(new, "two")
    release = {
        "name": "litellm",
        "namespace": "prod",
        "version": 2,
        "info": {"status": "pending-upgrade", "deleted": ""},
        "chart": {"metadata": {"name": "litellm-helm", "version": "1.1.0", "appVersion": "v1.85.1"}},
        "config": new,
        "manifest": manifest(after),
        "hooks": [{"path": "litellm-helm/templates/migrations-job.yaml", "manifest": json.dumps(one)} for one in hooks],
    }
    for name, text in (
        ("dry-run.json", json.dumps(release)),
        ("manifest.yaml", manifest(before)),
        ("hooks.yaml", manifest(old_hooks)),
        ("values.json", json.dumps(old)),
    ):
        (folder / name).write_text(text, "utf-8")
    evidence = ("--manifest", folder / "manifest.yaml", "--hooks", folder / "hooks.yaml")
    return [folder / "dry-run.json", *evidence, "--live-values", folder / "values.json"]


def of_plan(old: Object, new: Object, folder: Path) -> list[str | Path]:
    """The arguments of a review of the same change by Terraform."""
    before, after = (
        {
            "name": "litellm",
            "namespace": "prod",
            "chart": "litellm-helm",
            "repository": "oci://ghcr.io/berriai",
            "version": "1.85.1",
            "values": [yaml.safe_dump(values)],
        }
        for values in (old, new)
    )
    change = {"actions": ["update"], "before": before, "after": after, "after_unknown": {}}
    entry = {"address": "helm_release.litellm", "mode": "managed", "type": "helm_release", "name": "litellm"}
    plan = {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "planned_values": {"root_module": {}},
        "resource_changes": [{**entry, "provider_name": "registry.terraform.io/hashicorp/helm", "change": change}],
    }
    (folder / "plan.json").write_text(json.dumps(plan), "utf-8")
    return [folder / "plan.json"]


def said(arguments: list[str | Path]) -> tuple[Any, list[str]]:
    """The decision, and the loud findings as `severity policy`."""
    done = run_here("review", *arguments, "--as-of", AS_OF, "--format", "json")
    verdict = json.loads(done.stdout)
    found = {
        f"{finding['severity']} {finding['policy']}"
        for finding in verdict["findings"]
        if finding["outcome"] == "violated" and finding["severity"] in LOUD
    }
    return verdict["decision"], sorted(found)


@pytest.mark.parametrize("name", CHANGES)
def test_a_change_of_values_is_told_as_it_should_be(name: str, tmp_path: Path) -> None:
    change = CHANGES[name]

    upgrade, plan = (said(make(*sides(change), tmp_path)) for make in (of_upgrade, of_plan))

    expected = sorted(change.get("says", []))
    assert upgrade[1] == expected
    if "plan" in change:
        expected = sorted(change["plan"])
    assert plan[1] == expected
    if not upgrade[1] and not plan[1]:
        assert "block" not in (upgrade[0], plan[0])


HOOKED: Object = {"migrationJob": {"hooks": {"argocd": {"enabled": False}, "helm": {"enabled": True}}}}


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"hooks": {"argocd": {"enabled": True}}}, ["low litellm-migration-hooked-twice"]),
        ({"backoffLimit": 1}, ["low job-runs"]),
        ({"activeDeadlineSeconds": 0}, ["low job-runs", "medium litellm-migration-job-stuck"]),
    ],
)
def test_a_change_that_only_hooks_have_is_told_at_the_hook(change: Object, expected: list[str], tmp_path: Path) -> None:
    old, new = sides({"base": HOOKED, "change": {"migrationJob": change}})

    done = run_here("review", *of_upgrade(old, new, tmp_path), "--as-of", AS_OF, "--format", "json")

    verdict = json.loads(done.stdout)
    assert verdict["changes"] == []
    assert sorted(f"{finding['severity']} {finding['policy']}" for finding in verdict["findings"]) == expected
    assert {finding["address"] for finding in verdict["findings"]} == {"batch/Job/prod/litellm-migrations"}
