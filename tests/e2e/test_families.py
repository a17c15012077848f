"""A family of policies is a folder with a `family.yaml`: of plangate itself, or of whoever uses it."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.support.command import AS_OF, run
from tests.support.policies import FAMILY, POLICY

PLAN = {
    "format_version": "1.2",
    "terraform_version": "1.11.4",
    "planned_values": {"root_module": {}},
    "resource_changes": [
        {
            "address": "keycloak_realm.main",
            "mode": "managed",
            "type": "keycloak_realm",
            "name": "main",
            "provider_name": "keycloak",
            "change": {"actions": ["delete"], "before": {"realm": "main"}, "after": None, "after_unknown": {}},
        }
    ],
    "complete": True,
    "applyable": True,
    "errored": False,
}


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A copy of what a checkout of plangate needs to run, with one folder of policies more."""
    for name in ("plangate", "policies"):
        shutil.copytree(ROOT / name, tmp_path / name, ignore=shutil.ignore_patterns("__pycache__"))
    (tmp_path / "policies" / "keycloak").mkdir()
    (tmp_path / "policies" / "keycloak" / "realm-gone.yaml").write_text(POLICY)
    (tmp_path / "plan.json").write_text(json.dumps(PLAN))
    return tmp_path


def index(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "plangate.policy.index", *arguments],
        cwd=tree,
        env={"PYTHONPATH": str(tree)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_new_family_is_a_folder_and_nothing_else(tree: Path) -> None:
    (tree / "policies" / "keycloak" / "family.yaml").write_text(FAMILY)
    assert (index(tree).returncode, index(tree, "--check").returncode) == (0, 0)

    def here(*arguments: str):
        return run(*arguments, cwd=tree, env={"PYTHONPATH": str(tree)})

    listed = {one["id"]: one["family"] for one in json.loads(here("policy", "list", "--format", "json").stdout)}
    assert (listed["realm-gone"], listed["plan-stale"]) == ("keycloak", "gate")
    assert b"family: keycloak" in here("policy", "show", "realm-gone").stdout
    assert here("policy", "test", "policies/keycloak").stdout == b"2 cases of 1 policies, 0 failed\n"
    assert here("policy", "docs", "pages").code == 0
    assert "## Keycloak\n\nWhat a change means for Keycloak" in (tree / "pages" / "README.md").read_text()
    assert (tree / "pages" / "keycloak" / "realm-gone.md").is_file()

    review = ("review", "plan.json", "--format", "json", "--as-of", AS_OF)
    verdict = json.loads(here(*review).stdout)
    assert "realm-gone" in {one["policy"] for one in verdict["findings"]}
    (tree / ".plangate.yaml").write_text("packs: {keycloak: false}\n")
    verdict = json.loads(here(*review).stdout)
    assert "realm-gone" not in {one["policy"] for one in verdict["findings"]}
    (tree / ".plangate.yaml").write_text("packs: {keycloack: false}\n")
    assert b"unknown key keycloack; did you mean keycloak?" in here(*review).stderr


def test_a_folder_without_a_family_file_fails_the_index(tree: Path) -> None:
    before = (tree / "policies" / "index.json").read_bytes()
    for arguments in ((), ("--check",)):
        done = index(tree, *arguments)
        assert (done.returncode, done.stderr) == (
            2,
            f"{tree}/policies/keycloak/realm-gone.yaml: belongs to no family "
            "(policies stand in a folder that has a family.yaml, as ID.yaml)\n",
        )
    assert (tree / "policies" / "index.json").read_bytes() == before


def test_the_gates_own_findings_are_no_pack(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(json.dumps(PLAN))
    (tmp_path / ".plangate.yaml").write_text("packs: {gate: false}\n")
    done = run("review", "plan.json", cwd=tmp_path)
    assert (done.code, done.stdout) == (2, b"")
    assert b".plangate.yaml: 1:9: unknown key gate" in done.stderr


@pytest.mark.parametrize("paths", ["rules", "rules/keycloak", "rules/keycloak/realm-gone.yaml"])
def test_a_family_of_your_own_counts_from_a_trusted_ref_too(tmp_path: Path, paths: str) -> None:
    (tmp_path / "plan.json").write_text(json.dumps(PLAN))
    (tmp_path / ".plangate.yaml").write_text(f"policy_paths: {paths}\n")
    folder = tmp_path / "rules" / "keycloak"
    folder.mkdir(parents=True)
    (folder / "realm-gone.yaml").write_text(POLICY)
    without = run("review", "plan.json", cwd=tmp_path)
    assert (without.code, without.stdout) == (2, b"")
    assert b"rules/keycloak/realm-gone.yaml: 2:9: no family keycloak" in without.stderr

    (folder / "family.yaml").write_text(FAMILY)
    identity = ("-c", "user.name=t", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false")
    for arguments in (("init", "--quiet", "--initial-branch=main"), ("add", "--all"), ("commit", "--quiet", "-m", "x")):
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, check=True, capture_output=True)
    (folder / "family.yaml").write_text(FAMILY.replace("Keycloak\n", "Our Keycloak\n", 1))
    for more in ((), ("--policy-ref", "main")):
        done = run("review", "plan.json", "--format", "json", "--as-of", AS_OF, *more, cwd=tmp_path)
        assert "realm-gone" in {one["policy"] for one in json.loads(done.stdout)["findings"]}
        assert "gate-loosened" not in {one["policy"] for one in json.loads(done.stdout)["findings"]}


def test_what_the_gate_finds_itself_can_be_neither_changed_nor_waived(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text(json.dumps(PLAN))
    for id_ in ("plan-errored", "gate-loosened", "waiver-expired", "live-drift"):
        (tmp_path / ".plangate.yaml").write_text(f"policies: {{{id_}: {{enabled: false, reason: x}}}}\n")
        done = run("review", "plan.json", cwd=tmp_path)
        assert (done.code, done.stdout) == (2, b"")
        assert f"{id_} cannot be changed".encode() in done.stderr
    (tmp_path / ".plangate.yaml").unlink()
    waiver = {"address": "a.b", "reason": "r", "owner": "o", "expires": "2026-03-31"}
    waivers = [{"policy": id_, **waiver} for id_ in ("plan-errored", "gate-loosened", "nothing-such")]
    (tmp_path / "waivers.yaml").write_text(json.dumps({"waivers": waivers}))
    review = ("review", "plan.json", "--waivers", "waivers.yaml", "--format", "json", "--as-of", AS_OF)
    verdict = json.loads(run(*review, cwd=tmp_path).stdout)
    told = "the waiver of {} for a.b does not count: {}"
    assert {(one["policy"], one["message"]) for one in verdict["findings"] if one["policy"].startswith("waiver-")} == {
        ("waiver-not-permitted", told.format("plan-errored", "plan-errored cannot be waived here")),
        ("waiver-unmatched", told.format("gate-loosened", "gate-loosened cannot be waived")),
        ("waiver-unmatched", told.format("nothing-such", "there is no policy nothing-such")),
    }
