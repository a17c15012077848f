import pytest
from hypothesis import given
from hypothesis import strategies as st

from plangate.policy.operands import tokens, top

SPLIT = {
    "nothing to split": ("changed('a')", ["changed('a')"]),
    "and": ("a && b && c", ["a", "b", "c"]),
    "or binds less": ("a && b || c", ["a && b", "c"]),
    "brackets keep together": ("(a || b) && [c || d].size() > 0", ["(a || b)", "[c || d].size() > 0"]),
    "texts are no operators": (
        "a == 'x && y' && b == \"p || q\" && c",
        ["a == 'x && y'", 'b == "p || q"', "c"],
    ),
    "a text of several lines": ("a == '''x\n && y''' && b", ["a == '''x\n && y'''", "b"]),
    "a choice is one": ("a ? b && c : d", ["a ? b && c : d"]),
    "a choice in brackets": ("(a ? b : c) && d", ["(a ? b : c)", "d"]),
    "over lines": ("\n  a\n  && b\n", ["a", "b"]),
}


@pytest.mark.parametrize(("text", "expected"), SPLIT.values(), ids=SPLIT)
def test_the_operands_of_the_top_level(text, expected):
    assert top(text) == expected


@given(st.text(alphabet="ab&|()[]'\" ?:\n\\!=<>", max_size=60))
def test_nothing_of_an_expression_is_lost(text):
    assert "".join(token for token, _, _ in tokens(text)) == text
    assert top(text)
