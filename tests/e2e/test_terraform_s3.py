"""Real Terraform with its S3 backend against moto's server: what Terraform writes there is what plangate reads."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.test_s3 import CREDENTIALS, Aws, aws, server  # noqa: F401 - fixtures
from tests.support.command import Done, run

CONFIGURATION = """terraform {
  backend "s3" {
    bucket       = "states"
    key          = "live/app/terraform.tfstate"
    region       = "eu-west-1"
    use_lockfile = true
  }
}

variable "size" {
  default = 1
}

resource "terraform_data" "app" {
  input = { size = var.size, password = "invented-hunter-22" }
}

resource "terraform_data" "other" {
  input = "x"
}
"""


class Workspace:
    """A folder with a configuration whose state is in S3."""

    def __init__(self, terraform: str, folder: Path, endpoint: str):
        self._terraform = terraform
        self.folder = folder
        self.env = {**CREDENTIALS, "AWS_ENDPOINT_URL": endpoint}
        (folder / "main.tf").write_text(CONFIGURATION)
        (folder / "own.tfbackend").write_text(
            f'endpoints = {{ s3 = "{endpoint}", dynamodb = "{endpoint}" }}\n'
            "use_path_style = true\nskip_credentials_validation = true\nskip_requesting_account_id = true\n"
            'skip_metadata_api_check = true\ndynamodb_table = "locks"\n'
        )
        self.run("init", "-backend-config=own.tfbackend")

    def run(self, *arguments: str) -> bytes:
        quiet = () if arguments[0] == "workspace" else ("-no-color", "-input=false")
        command = [self._terraform, arguments[0], *quiet, *arguments[1:]]
        env = {**os.environ, **self.env, "TF_CLI_CONFIG_FILE": os.devnull, "CHECKPOINT_DISABLE": "1"}
        done = subprocess.run(command, cwd=self.folder, env=env, capture_output=True, timeout=120, check=False)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    def plan(self, *arguments: str) -> None:
        """Save a plan, and its JSON beside it."""
        self.run("plan", "-out=tfplan", *arguments)
        done = subprocess.run(
            [self._terraform, "show", "-json", "tfplan"],
            cwd=self.folder,
            env={**os.environ, **self.env, "TF_CLI_CONFIG_FILE": os.devnull},
            capture_output=True,
            check=True,
        )
        (self.folder / "plan.json").write_bytes(done.stdout)

    def review(self, *more: str, env: dict[str, str] | None = None) -> tuple[Done, Any]:
        given = ("review", "plan.json", "--saved-plan", "tfplan", "--format", "json", *more)
        done = run(*given, env={**self.env, **(env or {})}, cwd=self.folder)
        return done, json.loads(done.stdout)


@pytest.fixture
def workspace(needs_terraform: str, aws: Aws, tmp_path: Path) -> Workspace:  # noqa: F811 - the fixture
    return Workspace(needs_terraform, tmp_path, aws.url)


def test_a_plan_is_fresh_until_somebody_applies_another_one(workspace: Workspace) -> None:
    workspace.run("apply", "-auto-approve")
    workspace.plan("-var=size=2")
    done, verdict = workspace.review("--backend-config", "own.tfbackend", "--tf-dir", ".")
    assert done.code == 0, done.everything
    fresh = verdict["freshness"]
    assert fresh["serial_plan"] == fresh["serial_state"]
    assert fresh["lock"] is None
    # The change under review names bucket and key itself; --live asks there.
    done, live = workspace.review("--live", "--tf-dir", ".")
    assert done.code == 0, done.everything
    assert live["freshness"] == fresh

    workspace.run("apply", "-auto-approve", "-var=size=3")
    done, verdict = workspace.review("--backend-config", "own.tfbackend", "--tf-dir", ".")
    assert done.code == 10
    (stale,) = [one["message"] for one in verdict["findings"] if one["policy"] == "plan-stale"]
    assert stale.endswith("changed in between: terraform_data.app")


def test_a_serial_that_moved_elsewhere_says_that_nothing_of_this_plan_changed(workspace: Workspace) -> None:
    workspace.run("apply", "-auto-approve")
    workspace.plan("-var=size=2")
    workspace.run("apply", "-auto-approve", "-replace=terraform_data.other")
    done, verdict = workspace.review("--backend-config", "own.tfbackend", "--tf-dir", ".")
    assert done.code == 10
    (stale,) = [one["message"] for one in verdict["findings"] if one["policy"] == "plan-stale"]
    assert stale.endswith("nothing that it touches has changed in between")


def test_a_workspace_that_terraform_selected(workspace: Workspace) -> None:
    workspace.run("workspace", "new", "blue")
    workspace.run("apply", "-auto-approve")
    workspace.plan("-var=size=2")
    done, verdict = workspace.review("--backend-config", "own.tfbackend", "--tf-dir", ".")
    assert done.code == 0, done.everything
    assert verdict["freshness"]["serial_plan"] == verdict["freshness"]["serial_state"]


def test_a_collected_state_needs_no_credentials_and_is_that_of_its_place(workspace: Workspace) -> None:
    workspace.run("apply", "-auto-approve")
    workspace.plan("-var=size=2")
    collected = run(
        *("collect", "--backend-config", "own.tfbackend", "--tf-dir", ".", "--out", "evidence"),
        env={**workspace.env, "PLANGATE_KEY": "a key of ours"},
        cwd=workspace.folder,
    )
    assert collected.code == 0, collected.everything
    (kept,) = (workspace.folder / "evidence" / "state").iterdir()
    assert kept.name == "live.app.terraform.json"
    assert b"hunter" not in kept.read_bytes()

    without = {"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "PLANGATE_KEY": "a key of ours"}
    (workspace.folder / ".plangate.yaml").write_text(
        "environments:\n  prod:\n    state: s3://states/live/**\n  dev:\n    state: s3://states/dev/**\n"
    )
    given = ("--evidence", "evidence", "--env")
    done, verdict = workspace.review(*given, "prod", env=without)
    assert done.code == 0, done.everything
    assert verdict["freshness"]["serial_plan"] == verdict["freshness"]["serial_state"]
    done, verdict = workspace.review(*given, "dev", env=without)
    assert done.code == 4
    assert "is a state of prod, not of dev" in json.dumps(verdict["coverage"]["skipped"])
