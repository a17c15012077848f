"""`plangate review` of a Helm dry run, from the outside."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import FIXTURES, run

HEAD = """\
Release "web" has been upgraded. Happy Helming!
NAME: web
LAST DEPLOYED: Mon Nov 23 13:18:46 2026
NAMESPACE: prod
STATUS: pending-upgrade
REVISION: 8
TEST SUITE: None
HOOKS:
MANIFEST:
"""
JOB = """\
---
# Source: web/templates/job.yaml
apiVersion: batch/v1
kind: Job
metadata:
  name: migrate
spec:
  template:
    spec:
      restartPolicy: Never
      containers:
      - name: migrate
        image: example/app:{tag}
"""


def reviewed(folder: Path, *arguments: str | Path) -> tuple[int, dict[str, Any]]:
    done = run("review", *arguments, "--format", "json", cwd=folder)
    return done.code, json.loads(done.stdout)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A dry run, and a folder of evidence for it."""
    (tmp_path / "dry-run.txt").write_text(HEAD + JOB.format(tag="2.0.0") + "\n", "utf-8")
    release = tmp_path / "evidence" / "prod" / "web"
    release.mkdir(parents=True)
    (release / "manifest.yaml").write_text(JOB.format(tag="1.0.0") + "\n", "utf-8")
    return tmp_path


def test_an_upgrade_that_would_fail_blocks(folder: Path) -> None:
    for evidence in (("--evidence", "evidence"), ("--manifest", "evidence/prod/web/manifest.yaml")):
        code, verdict = reviewed(folder, "dry-run.txt", *evidence)
        assert (code, verdict["decision"]) == (10, "block")
        (change,) = verdict["changes"]
        assert (change["source"], change["release"], change["address"]) == (
            "helm",
            "prod/web",
            "batch/Job/prod/migrate",
        )
        assert change["effects"] == ["fails"]
        assert verdict["summary_by_source"]["helm"]["update"] == 1
        assert verdict["coverage"]["evidence"]["manifest"] == "given"


def test_without_the_old_side_it_names_the_command_that_gives_it(folder: Path) -> None:
    code, verdict = reviewed(folder, "dry-run.txt")
    assert (code, verdict["decision"]) == (4, "inconclusive")
    assert "helm get manifest web -n prod > manifest.yaml" in verdict["coverage"]["skipped"][0]["how_to_fix"]
    assert verdict["coverage"]["evidence"]["manifest"] == "missing"


def test_an_install_needs_no_old_side(folder: Path) -> None:
    text = (folder / "dry-run.txt").read_text("utf-8").replace("pending-upgrade", "pending-install")
    (folder / "dry-run.txt").write_text(text, "utf-8")
    code, verdict = reviewed(folder, "dry-run.txt")
    assert (code, verdict["decision"]) == (0, "pass")
    assert verdict["summary"]["create"] == 1
    assert verdict["coverage"]["evidence"]["manifest"] == "not-needed"


def test_a_refusal_of_helm_blocks(folder: Path) -> None:
    (folder / "stderr").write_text("Error: UPGRADE FAILED: another operation is in progress\n", "utf-8")
    code, verdict = reviewed(folder, "stderr")
    assert (code, verdict["findings"][0]["policy"]) == (10, "upgrade-refused")


def test_a_revision_that_is_still_pending_blocks(folder: Path) -> None:
    history = [{"revision": 6, "status": "deployed"}, {"revision": 7, "status": "pending-upgrade"}]
    (folder / "evidence" / "prod" / "web" / "history.json").write_text(json.dumps(history), "utf-8")
    _, verdict = reviewed(folder, "dry-run.txt", "--evidence", "evidence")
    assert "release-locked" in {finding["policy"] for finding in verdict["findings"]}


@pytest.mark.parametrize(
    "flag", ["--manifest", "--hooks", "--live-values", "--history", "--metadata", "--live-objects"]
)
def test_evidence_that_is_not_there_stops_the_review(folder: Path, flag: str) -> None:
    code, verdict = reviewed(folder, "dry-run.txt", flag, "nowhere")
    assert (code, verdict["decision"]) == (3, "inconclusive")


def test_of_a_key_told_twice_the_last_counts_as_for_helm(folder: Path) -> None:
    path = folder / "dry-run.txt"
    path.write_text(path.read_text("utf-8").replace("  name: migrate\n", "  name: migrate\n  name: again\n"), "utf-8")
    _, verdict = reviewed(folder, "dry-run.txt", "--evidence", "evidence")
    assert {(change["action"], change["address"]) for change in verdict["changes"]} == {
        ("create", "batch/Job/prod/again"),
        ("destroy", "batch/Job/prod/migrate"),
    }


UNENDED = """\
NAME: web
LAST DEPLOYED: Thu Nov 26 00:26:09 2026
NAMESPACE: prod
STATUS: pending-install
REVISION: 1
DESCRIPTION: Dry run complete
TEST SUITE: None
HOOKS:
MANIFEST:
---
# Source: app/templates/a.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: a
data:
  k: "1"

---
# Source: app/templates/c.yaml
apiVersion: v1
kind: ConfigMap
metadata:
  name: c
data:
  k: "1"

"""
"""Of Helm 4, for a chart without notes of which the last template has no line break at its end."""


def test_what_a_last_template_without_a_line_break_gives_is_not_called_cut(folder: Path) -> None:
    (folder / "old.yaml").write_text(UNENDED.partition("MANIFEST:\n")[2], "utf-8")
    upgraded = UNENDED.replace("pending-install", "pending-upgrade").replace('k: "1"', 'k: "2"')
    (folder / "dry-run.txt").write_text(upgraded, "utf-8")
    code, verdict = reviewed(folder, "dry-run.txt", "--manifest", "old.yaml")
    assert (code, [one["action"] for one in verdict["changes"]]) == (0, ["update", "update"])


def test_an_install_that_could_go_on_is_told_and_not_passed(folder: Path) -> None:
    (folder / "dry-run.txt").write_text(UNENDED, "utf-8")
    code, verdict = reviewed(folder, "dry-run.txt")
    assert (code, verdict["decision"], verdict["summary"]["create"]) == (4, "inconclusive", 2)
    assert verdict["coverage"]["skipped"] == [
        {
            "what": "whatever follows the last object of dry-run.txt",
            "why": "the text ends as it would if it was cut between two objects",
            "how_to_fix": "helm upgrade NAME CHART -n NS -f VALUES --dry-run=server -o json > dry-run.json",
            "decides": "verdict",
        }
    ]


@pytest.mark.parametrize("way", ["helm3", "helm4", "helm3then4"])
def test_a_recorded_upgrade_in_which_only_a_hook_changes_is_not_no_changes(way: str) -> None:
    recorded = FIXTURES / "helm-upgrades" / "litellm-hook-only" / way
    evidence = ("--manifest", recorded / "manifest-deployed.yaml", "--hooks", recorded / "hooks-deployed.yaml")

    done = run("review", recorded / "dry-run.txt", *evidence, "--format", "json")

    verdict = json.loads(done.stdout)
    (hook,) = verdict["hooks"]
    assert (verdict["headline"], verdict["changes"]) == ("no object changes; 1 hook changes", [])
    assert [(f["policy"], f["severity"], f["address"], f["evidence"]) for f in verdict["findings"]] == [
        ("job-runs", "low", hook["address"], ["spec.backoffLimit"])
    ]
    assert (hook["changed"], hook["effects"]) == (True, ["runs-code"])
