import pytest
from hypothesis import given
from hypothesis import strategies as st

from plangate.classify.terraform.helm_release.strvals import StrvalsError, parse, parse_key, typed


@pytest.mark.parametrize(
    ("text", "assignments"),
    [
        ("a=1", [(("a",), 1)]),
        ("a.b=x", [(("a", "b"), "x")]),
        ("a=1,b=2", [(("a",), 1), (("b",), 2)]),
        ("a=1\\,2", [(("a",), "1,2")]),
        ("a\\.b=x", [(("a.b",), "x")]),
        ("a[0]=x", [(("a", 0), "x")]),
        ("a[1].b=x", [(("a", 1, "b"), "x")]),
        ("a[0][2]=x", [(("a", 0, 2), "x")]),
        ("a={x,1,true}", [(("a",), ["x", 1, True])]),
        ("a={}", [(("a",), [])]),
        ("a={x},b=y", [(("a",), ["x"]), (("b",), "y")]),
        ("a=", [(("a",), "")]),
        ("a=null", [(("a",), None)]),
        ("a=b=c", [(("a",), "b=c")]),
        ("annotations.kubernetes\\.io/role=master", [(("annotations", "kubernetes.io/role"), "master")]),
        ("", []),
    ],
)
def test_text_is_read_as_helm_reads_it(text, assignments):
    assert parse(text) == assignments


@pytest.mark.parametrize("text", ["a", "a,b=1", "a[=1", "a[x]=1", "a[99999999]=1", "a={x", "a={x}y", "a[0]x=1", "a.b"])
def test_text_that_helm_refuses_is_refused(text):
    with pytest.raises(StrvalsError):
        parse(text)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("FALSE", False),
        ("Null", None),
        ("0", 0),
        ("10", 10),
        ("-5", -5),
        ("007", "007"),
        ("0.5", "0.5"),
        ("1e3", "1e3"),
        ("9223372036854775807", 9223372036854775807),
        ("9223372036854775808", "9223372036854775808"),
        ("-", "-"),
        ("", ""),
        ("\u0661", "\u0661"),
    ],
)
def test_values_are_typed_as_helm_types_them(text, value):
    assert typed(text) == value
    assert type(typed(text)) is type(value)


def test_strings_stay_strings():
    assert parse("a=1,b={true}", strings=True) == [(("a",), "1"), (("b",), ["true"])]


def test_a_name_is_one_path():
    assert parse_key("a.b[0]") == ("a", "b", 0)
    with pytest.raises(StrvalsError):
        parse_key("a=1,b")


@given(st.text(alphabet="ab.[]{}=,\\01 ", max_size=30))
def test_any_text_is_read_or_refused(text):
    try:
        parse(text)
    except StrvalsError:
        return
