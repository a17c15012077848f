"""A text page for a terminal: labels on the left, text next to them, ids at the right edge. Untrusted text is escaped here."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING, Final

from plangate.report.escape import terminal

if TYPE_CHECKING:
    from collections.abc import Sequence

INDENT: Final = 11
"""Where the text beside the labels starts."""

_DETAIL: Final = 9
"""How much deeper the text of a detail starts."""

NARROWEST: Final = 40
_NARROWEST_COLUMN: Final = 3

_STYLES: Final = {
    "block": "\x1b[1;31m",
    "review": "\x1b[1;33m",
    "inconclusive": "\x1b[1;35m",
    "pass": "\x1b[1;32m",
    "bold": "\x1b[1m",
    "dim": "\x1b[2m",
    "-": "\x1b[31m",
    "+": "\x1b[32m",
    " ": "",
    "@": "\x1b[2m",
}
_RESET: Final = "\x1b[0m"


def cells(text: str) -> int:
    """How many columns a text takes on a terminal."""
    if text.isascii():
        return len(text)
    return sum(_cells(character) for character in text)


def _cells(character: str) -> int:
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def cut(text: str, width: int) -> str:
    """Cut a text to a width, and show that it was cut."""
    if cells(text) <= width:
        return text
    kept = _fitting(text, width - 1)
    return f"{text[:kept]}…"


def _last(text: str, width: int) -> str:
    """Cut a text at its start: the end of addresses and paths is most specific."""
    while cells(text) > width:
        text = f"…{text[2:]}" if text.startswith("…") else f"…{text[1:]}"
    return text


def wrap(text: str, width: int) -> list[str]:
    """Break a text into lines between words; a word that is too long breaks anywhere."""
    lines: list[str] = []
    line = ""
    for word in text.split(" "):
        if line and cells(line) + 1 + cells(word) > width:
            lines.append(line)
            line = ""
        rest = word
        while cells(rest) > width:
            kept = max(1, _fitting(rest, width - (cells(line) + 1 if line else 0)))
            lines.append(f"{line} {rest[:kept]}" if line else rest[:kept])
            line, rest = "", rest[kept:]
        line = f"{line} {rest}" if line else rest
    return [*lines, line] if line else lines


def _fitting(text: str, width: int) -> int:
    """How many characters of a text fit in a width."""
    used = 0
    for i, character in enumerate(text):
        used += _cells(character)
        if used > width:
            return i
    return len(text)


class Screen:
    """Collects lines. Every text that it is given is escaped."""

    def __init__(self, width: int, *, colour: bool):
        self.width = max(width, NARROWEST)
        self._colour = colour
        self._lines: list[str] = []

    def text(self) -> str:
        """The page."""
        return "\n".join([*self._lines, ""])

    def blank(self) -> None:
        """Add an empty line, unless at the top or after another one."""
        if self._lines and self._lines[-1]:
            self._lines.append("")

    def headline(self, decision: str, text: str, edge: str) -> None:
        """Add the first line: the decision in capitals, the headline, and the target at the right edge."""
        self._put(
            decision.upper(), text, style=decision, edge=edge, bold=True, indent=max(INDENT - 2, len(decision) + 3)
        )

    def entry(
        self,
        label: str,
        text: str,
        *,
        style: str = "dim",
        edge: str = "",
        most: int = 0,
        bold: bool = False,
    ) -> None:
        """A label, a text that wraps beside it, and something at the right edge of the first line.

        The edge never takes more than half of the page. `most` limits the lines.
        """
        self._put(cut(terminal(label), INDENT - 1), text, style=style, edge=edge, most=most, bold=bold)

    def detail(self, label: str, text: str) -> None:
        """A label and its text under an entry, indented as deep as its text."""
        label = terminal(label)
        pad = " " * (INDENT - 1)
        self._put(f"{pad}{label}", text, style="dim", edge="", bold=False, indent=INDENT + _DETAIL)

    def difference(self, sign: str, text: str) -> None:
        """One line of a difference, cut at the edge of the page. `sign` is one of `diffs.Sign`."""
        line = cut("⋯" if sign == "@" else f"{sign} {terminal(text)}".rstrip(), self.width - INDENT - _DETAIL)
        self._add(" " * (INDENT + _DETAIL) + self._styled(line, sign))

    def verbatim(self, line: str) -> None:
        """A line to copy, under an entry: it keeps its indentation and is never wrapped."""
        self._add(" " * INDENT + terminal(line))

    def fits(self, text: str, edge: str) -> bool:
        """Whether a text and an edge fit on one line."""
        return INDENT + cells(terminal(text)) + 2 + cells(terminal(edge)) <= self.width

    def _put(
        self,
        label: str,
        text: str,
        *,
        style: str,
        edge: str,
        bold: bool,
        most: int = 0,
        indent: int = INDENT,
    ) -> None:
        room = self.width - indent
        edge = cut(terminal(edge), room // 2)
        text = terminal(text).strip()
        lines = _wrapped(text, room - cells(edge) - 2 if edge else room, room)
        if most and len(lines) > most:
            last_room = room - cells(edge) - 2 if edge and most == 1 else room
            lines = [*lines[: most - 1], cut(" ".join(lines[most - 1 :]), last_room)]
        gap = " " * (room - cells(lines[0]) - cells(edge)) if edge else ""
        head = self._styled(f" {label}", style) + " " * (indent - 1 - cells(label))
        emphasis = "bold" if bold else ""
        self._add(f"{head}{self._styled(lines[0], emphasis)}{gap}{self._styled(edge, 'dim')}".rstrip())
        for line in lines[1:]:
            self._add(" " * indent + self._styled(line.strip(), emphasis))

    def room_beside(self, text: str) -> int:
        """The columns that a text leaves for its right edge; negative when it needs more than a line."""
        return self.width - INDENT - cells(terminal(text)) - 2

    def table(self, label: str, header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> None:
        """Columns as wide as they need to be, cut where they do not fit."""
        escaped = [tuple(terminal(cell) for cell in row) for row in rows]
        widths = _widths([header, *escaped], self.width - INDENT)
        escaped = [(_last(row[0], widths[0]), *row[1:]) for row in escaped]
        self.line(label, header, widths, style="dim")
        for row in escaped:
            self.line("", row, widths)

    def line(self, label: str, row: tuple[str, ...], widths: list[int], style: str = "") -> None:
        """One row of a table, already escaped."""
        fitted = [cut(cell, width) for cell, width in zip(row, widths, strict=True)]
        padded = "  ".join(f"{cell}{' ' * (w - cells(cell))}" for cell, w in zip(fitted, widths, strict=True)).rstrip()
        head = self._styled(f" {label}", "dim") + " " * (INDENT - 1 - cells(label))
        self._add(f"{head}{self._styled(padded, style)}".rstrip())

    def _styled(self, text: str, style: str) -> str:
        return f"{_STYLES[style]}{text}{_RESET}" if self._colour and style and text else text

    def _add(self, line: str) -> None:
        # A CI runner takes a line that starts with `::name::` for a command, however far it is indented.
        starts = line.lstrip(" ").startswith("::")
        self._lines.append(line.replace("::", ":\\:", 1) if starts else line)


def _wrapped(text: str, first_room: int, room: int) -> list[str]:
    """Wrap a text in `room` columns, with only `first_room` columns in the first line."""
    if cells(text) <= first_room:
        return [text]
    first = wrap(text, first_room)[0]
    return [first, *wrap(text[len(first) :].lstrip(" "), room)]


def _widths(rows: list[tuple[str, ...]], room: int) -> list[int]:
    """The width of each column: that of its widest cell, with the widest columns reduced until all fit."""
    widths = [max(cells(row[i]) for row in rows) for i in range(len(rows[0]))]
    while sum(widths) + 2 * (len(widths) - 1) > room and max(widths) > _NARROWEST_COLUMN:
        widths[widths.index(max(widths))] -= 1
    return widths
