import pytest

from plangate.model.change import References, ReplaceOrder
from plangate.model.values import UNKNOWN
from tests.support.plan_changes import change, plan, said

BUCKET = {"bucket": "logs", "force_destroy": True}


def told(*changes, **fields):
    return [(sorted(found.traits - {"unfamiliar"}), found.note) for found in plan(*changes, **fields)]


def test_the_same_name_under_another_address_is_a_missing_move():
    old, new = plan(
        change("aws_s3_bucket", BUCKET, address="aws_s3_bucket.a"),
        change("aws_s3_bucket", None, {**BUCKET, "id": UNKNOWN}, address="module.m.aws_s3_bucket.a"),
    )
    note = "looks like `aws_s3_bucket.a` renamed to `module.m.aws_s3_bucket.a`: add a moved block, so that nothing is deleted"
    assert (old.note, new.note) == (note, note)
    assert "probable-move" in old.traits & new.traits
    because = "looks renamed: add a `moved` block with from = aws_s3_bucket.a and to = module.m.aws_s3_bucket.a, and nothing is deleted"
    assert said(old) == [
        ("data-loss:destroyed", "is deleted, and the objects in it go with it"),
        ("removes:renamed", because),
    ]
    assert said(new) == []
    assert [effect.paste for effect in old.effects if effect.kind == "renamed"] == [
        "moved {\n  from = aws_s3_bucket.a\n  to   = module.m.aws_s3_bucket.a\n}"
    ]


def test_another_name_is_another_object():
    old, new = plan(
        change("aws_s3_bucket", BUCKET, address="aws_s3_bucket.a"),
        change("aws_s3_bucket", None, {**BUCKET, "bucket": "other"}, address="aws_s3_bucket.b"),
    )
    assert (old.note, new.note) == (None, None)


def test_a_type_under_its_new_name():
    old, new = plan(
        change("kubernetes_deployment", {"metadata": [{"name": "web"}]}),
        change("kubernetes_deployment_v1", None, {"metadata": [{"name": "web"}]}),
    )
    note = (
        "looks like `kubernetes_deployment.x` renamed to `kubernetes_deployment_v1.x`: "
        "move it in the state, so that nothing is deleted"
    )
    assert (old.note, new.note) == (note, note)


def test_equal_values_without_a_name_pair_one_to_one():
    rule = {"type": "ingress", "from_port": 80, "to_port": 80, "self": False}
    old, new = plan(
        change("aws_security_group_rule", rule, address="aws_security_group_rule.a"),
        change("aws_security_group_rule", None, {**rule, "id": UNKNOWN}, address="aws_security_group_rule.b"),
    )
    assert "probable-move" in old.traits & new.traits


def test_two_that_could_be_meant_are_not_paired():
    rule = {"type": "ingress", "from_port": 80, "to_port": 80}
    found = plan(
        change("aws_security_group_rule", rule, address="aws_security_group_rule.a"),
        change("aws_security_group_rule", None, rule, address="aws_security_group_rule.b"),
        change("aws_security_group_rule", None, rule, address="aws_security_group_rule.c"),
    )
    assert [change.note for change in found] == [None, None, None]


def test_what_is_routine_is_not_paired():
    assert told(
        change("random_pet", {"length": 2, "separator": "-"}, address="random_pet.a"),
        change("random_pet", None, {"length": 2, "separator": "-"}, address="random_pet.b"),
    ) == [(["routine"], None), (["routine"], None)]


def indexed(index, before=None, after=None, **fields):
    return change("aws_acme_x", before, after, address=f"aws_acme_x.x[{index}]", index=index, **fields)


DELETING = "deleting one item of a `count` shifts the others: with for_each only that one would change"
INSERTING = "inserting one item into a `count` shifts the others: with for_each only that one would change"


