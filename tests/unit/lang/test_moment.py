from datetime import UTC, datetime, timedelta

import pytest

from plangate.lang import moment


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("2026-01-31", datetime(2026, 1, 31, tzinfo=UTC)),
        (" 2026-01-31T12:00:00Z ", datetime(2026, 1, 31, 12, tzinfo=UTC)),
        ("2026-01-31T12:00:00+02:00", datetime(2026, 1, 31, 10, tzinfo=UTC)),
        ("2026-02-30", None),
        ("soon", None),
        ("", None),
    ],
)
def test_a_moment_is_read(text, found):
    assert moment.read(text) == found


def test_days_are_a_duration():
    assert (moment.days(1.5), moment.days(1e300), moment.days(float("nan"))) == (timedelta(hours=36), None, None)


def test_a_day_after_a_moment_is_a_day():
    assert moment.day_after("2026-01-31T23:00:00Z", 30) == "2026-03-02"
    assert moment.day_after("no moment", 30) == moment.day_after("9999-12-31T00:00:00Z", 1) == "9999-12-31"
