"""What tests share: the plans there are, and ways to run the command."""

from __future__ import annotations

import gc
import io
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

from plangate.report.formats import Format
from tests.conftest import CORPUS, ROOT

FIXTURES = ROOT / "fixtures"
GOLDEN = ROOT / "tests" / "golden"
"""Whole outputs that tests compare with: `report/` of made-up verdicts, `verdict/` of recorded plans."""

SCHEMAS = CORPUS.parent / "schemas"
"""Schemas of other people's formats that are too large to keep here: tests that use them skip where they are absent."""

AS_OF = "2026-01-31T12:00:00Z"
"""The time of every review in a test."""

FORMATS = tuple(format_.value for format_ in Format)


class Done(NamedTuple):
    """A finished command."""

    code: int
    stdout: bytes
    stderr: bytes

    @property
    def everything(self) -> bytes:
        return self.stdout + self.stderr


def run(
    *arguments: str | Path,
    stdin: bytes = b"",
    cwd: Path = ROOT,
    env: dict[str, str] | None = None,
    python: tuple[str, ...] = (),
) -> Done:
    """Run `plangate` as a user does, in a process of its own. `python` are arguments for the interpreter."""
    done = subprocess.run(
        [sys.executable, *python, "-m", "plangate", *map(str, arguments)],
        input=stdin,
        capture_output=True,
        cwd=cwd,
        env={**environment(), **(env or {})},
        timeout=300,
        check=False,
    )
    return Done(done.returncode, done.stdout, done.stderr)


def environment() -> dict[str, str]:
    """The environment of a command: `tests.conftest` leaves nothing of the machine's in it, and a test may add to it."""
    return {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "100", "TF_CLI_CONFIG_FILE": os.devnull}


def run_here(*arguments: str | Path, stdin: bytes = b"") -> Done:
    """Run `plangate` in this process: the same, without the start, for tests that run it hundreds of times."""
    from plangate.cli.main import main

    kept = sys.stdin, sys.stdout, sys.stderr
    sys.stdin = io.TextIOWrapper(io.BytesIO(stdin))
    sys.stdout, sys.stderr = out, err = _stream(), _stream()
    try:
        code = main([str(argument) for argument in arguments])
    finally:
        sys.stdin, sys.stdout, sys.stderr = kept
        gc.enable()
    return Done(int(code), _written(out), _written(err))


def _stream() -> io.TextIOWrapper:
    return io.TextIOWrapper(io.BytesIO(), encoding="utf-8")


def _written(stream: io.TextIOWrapper) -> bytes:
    stream.flush()
    stream.buffer.seek(0)
    return stream.buffer.read()


def corpus_plans() -> list[Path]:
    """Every plan of the corpus. Empty where the corpus is absent."""
    folders = ("terraform-plans", "helm-release-plans")
    recorded = [path for folder in folders for path in CORPUS.glob(f"{folder}/**/plan.json")]
    return sorted([*CORPUS.glob("plans/*.json"), *recorded])


def fixture_plans() -> list[Path]:
    """Every recorded plan of this repository."""
    return sorted(FIXTURES.glob("*/plan.json"))


def plan_id(path: Path) -> str:
    """A short name for one plan, for the list of tests."""
    return "/".join(path.parts[-3:-1]) if path.name == "plan.json" else path.stem


def run_check(check: Path, recordings: Path, folder: Path, *, seconds: int) -> subprocess.CompletedProcess[str]:
    """Hold recordings against the command with a check that calls it by its path. `folder` takes that command."""
    command = folder / "plangate"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m plangate "$@"\n', "utf-8")
    command.chmod(0o755)
    return subprocess.run(
        [sys.executable, check, command, recordings],
        capture_output=True,
        cwd=ROOT,
        env=environment(),
        text=True,
        timeout=seconds,
        check=False,
    )


def copy_tree(source: Path, target: Path) -> Path:
    """A copy of a folder that can be written to, also where the checkout cannot."""
    shutil.copytree(source, target, copy_function=shutil.copyfile)
    for folder in (target, *(path for path in target.rglob("*") if path.is_dir())):
        folder.chmod(0o755)
    return target
