"""Moments and durations as values, read from texts. Nothing here reads a clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


def read(text: str) -> datetime | None:
    """A day at its first moment, or a moment, as ISO 8601 writes them; UTC where it names no zone. None for any other text."""
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)


def days(number: float) -> timedelta | None:
    """So many days; None for more than a duration holds."""
    try:
        return timedelta(days=number)
    except (OverflowError, ValueError):
        return None


def day_after(text: str, number: int) -> str:
    """The day so many days after a moment, as `YYYY-MM-DD`; the last day there is where the text is no moment or that is too far."""
    start, more = read(text), days(number)
    try:
        return (start + more).date().isoformat() if start is not None and more is not None else "9999-12-31"
    except OverflowError:
        return "9999-12-31"
