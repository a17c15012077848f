"""Predictions against what a real API server did, on the upgrades recorded here. The table is what README quotes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.command import FIXTURES
from tests.support.predictions import Tally, judge, recordings

UPGRADES = FIXTURES / "helm-upgrades"


def test_no_recorded_upgrade_is_told_wrong(golden: Callable[[Path, bytes], None]) -> None:
    needs_live = set((UPGRADES / "needs-live.txt").read_text("utf-8").split())
    tally = Tally()
    found = recordings(UPGRADES)
    for recording in found:
        judge(recording, tally, needs_live=recording.parent.name in needs_live, formats=("txt",))
    print(tally.table())  # noqa: T201 - what README quotes
    assert tally.wrong == []
    scenarios = len({recording.parent.name for recording in found})
    text = f"{scenarios} upgrades of charts of our own, recorded {len(found)} times:\n\n{tally.table()}"
    golden(UPGRADES / "PREDICTIONS.md", text.encode())


@pytest.mark.parametrize("recording", recordings(UPGRADES)[::6], ids=lambda path: f"{path.parent.name}-{path.name}")
def test_text_and_json_tell_the_same(recording: Path) -> None:
    tally = Tally()
    needs_live = set((UPGRADES / "needs-live.txt").read_text("utf-8").split())
    judge(recording, tally, needs_live=recording.parent.name in needs_live, formats=("json",))
    assert tally.wrong == []
