"""Where tests, what they share, and whole outputs stand."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.support.command import GOLDEN

TESTS = ROOT / "tests"
UNIT_TESTS = sorted((TESTS / "unit").rglob("test_*.py"))


@pytest.mark.parametrize("test", UNIT_TESTS, ids=lambda test: str(test.relative_to(TESTS)))
def test_a_unit_test_has_the_path_of_the_module_or_package_that_it_tests(test: Path) -> None:
    tested = (ROOT / "plangate" / test.relative_to(TESTS / "unit")).with_name(test.stem.removeprefix("test_"))
    assert tested.with_suffix(".py").is_file() or (tested / "__init__.py").is_file()


@pytest.mark.parametrize("folder", ["unit", "golden", "e2e"])
def test_what_tests_share_stands_in_support(folder: str) -> None:
    modules = (TESTS / folder).rglob("*.py")
    assert [str(module) for module in modules if not module.name.startswith("test_")] == []


def test_every_whole_output_of_a_report_belongs_to_a_test() -> None:
    texts = [path.read_text("utf-8") for path in (TESTS / "unit" / "report").glob("test_*.py")]
    orphans = [
        path.name
        for path in (GOLDEN / "report").iterdir()
        if not any(f'"{path.name}"' in text or f'"{path.stem}"' in text for text in texts)
    ]
    assert orphans == []
