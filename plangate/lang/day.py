"""Days of the calendar as text, `YYYY-MM-DD`, which sorts as it counts."""

from __future__ import annotations

import datetime
import re


def is_day(text: str) -> bool:
    """Whether a text is a day of the calendar, `YYYY-MM-DD`."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return False
    try:
        datetime.date.fromisoformat(text)
    except ValueError:
        return False
    return True
