"""Predictions against what a real API server did, on the recorded upgrades. Prints a table: right, wrong, said unknown."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.support import environment


def test_every_recorded_upgrade_is_predicted(corpus: Path, tmp_path: Path) -> None:
    upgrades, check = corpus / "helm-upgrades", corpus.parent / "checks" / "helm_truth.py"
    if not (upgrades.is_dir() and check.is_file()):
        pytest.skip("no recorded upgrades here")
    command = tmp_path / "plangate"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m plangate "$@"\n', "utf-8")
    command.chmod(0o755)
    done = subprocess.run(
        [sys.executable, check, command, upgrades],
        capture_output=True,
        cwd=ROOT,
        env=environment(),
        text=True,
        timeout=1200,
        check=False,
    )
    print(done.stdout[-4000:])  # noqa: T201 - the table
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
