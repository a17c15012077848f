"""Repositories for tests."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

_OPTIONS = {
    "user.name": "t",
    "user.email": "t@example.org",
    "commit.gpgsign": "false",
    "init.defaultBranch": "main",
    "protocol.file.allow": "always",
    "core.autocrlf": "false",
}


def git(folder: Path, *arguments: str) -> str:
    """What git prints in a folder, stripped; skips the test where git is not on PATH. Raises `CalledProcessError`."""
    if shutil.which("git") is None:
        pytest.skip("git is not on PATH")
    options = (part for name, value in _OPTIONS.items() for part in ("-c", f"{name}={value}"))
    return (
        subprocess.run(["git", *options, *arguments], cwd=folder, check=True, capture_output=True)
        .stdout.decode()
        .strip()
    )


def commit(folder: Path) -> None:
    """Commit everything that stands in the folder."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "x", "--allow-empty")
