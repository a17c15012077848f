"""Both real Helms and a real API server, from the chart to the verdict. Skips where the lab is not up (`make lab`)."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.support.predictions import Tally, judge

LAB = Path(os.environ.get("PLANGATE_LAB", ROOT / ".lab"))
SCENARIOS = (
    "env-value-to-secret", "service-from-headless", "scaled-by-hand", "recreate-with-null", "whole-release", "litellm-bump",
    "order-of-failure", "adopted",
)  # fmt: skip


@pytest.fixture
def lab() -> Iterator[Path]:
    """The folder of a running lab, and its scripts as modules."""
    for tool in ("helm3/helm", "helm4/helm", "bin/kube-apiserver", "run/kubeconfig"):
        if not (LAB / tool).exists():
            pytest.skip(f"{tool} is not in {LAB}: make lab")
    kept = sys.path[:]
    sys.path.insert(0, str(ROOT / "tests" / "lab"))
    yield LAB
    sys.path[:] = kept


@pytest.mark.parametrize("way", ["3", "4", "34"])
@pytest.mark.parametrize("name", SCENARIOS)
def test_what_is_said_is_what_happens(name: str, way: str, lab: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import record
    import scenarios
    from cluster import Cluster

    monkeypatch.setattr(record, "LAB", lab.resolve())
    (scenario,) = (one for one in scenarios.read() if one.name == name)
    with tempfile.TemporaryDirectory() as folder:
        monkeypatch.setattr(record, "TARGET", Path(folder) / "recorded")
        recording = record.Recording(scenario, way, Cluster(lab / "run" / "kubeconfig"), Path(folder), again="e2e")
        recording()
        tally = Tally()
        judge(recording.out, tally, needs_live=scenario.unseen)
    assert tally.wrong == []


def test_evidence_that_was_collected_gives_the_same(lab: Path, tmp_path: Path) -> None:
    """`plangate collect` asks helm and kubectl, and the review of its folder needs neither."""
    import record
    import scenarios
    from cluster import Cluster

    (scenario,) = (one for one in scenarios.read() if one.name == "service-no-ports")
    recording = record.Recording(scenario, "3", Cluster(lab / "run" / "kubeconfig"), tmp_path, again="collected")
    environment = {**recording.tools.environment(3), "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}

    def plangate(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "plangate", *arguments]
        return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)

    with recording.prepared():
        dry = recording.tools.helm(3, *recording.upgrade("--dry-run=server"))
        (tmp_path / "dry-run.txt").write_text(dry.stdout, "utf-8")
        collected = plangate("collect", f"{recording.namespace}/web", "--out", str(tmp_path / "evidence"))
    assert collected.returncode == 0, collected.stderr
    done = plangate("review", str(tmp_path / "dry-run.txt"), "--evidence", str(tmp_path / "evidence"))
    assert done.returncode == 10, done.stderr
    assert "spec.ports: is required" in done.stdout
