"""What a large state adds to a review, beside a full parse of it: a scan, and time linear in its size.

    python tests/bench/bench_state.py [--megabytes N] [--rounds N]

Nothing here fails because it is slow.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path

from bench import PARSE, SMALL, _run

_EACH = 3_155
"""Bytes of one resource, about."""


def main() -> int:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description="Time a review with a large state.")
    parser.add_argument("--megabytes", type=int, default=50)
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        whole, half = Path(folder, "state.json"), Path(folder, "half.json")
        write(whole, options.megabytes * 1_000_000 // _EACH)
        write(half, options.megabytes * 500_000 // _EACH)
        review = [sys.executable, "-m", "plangate", "review", "--format", "json", str(SMALL)]
        runs = {
            "review of a small plan": review,
            "with a state": [*review, "--state", str(whole)],
            "with half of it": [*review, "--state", str(half)],
            "bare interpreter": [sys.executable, "-c", "pass"],
            "orjson.loads of the state": [sys.executable, "-c", PARSE, str(whole)],
        }
        best: dict[str, float] = dict.fromkeys(runs, float("inf"))
        for _ in range(options.rounds):
            for name, command in runs.items():
                best[name] = min(best[name], _run(command)[0])
        size = whole.stat().st_size
    added = best["with a state"] - best["review of a small plan"]
    half_added = best["with half of it"] - best["review of a small plan"]
    parse = best["orjson.loads of the state"] - best["bare interpreter"]
    lines = [f"a state of {size / 1e6:.0f} MB", ""]
    lines += [f"{name:<45}{seconds * 1000:>9.0f} ms" for name, seconds in best.items()]
    lines += ["", f"{'added by the state / orjson.loads of it':<45}{added / parse:>9.2f}"]
    lines += [f"{'added by the state / by half of it':<45}{added / half_added:>9.2f}", ""]
    sys.stdout.write("\n".join(lines))
    return 0


def write(path: Path, resources: int) -> None:
    """A state of many resources, and at its end those that the small plan changes."""
    values = {f"k{n}": "v" * 40 for n in range(60)}
    many = [_resource("aws_instance", f"i{n}", {"tags": values}) for n in range(resources)]
    planned = json.loads(SMALL.read_text())["resource_changes"]
    ours = [_resource(one["type"], one["name"], one["change"]["before"]) for one in planned]
    top = {"version": 4, "terraform_version": "1.11.4", "serial": 1, "lineage": "1", "resources": [*many, *ours]}
    path.write_text(json.dumps(top))


def _resource(type_: str, name: str, attributes: dict[str, object]) -> dict[str, object]:
    return {"mode": "managed", "type": type_, "name": name, "instances": [{"attributes": attributes}]}


if __name__ == "__main__":
    raise SystemExit(main())
