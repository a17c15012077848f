"""Attribute values as JSON, and as a few words for people."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from plangate.model.values import ABSENT, UNKNOWN, Embedded, Sensitive

LONGEST: Final = 60
"""The most characters of one value on a line."""

_CONTEXT: Final = 12
"""Characters kept before the first difference of two long texts."""


def plain(value: Any) -> Any:
    """The JSON form of a value that JSON has no type for: the hook of every encoder of masked values."""
    if isinstance(value, Sensitive):
        return "(sensitive)"
    if value is UNKNOWN:
        return "(known after apply)"
    if isinstance(value, Embedded):
        return value.value
    if value is ABSENT:
        return None
    raise NotImplementedError(type(value).__name__)


ENCODER: Final = msgspec.json.Encoder(enc_hook=plain, decimal_format="number")
"""Writes masked values as JSON, with exact numbers."""


def spelled(value: Any) -> str:
    """The value as Terraform shows it, on one line of any length, not escaped."""
    if isinstance(value, str):
        return f'"{value}"'
    if value is ABSENT:
        return "(absent)"
    if value is UNKNOWN or isinstance(value, Sensitive):
        return repr(value)
    try:
        return ENCODER.encode(value).decode()
    except ValueError:
        # A lone surrogate, or a number of thousands of digits.
        return "(a value that cannot be shown)"


def short(value: Any, limit: int = LONGEST) -> str:
    """The value as Terraform shows it, in at most `limit` characters, not escaped."""
    return clip(spelled(value), limit)


def pair(before: Any, after: Any, limit: int = LONGEST) -> tuple[str, str]:
    """Both sides of a change, shortened to the part where they differ."""
    old, new = spelled(before), spelled(after)
    if after is UNKNOWN:
        return clip(old, limit // 2), new
    if max(len(old), len(new)) <= limit:
        return old, new
    same = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    if same > _CONTEXT + 1:
        old, new = f"…{old[same - _CONTEXT :]}", f"…{new[same - _CONTEXT :]}"
    return clip(old, limit), clip(new, limit)


def tail(text: str, limit: int) -> str:
    """The text cut at its start to at most `limit` characters."""
    return text if len(text) <= limit else f"…{text[len(text) - limit + 1 :]}"


def clip(text: str, limit: int) -> str:
    """The text cut to at most `limit` characters, with an ellipsis."""
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
