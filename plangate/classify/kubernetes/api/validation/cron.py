"""Schedules of CronJobs, as github.com/robfig/cron/v3 reads them with `ParseStandard`."""

from __future__ import annotations

import re
from typing import Final

_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_DAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")
_FIELDS: Final[tuple[tuple[int, int, dict[str, int]], ...]] = (
    (0, 59, {}),
    (0, 23, {}),
    (1, 31, {}),
    (1, 12, {name: number for number, name in enumerate(_MONTHS, 1)}),
    (0, 6, {name: number for number, name in enumerate(_DAYS)}),
)
_DESCRIPTORS: Final = frozenset({"@yearly", "@annually", "@monthly", "@weekly", "@daily", "@midnight", "@hourly"})
_RANGE: Final = r"(\*|\?|\w+)(?:-(\w+))?(?:/(\d+))?"


def is_schedule(text: str) -> bool:
    """Whether a text is a valid schedule of a CronJob."""
    if text.startswith("@"):
        return text in _DESCRIPTORS or re.fullmatch(r"@every (?:\d+(?:\.\d+)?(?:ns|us|ms|s|m|h))+", text) is not None
    fields = text.split()
    return len(fields) == len(_FIELDS) and all(
        _is_field(field, *bounds) for field, bounds in zip(fields, _FIELDS, strict=True)
    )


def _is_field(field: str, least: int, most: int, names: dict[str, int]) -> bool:
    for part in field.split(","):
        found = re.fullmatch(_RANGE, part)
        if found is None:
            return False
        first, last, step = found.groups()
        if step is not None and int(step) == 0:
            return False
        if first in ("*", "?"):
            continue
        start = _number(first, names)
        end = start if last is None else _number(last, names)
        if start is None or end is None or not least <= start <= end <= most:
            return False
    return True


def _number(text: str, names: dict[str, int]) -> int | None:
    return int(text) if text.isdecimal() else names.get(text.lower())
