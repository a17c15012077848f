import json
import time
from decimal import Decimal

import jsonschema
import msgspec
import pytest

from plangate.model.change import Action, Address, OutputChange
from plangate.model.input import InputRecord, Kind
from plangate.model.values import ABSENT, UNKNOWN, Embedded, Sensitive
from plangate.model.verdict import Decision, Severity
from plangate.report import json_v1, schema, wire
from tests.support.verdicts import HOSTILE, change, changed, everything, many, verdict

CASES = {
    "nothing to do": verdict(),
    "one of everything": everything(),
    "hostile": everything(HOSTILE),
    "a path that is not UTF-8": verdict(inputs=(InputRecord(Kind.TERRAFORM_PLAN, "plan-\udcff.json", "0" * 64),)),
}


def document(given):
    return json.loads(json_v1.render(given), parse_float=str)


@pytest.mark.parametrize("given", CASES.values(), ids=CASES)
def test_every_verdict_fits_the_published_schema(given):
    published = json.loads(schema.PATH.read_bytes())
    jsonschema.Draft202012Validator.check_schema(published)
    jsonschema.Draft202012Validator(published).validate(json.loads(json_v1.render(given)))


@pytest.mark.parametrize("given", CASES.values(), ids=CASES)
def test_a_rendered_verdict_can_be_read_back(given):
    rendered = json_v1.render(given)
    assert rendered.endswith(b"}\n")
    assert rendered.count(b"\n") == 1
    assert json_v1.encode(json_v1.parse(rendered)) == rendered


VALUES = (
    None,
    True,
    3,
    Decimal("1.50"),
    Decimal(5),
    "a",
    Sensitive(1),
    UNKNOWN,
    ABSENT,
    Embedded("yaml", {"a": [Sensitive(2)]}),
)


@pytest.mark.parametrize(
    "given",
    [
        *(made for name, made in CASES.items() if name != "a path that is not UTF-8"),
        many(300),
        verdict(changes=(change("a.b", attributes=tuple(changed("x", ABSENT, value) for value in VALUES)),)),
        verdict(outputs=(OutputChange("o", Action.UPDATE, [VALUES[:-1], ABSENT], {"k": {1: UNKNOWN}}),)),
    ],
    ids=[*(name for name in CASES if name != "a path that is not UTF-8"), "many", "values", "nested values"],
)
def test_the_wire_form_is_what_is_read_back_from_its_json(given):
    assert json_v1.wire_verdict(given) == json_v1.parse(json_v1.render(given))


def test_the_published_schema_is_current():
    assert schema.PATH.read_bytes() == schema.schema()
    assert schema.main(["--check"]) == 0
    assert schema.main(["--what"]) == 2


def test_a_verdict_with_nothing_to_do_has_every_key():
    assert document(verdict(target="live", environment="prod")) == {
        "schema": "plangate/verdict/v1",
        "plangate_version": json_v1.__version__,
        "created_at": "2026-01-31T12:00:00Z",
        "target": "live",
        "environment": "prod",
        "decision": "pass",
        "risk": None,
        "exit_code": 0,
        "headline": "no changes",
        "summary": COUNTS,
        "summary_by_source": {"terraform": COUNTS, "helm": COUNTS},
        "changes": [],
        "hooks": [],
        "outputs": [],
        "drift": [],
        "findings": [],
        "waived": [],
        "coverage": {
            "policies_expected": 0,
            "policies_reported": 0,
            "outcomes": {},
            "evidence": dict.fromkeys(
                ("state", "values", "history", "manifest", "hooks", "live_objects"), "not-needed"
            ),
            "drift": {},
            "noise": {},
            "skipped": [],
            "changes_assessed": None,
            "changes_unassessed": None,
        },
        "inputs": [
            {
                "kind": "terraform-plan",
                "path": "plan.json",
                "sha256": "ab" * 32,
                "tool": "terraform",
                "tool_version": "1.15.9",
                "facts": {"errored": False, "complete": True, "applyable": True},
            }
        ],
        "freshness": None,
        "runbook": [],
    }


COUNTS = dict.fromkeys(
    ("create", "update", "destroy", "replace", "read", "no-op", "move", "import", "forget", "unknown"), 0
)


