"""`plangate collect` with a stand-in for helm: what is written holds no secret, and can be compared under the same key only."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import AS_OF, Done, run
from tests.support.stand_ins import DRY_RUN, SECRET, cluster


@pytest.fixture
def helm(tmp_path: Path) -> Path:
    """The folder of a `helm` and a `kubectl` that know one release, whose newest revision failed."""
    cluster(tmp_path)
    return tmp_path / "bin"


def collect(helm: Path, key: str, *releases: str) -> tuple[Done, Path]:
    out = helm.parent / "evidence"
    env = {"PATH": f"{helm}{os.pathsep}/usr/bin{os.pathsep}/bin", "PLANGATE_KEY": key}
    return run("collect", *releases, "--out", out, "--as-of", AS_OF, env=env, cwd=helm.parent), out


def drift(folder: Path, password: str, key: str) -> tuple[Done, Any]:
    (folder / "values.yaml").write_text(f"replicaCount: 6\nimage: {{tag: v1}}\nmasterPassword: {password}\n")
    given = ("--values", folder / "values.yaml", "--evidence", folder / "evidence", "--format", "json")
    done = run("drift", "--release", "prod/web", *given, env={"PLANGATE_KEY": key})
    return done, json.loads(done.stdout)


def everything(folder: Path) -> bytes:
    return b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())


@pytest.mark.parametrize("key", ["", "a key of ours"])
def test_no_secret_is_written(helm: Path, key: str) -> None:
    done, out = collect(helm, key, "prod/web")
    assert done.code == 0, done.everything
    assert SECRET.encode() not in everything(out) + done.everything
    assert sorted(path.name for path in (out / "prod" / "web").iterdir()) == [
        "history.json",
        "hooks.yaml",
        "live-objects.json",
        "manifest.yaml",
        "metadata.json",
        "values.json",
    ]
    assert json.loads((out / "cluster.json").read_text()) == {
        "server": "https://prod.example:6443",
        "kube_system_uid": "11111111-2222-3333-4444-555555555555",
        "collected_at": AS_OF,
    }
    live = json.loads((out / "prod" / "web" / "live-objects.json").read_text())
    assert [one["kind"] for one in live["items"]] == ["ConfigMap", "Secret"]


def test_a_secret_is_compared_under_the_same_key(helm: Path) -> None:
    collect(helm, "one", "prod/web")
    same, verdict = drift(helm.parent, SECRET, "one")
    assert [entry["path"] for entry in verdict["drift"]] == []
    other, verdict = drift(helm.parent, "invented-hunter-23", "one")
    assert [entry["path"] for entry in verdict["drift"]] == ["masterPassword"]
    assert b"hunter" not in same.everything + other.everything


def test_without_a_key_it_is_said_that_nothing_was_compared(helm: Path) -> None:
    collect(helm, "", "prod/web")
    _, verdict = drift(helm.parent, "invented-hunter-23", "")
    assert verdict["drift"] == []
    assert "masterPassword" in json.dumps(verdict["coverage"]["skipped"])


def test_a_release_that_fails_hides_none_and_its_error_is_not_shown(helm: Path) -> None:
    done, out = collect(helm, "k", "prod/gone", "prod/web")
    assert done.code == 4
    assert b"prod/gone: there is no such release" in done.stderr
    assert SECRET.encode() not in done.everything
    assert (out / "prod" / "web" / "values.json").exists()


def helm_review(folder: Path, dry_run: str, key: str) -> Any:
    (folder / "dry-run.txt").write_text(dry_run)
    given = ("--evidence", folder / "evidence", "--format", "json", "--as-of", AS_OF)
    done = run("review", folder / "dry-run.txt", *given, env={"PLANGATE_KEY": key})
    assert b"hunter" not in done.everything
    assert b"(hmac:" not in done.everything
    return json.loads(done.stdout)


def test_secrets_of_objects_are_compared_under_the_same_key(helm: Path) -> None:
    """The deployed manifest was collected, the dry run is whole: only what really changes is a change."""
    collect(helm, "one", "prod/web")
    same = helm_review(helm.parent, DRY_RUN, "one")
    assert [change["address"] for change in same["changes"] if change["action"] == "update"] == [
        "core/ConfigMap/prod/c"
    ]
    assert [one["path"] for change in same["changes"] for one in change["attributes"]] == ["data.a"]
    rotated = helm_review(helm.parent, DRY_RUN.replace("hunter-22", "hunter-33"), "one")
    paths = {change["address"]: [one["path"] for one in change["attributes"]] for change in rotated["changes"]}
    assert paths["core/Secret/prod/s"] == ["data.password"]
    assert paths["core/ConfigMap/prod/c"] == ["data.a", "data.url"]


def test_without_a_key_secrets_of_objects_are_said_not_to_be_compared(helm: Path) -> None:
    collect(helm, "", "prod/web")
    verdict = helm_review(helm.parent, DRY_RUN.replace("hunter-22", "hunter-33"), "")
    assert [change["address"] for change in verdict["changes"] if change["action"] == "update"] == [
        "core/ConfigMap/prod/c"
    ]
    (said,) = [one for one in verdict["coverage"]["skipped"] if one["what"] == "secret values of prod/web"]
    assert said["why"] == ("not compared, because they were removed when they were collected: Secret s, ConfigMap c")


def test_old_evidence_is_said_to_be_old(helm: Path) -> None:
    _, out = collect(helm, "k", "prod/web")
    (helm.parent / "values.yaml").write_text("replicaCount: 6\n")
    given = ("--values", helm.parent / "values.yaml", "--evidence", out, "--format", "json", "--as-of")
    skipped = {}
    for as_of in ("2026-02-01T11:59:59Z", "2026-02-03T12:00:00Z"):
        done = run("drift", "--release", "prod/web", *given, as_of)
        skipped[as_of] = [
            one["why"] for one in json.loads(done.stdout)["coverage"]["skipped"] if one["what"] == str(out)
        ]
    assert list(skipped.values()) == [[], ["was collected 3 days ago, and what is live may have changed since"]]


def test_what_an_earlier_run_left_is_not_taken_for_what_is_there(helm: Path) -> None:
    collect(helm, "k", "prod/web")
    (helm / "helm").write_text("#!/bin/sh\necho 'Error: Kubernetes cluster unreachable' >&2; exit 1\n")
    done, out = collect(helm, "k", "prod/web")
    assert done.code == 4
    assert list((out / "prod" / "web").iterdir()) == []
    assert b"history could not be asked: the cluster cannot be reached" in done.stderr


STATE = {
    "version": 4,
    "terraform_version": "1.11.4",
    "serial": 7,
    "lineage": "11111111-2222-3333-4444-555555555555",
    "outputs": {"password": {"value": SECRET, "type": "string", "sensitive": True}},
    "resources": [
        {
            "mode": "managed",
            "type": "helm_release",
            "name": "web",
            "provider": 'provider["registry.terraform.io/hashicorp/helm"]',
            "instances": [
                {
                    "attributes": {
                        "name": "web",
                        "namespace": "prod",
                        "metadata": {
                            "revision": 1,
                            "values": json.dumps({"replicaCount": 3, "masterPassword": SECRET}),
                        },
                    },
                    "private": "c2VjcmV0",
                }
            ],
        }
    ],
}


@pytest.mark.parametrize("key", ["", "a key of ours"])
def test_a_state_is_collected_without_secrets_and_read_back(helm: Path, key: str) -> None:
    folder = helm.parent
    (folder / "terraform.tfstate").write_text(json.dumps(STATE))
    out = folder / "evidence"
    collect(helm, key, "prod/web")
    done = run(
        "collect", "--state", folder / "terraform.tfstate", "--out", out, "--as-of", AS_OF, env={"PLANGATE_KEY": key}
    )
    assert done.code == 0, done.everything
    assert SECRET.encode() not in everything(out) + done.everything
    kept = json.loads(next((out / "state").iterdir()).read_text())
    assert (kept["serial"], kept["lineage"], kept["outputs"]) == (7, STATE["lineage"], {})
    assert kept["plangate"]["lock"] is None
    finished, verdict = drift(folder, SECRET, key)
    assert finished.code == 11
    (entry,) = [one for one in verdict["drift"] if one["path"] == "replicaCount"]
    assert (entry["address"], entry["recorded"], entry["live"]) == ("helm_release.web", 3, 6)
    assert verdict["freshness"]["serial_state"] == 7


def test_a_state_that_cannot_be_had_is_told(helm: Path) -> None:
    done = run("collect", "--state", helm.parent / "nope.tfstate", "--out", helm.parent / "evidence")
    assert done.code == 4
    assert b"not found" in done.stderr


@pytest.mark.parametrize("release", ["web", "prod/--post-renderer=sh", "-n/web", "prod/..", "../web", "Prod/web"])
def test_what_is_no_name_never_reaches_helm(helm: Path, release: str) -> None:
    done, out = collect(helm, "k", "--", release)
    assert done.code == 2
    assert not out.exists()


def test_the_rights_are_printed() -> None:
    done = run("collect", "--print-permissions")
    assert done.code == 0
    for right in (b"s3:GetObject", b"dynamodb:GetItem", b"kms:Decrypt", b"kind: Role"):
        assert right in done.stdout
    assert b"Put" not in done.stdout
