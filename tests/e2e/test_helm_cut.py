"""A cut dry run is never a smaller upgrade: where it was cut, it is refused, or nothing of the manifest is missing."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from plangate.errors import InputError
from plangate.model.change import RefusedUpgrade
from plangate.pipeline.inputs import classified
from tests.support.command import CORPUS

UPGRADES = CORPUS / "helm-upgrades"
RUNS = sorted(
    run
    for pattern in ("*/helm3/dry-run.txt", "*/helm4/dry-run.txt", "gateway-*/helm*/dry-run.yaml")
    for run in UPGRADES.glob(pattern)
    if run.stat().st_size and (run.parent / "manifest-deployed.yaml").exists()
)
CUTS = 12

pytestmark = pytest.mark.skipif(not RUNS, reason="needs the recorded upgrades")


def told(data: bytes, old: bytes) -> object:
    """What is said of an upgrade; None where it is refused."""
    try:
        changeset = classified(data, {"manifest": old})
    except InputError:
        return None
    if isinstance(changeset, RefusedUpgrade):
        return changeset.refused
    changes = [(str(c.address), c.action, c.attributes, c.effects) for c in changeset.changes]
    return changes, changeset.hooks


def places(data: bytes) -> list[int]:
    """Behind every blank line and every document, and anywhere."""
    rand = random.Random(len(data))
    ends = [at + 1 for at, byte in enumerate(data) if byte == 10 and data[at + 1 : at + 2] in (b"\n", b"-")]
    some = rand.sample(ends, min(CUTS, len(ends)))
    return sorted({*some, *(rand.randrange(len(data)) for _ in range(CUTS)), len(data) - 1})


@pytest.mark.parametrize("run", RUNS, ids=lambda run: f"{run.parent.parent.name}-{run.parent.name}{run.suffix}")
def test_a_cut_dry_run_says_everything_or_nothing(run: Path) -> None:
    data, old = run.read_bytes(), (run.parent / "manifest-deployed.yaml").read_bytes()
    whole = told(data, old)
    assert whole is not None or b"MANIFEST:" not in data
    for place in places(data):
        assert told(data[:place], old) in (None, whole)
