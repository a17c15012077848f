"""The cases of built-in policies: files in a folder, and the command that is run there."""

from __future__ import annotations

import json
import os
import shlex
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support.command import AS_OF, run_here
from tests.support.git import git

if TYPE_CHECKING:
    import pytest

    from plangate.model.policy import CommandCase


def verdict(case: CommandCase, folder: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The verdict of the command, run in an empty folder."""
    work, tools = folder / "work", folder / "tools"
    work.mkdir()
    if case.trusted:
        git(work, "init", "--quiet", "--initial-branch=trusted")
        _write(work, case.trusted)
        git(work, "add", "--all")
        git(work, "commit", "--quiet", "--message", "trusted")
    _write(work, case.files)
    if case.conftest is not None:
        _write(
            tools, {"said.json": case.conftest, "conftest": f"#!/bin/sh\ncat '{tools}/said.json'\nexit {_code(case)}\n"}
        )
        (tools / "conftest").chmod(0o755)
        monkeypatch.setenv("PATH", f"{tools}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.chdir(work)
    done = run_here(*shlex.split(case.run), "--format", "json", "--as-of", AS_OF)
    assert done.stdout, done.stderr.decode()
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _code(case: CommandCase) -> int:
    """What `conftest` exits with: 1 where a rule denies."""
    return int(any(check.get("failures") for check in case.conftest))


def _write(folder: Path, files: dict[str, Any]) -> None:
    for name, given in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.suffix == ".tfplan":
            with zipfile.ZipFile(path, "w") as archive:
                for member, content in given.items():
                    archive.writestr(member, json.dumps(content))
        else:
            path.write_text(given if isinstance(given, str) else json.dumps(given), "utf-8")
