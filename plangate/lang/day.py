"""Calendar days as text, `YYYY-MM-DD`, which sorts chronologically."""

from __future__ import annotations

import calendar
import re


def is_day(text: str) -> bool:
    """Whether a text is a calendar day, `YYYY-MM-DD`."""
    if not re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
        return False
    year, month, day = (int(part) for part in text.split("-"))
    return year > 0 and 1 <= month <= 12 and 1 <= day <= calendar.monthrange(year, month)[1]
