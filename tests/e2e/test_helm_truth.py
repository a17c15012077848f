"""Predictions against what a real API server did, on the recorded upgrades. Prints a table: right, wrong, said unknown."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.command import run_check

PARTS = 6
"""The recordings are checked in parts, so that several processes of the tests can share them."""


@pytest.mark.parametrize("part", range(PARTS))
def test_every_recorded_upgrade_is_predicted(part: int, corpus: Path, tmp_path: Path) -> None:
    upgrades, check = corpus / "helm-upgrades", corpus.parent / "checks" / "helm_truth.py"
    if not (upgrades.is_dir() and check.is_file()):
        pytest.skip("no recorded upgrades here")
    scenarios = sorted(path for path in upgrades.iterdir() if path.is_dir())
    chosen = tmp_path / "upgrades"
    chosen.mkdir()
    for path in [*scenarios[part::PARTS], *(path for path in upgrades.iterdir() if path.is_file())]:
        (chosen / path.name).symlink_to(path)
    done = run_check(check, chosen, tmp_path, seconds=1200)
    print(done.stdout[-4000:])  # noqa: T201 - the table
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
