import json
import random
from decimal import Decimal

import pytest

from plangate.errors import InputError
from plangate.ingest.detect import documents
from plangate.ingest.terraform.plan import parse
from plangate.model.change import Action, Address, CheckResult, Gap, Invocation, OutputChange, References, ReplaceOrder
from plangate.model.input import Facts, RawInput
from plangate.model.values import ABSENT, UNKNOWN, Sensitive

BASE = {
    "format_version": "1.2",
    "terraform_version": "1.11.4",
    "planned_values": {"root_module": {}},
    "resource_changes": [],
    "configuration": {"root_module": {}},
    "applyable": True,
    "complete": True,
    "errored": False,
}


def read(**sections):
    data = json.dumps({**BASE, **sections}).encode()
    (document,) = documents(RawInput("plan.json", data))
    return parse(document)


def resource(actions, before=None, after=None, **more):
    of_change = {
        k: more.pop(k)
        for k in list(more)
        if k in ("after_unknown", "before_sensitive", "after_sensitive", "replace_paths", "importing")
    }
    change = {"actions": actions, "before": before, "after": after, "after_unknown": {}, **of_change}
    return {
        "address": "module.m.aws_thing.a[0]",
        "module_address": "module.m",
        "mode": "managed",
        "type": "aws_thing",
        "name": "a",
        "index": 0,
        "provider_name": "registry.terraform.io/hashicorp/aws",
        "change": change,
        **more,
    }


def only(*entries, **sections):
    (change,) = read(resource_changes=list(entries), **sections).changes
    return change


@pytest.mark.parametrize(
    ("actions", "action", "order"),
    [
        (["create"], Action.CREATE, None),
        (["read"], Action.READ, None),
        (["open"], Action.READ, None),
        (["update"], Action.UPDATE, None),
        (["delete"], Action.DESTROY, None),
        (["forget"], Action.FORGET, None),
        (["delete", "create"], Action.REPLACE, ReplaceOrder.DESTROY_FIRST),
        (["create", "delete"], Action.REPLACE, ReplaceOrder.CREATE_FIRST),
        (["create", "forget"], Action.REPLACE, ReplaceOrder.CREATE_FIRST),
        (["forget", "create"], Action.REPLACE, ReplaceOrder.CREATE_FIRST),
        ([], Action.UNKNOWN, None),
        (None, Action.UNKNOWN, None),
        (["update", "delete"], Action.UNKNOWN, None),
        (["explode"], Action.UNKNOWN, None),
    ],
)
def test_every_action_list_has_one_meaning(actions, action, order):
    change = only(resource(actions, {"a": 1}, {"a": 2}))
    assert (change.action, change.replace_order, change.actions) == (action, order, tuple(actions or ()))


def test_a_change_keeps_what_terraform_says_of_it():
    change = only(
        resource(
            ["delete", "create"],
            {"a": 1, "same": 1},
            {"a": 2, "same": 1},
            action_reason="replace_because_cannot_update",
            replace_paths=[["a"], ["tags", "a.b"], ["list", 0, "x"]],
            previous_address="aws_thing.old",
        )
    )
    assert (
        change.address,
        change.module,
        change.index,
        change.reason,
        change.replace_paths,
        change.moved_from,
        change.differing,
    ) == (
        Address("module.m.aws_thing.a[0]"),
        "module.m",
        0,
        "replace_because_cannot_update",
        ("a", 'tags["a.b"]', "list[0].x"),
        "aws_thing.old",
        ("a",),
    )


