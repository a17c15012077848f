"""Changes to the real chart's values, recorded with Helm: what has to be said, and what has to stay quiet."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command import run_check


def test_recorded_changes_of_the_chart_are_judged_as_expected(corpus: Path, tmp_path: Path) -> None:
    rules, check = corpus / "litellm-rules", corpus.parent / "checks" / "litellm_rules.py"
    if not (rules.is_dir() and check.is_file()):
        pytest.skip("no recorded changes here")
    done = run_check(check, rules, tmp_path, seconds=600)

    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
