"""More changes than anybody can review are refused, with the way out; unchanged resources do not count."""

from __future__ import annotations

import json

import pytest

from plangate.errors import InputError
from plangate.ingest.terraform import limits
from plangate.pipeline.inputs import classified

NO_OP = {"address": "a_b.c", "type": "a_b", "name": "c", "change": {"actions": ["no-op"], "before": {}, "after": {}}}
CREATE = {"address": "a_b.d", "type": "a_b", "name": "d", "change": {"actions": ["create"], "after": {}}}


def plan(*resources: object) -> bytes:
    top = {"format_version": "1.2", "terraform_version": "1.11.4", "planned_values": {}, "resource_changes": resources}
    return json.dumps(top).encode()


def test_a_plan_at_the_limit_is_read_and_one_beyond_it_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_CHANGES", 2)
    assert classified(plan(NO_OP, NO_OP, NO_OP, CREATE, CREATE), {})
    with pytest.raises(InputError, match="holds more than 2 changes"):
        classified(plan(CREATE, CREATE, CREATE), {})


def test_a_stream_beyond_the_limit_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_CHANGES", 2)
    line = b'{"@level":"info","@message":"a","type":"version"}\n'
    with pytest.raises(InputError, match="holds more than 2 changes"):
        classified(line * 3, {})
