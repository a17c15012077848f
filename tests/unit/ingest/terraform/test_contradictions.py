import json

import pytest

from plangate.ingest.detect import documents
from plangate.ingest.terraform.plan import parse
from plangate.model.input import RawInput

STORE = {"id": "db-1", "engine": "postgres"}


def entry(**more):
    of_change = {
        k: more.pop(k) for k in list(more) if k in ("actions", "before", "after", "after_unknown", "importing")
    }
    change = {
        "actions": ["update"],
        "before": STORE,
        "after": {**STORE, "engine": "mysql"},
        "after_unknown": {},
    } | of_change
    return {
        "address": "aws_db_instance.main",
        "mode": "managed",
        "type": "aws_db_instance",
        "name": "main",
        "change": change,
        **more,
    }


def contradictions(*entries, text=None, **sections):
    """What a plan of these entries is not understood for: `(address, why)`."""
    plan = {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "planned_values": {},
        "resource_changes": list(entries),
    }
    data = json.dumps(plan | {"complete": True} | sections) if text is None else text
    (document,) = documents(RawInput("plan.json", data.encode()))
    return [(gap.what, gap.why) for gap in parse(document).skipped if gap.inconclusive]


STAYS = "it is said to stay, and one of its sides is null"
NAMED = "its address is not that of its module, mode, type and name"


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({}, None),
        ({"actions": ["no-op"], "after": STORE}, None),
        ({"actions": ["delete"], "after": None}, None),
        ({"actions": ["update"], "after": None, "after_unknown": True}, None),
        ({"actions": ["no-op"], "before": None, "after": STORE, "importing": {"id": "db-1"}}, None),
        ({"address": 'aws_db_instance.main["a.b"]', "index": "a.b"}, None),
        ({"address": "module.m[0].aws_db_instance.main", "module_address": "module.m[0]"}, None),
        ({"address": "data.aws_db_instance.main", "mode": "data", "actions": ["read"]}, None),
        ({"address": "ephemeral.aws_db_instance.main", "mode": "ephemeral", "actions": ["open"]}, None),
        ({"actions": ["no-op"], "after": None}, STAYS),
        ({"actions": ["update"], "after": None}, STAYS),
        ({"actions": ["update"], "before": None}, STAYS),
        ({"actions": ["no-op"]}, "nothing is said to change, and its two sides differ"),
        ({"actions": ["delete"]}, "it is said to go, and something is left after it"),
        ({"actions": ["forget"]}, "it is said to go, and something is left after it"),
        (
            {"mode": "data", "actions": ["delete"], "after": None},
            "it is said to be a data source, and those are only read",
        ),
        ({"mode": "data", "actions": ["read"]}, NAMED),
        ({"type": "null_resource"}, NAMED),
        ({"name": "mai"}, NAMED),
        ({"module_address": "module.m"}, NAMED),
    ],
)
def test_an_entry_that_contradicts_itself_is_not_understood(given, why):
    expected = [] if why is None else [(entry(**given)["address"], why)]
    assert contradictions(entry(**given)) == expected


def test_an_address_stands_once_beside_its_deposed_objects():
    gone = {"actions": ["delete"], "after": None}
    assert contradictions(entry(), entry(**gone, deposed="a1")) == []
    assert contradictions(entry(), entry(**gone)) == [("aws_db_instance.main", "it stands twice among the changes")]


PLAIN = '{"address":"aws_a.b","mode":"managed","type":"aws_a","name":"b","change":{"actions":["update"],"before":{"x":1,"y":{"z":[{"on":true}]}},"after":{"x":2}}}'


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"before":', '"change":{"actions":["no-op"]},"before":'),
        ('"actions":["update"]', '"actions":["delete"],"actions":["update"]'),
        ('"actions":["update"]', '"\\u0061ctions":["delete"],"actions":["update"]'),
        ('"after":{"x":2}', '"after":null,"after":{"x":2}'),
        ('"x":2', '"x":2,"x":3'),
        ('"on":true', '"on":true,"on":false'),
        ('"type":"aws_a"', '"type":"aws_b", "before": 1, "type":"aws_a"'),
    ],
)
@pytest.mark.parametrize("way", ["compact", "spaced"])
def test_a_name_that_stands_twice_at_any_depth_is_not_understood(old, new, way):
    text = '{"format_version":"1.2","planned_values":{},"resource_changes":[' + PLAIN.replace(old, new, 1) + "]}"
    if way == "spaced":
        text = text.replace('":', '" : ')
    found = contradictions(text=text)
    if old == '"before":':
        # A name that is doubled one level further in is another one.
        assert found == []
    else:
        assert found == [("aws_a.b", "a name stands twice in it")]


def test_what_the_state_has_is_mentioned_by_a_complete_plan():
    def state(*addresses, mode="managed"):
        resources = [{"address": a, "mode": mode, "type": "aws_a", "values": {}} for a in addresses]
        return {"values": {"root_module": {"child_modules": [{"resources": resources}]}}}

    why = "the state has it, and nothing in the plan says what becomes of it"
    other = "aws_db_instance.other"
    assert contradictions(entry(), prior_state=state(other)) == [(other, why)]
    assert contradictions(entry(), prior_state=state(other), complete=False) == []
    assert contradictions(entry(), prior_state=state(other), complete=None) == []
    assert contradictions(entry(), prior_state=state(other, mode="data")) == []
    assert contradictions(entry(), prior_state=state("aws_db_instance.main")) == []
    assert contradictions(entry(previous_address=other), prior_state=state(other)) == []
    gone = entry(address=other, name="other", actions=["delete"], after=None)
    assert contradictions(entry(), prior_state=state(other), resource_drift=[gone]) == []


def test_a_name_that_stands_twice_in_what_is_put_off_is_not_understood():
    text = (
        '{"format_version": "1.2", "planned_values": {}, "resource_changes": [], "configuration": {},'
        ' "deferred_changes": [{"reason": "a", "reason": "b"}]}'
    )
    assert ("deferred_changes", "a name stands twice in it") in contradictions(text=text)


@pytest.mark.parametrize("index", ["1e30", "1"])
def test_a_number_that_is_longer_when_written_again_makes_up_for_nothing(index):
    text = PLAIN.replace('"name":"b"', f'"name":"b","index":{index}').replace('aws_a.b"', f'aws_a.b[{index}]"')
    plan = '{"format_version":"1.2","planned_values":{},"resource_changes":[%s]}'
    assert contradictions(text=plan % text) == []
    doubled = text.replace('"mode":"managed"', '"mode":"x","mode":"managed"')
    assert [why for _, why in contradictions(text=plan % doubled)] == ["a name stands twice in it"]


def test_entries_that_name_what_no_version_writes_yet_are_read():
    new = PLAIN.replace('"name":"b"', '"name":"b","of_tomorrow":{"x":1}')
    text = '{"format_version":"1.2","planned_values":{},"resource_changes":[%s]}'
    assert contradictions(text=text % new) == []
    assert contradictions(text=text % new.replace('{"x":1}', '{"x":1,"x":2}')) == [
        ("aws_a.b", "a name stands twice in it")
    ]
