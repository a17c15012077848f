"""`plangate collect` with a stand-in for helm: what is written holds no secret, and can be compared under the same key only."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from tests.support import AS_OF, Done, run

SECRET = "invented-hunter-22"
HELM = f"""#!/bin/sh
case "$*" in
"get values"*) echo '{{"replicaCount":6,"masterPassword":"{SECRET}","image":{{"tag":"v1"}}}}';;
"history"*) echo '[{{"revision":1,"status":"deployed","chart":"web-1.0.0"}},{{"revision":2,"status":"failed","chart":"web-1.0.0"}}]';;
"get metadata"*) echo '{{"name":"web","namespace":"prod","revision":2,"status":"failed","version":"1.0.0"}}';;
"get manifest web --namespace prod --revision 1") cat "$(dirname "$0")/manifest.yaml";;
"get hooks"*) ;;
*) echo "Error: release: not found {SECRET}" >&2; exit 1;;
esac
"""
MANIFEST = f"""---
# Source: web/templates/s.yaml
apiVersion: v1
kind: Secret
metadata: {{name: s}}
stringData: {{password: {SECRET}}}
---
# Source: web/templates/c.yaml
apiVersion: v1
kind: ConfigMap
metadata: {{name: c}}
data: {{a: "1", url: "x://u:{SECRET}@h/"}}
"""


@pytest.fixture
def helm(tmp_path: Path) -> Path:
    """A folder with a `helm` that knows one release, whose newest revision failed."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "helm").write_text(HELM)
    (folder / "helm").chmod(0o755)
    (folder / "manifest.yaml").write_text(MANIFEST)
    return folder


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
        "manifest.yaml",
        "metadata.json",
        "values.json",
    ]
    assert json.loads((out / "cluster.json").read_text())["collected_at"] == AS_OF


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
    (helm / "helm").write_text(
        HELM.replace('"get values"*)', '"get values web"*)').replace('"history"*)', '"history web"*)')
    )
    done, out = collect(helm, "k", "prod/gone", "prod/web")
    assert done.code == 4
    assert b"prod/gone: history: there is no such release" in done.stderr
    assert SECRET.encode() not in done.everything
    assert (out / "prod" / "web" / "values.json").exists()


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
