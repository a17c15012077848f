"""Plans that were labelled by hand get the decisions that the README says."""

from __future__ import annotations

import csv
import json
import re
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.support.command import AS_OF, run


def decision(plan: Path) -> str:
    """What plangate says of a plan; `unread` for one that it refuses."""
    done = run("review", plan, "--format", "json", "--as-of", AS_OF)
    return str(json.loads(done.stdout)["decision"]) if done.stdout else "unread"


@pytest.fixture(scope="module")
def found() -> Counter[tuple[str, str]]:
    """How many plans of each label got each decision."""
    from tests.conftest import CORPUS

    if not (CORPUS / "plan-labels.tsv").is_file():
        pytest.skip("the corpus is not here")
    with (CORPUS / "plan-labels.tsv").open(encoding="utf-8", newline="") as lines:
        rows = list(csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))
    with ThreadPoolExecutor(2) as pool:
        decisions = pool.map(decision, [CORPUS / "plans" / row["file"] for row in rows])
        return Counter(zip((row["label"] for row in rows), decisions, strict=True))


def test_the_figures_of_the_readme_hold(found: Counter[tuple[str, str]]) -> None:
    def of(label: str, *decisions: str) -> int:
        return sum(n for (wanted, got), n in found.items() if wanted == label and (not decisions or got in decisions))

    table = re.findall(r"^\| (.+?) \| (\d+) \| (.+?) \|$", (ROOT / "README.md").read_text("utf-8"), re.MULTILINE)
    told = {wanted: (int(plans), words) for wanted, plans, words in table}
    stopped, blocked = of("block", "block", "review", "inconclusive"), of("block", "block")
    assert told["it stopped"] == (of("block"), f"{stopped} stopped, {blocked} of them blocked")
    assert told["a look"] == (of("review"), f"{of('review', 'pass')} passed")
    asked = of("pass", "review", "inconclusive")
    assert told["nothing"] == (of("pass"), f"{of('pass', 'block')} blocked, {asked} asked about")


def test_what_is_dangerous_is_stopped_and_what_is_routine_is_not_blocked(found: Counter[tuple[str, str]]) -> None:
    assert (found["block", "pass"], found["pass", "block"]) == (0, 0)
