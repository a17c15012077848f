"""What changed in a git repository since a commit: the paths of both sides of every rename, as git stores them."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Final

from plangate.errors import InputError, UsageError
from plangate.evidence import child_environment

_SECONDS: Final = 120
_OPTIONS: Final = ("--name-only", "-z", "--no-renames", "--no-ext-diff", "--no-relative", "--ignore-submodules=none")
"""`-z` neither quotes nor escapes a name; without renames the old side is a deletion of its own (git-diff)."""


def top(folder: Path) -> Path:
    """The top of the repository that a folder is in. Raises `InputError` where it is in none."""
    return Path(os.fsdecode(_git(folder, "rev-parse", "--show-toplevel").rstrip(b"\n")))


def since(ref: str, folder: Path) -> frozenset[str]:
    """The paths, from the top, that differ between HEAD and where it left `ref`. Raises `UsageError`, or `InputError` where git fails."""
    if not ref or ref.startswith("-") or any(c.isspace() or c in "\0:" for c in ref) or ".." in ref:
        raise UsageError("is not a ref", where=f"--changed-since {ref}", hint="for example origin/main")
    out = _git(folder, "diff", *_OPTIONS, f"{ref}...HEAD", "--")
    return frozenset(os.fsdecode(name) for name in out.split(b"\0") if name)


def _git(folder: Path, *arguments: str) -> bytes:
    try:
        done = subprocess.run(
            ["git", "-c", "core.fsmonitor=false", *arguments],
            cwd=folder,
            env={**child_environment.of("git"), "GIT_TERMINAL_PROMPT": "0", "GIT_NO_LAZY_FETCH": "1", "LC_ALL": "C"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        raise InputError("git could not be run", where="--changed-since") from None
    if done.returncode != 0:
        raise InputError(
            f"git {arguments[0]} failed, so what changed is not known",
            where="--changed-since",
            hint="check out with the whole history (fetch-depth: 0), and name a commit that is there",
        )
    return done.stdout
