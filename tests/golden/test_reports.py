"""Every fixture's report, whole, as people get it. `pytest tests/golden/test_reports.py --update-golden` writes them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.support.command import AS_OF, FIXTURES, GOLDEN, run_here

VERDICTS = GOLDEN / "verdict"
SCENARIOS = sorted(path.parent.name for path in FIXTURES.glob("*/plan.json"))
WHOLE_JSON = ["moved-and-updated", "release", "unknown"]


@pytest.fixture(autouse=True)
def _here(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.delenv("FORCE_COLOR", raising=False)


def report(scenario: str, format_: str) -> bytes:
    return run_here("review", f"fixtures/{scenario}/plan.json", "--format", format_, "--as-of", AS_OF).stdout


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_terminal_shows(scenario: str, golden: Callable[[Path, bytes], None]) -> None:
    golden(VERDICTS / f"{scenario}.txt", report(scenario, "text"))


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_the_comment_says(scenario: str, golden: Callable[[Path, bytes], None]) -> None:
    golden(VERDICTS / f"{scenario}.md", report(scenario, "markdown"))


@pytest.mark.parametrize("scenario", WHOLE_JSON)
def test_the_verdict_holds(scenario: str, golden: Callable[[Path, bytes], None]) -> None:
    verdict = json.loads(report(scenario, "json"))
    verdict["plangate_version"] = "any"
    # How many policies there are says nothing of this plan.
    for count in ("policies_expected", "policies_reported"):
        verdict["coverage"][count] = "any"
    verdict["coverage"]["outcomes"]["not-applicable"] = "any"
    golden(VERDICTS / f"{scenario}.json", json.dumps(verdict, indent=2, ensure_ascii=False).encode() + b"\n")


def test_every_whole_file_belongs_to_a_fixture() -> None:
    assert {path.stem for path in VERDICTS.iterdir()} == set(SCENARIOS)
