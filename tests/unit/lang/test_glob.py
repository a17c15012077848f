"""What each meaning of a glob fits, and that no pattern makes any of them slow."""

import fnmatch
import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plangate.lang.glob import fits, fits_address, fits_path, fits_shell

MEANINGS = (fits, fits_address, fits_shell, fits_path)


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("aws_fsx_*_file_system", "aws_fsx_lustre_file_system", True),
        ("aws_fsx_*_file_system", "aws_fsx_file_system", False),
        ("*_bucket", "a_bucket", True),
        ("*_bucket", "bucket", False),
        ("vault_*", "avault_token", False),
        ("azurerm_*_virtual_machine*", "azurerm_linux_virtual_machine_scale_set", True),
        ("*", "anything\nat all", True),
        ("**", "", True),
        ("", "", True),
        ("", "a", False),
        ("a*a", "a", False),
        ("a*b*c", "abcabc", True),
        ("a*b*b", "ab", False),
        ("same", "same", True),
        ("Same", "same", False),
        ("a?", "ab", False),
        ("a?", "a?", True),
        ("[ab]", "a", False),
    ],
)
def test_a_star_alone_is_special(pattern, text, expected):
    assert fits(pattern, text) is expected


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("aws_x.a[0]", "aws_x.a[0]", True),
        ("aws_x.a[?]", "aws_x.a[0]", True),
        ("aws_x.a[?]", "aws_x.a[10]", False),
        ('module.*.x["*"]', 'module.a.module.b.x["k/y"]', True),
        ("apps/*", "apps/Deployment/prod/web", True),
        ("aws_x.a[01]", "aws_x.a0", False),
    ],
)
def test_brackets_are_a_part_of_an_address(pattern, text, expected):
    assert fits_address(pattern, text) is expected


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("aws_*", "aws_s3_bucket", True),
        ("aws_?3", "aws_s3", True),
        ("a[0-9]", "a7", True),
        ("a[!0-9]", "a7", False),
        ("a[!0-9]", "ab", True),
        ("a[]b]", "a]", True),
        ("a[b", "a[b", True),
        ("a[]", "a[]", True),
        ("a[z-b]", "az", False),
        ("*[*]", "x*", True),
    ],
)
def test_some_characters_can_be_listed(pattern, text, expected):
    assert fits_shell(pattern, text) is expected


@pytest.mark.parametrize(
    ("pattern", "text", "expected"),
    [
        ("live/*", "live/prod", True),
        ("live/*", "live/prod/web", False),
        ("live/**", "live/prod/web", True),
        ("live/prod/**", "live/prod", False),
        ("live/**/main.tf", "live/main.tf", True),
        ("live/**/main.tf", "live/a/b/main.tf", True),
        ("live/**/main.tf", "live/xmain.tf", False),
        ("**/prod", "prod", True),
        ("**/prod", "nonprod", False),
        ("**/**/*", "a", True),
        ("a?c", "a/c", False),
        ("a?c", "abc", True),
        ("[ab]", "a", False),
        ("a.c", "abc", False),
        ("***", "a/b", True),
    ],
)
def test_a_star_of_a_path_ends_at_a_slash(pattern, text, expected):
    assert fits_path(pattern, text) is expected


PATTERNS = st.text("ab/.[]!-*?\n", max_size=9)
TEXTS = st.text("ab/.[]!-\n", max_size=9)


def expression(pattern, special):
    parts = re.split(f"({'|'.join(map(re.escape, special))})", pattern)
    return re.compile("".join(special.get(part, re.escape(part)) for part in parts), re.DOTALL)


@given(PATTERNS, TEXTS)
def test_each_meaning_is_that_of_its_regular_expression(pattern, text):
    path = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}

    assert fits(pattern, text) is (expression(pattern, {"*": ".*"}).fullmatch(text) is not None)
    assert fits_address(pattern, text) is (expression(pattern, {"*": ".*", "?": "."}).fullmatch(text) is not None)
    assert fits_path(pattern, text) is (expression(pattern, path).fullmatch(text) is not None)
    assert fits_shell(pattern, text) is fnmatch.fnmatchcase(text, pattern)


def steps(meaning, pattern, text):
    """How many lines of Python a match runs."""
    count = 0

    def trace(frame, event, _):
        nonlocal count
        count += event == "line"
        return trace

    meaning(pattern, text)
    before = sys.gettrace()
    sys.settrace(trace)
    try:
        meaning(pattern, text)
    finally:
        sys.settrace(before)
    return count


@pytest.mark.parametrize("meaning", MEANINGS)
@pytest.mark.parametrize("pattern", ["a*a*a*a*b", "*a*a*a*a*a*b", "**a**a**a**b", "a*a*a*a*b*", "**/a/**/a/**/b"])
def test_a_pattern_costs_no_more_than_one_pass_over_the_text(meaning, pattern):
    """A tenfold text costs tenfold: one that goes back is a hundred or ten thousand times as dear."""
    for unit in ("a", "a/"):
        short, long = (steps(meaning, pattern, unit * count) for count in (200, 2_000))

        assert long <= 10 * short


@pytest.mark.parametrize("meaning", MEANINGS)
def test_a_long_text_is_answered(meaning):
    assert not meaning("a*a*a*a*b", "a" * 50_000)
    assert meaning("a*a*a*a*", "a" * 50_000)