@pytest.mark.parametrize(
    ("entry", "action", "moved_from", "import_id"),
    [
        (resource(["no-op"], {}, {}, previous_address="aws_thing.old"), Action.MOVE, "aws_thing.old", None),
        (resource(["update"], {}, {}, previous_address="aws_thing.old"), Action.UPDATE, "aws_thing.old", None),
        (resource(["no-op"], {}, {}, importing={"id": "i-1"}), Action.IMPORT, None, "i-1"),
        (resource(["update"], {}, {}, importing={"id": "i-1"}), Action.UPDATE, None, "i-1"),
        (resource(["no-op"], {}, {}, importing={"identity": {"b": 1, "a": "x"}}), Action.IMPORT, None, "a=x, b=1"),
        (resource(["no-op"], {}, {}, importing={"unknown": True}), Action.IMPORT, None, "(known after apply)"),
        (resource(["no-op"], {}, {}, importing={}), Action.IMPORT, None, "(known after apply)"),
    ],
)
def test_moves_and_imports_count_only_where_nothing_else_happens(entry, action, moved_from, import_id):
    change = only(entry)
    assert (change.action, change.moved_from, change.import_id) == (action, moved_from, import_id)


def test_no_ops_are_counted_and_not_listed():
    changeset = read(resource_changes=[resource(["no-op"], {}, {}), resource(["update"], {}, {"a": 1})])
    assert (changeset.no_ops, [c.action for c in changeset.changes]) == (1, [Action.UPDATE])


def test_changes_are_in_one_order_whatever_the_order_of_the_plan():
    entries = [
        resource(["create"], None, {}, address="aws_thing.a", module_address=None, index=None),
        resource(["create"], None, {}, address="aws_thing.a[2]", module_address=None, index=2),
        resource(["create"], None, {}, address="aws_thing.a[10]", module_address=None, index=10),
        resource(["create"], None, {}, address='aws_thing.a["1"]', module_address=None, index="1"),
        resource(["delete"], {}, None, address="aws_thing.b", module_address=None, index=None, name="b"),
        resource(["delete"], {}, None, address="aws_thing.b", module_address=None, index=None, name="b", deposed="0a"),
        resource(["create"], None, {}, address="module.m.aws_thing.a[0]"),
        resource(["create"], None, {}, address="module.a.module.b.aws_thing.a[0]", module_address="module.a.module.b"),
    ]
    inner = resource(["read"], None, {}, address="module.m.data.aws_thing.a[0]", mode="data")
    entries.insert(6, inner)
    expected = [(entry["address"], entry.get("deposed", "")) for entry in entries]
    rand = random.Random(1)
    for _ in range(20):
        shuffled = rand.sample(entries, len(entries))
        found = [(change.address.text, change.address.deposed) for change in read(resource_changes=shuffled).changes]
        assert found == expected


def test_objects_of_one_address_are_told_apart_by_their_deposed_key():
    changes = read(
        resource_changes=[
            resource(["no-op"], {}, {}),
            resource(["delete"], {}, deposed="0a1b2c3d"),
            resource(["delete"], {}, deposed=True),
        ]
    ).changes
    assert [(c.address.deposed, c.action) for c in changes] == [
        ("0a1b2c3d", Action.DESTROY),
        ("deposed", Action.DESTROY),
    ]


def test_values_are_exact_unknown_sensitive_or_absent():
    change = only(
        resource(
            ["update"],
            {"number": 1, "password": "invented-canary-value-1"},
            {"big": 123456789012345678901234567890, "ratio": 0.1, "password": "invented-canary-value-2", "null": None},
            after_unknown={"id": True, "list": [False, True]},
            after_sensitive={"password": True},
        )
    )
    after = change.after
    assert {key: after.get(key) for key in ("big", "ratio", "id", "list", "null", "missing")} == {
        "big": 123456789012345678901234567890,
        "ratio": Decimal("0.1"),
        "id": UNKNOWN,
        "list": [None, UNKNOWN],
        "null": None,
        "missing": ABSENT,
    }
    assert isinstance(after.get("password"), Sensitive)
    assert isinstance(change.before.get("password"), Sensitive)
    assert after.get("password") != change.before.get("password")
    assert change.differing == ("big", "id", "list", "number", "password", "ratio")


def test_a_secret_of_one_place_is_masked_in_every_other():
    secret = "Xk29-invented-qPz7"
    changes = read(
        resource_changes=[
            resource(
                ["update"], {"password": secret}, {"password": secret, "a": 1}, before_sensitive={"password": True}
            ),
            resource(["create"], None, {"url": f"x={secret}", "list": [secret]}, address=f'aws_thing.b["{secret}"]'),
        ]
    ).changes
    assert secret not in repr(
        [[change.after.get(key) for key in ("password", "a", "url", "list")] for change in changes]
    )