def test_deleting_one_item_of_a_count_shifts_the_others():
    assert (
        told(
            indexed(1, {"v": "b"}, {"v": "c"}),
            indexed(2, {"v": "c", "id": 1}, {"v": "d", "id": UNKNOWN}, order=ReplaceOrder.DESTROY_FIRST),
            indexed(3, {"v": "d"}),
        )
        == [(["count-shift"], DELETING)] * 3
    )


def test_inserting_one_item_into_a_count_shifts_the_others():
    assert told(
        indexed(0, {"v": "a"}, {"v": "new"}),
        indexed(1, {"v": "b"}, {"v": "a"}),
        indexed(2, None, {"v": "b"}),
    ) == [([], None), (["count-shift"], INSERTING), (["count-shift"], INSERTING)]


def test_lowering_a_count_shifts_nothing():
    assert told(indexed(1, {"v": "b"}, {"v": "x"}), indexed(2, {"v": "c"})) == [([], None), ([], None)]


@pytest.mark.parametrize(
    ("others", "note"),
    [
        (1, "used by 1 other that changes too: `aws_acme_u.u0`"),
        (2, "used by 2 others that change too: `aws_acme_u.u0` and `aws_acme_u.u1`"),
        (4, "used by 4 others that change too: `aws_acme_u.u0`, `aws_acme_u.u1` and 2 more"),
    ],
)
def test_a_replacement_names_who_changes_with_it(others, note):
    replaced = change("aws_acme_x", {"v": 1}, {"v": 2}, order=ReplaceOrder.DESTROY_FIRST)
    users = [change("aws_acme_u", {"r": 1}, {"r": UNKNOWN}, address=f"aws_acme_u.u{i}") for i in range(others)]
    names = tuple(f"aws_acme_u.u{i}" for i in range(others))
    first, *_ = told(replaced, *users, references=References(users={"aws_acme_x.x": (*names, "aws_acme_u.idle")}))
    assert first == (["blast-radius"], note)


def test_a_note_that_is_there_stays():
    found = change("aws_acme_x", None, {"a": 1}, found="deleted", note="only the order of a changes")
    assert told(found) == [
        (["vanished"], "only the order of a changes; was deleted outside of Terraform, and is created again")
    ]


def test_a_local_file_that_is_not_there_did_not_vanish():
    found = change("local_file", None, {"a": 1}, found="deleted")
    assert told(found) == [(["routine"], "was deleted outside of Terraform, and is created again")]


def test_very_many_of_one_type_are_told_once():
    crowd = [change("aws_instance", None, {"ami": "a"}, address=f"aws_instance.x[{i}]") for i in range(50)]
    note = "the first of 50 `aws_instance` that this plan creates"
    assert told(*crowd) == [(["compute", "crowd", "serves"], note), *[(["compute", "serves"], None)] * 49]
    assert told(*crowd[1:]) == [(["compute", "serves"], None)] * 49


def test_a_crowd_that_is_made_on_every_run_is_none():
    assert (
        told(*[change("random_id", None, {}, address=f"random_id.x[{i}]") for i in range(300)])
        == [(["routine"], None)] * 300
    )


@pytest.mark.parametrize(
    ("vanished", "others", "expected"),
    [
        (1, 0, {"aws_sqs_queue": "vanished"}),
        (5, 4, {"aws_sqs_queue": "vanished-with-others"}),
        (5, 5, {"aws_sqs_queue": "vanished"}),
        (4, 0, {"aws_sqs_queue": "vanished"}),
    ],
)
def test_what_vanished_with_most_of_the_others_is_one_event(vanished, others, expected):
    changes = [
        change(
            "aws_sqs_queue",
            None,
            {"name": f"q{i}"},
            address=f"aws_sqs_queue.q{i}",
            found="deleted" if i < vanished else "",
        )
        for i in range(vanished + others)
    ]
    told = {one.type: trait for one in plan(*changes) for trait in one.traits if "vanished" in trait}
    assert told == expected


def test_what_held_nothing_is_not_created_empty():
    (rule,) = plan(change("aws_security_group_rule", None, {"type": "ingress"}, found="deleted"))
    assert "deleted-outside" in rule.traits
