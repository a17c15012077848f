from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plangate.ingest.document import Top
from plangate.ingest.terraform.sections import names
from tests.conftest import ROOT

JSON = st.sampled_from(
    [
        None,
        True,
        False,
        0,
        -1.5,
        10**30,
        "",
        "a}",
        '"',
        "\\",
        '\\"}',
        [],
        {},
        [[], {"resource_changes": [1]}],
        {"new": "]"},
        ["{"],
    ]
)


def read(text: str) -> list[str] | None:
    data = text.encode()
    return names(data, msgspec.json.decode(data, type=Top))


@pytest.mark.parametrize("indent", [None, 0, 3])
def test_the_sections_of_every_recorded_plan_are_named_in_order(indent: int | None) -> None:
    for path in (ROOT / "fixtures").glob("*/plan.json"):
        plan: dict[str, Any] = json.loads(path.read_bytes())
        assert read(json.dumps(plan, indent=indent)) == list(plan)


@given(
    plan=st.dictionaries(st.sampled_from(["resource_changes", "prior_state", "checks", "new", "newer"]), JSON),
    indent=st.sampled_from([None, 0, 2]),
)
def test_sections_of_any_shape_are_named(plan: dict[str, Any], indent: int | None) -> None:
    assert read(json.dumps(plan, indent=indent)) == list(plan)


@given(
    plan=st.dictionaries(st.sampled_from(["resource_changes", "prior_state", "new"]), JSON, min_size=1),
    again=JSON,
    data=st.data(),
)
def test_a_section_that_stands_twice_is_always_noticed(plan: dict[str, Any], again: Any, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(plan)))
    for twice in (
        f"{{{json.dumps(name)}: {json.dumps(again)}, {json.dumps(plan)[1:]}",
        f"{json.dumps(plan)[:-1]}, {json.dumps({name: again})[1:]}",
    ):
        assert read(twice) is None