@pytest.mark.parametrize("mark", ["yes", 1, [True], {"note": [True]}])
def test_marks_of_no_known_shape_hide_what_they_may_mean(mark):
    secret = "Xk29-invented-qPz7"
    (change,) = read(
        resource_changes=[resource(["update"], {"note": secret}, {"note": 1}, before_sensitive=mark)]
    ).changes
    assert secret not in repr([change.before.get("note"), change.after.get("note")])


def test_a_secret_is_masked_in_what_a_tool_says_of_a_change():
    secret = "Xk29-invented-qPz7"
    told = read(
        terraform_version=f"1.{secret}",
        resource_changes=[
            resource(
                ["delete", "create"],
                {"password": secret, "tags": {secret: "a"}},
                {"password": secret, "tags": {}},
                before_sensitive={"password": True},
                replace_paths=[["tags", secret]],
                action_reason=f"because_of_{secret}",
            ),
            resource([secret], None, {}, address="aws_thing.b"),
        ],
        deferred_changes=[{"reason": secret, "resource_change": resource(["create"], None, {}, address="aws_thing.c")}],
    )
    unknown, deferred, replaced = told.changes
    assert replaced.replace_paths == ('tags["(sensitive)"]',)
    shown = (replaced.reason, unknown.actions, deferred.deferred, told.input.tool_version)
    assert shown == ("because_of_(sensitive)", ("(sensitive)",), "(sensitive)", "1.(sensitive)")


def test_outputs_are_kept_apart():
    outputs = {
        "same": {"actions": ["no-op"], "before": 1, "after": 1, "after_unknown": False},
        "new": {"actions": ["create"], "before": None, "after": "x", "after_unknown": False},
        "gone": {"actions": ["delete"], "before": "y", "after": None, "after_unknown": False},
        "later": {"actions": ["update"], "before": 1, "after": None, "after_unknown": True},
        "hidden": {
            "actions": ["update"],
            "before": "a1b2-invented",
            "after": "c3d4-invented",
            "before_sensitive": True,
            "after_sensitive": True,
        },
    }
    by_name = {output.name: output for output in read(output_changes=outputs).outputs}
    assert by_name == {
        "new": OutputChange("new", Action.CREATE, ABSENT, "x"),
        "gone": OutputChange("gone", Action.DESTROY, "y", ABSENT),
        "later": OutputChange("later", Action.UPDATE, 1, UNKNOWN),
        "hidden": by_name["hidden"],
    }
    assert isinstance(by_name["hidden"].before, Sensitive)


def test_deferred_changes_count_under_their_planned_action():
    entry = {"reason": "resource_config_unknown", "resource_change": resource(["create"], None, {})}
    changes = read(deferred_changes=[entry], complete=False).changes
    assert [(c.action, c.deferred) for c in changes] == [(Action.CREATE, "resource_config_unknown")]


def test_invocations_and_checks_are_read():
    changeset = read(
        action_invocations=[
            {
                "address": "action.local_command.a",
                "lifecycle_action_trigger": {
                    "triggering_resource_address": "aws_thing.a",
                    "action_trigger_event": "AfterCreate",
                },
            },
            {"address": "action.local_command.b"},
        ],
        checks=[
            {"address": {"kind": "check", "to_display": "check.ok"}, "status": "pass"},
            {
                "address": {"kind": "check", "to_display": "check.bad"},
                "status": "fail",
                "instances": [{"status": "fail", "problems": [{"message": "it is down"}]}, {"status": "pass"}],
            },
        ],
    )
    assert changeset.invocations == (
        Invocation("action.local_command.a", "after create of aws_thing.a"),
        Invocation("action.local_command.b", "asked for on the command line"),
    )
    assert changeset.checks == (CheckResult("check.bad", "check", "fail", ("it is down",)),)