def test_a_change_says_everything_and_only_what_is_certain():
    assert document(everything())["changes"][0] == {
        "input": 0,
        "source": "terraform",
        "release": None,
        "address": "aws_db_instance.main",
        "deposed": None,
        "type": "aws_db_instance",
        "action": "replace",
        "replace_order": "destroy-first",
        "reason": "replace_because_cannot_update",
        "replace_paths": ["storage_encrypted"],
        "moved_from": None,
        "import_id": None,
        "effects": ["data-loss", "unprotects"],
        "noise": None,
        "attributes": [
            {"path": "storage_encrypted", "kind": "changed", "before": False, "after": True},
            {"path": "policy.Statement[0].Action", "kind": "changed", "before": "s3:Get", "after": "(sensitive)"},
            {"path": "size", "kind": "changed", "before": "1.50", "after": "(known after apply)"},
            {
                "path": "tags",
                "kind": "added",
                "before": None,
                "after": {"list": [1, "(sensitive)", "(known after apply)"], "json": {"a": None}},
            },
        ],
        "findings": ["stateful-resource-destroyed"],
        "location": {"file": "modules/db/main.tf", "line": 12},
        "note": None,
        "lost": ["keys and budgets go; skip_final_snapshot = true"],
        "assessed": None,
    }


def test_numbers_are_exact():
    assert b'"before":1.50,"after":"(known after apply)"' in json_v1.render(everything())


def test_the_rest_keeps_its_shape():
    found = document(everything())
    assert found["outputs"] == [
        {"name": "endpoint", "action": "update", "before": "a", "after": "(known after apply)"},
        {"name": "password", "action": "create", "before": None, "after": "(sensitive)"},
        {"name": "old", "action": "destroy", "before": 1, "after": None},
    ]
    assert found["drift"][0] == {
        "release": None,
        "address": "aws_db_instance.main",
        "path": "retention",
        "desired": 7,
        "recorded": 7,
        "live": "0",
        "status": "will-be-reverted",
        "note": None,
    }
    assert found["freshness"] == {
        "lineage": "lineage",
        "serial_plan": 812,
        "serial_state": None,
        "lock": None,
        "revision_recorded": None,
        "revision_live": None,
    }
    assert [f["policy"] for f in found["findings"]][:2] == ["stateful-resource-destroyed", "admin-port-opened-to-world"]
    assert all("waiver" not in f for f in found["findings"])
    assert found["runbook"][1] == {"when": "after", "text": "plan again", "command": "terraform plan -out=tfplan"}


def test_a_deposed_object_keeps_its_address_and_its_key_apart():
    given = verdict(changes=(msgspec.structs.replace(change("a.b"), address=Address("a.b", "d661f2ca")),))
    (found,) = document(given)["changes"]
    assert (found["address"], found["deposed"]) == ("a.b", "d661f2ca")


def test_half_characters_of_a_path_are_spelled_out():
    given = verdict(inputs=(InputRecord(Kind.TERRAFORM_PLAN, "plan-\udcff.json", "0" * 64),))
    assert document(given)["inputs"][0]["path"] == r"plan-\udcff.json"


def test_a_field_that_is_not_known_yet_does_no_harm():
    later = {**json.loads(json_v1.render(everything())), "new_in_1_9": {"a": 1}}
    assert json_v1.parse(json.dumps(later).encode()).decision == "block"


@pytest.mark.parametrize(
    "text", ['{"schema": "plangate/verdict/v2"}', '{"schema": "plangate/verdict/v1"}', "[]", "3", '{"a": 1}']
)
def test_what_is_no_verdict_is_refused(text):
    with pytest.raises(msgspec.ValidationError):
        json_v1.parse(text.encode())


def test_words_of_the_wire_are_those_of_the_model():
    assert set(wire.Decision.__args__) == {decision.value for decision in Decision}
    assert set(wire.Severity.__args__) == {severity.value for severity in Severity}


def test_three_thousand_changes_take_no_time():
    given = many(3_000)
    best = min(_seconds(given) for _ in range(5))
    assert best < 0.2, "ten times what it takes on an idle machine"


def _seconds(given):
    started = time.perf_counter()
    json_v1.render(given)
    return time.perf_counter() - started
