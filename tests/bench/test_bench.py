"""The benchmark runs. How fast is for people to read: nothing here asserts a time."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.conftest import ROOT


def test_the_benchmark_measures_and_writes_what_it_prints(tmp_path: Path) -> None:
    output = tmp_path / "bench.json"
    command = [
        sys.executable,
        ROOT / "tests" / "bench" / "bench.py",
        "--resources",
        "200",
        "--documents",
        "50",
        "--rounds",
        "1",
        "--output",
        output,
    ]
    done = subprocess.run(command, capture_output=True, check=False)

    assert done.returncode == 0, done.stderr
    numbers = json.loads(output.read_text())
    assert numbers["plan_bytes"] > 500_000
    assert numbers["manifest_bytes"] > 50_000
    for name, ratio in numbers["ratios"].items():
        assert ratio > 0
        assert name.encode() in done.stdout
