"""How English counts and lists: `1 output`, `2 outputs`, `a, b and 3 more`."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


def several(count: int, noun: str) -> str:
    """Count a noun: `1 output`, `2 outputs`."""
    return f"{count} {noun}" if count == 1 else f"{count} {_plural(noun)}"


def _plural(noun: str) -> str:
    head, space, tail = noun.partition(" of ")
    if space:
        return f"{_plural(head)} of {tail}"
    if noun.endswith(" only"):
        return f"{_plural(noun[:-5])} only"
    return f"{noun[:-1]}ies" if noun.endswith("y") and noun[-2:-1] not in "aeiou" else f"{noun}s"


def joined(words: Sequence[str]) -> str:
    """All words in a sentence: `a`, `a and b`, `a, b and c`."""
    return ", ".join(words) if len(words) < 2 else f"{', '.join(words[:-1])} and {words[-1]}"


def listed(words: Sequence[str], most: int) -> str:
    """The first words, and how many more there are: `a, b`, `a, b and 3 more`."""
    return and_more(", ".join(words[:most]), len(words) - most)


def and_more(words: str, more: int) -> str:
    """Words, and how many more there are, if any."""
    return f"{words} and {more} more" if more > 0 else words


def few(words: Sequence[str], most: int) -> str:
    """The first words, and whether there are more: `a, b`, `a, b and more`."""
    return ", ".join(words[:most]) + (" and more" if len(words) > most else "")


def ranges(numbers: Sequence[int]) -> str:
    """Numbers in ascending order, runs as one: `1`, `1 and 2`, `1-3 and 7`."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and runs[-1][-1] == number - 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return joined(
        [
            part
            for run in runs
            for part in ([f"{run[0]}-{run[-1]}"] if len(run) > 2 else [str(number) for number in run])
        ]
    )


def sentences(*texts: str) -> str:
    """Put sentences one after the other, with one full stop after each but the last, which keeps its own."""
    *earlier, last = (text.strip() for text in texts if text.strip())
    return " ".join([*(text if text.endswith((".", "!", "?", ":")) else f"{text}." for text in earlier), last])
