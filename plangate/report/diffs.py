"""The lines that differ between two long values, for every format that shows more than a line of them. No text is escaped."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, Literal, NamedTuple, TypeAlias

import msgspec

from plangate.model.values import ABSENT, UNKNOWN, Embedded, Sensitive
from plangate.report.values import ENCODER, spelled

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plangate.model.change import AttributeChange

_LONG: Final = 100
"""A value of more characters, or of several lines, is read as a difference and not on one line."""

_CONTEXT: Final = 2
"""Equal lines shown around those that differ."""

_AROUND: Final = 40
"""Equal characters shown around what differs in one long line."""

_COMPARED: Final = 400
"""Lines of each side that are compared one by one; to compare more takes too long, so all of those count as changed."""

_MOST: Final = 400
"""Lines of one difference."""

Sign: TypeAlias = Literal["-", "+", " ", "@"]
"""Removed, added, the same on both sides, or a gap between two places."""


class Line(NamedTuple):
    """One line of a difference."""

    sign: Sign
    text: str


class Diff(NamedTuple):
    """What differs between the two sides of an attribute."""

    path: str
    lines: tuple[Line, ...]
    hidden: int
    """Lines that were left out."""
    counts: str
    """How many lines go and come, those left out included, as `-2 +3`."""


def is_long(attribute: AttributeChange) -> bool:
    """Whether one line is not enough for an attribute."""
    return any(map(_long, (attribute.before, attribute.after)))


def of(attribute: AttributeChange) -> Diff | None:
    """The difference of an attribute whose values are long; None where a line of text shows both."""
    if not is_long(attribute):
        return None
    old, new = _lines(attribute.before), _lines(attribute.after)
    if len(old) <= 1 and len(new) <= 1:
        lines = list(_within_a_line("".join(old), "".join(new)))
    else:
        lines = list(_between(old, new))
    gone, come = (sum(line.sign == sign for line in lines) for sign in "-+")
    return Diff(attribute.path, tuple(lines[:_MOST]), max(0, len(lines) - _MOST), f"-{gone} +{come}")


def _long(value: Any) -> bool:
    if isinstance(value, str):
        return len(value) > _LONG or "\n" in value
    if isinstance(value, (Embedded, dict, list)):
        return len(spelled(value)) > _LONG
    return False


def _lines(value: Any) -> list[str]:
    """A side as lines: a text as it is, a structure as indented JSON."""
    if value is ABSENT or value is None:
        return []
    if isinstance(value, str):
        return value.splitlines() or [value]
    if value is UNKNOWN or isinstance(value, Sensitive):
        return [repr(value)]
    try:
        return msgspec.json.format(ENCODER.encode(value), indent=2).decode().splitlines()
    except ValueError:
        return [spelled(value)]


def _between(old: Sequence[str], new: Sequence[str]) -> Iterator[Line]:
    """The lines that differ, with a few equal ones around them."""
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    gone, come = old[start : len(old) - end], new[start : len(new) - end]
    before = list(old[max(0, start - _CONTEXT) : start])
    after = list(old[len(old) - end :][:_CONTEXT])
    if start > _CONTEXT:
        yield Line("@", "")
    yield from (Line(" ", text) for text in before)
    yield from _compared(gone, come)
    yield from (Line(" ", text) for text in after)
    if end > _CONTEXT:
        yield Line("@", "")


def _compared(gone: Sequence[str], come: Sequence[str]) -> Iterator[Line]:
    if not gone or not come or max(len(gone), len(come)) > _COMPARED:
        yield from (Line("-", text) for text in gone)
        yield from (Line("+", text) for text in come)
        return
    import difflib  # noqa: PLC0415 - only for values of many lines

    groups = difflib.SequenceMatcher(None, gone, come, autojunk=False).get_grouped_opcodes(_CONTEXT)
    for i, group in enumerate(groups):
        if i:
            yield Line("@", "")
        for kind, first, last, first_new, last_new in group:
            if kind == "equal":
                yield from (Line(" ", text) for text in gone[first:last])
            else:
                yield from (Line("-", text) for text in gone[first:last])
                yield from (Line("+", text) for text in come[first_new:last_new])


def _within_a_line(old: str, new: str) -> Iterator[Line]:
    """What differs in one long line: whole words, with what stands around them."""
    same = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    start = max((found.end() for found in re.finditer(r"[\s,;&]", old[:same])), default=0)
    left = min(len(old), len(new)) - start
    end = next((i for i in range(left) if old[-1 - i] != new[-1 - i]), left)
    found = re.search(r"[\s,;&]", old[len(old) - end :]) if end else None
    end = 0 if found is None else end - found.start()
    lead = ("…" if start > _AROUND else "") + old[max(0, start - _AROUND) : start]
    tail = old[len(old) - end :] if end else ""
    tail = tail[:_AROUND] + ("…" if len(tail) > _AROUND else "")
    if old:
        yield Line("-", f"{lead}{old[start : len(old) - end]}{tail}")
    if new:
        yield Line("+", f"{lead}{new[start : len(new) - end]}{tail}")
