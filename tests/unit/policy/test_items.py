import pytest

from plangate.model.change import Action, Address, Change
from plangate.model.values import ABSENT, UNKNOWN, Embedded
from plangate.policy.items import Item, items, spelled
from tests.support.sides import FakeSide


def change(before, after):
    return Change(
        address=Address("aws_thing.a"),
        type="aws_thing",
        action=Action.UPDATE,
        before=None if before is None else FakeSide(rules=before),
        after=None if after is None else FakeSide(rules=after),
    )


A, B = {"name": "a", "port": 1}, {"name": "b", "port": 2}
OPEN, CLOSED, WIDE = {"cidr": "0/0"}, {"cidr": "10/8"}, {"cidr": "0/0", "note": "x"}


@pytest.mark.parametrize(
    ("before", "after", "found"),
    [
        ([A], [B, {**A, "port": 3}], [("b", B, ABSENT), ("a", {**A, "port": 3}, A)]),
        (None, [A], [("a", A, ABSENT)]),
        ([A], None, [("a", A, ABSENT)]),
        ([OPEN, CLOSED], [CLOSED, OPEN], [("[0]", CLOSED, CLOSED), ("[1]", OPEN, OPEN)]),
        ([OPEN], [WIDE], [("[0]", WIDE, OPEN)]),
        ([CLOSED], [CLOSED, OPEN], [("[0]", CLOSED, CLOSED), ("[1]", OPEN, ABSENT)]),
        (["x"], ["x", "y"], [("x", "x", "x"), ("y", "y", ABSENT)]),
        ({"k": 1}, {"k": 2, "l": 3}, [("k", 2, 1), ("l", 3, ABSENT)]),
        (UNKNOWN, [A], [("a", A, UNKNOWN)]),
        (UNKNOWN, {"k": 1}, [("k", 1, UNKNOWN)]),
        (None, Embedded("json", {"k": 1}), [("k", 1, ABSENT)]),
        ([A], [], []),
        ([A], "text", []),
    ],
)
def test_each_item_has_the_one_that_it_was(before, after, found):
    assert [(one.key, one.after, one.before) for one in items(change(before, after), "rules")] == found


def test_a_list_that_is_hidden_hides_its_items():
    assert items(change([A], UNKNOWN), "rules") is UNKNOWN


def test_items_of_one_key_are_told_apart():
    assert spelled([Item("a", "x[0]", 1), Item("a", "x[1]", 2), Item("b", "x[2]", 3)]) == ["a", "a (2)", "b"]
