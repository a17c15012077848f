"""A cut input is never a shorter one: wherever it was cut, it is refused (3) and the verdict is inconclusive."""

from __future__ import annotations

import gzip
import json
import random
from pathlib import Path

import pytest

from tests.support.command import FIXTURES, corpus_plans, run_here

CUTS = 60
LARGE = sorted(corpus_plans(), key=lambda path: path.stat().st_size)[-3:]
INPUTS = [
    FIXTURES / "create" / "plan.json",
    FIXTURES / "errored" / "plan.json",
    FIXTURES / "hostile-names" / "plan.json",
    FIXTURES / "outputs-only" / "plan.json",
    *LARGE,
]


def places(data: bytes, last: int) -> list[int]:
    """Where to cut: the ends, right behind every kind of mark, and anywhere; the same every time."""
    rand = random.Random(len(data))
    marks = [position + 1 for mark in b'{}[]",:' for position in _some(data, mark, rand)]
    anywhere = [rand.randrange(last) for _ in range(CUTS)]
    return sorted({1, 2, last - 1, last - 2, *[place for place in marks if place < last], *anywhere})[: CUTS * 2]


def _some(data: bytes, mark: int, rand: random.Random) -> list[int]:
    found = [position for position, byte in enumerate(data[:200_000]) if byte == mark]
    return rand.sample(found, min(4, len(found)))


def refused(path: Path, data: bytes) -> None:
    path.write_bytes(data)
    done = run_here("review", path, "--format", "json")
    verdict = json.loads(done.stdout)

    assert (done.code, verdict["decision"], verdict["exit_code"]) == (3, "inconclusive", 3)
    assert verdict["coverage"]["skipped"]
    assert str(path) in done.stderr.decode()


@pytest.mark.parametrize("source", INPUTS, ids=lambda path: path.parent.name)
def test_a_cut_plan_is_refused(source: Path, tmp_path: Path) -> None:
    data = source.read_bytes()
    for place in places(data, len(data.rstrip())):
        refused(tmp_path / "plan.json", data[:place])


def test_a_cut_plan_is_refused_whatever_wraps_it(tmp_path: Path) -> None:
    plan = (FIXTURES / "create" / "plan.json").read_bytes().rstrip()
    text = plan.decode()
    wrapped = {
        "bom": b"\xef\xbb\xbf" + plan,
        "utf-16": text.encode("utf-16"),
        "gzip": gzip.compress(plan, mtime=0),
        "wrapper": b"[command]/usr/bin/terraform show -json tfplan\n" + plan,
        "pretty": json.dumps(json.loads(plan), indent=2).encode(),
        "two": plan + b"\n" + plan,
    }
    for name, data in wrapped.items():
        whole = len(plan) if name == "two" else 0
        for place in places(data, len(data)):
            if name == "two" and whole <= place <= whole + 1:
                continue
            refused(tmp_path / name, data[:place])


def test_a_cut_saved_plan_is_refused(tmp_path: Path) -> None:
    data = (FIXTURES / "create" / "saved.tfplan").read_bytes()
    for place in places(data, len(data)):
        refused(tmp_path / "saved.tfplan", data[:place])


@pytest.mark.parametrize("scenario", ["create", "no-changes", "replace-destroy-first"])
def test_a_cut_stream_never_passes(scenario: str, tmp_path: Path) -> None:
    data = (FIXTURES / scenario / "plan.ndjson").read_bytes()
    path = tmp_path / "plan.ndjson"
    ends = [place + 1 for place, byte in enumerate(data) if byte == ord("\n")]
    for place in sorted({*places(data, len(data.rstrip())), *ends}):
        path.write_bytes(data[:place])
        done = run_here("review", path, "--format", "json")

        assert done.code in (3, 4, 10)
        assert json.loads(done.stdout)["decision"] != "pass"


def test_a_plan_whose_middle_is_lost_is_refused(tmp_path: Path) -> None:
    data = (FIXTURES / "create" / "plan.json").read_bytes()
    rand = random.Random(1)
    for _ in range(CUTS):
        start = rand.randrange(len(data) - 200)
        path = tmp_path / "plan.json"
        path.write_bytes(data[:start] + data[start + rand.randrange(20, 200) :])
        done = run_here("review", path, "--format", "json")

        assert json.loads(done.stdout)["exit_code"] == done.code
        assert b"internal error" not in done.stderr
