"""The time of a review."""

from __future__ import annotations

import datetime

from plangate.errors import UsageError


def moment(as_of: str | None) -> str:
    """The time `as_of`, or now, as RFC 3339 in UTC to the second. Raises `UsageError` for an invalid time."""
    try:
        when = datetime.datetime.fromisoformat(as_of) if as_of else datetime.datetime.now(datetime.UTC)
    except ValueError:
        raise UsageError("is not a time", where="--as-of", hint="for example 2026-01-31T12:00:00Z") from None
    if when.tzinfo is None:
        when = when.replace(tzinfo=datetime.UTC)
    return when.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
