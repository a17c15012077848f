"""Changes to the real chart's values, recorded with Helm: what has to be said, and what has to stay quiet."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.support import environment


def test_recorded_changes_of_the_chart_are_judged_as_expected(corpus: Path, tmp_path: Path) -> None:
    rules, check = corpus / "litellm-rules", corpus.parent / "checks" / "litellm_rules.py"
    if not (rules.is_dir() and check.is_file()):
        pytest.skip("no recorded changes here")
    command = tmp_path / "plangate"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m plangate "$@"\n', "utf-8")
    command.chmod(0o755)

    done = subprocess.run(
        [sys.executable, check, command, rules],
        capture_output=True,
        cwd=ROOT,
        env=environment(),
        text=True,
        timeout=600,
        check=False,
    )

    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
