"""What a text must contain for an expression to match: read off the expression, and never more than is true."""

import re
import sys

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from plangate.ingest.redact import formats
from plangate.lang.literals import Requirement, fold, requirements


@pytest.mark.parametrize(
    ("expression", "required"),
    [
        ("abc", [Requirement(("abc",))]),
        ("ab[cd]e", [Requirement(("abce", "abde"))]),
        ("ab|cd", [Requirement(("ab", "cd"))]),
        ("abx?c", [Requirement(("abc", "abxc"))]),
        ("gh[pousr]_[A-Za-z0-9]{20,}", [Requirement(("gho_", "ghp_", "ghr_", "ghs_", "ghu_"))]),
        ("[a-z]+://[^@]*:x@", [Requirement(("://",)), Requirement((":x@",))]),
        (
            "--(?:[a-z]{1,20}-)?(?:password|pw)[= ]",
            [Requirement(("--",)), Requirement(("password ", "password=", "pw ", "pw="))],
        ),
        ("(?<![a-z])key(?![a-z])=", [Requirement(("key=",))]),
        ("(?:ab[0-9]{3,}|cd)e", [Requirement(("ab", "cd")), Requirement(("e",))]),
        ("a{3}b", [Requirement(("aaab",))]),
        ("xa{2,9}b", [Requirement(("xaa",)), Requirement(("b",))]),
        ("(?>ab)+c", [Requirement(("ab",)), Requirement(("c",))]),
        ("(?:password|pass)=", [Requirement(("pass=", "password="))]),
        ("pass|password|x", [Requirement(("pass", "x"))]),
        ("(?i:AB)c", [Requirement(("abc",), folded=True)]),
        ("(?i)a(?-i:B)c", [Requirement(("abc",), folded=True)]),
        ("", []),
        ("a*", []),
        ("a?", []),
        (".+", []),
        (r"\d{4}", []),
        (r"\s", []),
        ("[^a]", []),
        ("[a-z]{3}", []),
        ("ab|", []),
        ("ab|[0-9]+", []),
        ("(?=ab)", []),
        ("(?i)É", []),
        (r"(a)\1", [Requirement(("a",))]),
    ],
)
def test_the_literals_without_which_an_expression_cannot_match(expression, required):
    assert requirements(expression) == required


def test_a_class_of_whitespace_is_every_whitespace():
    (required,) = requirements(r"-u\s")
    assert {literal.removeprefix("-u") for literal in required.literals} == {
        chr(code) for code in range(sys.maxunicode) if re.match(r"\s", chr(code))
    }


def test_what_is_no_expression_is_refused():
    with pytest.raises(re.error):
        requirements("(")


def test_folding_is_how_an_expression_ignores_case():
    letters = "abcdefghijklmnopqrstuvwxyz"
    expressions = {letter: re.compile(letter, re.IGNORECASE) for letter in letters}
    odd = [chr(code) for code in range(128, sys.maxunicode) if re.match("[a-z]", chr(code), re.IGNORECASE)]
    assert [fold(char) for char in odd] == [
        next(letter for letter, expression in expressions.items() if expression.match(char)) for char in odd
    ]
    assert fold("PaSSword-\u0130\u0131\u017f\u212a") == "password-iisk"


def meets(text, required):
    return all(any(literal in (fold(text) if r.folded else text) for literal in r.literals) for r in required)


@pytest.mark.parametrize("format_", formats._knowledge().formats, ids=lambda format_: format_.name)
def test_every_match_of_a_shipped_format_meets_its_requirements(format_):
    expression = re.compile(format_.regex, re.IGNORECASE if format_.ignore_case else 0)

    # That a name speaks of a secret is asked of another knowledge: random names do not.
    numbers = format_.requires[:-1] if "name" in expression.groupindex else format_.requires
    required = [formats._knowledge().requirements[number] for number in numbers]

    @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck), database=None)
    @given(st.from_regex(expression))
    def check(text):
        assert meets(text, required)

    check()


def test_every_shipped_format_has_a_literal_to_look_for():
    # Without one it would be tried on every text.
    known = formats._knowledge()
    short = {i for i, one in enumerate(known.requirements) if min(map(len, one.literals)) < 2}
    without = [one.name for one in known.formats if short.issuperset(one.requires)]
    assert without == []
