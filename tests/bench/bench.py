"""How long a review takes, and how much memory, beside a bare interpreter on the same machine in the same run.

    python tests/bench/bench.py [--resources N] [--rounds N] [--output bench.json]

Ratios mean something elsewhere, seconds do not. Each number is the best of its rounds; the commands take turns, so that
a machine that gets slower slows all of them. Nothing here fails because it is slow.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
SMALL = ROOT / "fixtures" / "update-in-place" / "plan.json"
MIB = 1024 * 1024
YAML = "import sys, yaml; list(yaml.load_all(open(sys.argv[1]), Loader=yaml.CSafeLoader))"
"""What PyYAML's parser in C takes for one side."""
PARSE = "import sys, orjson; orjson.loads(open(sys.argv[1], 'rb').read())"


def main() -> int:
    """Measure, print a table, write the numbers."""
    parser = argparse.ArgumentParser(description="Time plangate beside a bare interpreter.")
    parser.add_argument("--resources", type=int, default=10_000)
    parser.add_argument("--documents", type=int, default=2_600, help="Of a Helm manifest, about 2 KB each.")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--output", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        numbers = measure(Path(folder), options.resources, options.documents, options.rounds)
    sys.stdout.write(_table(numbers))
    if options.output:
        options.output.write_text(json.dumps(numbers, indent=2) + "\n")
    return 0


def measure(folder: Path, resources: int, documents: int, rounds: int) -> dict[str, Any]:
    """Time every command, and relate them as the budgets do."""
    large, half = folder / "large.json", folder / "half.json"
    _make(resources, large)
    _make(resources // 2, half)
    old, new = folder / "old.yaml", folder / "new.yaml"
    _write("manifest_maker", documents, old, new)
    python = sys.executable
    review = [python, "-m", "plangate", "review", "--format", "json"]
    runs = {
        "bare interpreter": [python, "-c", "pass"],
        "orjson.loads of the large plan": [python, "-c", PARSE, str(large)],
        "review of the large plan": [*review, str(large)],
        "review of half of it": [*review, str(half)],
        "review of a small plan": [*review, str(SMALL)],
        "text review of a small plan": [python, "-m", "plangate", "review", str(SMALL)],
        "PyYAML of one side of a manifest": [python, "-c", YAML, str(old)],
        "review of the manifest": [*review, str(new), "--manifest", str(old)],
        "plangate --version": [python, "-m", "plangate", "--version"],
    }
    dyff = shutil.which("dyff")
    if dyff is not None:
        runs["dyff of the manifest"] = [dyff, "between", "--omit-header", str(old), str(new)]
    results = {name: {"seconds": float("inf"), "peak_bytes": 0} for name in runs}
    for _ in range(rounds):
        for name, command in runs.items():
            seconds, peak = _run(command)
            results[name]["seconds"] = min(results[name]["seconds"], seconds)
            results[name]["peak_bytes"] = max(results[name]["peak_bytes"], peak)
    seconds = {name: result["seconds"] for name, result in results.items()}
    bare = results["bare interpreter"]["peak_bytes"]
    size = large.stat().st_size
    return {
        "python": sys.version.split()[0],
        "resources": resources,
        "plan_bytes": size,
        "manifest_bytes": new.stat().st_size,
        "runs": results,
        "ratios": {
            "large review / orjson.loads": seconds["review of the large plan"]
            / seconds["orjson.loads of the large plan"],
            "large review, peak memory / plan": results["review of the large plan"]["peak_bytes"] / size,
            "large review, peak memory above bare / plan": (results["review of the large plan"]["peak_bytes"] - bare)
            / size,
            "small review / bare interpreter": seconds["review of a small plan"] / seconds["bare interpreter"],
            "small text review / bare interpreter": seconds["text review of a small plan"]
            / seconds["bare interpreter"],
            "large review / half of it": seconds["review of the large plan"] / seconds["review of half of it"],
            "manifest review / PyYAML of one side": seconds["review of the manifest"]
            / seconds["PyYAML of one side of a manifest"],
            **(_beside_dyff(results) if dyff is not None else {}),
        },
    }


def _beside_dyff(results: dict[str, Any]) -> dict[str, float]:
    ours, theirs = results["review of the manifest"], results["dyff of the manifest"]
    return {
        "manifest review / dyff": ours["seconds"] / theirs["seconds"],
        "manifest review / dyff, peak memory": ours["peak_bytes"] / theirs["peak_bytes"],
    }


def _make(resources: int, path: Path) -> None:
    """Make a plan."""
    _write("plan_maker", resources, path)


def _write(maker: str, count: int, *paths: Path) -> None:
    """Make an input in a process of its own: the peak memory of a child begins with its parent's."""
    code = f"import sys, pathlib, {maker}; {maker}.write(int(sys.argv[1]), *map(pathlib.Path, sys.argv[2:]))"
    _run([sys.executable, "-c", code, str(count), *map(str, paths)], Path(__file__).parent)


def _run(command: list[str], path: Path = ROOT) -> tuple[float, int]:
    """Wall-clock seconds and peak resident bytes of one command, its output thrown away."""
    quiet = [(os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)]
    environment = {**os.environ, "PYTHONPATH": str(path)}
    start = time.perf_counter()
    child = os.posix_spawn(command[0], command, environment, file_actions=quiet)
    _, status, usage = os.wait4(child, 0)
    seconds = time.perf_counter() - start
    code = os.waitstatus_to_exitcode(status)
    if code not in (0, 10):
        raise SystemExit(f"exit {code}: {' '.join(command)}")
    return seconds, usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)


def _table(numbers: dict[str, Any]) -> str:
    lines = [f"{numbers['resources']} resources, {numbers['plan_bytes'] / MIB:.1f} MiB, Python {numbers['python']}", ""]
    for name, result in numbers["runs"].items():
        lines.append(f"{name:<45}{result['seconds'] * 1000:>9.0f} ms{result['peak_bytes'] / MIB:>9.1f} MiB")
    lines += ["", *(f"{name:<45}{ratio:>9.2f}" for name, ratio in numbers["ratios"].items()), ""]
    return "\n".join(lines)


if __name__ == "__main__":
    raise SystemExit(main())
