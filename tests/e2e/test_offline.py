"""No command opens a socket or starts a tool unless it is told to ask: not for a plan, a dry run, evidence, or a drift check."""

from __future__ import annotations

import socket
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.support.command import FIXTURES, run_here
from tests.support.stand_ins import DRY_RUN, MANIFEST, cluster


@pytest.fixture
def sealed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Sockets and processes fail, and what was tried is listed."""
    tried: list[str] = []

    def refuse(name: str) -> Any:
        def refused(*_: object, **__: object) -> Any:
            tried.append(name)
            raise OSError(f"{name} is not allowed here")

        return refused

    monkeypatch.setattr(socket.socket, "connect", refuse("connect"))
    monkeypatch.setattr(socket.socket, "connect_ex", refuse("connect_ex"))
    monkeypatch.setattr(socket, "create_connection", refuse("create_connection"))
    monkeypatch.setattr(socket, "getaddrinfo", refuse("getaddrinfo"))
    monkeypatch.setattr(subprocess, "Popen", refuse("Popen"))
    return tried


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    release = tmp_path / "evidence" / "prod" / "web"
    release.mkdir(parents=True)
    (tmp_path / "dry-run.txt").write_text(DRY_RUN)
    (tmp_path / "values.yaml").write_text("replicaCount: 3\n")
    (tmp_path / "main.tf").write_text(
        'terraform {\n  backend "s3" {\n    bucket = "states"\n    key = "a"\n    region = "eu-west-1"\n  }\n}\n'
    )
    (release / "manifest.yaml").write_text(MANIFEST)
    (release / "values.json").write_text('{"replicaCount": 6}')
    (release / "history.json").write_text('[{"revision":1,"status":"deployed"}]')
    (release / "metadata.json").write_text('{"name":"web","namespace":"prod","revision":1}')
    return tmp_path


COMMANDS = {
    "a plan": ("review", FIXTURES / "release" / "plan.json", "--tf-dir", "."),
    "a dry run": ("review", "dry-run.txt", "--evidence", "evidence", "--tf-dir", "."),
    "drift by values": ("drift", "--release", "prod/web", "--values", "values.yaml", "--evidence", "evidence"),
    "drift of a plan": ("drift", "--plan", FIXTURES / "release" / "plan.json", "--evidence", "evidence"),
    "a state that is a file": ("review", FIXTURES / "release" / "plan.json", "--state", "values.yaml"),
    "what collect needs": ("collect", "--print-permissions"),
    "policies": ("policy", "list"),
}


@pytest.mark.parametrize("command", COMMANDS)
def test_nothing_is_asked(command: str, folder: Path, sealed: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(folder)
    done = run_here(*COMMANDS[command])
    assert done.code in (0, 3, 4, 10, 11), done.everything
    assert sealed == []


def test_it_would_be_noticed(folder: Path, sealed: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    """The same with the flags that ask: both a tool and a socket are tried."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("PATH", cluster(folder)["PATH"])
    done = run_here("review", "dry-run.txt", "--live", "--tf-dir", ".")
    assert done.code == 4, done.everything
    assert {"Popen"} <= set(sealed), done.everything
    assert set(sealed) & {"connect", "create_connection", "getaddrinfo"}
