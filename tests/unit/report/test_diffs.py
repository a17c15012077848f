import pytest

from plangate.model.values import ABSENT, UNKNOWN, Embedded, Sensitive
from plangate.report import diffs
from tests.support.verdicts import changed

LINES = [f"line {i}" for i in range(12)]


def shown(before, after):
    """The difference of an attribute as text, or None where a line is enough."""
    found = diffs.of(changed("user_data", before, after))
    return None if found is None else [f"{line.sign}{line.text}" for line in found.lines]


@pytest.mark.parametrize(
    ("before", "after"),
    [("a", "b"), (1, 2), (ABSENT, "x" * 100), (Sensitive(1), Sensitive(2)), (["a"], ["b"]), ("a", UNKNOWN)],
)
def test_what_fits_on_a_line_is_no_difference_of_lines(before, after):
    assert shown(before, after) is None


def test_only_the_lines_that_differ_are_shown_with_two_around_them():
    new = [*LINES[:5], "line five", *LINES[6:]]
    assert shown("\n".join(LINES), "\n".join(new)) == [
        "@",
        " line 3",
        " line 4",
        "-line 5",
        "+line five",
        " line 6",
        " line 7",
        "@",
    ]


def test_two_places_have_a_gap_between_them():
    new = ["first", *LINES[1:11], "last"]
    assert shown("\n".join(LINES), "\n".join(new)) == [
        "-line 0",
        "+first",
        " line 1",
        " line 2",
        "@",
        " line 9",
        " line 10",
        "-line 11",
        "+last",
    ]


def test_a_long_line_shows_the_words_that_differ():
    old = "java -Xmx512m " + "-Dsome.option=value " * 8 + "-Dport=8080 " + "-Dother=thing " * 8 + "-jar app.jar"
    assert shown(old, old.replace("8080", "9090")) == [
        "-…-Dsome.option=value -Dsome.option=value -Dport=8080 -Dother=thing -Dother=thing -Dother=thi…",
        "+…-Dsome.option=value -Dsome.option=value -Dport=9090 -Dother=thing -Dother=thing -Dother=thi…",
    ]


@pytest.mark.parametrize("at", [0, 60, 119])
def test_a_long_word_that_differs_anywhere_is_shown_whole(at):
    old = "x" * 120
    new = f"{old[:at]}y{old[at + 1 :]}"
    assert shown(old, new) == [f"-{old}", f"+{new}"]


def test_a_structure_is_shown_as_indented_json_without_what_is_hidden():
    old = Embedded("json", {"a": ["x" * 60, "y" * 60], "secret": Sensitive(1)})
    new = Embedded("json", {"a": ["x" * 60], "secret": Sensitive(1)})
    assert shown(old, new) == [
        " {",
        '   "a": [',
        f'-    "{"x" * 60}",',
        f'-    "{"y" * 60}"',
        f'+    "{"x" * 60}"',
        "   ],",
        '   "secret": "(sensitive)"',
        "@",
    ]


def test_what_is_new_or_goes_is_shown_whole():
    assert shown(ABSENT, "a\nb") == ["+a", "+b"]
    assert shown("a\nb", ABSENT) == ["-a", "-b"]
    assert shown("a\nb", UNKNOWN) == ["-a", "-b", "+(known after apply)"]
    assert shown("a\nb", Sensitive(3)) == ["-a", "-b", "+(sensitive)"]


def test_very_long_values_are_cut_and_counted():
    found = diffs.of(changed("x", "\n".join(f"a{i}" for i in range(5_000)), "\n".join(f"b{i}" for i in range(5_000))))
    assert (len(found.lines), found.hidden, found.counts) == (400, 9_600, "-5000 +5000")
