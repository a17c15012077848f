import copy
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plangate.classify.diff import diff, same
from plangate.model.change import AttributeChange
from plangate.model.values import ABSENT, UNKNOWN, Embedded, Sensitive


def added(path, after):
    return AttributeChange(path, "added", ABSENT, after)


def removed(path, before):
    return AttributeChange(path, "removed", before, ABSENT)


def changed(path, before, after):
    return AttributeChange(path, "changed", before, after)


def policy(*statements):
    return Embedded("json", {"Version": "2012-10-17", "Statement": list(statements)})


CASES = {
    "equal values": ("a", "a", []),
    "null and absent are the same": (None, ABSENT, []),
    "an integer equals the same decimal": (1, Decimal("1.0"), []),
    "numbers keep every digit": (
        9007199254740993,
        9007199254740992,
        [changed("x", 9007199254740993, 9007199254740992)],
    ),
    "one is not true": (1, True, [changed("x", 1, True)]),
    "false is not zero": (False, 0, [changed("x", False, 0)]),
    "a number is not its text": (1, "1", [changed("x", 1, "1")]),
    "null to empty is a change": (None, "", [added("x", "")]),
    "an empty map goes": ({}, None, [removed("x", {})]),
    "a nested leaf": ({"a": {"b": 1}}, {"a": {"b": 2}}, [changed("x.a.b", 1, 2)]),
    "a key with a dot": ({"a.b": 1}, {"a.b": 2}, [changed('x["a.b"]', 1, 2)]),
    "a map comes, leaf by leaf": (ABSENT, {"a": 1, "b": {"c": []}}, [added("x.a", 1), added("x.b.c", [])]),
    "a container becomes a scalar": ([1], "1", [changed("x", [1], "1")]),
    "known becomes unknown": ("a", UNKNOWN, [changed("x", "a", UNKNOWN)]),
    "equal secrets": (Sensitive(1), Sensitive(1), []),
    "different secrets": (Sensitive(1), Sensitive(2), [changed("x", Sensitive(1), Sensitive(2))]),
    "a secret comes": (ABSENT, Sensitive(1), [added("x", Sensitive(1))]),
    "one item of a plain list": (["a", "b", "c"], ["a", "x", "c"], [changed("x[1]", "b", "x")]),
    "an item put into a plain list": (["a", "c"], ["a", "b", "c"], [added("x[1]", "b")]),
    "an item taken out of a plain list": (["a", "b", "c"], ["a", "c"], [removed("x[1]", "b")]),
    "a plain list in another order is a change": (
        ["sh", "-c"],
        ["-c", "sh"],
        [changed("x[0]", "sh", "-c"), changed("x[1]", "-c", "sh")],
    ),
    "objects in another order are no change": ([{"p": 1}, {"p": 2}], [{"p": 2}, {"p": 1}], []),
    "objects are matched by name": (
        [{"name": "a", "v": 1}, {"name": "b", "v": 1}],
        [{"name": "b", "v": 2}, {"name": "a", "v": 1}],
        [changed("x[0].v", 1, 2)],
    ),
    "an object put in front": (
        [{"p": 1, "q": 1}, {"p": 2, "q": 2}],
        [{"p": 0, "q": 0}, {"p": 1, "q": 1}, {"p": 2, "q": 2}],
        [added("x[0].p", 0), added("x[0].q", 0)],
    ),
    "objects without a name are paired in order": (
        [{"p": 1, "q": 1}],
        [{"p": 1, "q": 2}],
        [changed("x[0].q", 1, 2)],
    ),
    "statements and actions in another order are no change": (
        policy({"Effect": "Allow", "Action": ["a", "b"], "Resource": "r"}, {"Effect": "Deny", "Action": "c"}),
        policy({"Effect": "Deny", "Action": ["c"]}, {"Effect": "Allow", "Action": ["b", "a"], "Resource": ["r"]}),
        [],
    ),
    "an action changes inside a policy": (
        policy({"Effect": "Allow", "Action": "s3:Get*"}),
        policy({"Effect": "Allow", "Action": "s3:*"}),
        [changed("x.Statement[0].Action", "s3:Get*", "s3:*")],
    ),
    "an action joins a policy": (
        policy({"Action": "a"}),
        policy({"Action": ["a", "b"]}),
        [added("x.Statement[0].Action[1]", "b")],
    ),
    "an action is no list outside of a policy": (
        {"Action": ["a", "b"]},
        {"Action": ["b", "a"]},
        [changed("x.Action[0]", "a", "b"), changed("x.Action[1]", "b", "a")],
    ),
    "a document comes": (ABSENT, Embedded("json", {"a": 1}), [added("x.a", 1)]),
    "large numbers in a list differ in their last digit": (
        [10**30 + 1],
        [10**30 + 2],
        [changed("x[0]", 10**30 + 1, 10**30 + 2)],
    ),
    "a number in a list spelled in another way is none": (
        [100, Decimal("1.50"), Decimal("3E+2"), 10**30],
        [Decimal("1E+2"), Decimal("1.5"), 300, Decimal("1E+30")],
        [],
    ),
    "a document becomes a text": (
        Embedded("json", {"a": 1}),
        "plain",
        [changed("x", Embedded("json", {"a": 1}), "plain")],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_lists_every_changed_leaf(name):
    before, after, expected = CASES[name]
    assert list(diff(before, after, ("x",))) == expected


leaves = st.none() | st.booleans() | st.integers() | st.decimals(allow_nan=False, allow_infinity=False) | st.text()
leaves |= st.just(UNKNOWN) | st.builds(Sensitive, st.integers(0, 3))
values = st.recursive(leaves, lambda v: st.lists(v, max_size=4) | st.dictionaries(st.text(max_size=4), v, max_size=4))


@given(values)
def test_a_value_equals_itself(value):
    assert same(value, copy.deepcopy(value) if not contains_unknown(value) else value)


@given(values, values)
def test_swapping_the_sides_swaps_the_changes(one, other):
    there = list(diff(one, other, ("x",)))
    back = list(diff(other, one, ("x",)))
    assert (there == []) == (back == [])
    assert sum(c.kind == "changed" for c in there) == sum(c.kind == "changed" for c in back)


@given(st.lists(st.dictionaries(st.text(max_size=3), leaves, max_size=3), max_size=6), st.randoms())
def test_the_order_of_objects_is_no_change(items, random):
    shuffled = list(items)
    random.shuffle(shuffled)
    assert same(items, shuffled)


def contains_unknown(value):
    if isinstance(value, dict):
        return any(map(contains_unknown, value.values()))
    if isinstance(value, list):
        return any(map(contains_unknown, value))
    return value is UNKNOWN


def test_very_deep_values_are_compared_as_a_whole():
    one, other = [], ["x"]
    for _ in range(300):
        one, other = [one], [other]
    assert len(list(diff(one, other, ("x",)))) == 1
