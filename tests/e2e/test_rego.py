"""A user's own Rego beside the policies, with the real tools where they are on PATH. Stand-ins only fail."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from tests.support.command import AS_OF, run
from tests.support.git import git

SECRET = "Kx9-invented-p4ssphrase-77"
PLAN = {
    "format_version": "1.2",
    "terraform_version": "1.11.4",
    "planned_values": {"root_module": {}},
    "resource_changes": [
        {
            "address": f"aws_db_instance.{name}",
            "mode": "managed",
            "type": "aws_db_instance",
            "name": name,
            "provider_name": "p",
            "change": {
                "actions": ["create"],
                "before": None,
                "after": {"identifier": name, "password": SECRET, "storage_encrypted": True},
                "after_unknown": {},
                "before_sensitive": False,
                "after_sensitive": {"password": True},
            },
        }
        for name in ("main", "other")
    ],
    "complete": True,
    "applyable": True,
    "errored": False,
}
RULES = """\
package ours.databases

import rego.v1

deny contains msg if {
    some change in input.resource_changes
    change.name == "main"
    msg := sprintf("%s has the password %s", [change.address, change.change.after.password])
}

warn_names contains result if {
    some change in input.resource_changes
    change.name == data.names.disliked
    result := {"msg": "a name that nobody likes", "address": change.address}
}
"""
NAMES = {"names": {"disliked": "other"}}
MANIFEST = """\
---
apiVersion: v1
kind: ConfigMap
metadata: {name: one}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: two}
"""
KUBERNETES = """\
package main

import rego.v1

