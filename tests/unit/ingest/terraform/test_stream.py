from __future__ import annotations

import json
from typing import Any

import pytest

from plangate.errors import InputError
from plangate.ingest.detect import documents
from plangate.ingest.terraform.stream import parse
from plangate.model.change import Action, ChangeSet
from plangate.model.input import RawInput
from tests.conftest import CORPUS, ROOT

STREAM = (ROOT / "fixtures" / "replace-destroy-first" / "plan.ndjson").read_bytes()


def read(data: bytes) -> ChangeSet:
    (document,) = documents(RawInput("plan.ndjson", data))
    return parse(document)


def without(kind: str) -> bytes:
    """The recorded stream without its lines of one kind."""
    lines = [line for line in STREAM.splitlines() if json.loads(line)["type"] != kind]
    return b"\n".join(lines)


def told(changeset: ChangeSet) -> list[tuple[str, str, bool]]:
    return [(one.what, one.why, one.inconclusive) for one in changeset.skipped]


VALUES = ("attribute values", "a plan stream lists actions without values", True)


def test_a_whole_stream_lacks_only_its_values() -> None:
    changeset = read(STREAM)

    assert told(changeset) == [VALUES]
    assert {change.action for change in changeset.changes} >= {Action.REPLACE}


def test_a_stream_that_lost_lines_says_what_its_summary_counts() -> None:
    changeset = read(without("planned_change"))
    summary: dict[str, Any] = next(
        json.loads(line)["changes"] for line in STREAM.splitlines() if b'"change_summary"' in line
    )

    assert changeset.changes == ()
    assert told(changeset) == [
        VALUES,
        (
            "changes that the stream does not list",
            f"its summary counts {summary['add']} to add, {summary['change']} to change, {summary['remove']} to "
            "destroy; its lines are for 0, 0, 0",
            True,
        ),
    ]
    assert summary["remove"] > 0


def test_a_stream_without_a_summary_was_cut() -> None:
    with pytest.raises(InputError, match="has no change summary"):
        read(without("change_summary"))


def test_every_recorded_stream_lists_what_it_counts() -> None:
    paths = [*(ROOT / "fixtures").glob("*/plan.ndjson"), *CORPUS.glob("terraform-plans/*/*/plan.ndjson")]
    odd = []
    for path in paths:
        try:
            changeset = read(path.read_bytes())
        except InputError:
            continue
        if "changes that the stream does not list" in [one.what for one in changeset.skipped]:
            odd.append("/".join(path.parts[-3:-1]))

    assert len(paths) > 10
    assert set(odd) <= {"tofu-1.12.6/lifecycle-destroy-false-tainted"}
