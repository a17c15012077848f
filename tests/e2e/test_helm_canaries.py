"""The secrets of a `helm_release` never leave: not from its values, nor from the copies that the provider makes of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from plangate.policy.testing import plan
from plangate.report.formats import Format
from tests.support.command import run

KEY, PASSWORD, DATABASE = "Vq8Zr4TnW1xKc7VbM2pLs", "invented-of-the-night-77", "Kw3mPz9QyB5tRj8NdF2h"
NEXT = "-rotated"
MARKS = {"set_sensitive": True, "repository_password": True, "values": [False]}


def manifest(tag: str) -> str:
    container = {"name": "app", "image": f"example/app:{tag}", "env": [{"name": "KEY", "value": KEY}]}
    return json.dumps(
        {
            "secret/v1/web": {"apiVersion": "v1", "kind": "Secret", "stringData": {"masterkey": KEY, "db": DATABASE}},
            "deployment.apps/apps/v1/web": {
                "kind": "Deployment",
                "spec": {"template": {"spec": {"containers": [container]}}},
            },
        }
    )


def plan_of(major: int, *, marked: bool) -> bytes:
    def metadata(values: dict[str, Any]) -> Any:
        one = {
            "name": "web",
            "namespace": "prod",
            "revision": 3,
            "values": json.dumps(values),
            "notes": f"log in with {KEY}",
        }
        return one if major == 3 else [one]

    before = {
        "name": "web",
        "namespace": "prod",
        "chart": "web",
        "values": [f"replicas: 2\nauth:\n  password: {PASSWORD}\n"],
        "set": [{"name": "env.db", "value": f"postgres://user:{DATABASE}@db/web"}],
        "set_sensitive": [{"name": "masterkey", "value": KEY}],
        "metadata": metadata({"masterkey": KEY, "auth": {"password": PASSWORD}, "copy": KEY}),
        "manifest": manifest("v1"),
    }
    after = {**before, "manifest": manifest("v2"), "set_sensitive": [{"name": "masterkey", "value": KEY + NEXT}]}
    after["values"] = [f"replicas: 3\nauth:\n  password: {PASSWORD}{NEXT}\n"]
    found = {**before, "metadata": metadata({"masterkey": KEY, "auth": {"password": PASSWORD + NEXT}})}
    marks = {"before_sensitive": MARKS, "after_sensitive": MARKS} if marked else {}
    drift = {"actions": ["update"], "before": before, "after": found, **marks}
    entry = {
        "address": "helm_release.example",
        "mode": "managed",
        "type": "helm_release",
        "name": "example",
        "change": drift,
    }
    del after["metadata"]
    return plan(
        {
            "type": "helm_release",
            "before": before,
            "after": after,
            "after_unknown": {"metadata": True},
            **marks,
            "plan": {"resource_drift": [entry]},
        }
    )


@pytest.mark.parametrize("marked", [True, False], ids=["marked", "unmarked"])
@pytest.mark.parametrize("major", [2, 3])
def test_secrets_of_a_release_never_leave(major: int, marked: bool, tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_bytes(plan_of(major, marked=marked))
    for format_ in Format:
        done = run("review", "plan.json", "--all", "--format", format_, cwd=tmp_path)
        assert done.stdout
        assert b"helm_release.example" in done.stdout or not format_.renderer.whole
        for secret in (KEY, PASSWORD, DATABASE):
            assert secret.encode() not in done.stdout + done.stderr