def test_facts_that_a_tool_does_not_state_are_none_and_not_false():
    facts = read(applyable=None, complete=None, errored=True).input.facts
    assert facts == Facts(errored=True, complete=None, applyable=None)


REFRESH = Gap(
    "whether the plan was refreshed",
    "a plan does not say whether it was made with -refresh=false",
    "plan without -refresh=false",
)
PARTIAL = Gap(
    "whether the plan is partial",
    "the plan JSON of this tool does not say whether -target or -exclude was used",
    "plan without -target and -exclude",
)


def test_what_a_plan_cannot_tell_is_said():
    entry = resource(["create"], None, {})
    assert read().skipped == ()
    assert read(resource_changes=[entry]).skipped == (REFRESH,)
    assert read(resource_changes=[entry], complete=None, applyable=None).skipped == (REFRESH, PARTIAL)


@pytest.mark.parametrize(
    ("sections", "note"),
    [
        ({"resource_changes": [resource(["delete"], {})]}, "a destroy plan: everything it manages goes"),
        ({"format_version": "1.9"}, "format version 1.9 is newer than 1.2; new parts of it are not read"),
        ({"complete": False}, "an incomplete plan: -target was used, or changes are put off to another run"),
    ],
)
def test_the_kind_of_run_is_recognised(sections, note):
    assert read(**sections).notes == (note,)


def test_drift_tells_what_was_found_outside():
    changeset = read(
        resource_changes=[resource(["create"], None, {"a": 1})],
        resource_drift=[resource(["delete"], {"a": 1})],
    )
    assert [c.found for c in changeset.changes] == ["deleted"]
    assert [c.action for c in changeset.recorded_drift] == [Action.DESTROY]


def test_an_entry_of_drift_without_an_address_is_known_by_its_parts():
    found = resource(["delete"], {"a": 1}, index="k")
    del found["address"]
    changeset = read(
        resource_changes=[resource(["create"], None, {"a": 1}, address='module.m.aws_thing.a["k"]')],
        resource_drift=[found],
    )
    assert [c.found for c in changeset.changes] == ["deleted"]


def test_references_go_through_modules_outputs_and_variables():
    configuration = {
        "root_module": {
            "resources": [
                {
                    "address": "aws_db.a",
                    "type": "aws_db",
                    "name": "a",
                    "expressions": {"key": {"references": ["aws_key.k.arn", "aws_key.k"]}},
                },
                {
                    "address": "aws_dns.d",
                    "type": "aws_dns",
                    "name": "d",
                    "expressions": {"x": {"references": ["module.m.url"]}},
                    "provisioners": [{"type": "local-exec", "expressions": {"command": {"references": ["var.c"]}}}],
                },
                {
                    "address": "aws_dns.e",
                    "type": "aws_dns",
                    "name": "e",
                    "provisioners": [{"type": "local-exec", "expressions": {"command": {"constant_value": "true"}}}],
                },
            ],
            "module_calls": {
                "m": {
                    "expressions": {"db": {"references": ["aws_db.a.id", "aws_db.a"]}},
                    "module": {
                        "outputs": {"url": {"expression": {"references": ["aws_web.w.url", "aws_web.w"]}}},
                        "resources": [
                            {
                                "address": "aws_web.w",
                                "type": "aws_web",
                                "name": "w",
                                "expressions": {"db": {"references": ["var.db"]}},
                            }
                        ],
                    },
                }
            },
        }
    }
    made = read(configuration=configuration, resource_changes=[resource(["delete"], {})]).references
    assert made == References(
        users={"aws_key.k": ("aws_db.a",), "aws_db.a": ("module.m.aws_web.w",), "module.m.aws_web.w": ("aws_dns.d",)},
        provisioners=("aws_dns.d", "aws_dns.e"),
        unseen=("aws_dns.d",),
    )


