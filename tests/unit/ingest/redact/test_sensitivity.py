import pytest

from plangate.ingest.redact.sensitivity import mark_of, marks_whole


@pytest.mark.parametrize(
    ("marks", "part", "mark"),
    [
        ({"a": True}, "a", True),
        ({"a": True}, "b", None),
        ([False, True], 1, True),
        ([True], 1, True),
        ([False], 1, False),
        ([[{"a": True}]], 3, True),
        (None, 0, None),
        ([True], "a", None),
    ],
)
def test_a_list_of_marks_that_is_too_short_marks_the_rest(marks, part, mark):
    assert mark_of(marks, part) == mark


@pytest.mark.parametrize(
    ("value", "marks", "whole"),
    [
        ("x", True, True),
        ("x", False, False),
        ("x", {"a": True}, True),
        ([1], {"a": False}, False),
        (None, {"a": True}, False),
    ],
)
def test_marks_that_do_not_fit_mark_the_whole(value, marks, whole):
    assert marks_whole(value, marks) is whole
