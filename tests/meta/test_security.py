"""The threat model names tests that exist, and the files for other CI systems read the gate from the target branch."""

import re

import pytest

from tests.conftest import ROOT

SHOWN = re.findall(r"`(tests/[\w/]+\.py)::(\w+)`", (ROOT / ".github" / "SECURITY.md").read_text("utf-8"))
OTHERS = sorted((ROOT / "docs" / "ci").iterdir())


def test_everything_in_the_threat_model_is_shown_by_a_test():
    text = (ROOT / ".github" / "SECURITY.md").read_text("utf-8").partition("## Threat model")[2]
    rows = [line for line in text.splitlines() if line.startswith("| ")][2:]
    assert len(rows) == len(SHOWN)


@pytest.mark.parametrize(("file", "name"), SHOWN)
def test_a_test_that_the_threat_model_names_exists(file, name):
    assert f"\ndef {name}(" in (ROOT / file).read_text("utf-8")


@pytest.mark.parametrize("path", OTHERS, ids=lambda path: path.name)
def test_other_ci_systems_read_the_gate_from_the_target_branch(path):
    text = path.read_text("utf-8")
    reviews = [line for line in text.splitlines() if "plangate review" in line]
    assert reviews
    assert all('--policy-ref "' in line for line in reviews)
    assert "refs/remotes/origin/" in text
    assert "pip install --quiet plangate" not in text
