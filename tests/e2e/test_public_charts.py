"""Predictions against what a real API server did, on upgrades of public charts, which are not part of this repository. README quotes the table."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from tests.support.command import FIXTURES
from tests.support.predictions import Tally, judge, recordings


def test_no_recorded_upgrade_of_a_public_chart_is_told_wrong(
    corpus: Path, golden: Callable[[Path, bytes], None]
) -> None:
    folder = corpus / "public-charts"
    needs_live = set((folder / "needs-live.txt").read_text("utf-8").split())
    tally = Tally()
    found = recordings(folder)
    for recording in found:
        judge(recording, tally, needs_live=recording.parent.name in needs_live, formats=("txt",))
    assert tally.wrong == []
    scenarios = len({recording.parent.name for recording in found})
    text = f"{scenarios} upgrades of public charts, recorded {len(found)} times:\n\n{tally.table()}"
    golden(FIXTURES / "public-charts" / "PREDICTIONS.md", text.encode())