violation contains msg if {
    input.kind == "ConfigMap"
    input.metadata.name == "two"
    msg := "two is too many"
}
"""


@pytest.fixture
def repo(tmp_path):
    (tmp_path / "plan.json").write_text(json.dumps(PLAN))
    (tmp_path / "rego").mkdir()
    (tmp_path / "rego" / "rules.rego").write_text(RULES)
    (tmp_path / "rego" / "names.json").write_text(json.dumps(NAMES))
    return tmp_path


def only(tmp_path: Path, *tools: str) -> dict[str, str]:
    """An environment in which only some tools are on PATH."""
    folder = tmp_path / "tools"
    folder.mkdir(exist_ok=True)
    for tool in tools:
        found = shutil.which(tool)
        if found is None:
            pytest.skip(f"{tool} is not on PATH")
        (folder / tool).symlink_to(found)
    return {"PATH": str(folder)}


def stand_in(tmp_path: Path, tool: str, script: str) -> dict[str, str]:
    """An environment in which a tool misbehaves."""
    folder = tmp_path / "tools"
    folder.mkdir()
    (folder / tool).write_text(f"#!/bin/sh\n{script}\n")
    (folder / tool).chmod(0o755)
    return {"PATH": f"{folder}{os.pathsep}/usr/bin{os.pathsep}/bin"}


def review(repo: Path, env: dict[str, str], *arguments: str, code: int, plan: str = "plan.json"):
    done = run(
        "review", plan, "--conftest", "rego", "--format", "json", "--as-of", AS_OF, *arguments, cwd=repo, env=env
    )
    assert done.code == code, done.stderr.decode()
    assert SECRET.encode() not in done.everything
    return json.loads(done.stdout) if done.stdout else done.stderr.decode()


def told(verdict):
    return [(f["policy"], f["severity"], f["outcome"], f["address"], f["message"]) for f in verdict["findings"]]


DENIED = (
    "rego-denied",
    "high",
    "violated",
    "aws_db_instance.main",
    "aws_db_instance.main has the password (sensitive) (ours.databases)",
)
WARNED = (
    "rego-warned",
    "medium",
    "violated",
    "aws_db_instance.other",
    "a name that nobody likes (ours.databases)",
)


@pytest.mark.parametrize("tool", ["conftest", "opa"])
def test_what_the_rules_say_is_a_part_of_the_verdict(repo, tool):
    verdict = review(repo, only(repo, tool), code=10)
    assert (verdict["decision"], told(verdict)) == ("block", [DENIED, WARNED])
    assert [c["findings"] for c in verdict["changes"]] == [["rego-denied"], ["rego-warned"]]


@pytest.mark.parametrize("tool", ["conftest", "opa"])
def test_rules_that_are_content_pass(repo, tool):
    (repo / "rego" / "rules.rego").write_text(
        RULES.replace('"main"', '"none"').replace("data.names.disliked", '"none"')
    )
    assert review(repo, only(repo, tool), code=0)["decision"] == "pass"


@pytest.mark.parametrize("tool", ["conftest", "opa"])
def test_every_object_of_a_manifest_is_held_against_the_rules(repo, tool):
    (repo / "rego" / "rules.rego").write_text(KUBERNETES)
    (repo / "manifest.yaml").write_text(MANIFEST)
    verdict = review(repo, only(repo, tool), code=10, plan="manifest.yaml")
    assert told(verdict) == [("rego-denied", "high", "violated", None, "two is too many (main)")]


BROKEN = {
    "a rule that does not compile": "package main\n\ndeny contains msg if { msg :=",
    "a built-in that fails": 'package main\n\nimport rego.v1\n\ndeny contains "x" if { to_number(input.format_version) > json.unmarshal("{") }\n',
    "a package without rules": "package main\n\nallowed := true\n",
}


@pytest.mark.parametrize("text", BROKEN.values(), ids=BROKEN)
@pytest.mark.parametrize("tool", ["conftest", "opa"])
def test_rules_that_cannot_be_held_are_no_pass(repo, tool, text):
    (repo / "rego" / "rules.rego").write_text(text)
    verdict = review(repo, only(repo, tool), code=4)
    assert (verdict["decision"], verdict["findings"]) == ("inconclusive", [])


FAULTS = {
    "no tool": (None, "", "neither `conftest` nor `opa` is on PATH"),
    "it fails": ("conftest", f"echo '{SECRET}'; echo '{SECRET}' >&2; exit 1", "`conftest` failed with exit code 1"),
    "it prints nothing": ("conftest", "exit 0", "`conftest` failed with exit code 0"),
    "it prints something else": ("conftest", "echo '{}'", "`conftest` failed with exit code 0"),
    "its code and its words differ": (
        "conftest",
        """echo '[{"namespace": "a", "failures": [{"msg": "no"}]}]'""",
        "`conftest` failed with exit code 0",
    ),
    "it is killed": ("conftest", "kill -9 $$", "`conftest` failed with exit code -9"),
    "nothing was asked": (
        "conftest",
        """echo '[{"namespace": "a", "successes": 0}]'""",
        "has no rule deny, violation or warn that could be asked",
    ),
    "opa fails": ("opa", "exit 2", "`opa` failed with exit code 2"),
    "opa prints errors": ("opa", """echo '{"errors": [{"message": "x"}]}'""", "`opa` failed with exit code 0"),
    "opa knows nothing": ("opa", "echo '{}'", "`opa` failed with exit code 0"),
}


@pytest.mark.parametrize(("tool", "script", "why"), FAULTS.values(), ids=FAULTS)
def test_a_tool_that_fails_is_no_pass(repo, tool, script, why):
    env = only(repo) if tool is None else stand_in(repo, tool, script)
    verdict = review(repo, env, code=4)
    assert verdict["decision"] == "inconclusive"
    (skipped,) = [s for s in verdict["coverage"]["skipped"] if "rego" in s["why"]]
    assert (skipped["what"], skipped["why"]) == ("plan.json", f"the rules in rego said nothing of it: {why}")


def test_a_folder_without_rego_stops_before_anything_is_reviewed(repo):
    (repo / "rego" / "rules.rego").unlink()
    assert "rego: holds no Rego" in review(repo, {}, code=2)


def test_a_link_among_the_rules_is_refused(repo):
    (repo / "rego" / "more.rego").symlink_to("/etc/hostname")
    assert "rego/more.rego: is a link, and links are not followed" in review(repo, {}, code=2)


def test_no_credential_reaches_the_rules(repo):
    script = f"env > {repo}/seen; ls -lR > {repo}/folder; exit 1"
    env = stand_in(repo, "conftest", script) | {"AWS_SECRET_ACCESS_KEY": "x", "GITHUB_TOKEN": "x"}
    review(repo, env, code=4)
    names = {line.partition("=")[0] for line in (repo / "seen").read_text().splitlines()}
    assert names & {"AWS_SECRET_ACCESS_KEY", "GITHUB_TOKEN", "PYTHONPATH"} == set()
    (given,) = [line for line in (repo / "folder").read_text().splitlines() if line.endswith("input.json")]
    assert given.startswith("-rw-------")


def test_the_rules_of_the_trusted_ref_count(repo):
    git(repo, "init", "--quiet")
    git(repo, "add", "rego")
    git(repo, "commit", "--quiet", "--message", "rules")
    (repo / "rego" / "rules.rego").write_text("package ours\n")
    copied = f'cp -r rules {repo}/seen; echo \'[{{"namespace": "a", "successes": 1}}]\''
    verdict = review(repo, stand_in(repo, "conftest", copied), "--policy-ref", "main", code=0)
    assert (repo / "seen" / "rules.rego").read_text() == RULES
    assert (repo / "seen" / "names.json").read_text() == json.dumps(NAMES)
    (finding,) = verdict["findings"]
    assert (finding["policy"], finding["message"], finding["location"]) == (
        "gate-loosened",
        "this change would loosen the gate: the Rego in rules.rego changes",
        {"file": "rego/rules.rego", "line": 1},
    )


def test_a_saved_plan_is_not_what_rego_reads(repo):
    env = stand_in(repo, "conftest", "exit 1")
    (repo / "plan.ndjson").write_text(
        '{"@level":"info","@message":"Terraform 1.11.4","type":"version","terraform":"1.11.4","ui":"1.2"}\n'
        '{"@level":"info","type":"change_summary","changes":{"add":0,"change":0,"import":0,"remove":0,"operation":"plan"}}\n'
    )
    verdict = review(repo, env, code=4, plan="plan.ndjson")
    assert any("Rego reads plan JSON" in skipped["why"] for skipped in verdict["coverage"]["skipped"])
