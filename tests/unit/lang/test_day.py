import pytest

from plangate.lang.day import is_day


@pytest.mark.parametrize("text", ["2026-03-31", "2024-02-29", "0001-01-01", "9999-12-31"])
def test_a_day_of_the_calendar(text):
    assert is_day(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-02-29",
        "2026-13-01",
        "2026-00-10",
        "2026-04-31",
        "0000-01-01",
        "20260331",
        "2026-3-31",
        "2026-03-31T00:00:00Z",
        " 2026-03-31",
        "2026-03-31\n",
        "\u0662\u0660\u0662\u0666-03-31",
    ],
)
def test_no_day_of_the_calendar(text):
    assert not is_day(text)
