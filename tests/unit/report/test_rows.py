import pytest

from plangate.model.change import Action, Effect, EffectName, Noise
from plangate.model.values import ABSENT
from plangate.report.rows import folded, group
from tests.support.verdicts import change, changed


def told(changes, **options):
    return [(row.action, row.count, row.subject) for row in group(changes, **options).rows]


def small(i, action=Action.UPDATE, **fields):
    return change(f"aws_iam_role.r{i}", action, **fields)


def test_the_same_small_change_is_one_row():
    changes = [small(i, attributes=(changed("region", ABSENT, "eu-west-1"),)) for i in range(397)]
    (row,) = group(changes).rows
    assert (row.count, row.subject, row.only) == (397, "aws_iam_role", True)
    assert (row.deltas[0].path, row.deltas[0].kind, row.deltas[0].after) == ("region", "added", '"eu-west-1"')


def test_a_change_of_many_types_is_still_one_row():
    changes = [
        change(f"{type_}.x{i}", attributes=(changed("region", ABSENT, "eu"),))
        for type_ in ("aws_s3_bucket", "aws_iam_role")
        for i in range(10)
    ]
    assert told(changes) == [("update", 20, "resources of 2 types")]


def test_instances_of_one_resource_are_told_by_its_name():
    changes = [
        change(f'module.m.aws_x.y["{i}"]', Action.CREATE, "aws_x", module="module.m", name="y", index=str(i))
        for i in range(5)
    ]
    assert told(changes) == [("create", 5, "module.m.aws_x.y[…]")]


def test_values_are_shown_only_where_they_are_the_same():
    changes = [small(i, attributes=(changed("size", 1, 2), changed("name", "a", f"b{i}"))) for i in range(5)]
    (row,) = group(changes).rows
    assert [(d.path, d.before, d.after) for d in row.deltas] == [("size", "1", "2"), ("name", None, None)]


def test_a_small_plan_shows_each_address():
    assert told([small(1, Action.CREATE), small(2, Action.CREATE), small(3, Action.CREATE)]) == [
        ("create", 1, "aws_iam_role.r1"),
        ("create", 1, "aws_iam_role.r2"),
        ("create", 1, "aws_iam_role.r3"),
    ]


def test_the_worst_comes_first():
    loses = (Effect(EffectName.DATA_LOSS, "loses data"),)
    perhaps = (Effect(EffectName.EXPOSES, "is public", certain=False),)
    changes = [
        change("a.create", Action.CREATE),
        change("a.perhaps", Action.UPDATE, effects=perhaps),
        change("a.routine", Action.REPLACE, traits=frozenset({"routine"})),
        change("a.destroy", Action.DESTROY),
        change("a.effect", Action.UPDATE, effects=loses),
        change("a.lost", Action.REPLACE, effects=loses),
        change("a.odd", Action.UNKNOWN),
    ]
    assert [subject for _, _, subject in told(changes)] == [
        "a.odd",
        "a.lost",
        "a.effect",
        "a.destroy",
        "a.perhaps",
        "a.create",
        "a.routine",
    ]


def test_noise_and_reads_are_counted_and_every_one_is_shown_when_asked_for():
    changes = [
        small(1, noise=Noise.TAGS),
        small(2, noise=Noise.TAGS),
        small(3, noise=Noise.FORMAT),
        small(4, Action.READ),
    ]
    assert told(changes) == []
    assert folded(group(changes)) == [
        "1 change of order or spelling only",
        "2 tag-only updates",
        "1 data source read during the apply",
    ]
    assert len(told(changes, everything=True)) == 4


@pytest.mark.parametrize("action", [Action.UNKNOWN, Action.MOVE])
def test_renames_and_unknown_actions_are_never_put_together(action):
    changes = [small(i, action, moved_from=f"old.r{i}", actions=("forget", "read")) for i in range(50)]
    assert len(told(changes)) == 50


def test_remarks_tell_where_from_and_why():
    (row,) = group([small(1, Action.DESTROY, reason="delete_because_no_module")]).rows
    assert row.remark == "its module is no longer in the configuration"
    (row,) = group([small(1, Action.IMPORT, import_id="i-1", moved_from="a.b", note="n")]).rows
    assert row.remark == "from a.b; imported by i-1; n"
    (row,) = group([small(1, Action.DESTROY, reason="a_new_reason")]).rows
    assert row.remark == "a_new_reason"


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("a\nb\nc\nd", "a\nB\nc\nD", [('"b"', '"B"'), ('"d"', '"D"')]),
        ("a\nb\nc", "a\nc", [('"b"', None)]),
        ("a\nc", "a\nb\nc\nd", [(None, '"b"'), (None, '"d"')]),
        ("a", "b", [('"a"', '"b"')]),
        ("a\n", "a\n\n", [(None, '""')]),
    ],
)
def test_every_line_of_a_text_that_differs_is_shown_where_everything_is(before, after, expected):
    made = change("azurerm_api_management_policy.x", attributes=(changed("xml", before, after),))
    (row,) = group([made], everything=True).rows
    assert [(one.before, one.after) for one in row.deltas] == expected
    (row,) = group([made]).rows
    assert len(row.deltas) == 1
