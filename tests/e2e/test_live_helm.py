"""`--live` and `collect` with a real Helm against a real Kubernetes API: whatever `helm` and KUBECONFIG are there."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.command import AS_OF, run

SECRET = "invented-hunter-22"
CHART = {
    "Chart.yaml": "apiVersion: v2\nname: web\nversion: 0.1.0\n",
    "templates/config.yaml": 'apiVersion: v1\nkind: ConfigMap\nmetadata: {name: c}\ndata: {n: "{{ .Values.replicaCount }}"}\n',
    "templates/secret.yaml": "apiVersion: v1\nkind: Secret\nmetadata: {name: s}\nstringData: {password: {{ .Values.password }}}\n",
}


@pytest.fixture
def namespace(tmp_path: Path) -> Iterator[str]:
    """A namespace with a release that was upgraded by hand; skips where there is no cluster for tests."""
    if not os.environ.get("KUBECONFIG") or not shutil.which("helm") or not shutil.which("kubectl"):
        pytest.skip("helm, kubectl and KUBECONFIG of a cluster for tests are not here")
    server = subprocess.run(
        ["kubectl", "config", "view", "--minify", "-o", "jsonpath={.clusters[0].cluster.server}"],
        check=False,
        capture_output=True,
        timeout=30,
    ).stdout
    if not server.startswith(b"https://127.0.0.1:"):
        pytest.skip("KUBECONFIG is not that of a cluster on this machine: nothing is installed into another one")
    for name, text in CHART.items():
        path = tmp_path / "chart" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    (tmp_path / "values.yaml").write_text(f"replicaCount: 3\npassword: {SECRET}\n")
    name = f"drift-{uuid.uuid4().hex[:8]}"
    given = ["web", "chart", "--namespace", name, "--values", "values.yaml"]
    for command in (["install", *given, "--create-namespace"], ["upgrade", *given, "--set", "replicaCount=6"]):
        subprocess.run(["helm", *command], cwd=tmp_path, check=True, capture_output=True, timeout=60)
    yield name
    subprocess.run(
        ["kubectl", "delete", "namespace", name, "--wait=false"], check=False, capture_output=True, timeout=60
    )


def test_a_hand_change_is_found_now_and_from_a_folder(namespace: str, tmp_path: Path) -> None:
    key = {"PLANGATE_KEY": "a key of ours"}
    collected = run("collect", f"{namespace}/web", "--out", "evidence", env=key, cwd=tmp_path)
    assert collected.code == 0, collected.everything
    kept = b"".join(path.read_bytes() for path in (tmp_path / "evidence").rglob("*") if path.is_file())
    assert SECRET.encode() not in kept
    asked = ("drift", "--release", f"{namespace}/web", "--values", "values.yaml", "--format", "json", "--as-of", AS_OF)
    for given in (("--live",), ("--evidence", "evidence")):
        done = run(*asked, *given, env=key, cwd=tmp_path)
        assert done.code == 11, done.everything
        found = [(one["path"], one["desired"], one["live"], one["status"]) for one in json.loads(done.stdout)["drift"]]
        assert found == [("replicaCount", 3, 6, "will-be-reverted")]