def test_what_is_written_of_values_that_only_the_apply_will_know():
    def block(name, **expressions):
        return {"address": f"aws_thing.{name}", "type": "aws_thing", "name": name, "expressions": expressions}

    configuration = {
        "root_module": {
            "resources": [
                block("a", policy={"references": ["data.doc.d.json", "data.doc.d"]}, known={"constant_value": 1}),
                block("b", policy={"references": ["local.p", "each.value", "var.p", "aws_other.o.arn", "aws_other.o"]}),
                block("idle", policy={"references": ["aws_other.o"]}),
                block("e", policy=[{"one": {"references": ["aws_other.o"]}, "two": {"constant_value": 1}}]),
            ],
            "module_calls": {
                "m": {
                    "expressions": {"p": {"references": ["data.doc.d.json", "data.doc.d"]}},
                    "module": {
                        "resources": [
                            block("c", policy={"references": ["var.p"]}, cidrs={"references": ["var.none"]}),
                            block("d", policy={"references": ["module.n.none"]}),
                        ]
                    },
                }
            },
        }
    }

    def unknown(name, module="", marks=("id", "policy")):
        address = f"{module}.aws_thing.{name}" if module else f"aws_thing.{name}"
        entry = resource(["create"], None, {"known": 1}, address=address, after_unknown=dict.fromkeys(marks, True))
        return entry | {"name": name, "module_address": module}

    made = read(
        configuration=configuration,
        resource_changes=[
            unknown("a"),
            unknown("b"),
            unknown("c", 'module.m["k.]"]', ("id", "policy", "cidrs")),
            unknown("d", "module.m[0]"),
            unknown("e"),
            unknown("gone"),
        ],
    ).references
    assert made.written == {
        "aws_thing.a": {"policy": ("data.doc.d",)},
        "aws_thing.b": {"policy": ("?", "aws_other.o")},
        "module.m.aws_thing.c": {"policy": ("data.doc.d",), "cidrs": ("?",)},
        "module.m.aws_thing.d": {"policy": ("?",)},
        "aws_thing.e": {"policy": ("aws_other.o",), "policy.0.one": ("aws_other.o",), "policy.0.two": ()},
    }


@pytest.mark.parametrize(
    ("sections", "place"),
    [
        ({"resource_changes": [{}, {"address": 5}]}, "resource_changes[1].address"),
        ({"resource_changes": {"a": 1}}, "resource_changes"),
        ({"output_changes": {"x": {"actions": [1]}}}, "output_changes[...].actions[0]"),
        ({"checks": {"a": 1}}, "checks"),
        ({"configuration": {"root_module": 5}}, "configuration.root_module"),
    ],
)
def test_a_section_of_the_wrong_shape_is_refused_at_its_place(sections, place):
    with pytest.raises(InputError) as caught:
        read(**sections)
    assert (caught.value.message, caught.value.place) == ("does not have the shape of a Terraform plan", place)


def test_odd_but_harmless_shapes_are_read():
    entry = resource(["update"], {"a": 1}, {"a": 2}, replace_paths="odd", after_unknown=None)
    assert read(resource_changes=[entry]).changes[0].replace_paths == ()
    assert read(resource_changes=[{}]).changes[0].action is Action.UNKNOWN


@pytest.mark.parametrize(
    ("kind", "variable", "shown"),
    [("ClusterRoleBinding", False, True), ("Secret", False, False), ("ClusterRoleBinding", True, False)],
)
def test_a_manifest_of_rights_is_shown_though_the_provider_marks_every_manifest(kind, variable, shown):
    text = f"kind: {kind}\nmetadata:\n  name: ci\nroleRef:\n  name: cluster-admin\n"
    entry = resource(
        ["create"],
        None,
        {"kind": kind, "yaml_body": text, "yaml_body_parsed": text},
        after_sensitive={"yaml_body": True},
    ) | {"type": "kubectl_manifest", "address": "kubectl_manifest.x", "name": "x"}
    given = {"variables": {"body": {"value": text}}} if variable else {}
    declared = {"root_module": {"variables": {"body": {"sensitive": True}}}}
    (made,) = read(resource_changes=[entry], configuration=declared, **given).changes
    assert ("cluster-admin" in repr(made.after.get("yaml_body"))) is shown
    assert ("cluster-admin" in repr(made.after.get("yaml_body_parsed"))) is shown
