"""Fetches one commit of a git repository, for `plangate policy vendor` alone: a review fetches nothing."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from plangate.errors import UsageError
from plangate.evidence.git import Commit

_SECONDS: Final = 120
_QUIET: Final = {"GIT_TERMINAL_PROMPT": "0", "GIT_NO_REPLACE_OBJECTS": "1", "LC_ALL": "C"}
_SAFE: Final = (
    "-c",
    "core.hooksPath=/dev/null",
    "-c",
    "protocol.ext.allow=never",
    "-c",
    "credential.interactive=false",
)


def files(url: str, commit: str, path: str) -> list[tuple[str, str]]:
    """The YAML files below a folder of a commit, as (path below it, text). Raises `UsageError`."""
    git = shutil.which("git")
    if git is None:
        raise UsageError("git is not on PATH", where=url)
    with tempfile.TemporaryDirectory() as folder:
        _run(git, folder, url, "init", "--quiet", "--bare", ".")
        _run(
            git, folder, url, "fetch", "--quiet", "--depth=1", "--no-tags", "--no-recurse-submodules", "--", url, commit
        )
        fetched = Commit(commit, Path(folder))
        top = fetched.top(path or ".")
        found = fetched.policies(path or ".")
    if not found:
        raise UsageError("holds no policy files", where=f"{url}@{commit[:12]}#{path}")
    named = [
        (name.removeprefix(top) if name.startswith(top) else name.rpartition("/")[2], text) for name, text in found
    ]
    for name, _ in named:
        # A tree that somebody made by hand can name what no checkout would write.
        if not {"..", ".git", ""}.isdisjoint(name.split("/")):
            raise UsageError("leads out of its folder", where=name)
    return named


def _run(git: str, folder: str, url: str, *arguments: str) -> None:
    kept = {key: value for key, value in os.environ.items() if key not in ("GIT_DIR", "GIT_WORK_TREE")}
    try:
        done = subprocess.run(
            [git, *_SAFE, *arguments],
            cwd=folder,
            env={**kept, **_QUIET},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        raise UsageError("cannot be fetched: git could not be run", where=url) from None
    if done.returncode != 0:
        raise UsageError("cannot be fetched", where=url, hint=f"try: git {arguments[0]} {url}")
