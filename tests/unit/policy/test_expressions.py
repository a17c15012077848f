import pytest
from hypothesis import given
from hypothesis import strategies as st

from plangate.model.change import Action, Address, AttributeChange, Change
from plangate.model.values import ABSENT, UNKNOWN, Sensitive, spell
from plangate.model.verdict import Outcome
from plangate.policy import facts
from plangate.policy.expressions import ExpressionError, Expressions
from plangate.policy.paths import parse_path
from plangate.policy.subject import Subject
from tests.support.sides import FakeSide

EXPRESSIONS = Expressions()


def change(before=None, after=None, **more):
    return Change(
        address=Address("aws_thing.a"),
        type="aws_thing",
        action=Action.UPDATE,
        before=FakeSide(**before) if before is not None else None,
        after=FakeSide(**after) if after is not None else None,
        **more,
    )


def evaluate(text, of):
    return EXPRESSIONS.evaluate(
        EXPRESSIONS.compile(text), EXPRESSIONS.activate(facts.of(of, facts.EvaluationContext("prod"))), Subject(of)
    )


VALUES = {
    "size": 5,
    "name": "x",
    "on": True,
    "key": UNKNOWN,
    "password": Sensitive(1),
    "list": ["a", {"b": UNKNOWN}],
    "none": None,
}


@pytest.mark.parametrize(
    ("text", "outcome", "paths", "because"),
    [
        ("after('size') == 5", Outcome.VIOLATED, ("size",), ""),
        ("after('size') == 5.0", Outcome.VIOLATED, ("size",), ""),
        ("after('size') == '5'", Outcome.SATISFIED, ("size",), ""),
        ("after('name').startsWith('x') && after('on')", Outcome.VIOLATED, ("name", "on"), ""),
        ("after('missing') == null && after('none') == null", Outcome.VIOLATED, ("missing", "none"), ""),
        ("after('key') == 'x'", Outcome.UNKNOWN, ("key",), "key is known only after apply"),
        ("after('password') == 'x'", Outcome.UNKNOWN, ("password",), "password is sensitive"),
        ("after('list') == []", Outcome.UNKNOWN, ("list",), "list is known only after apply"),
        ("after('list[0]') == 'a'", Outcome.VIOLATED, ("list[0]",), ""),
        ("after('key') == 'x' || action == 'update'", Outcome.VIOLATED, ("key",), ""),
        ("action == 'update' || after('key') == 'x'", Outcome.VIOLATED, (), ""),
        ("after('key') == 'x' && action == 'create'", Outcome.SATISFIED, ("key",), ""),
        ("!(after('key') == 'x' && action == 'update')", Outcome.UNKNOWN, ("key",), "key is known only after apply"),
        ("before('size') == null", Outcome.VIOLATED, ("size",), ""),
        ("after('name') > 5", Outcome.ERROR, ("name",), "UNKNOWN: No matching overloads found : _>_(string, int64)"),
        ("environment == 'prod' && protected && 'x' in traits", Outcome.SATISFIED, (), ""),
    ],
)
def test_a_condition_is_true_false_or_cannot_be_told(text, outcome, paths, because):
    told = evaluate(text, change(after=VALUES))
    assert (told.outcome, told.paths, told.because) == (outcome, paths, because)


@pytest.mark.parametrize(
    ("path", "outcome"),
    [
        ("a", Outcome.VIOLATED),
        ("a.b", Outcome.VIOLATED),
        ("a.bc", Outcome.SATISFIED),
        ("list", Outcome.VIOLATED),
        ("later", Outcome.UNKNOWN),
        ("other", Outcome.SATISFIED),
    ],
)
def test_changed_looks_at_and_below_a_path(path, outcome):
    leaves = (
        AttributeChange("a.b.c", "changed", 1, 2),
        AttributeChange("list[0]", "added", ABSENT, 2),
        AttributeChange("later", "changed", 1, UNKNOWN),
    )
    assert evaluate(f"changed('{path}')", change({}, {}, attributes=leaves)).outcome is outcome


def test_a_plan_stream_has_no_values_and_says_so():
    told = evaluate("after('a') == 1", change(values_known=False))
    assert (told.outcome, told.because) == (Outcome.UNKNOWN, "a is not in a plan stream")


def test_an_absurdly_large_number_can_be_compared():
    assert evaluate("after('n') > 5", change(after={"n": 10**30})).outcome is Outcome.VIOLATED


@pytest.mark.parametrize(
    ("text", "message", "column"),
    [
        ("actin == 'x'", "undeclared reference to 'actin'", 1),
        ("action == 5", "found no matching overload for '_==_' applied to '(string, int)'", 8),
        ("before(1)", "found no matching overload for 'before' applied to '(int)'", 7),
        ("action", "yields STRING, and a condition has to yield BOOL", 1),
        ("true && after('a..b') == 1", "'a..b' is not a path", 9),
    ],
)
def test_a_wrong_expression_is_refused_at_its_place(text, message, column):
    with pytest.raises(ExpressionError) as caught:
        EXPRESSIONS.compile(text)
    assert (str(caught.value), caught.value.line, caught.value.column) == (message, 1, column)


PARTS = st.lists(st.one_of(st.text(min_size=1), st.integers(0, 99)), min_size=1, max_size=6)


@given(PARTS.filter(lambda parts: isinstance(parts[0], str)))
def test_a_spelled_path_is_read_back(parts):
    assert parse_path(spell(tuple(parts))) == tuple(parts)
