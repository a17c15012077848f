"""Waivers that stand beside what they are for: `# plangate: ignore[policy] until=2026-03-31 reason=...` in `.tf` files.

One counts for the block that it stands directly above, or on the first line of. With a trusted ref, only one that stands in the
trusted version of the same file counts.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from plangate.errors import UsageError
from plangate.evidence.source_lines import Lines

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.evidence.git import Commit
    from plangate.model import Change

_COMMENT = re.compile(r"\s*(?:#|//)")
_IGNORE = re.compile(r"(?:#|//)\s*plangate:\s*ignore\[([^\]]*)\](.*)")
_PART = re.compile(r"\b(until|owner|reason)\s*=\s*(\"[^\"]*\"|.*?)(?=\s+(?:until|owner|reason)\s*=|\s*$)")
_MOST_BYTES: Final = 4 * 1024 * 1024


class Comment(Struct, frozen=True):
    """One such comment, as it is written: each part may be missing."""

    policy: str
    until: str
    reason: str
    owner: str
    file: str
    line: int
    trusted: bool = True
    """Whether the trusted version of the file has it too."""


class Comments:
    """The comments of one root module and the modules of the repository that it calls."""

    def __init__(self, folder: Path, trusted: Commit | None = None):
        self._lines = Lines(folder)
        self._trusted = trusted
        self._texts: dict[str, list[str]] = {}
        self._known: dict[str, frozenset[tuple[str, str, str, str]]] = {}

    def of(self, change: Change) -> Iterator[Comment]:
        """The comments at the block that a change comes from."""
        place = self._lines.of(change)
        if place is None:
            return
        lines = self._text(place.file)
        number = place.line
        if number <= len(lines):
            yield from self._at(place.file, lines, number)
        while number > 1 and _COMMENT.match(lines[number - 2]):
            number -= 1
            yield from self._at(place.file, lines, number)

    def block(self, change: Change) -> list[str]:
        """The lines of the block that a change comes from."""
        place = self._lines.of(change)
        lines = self._text(place.file)[place.line - 1 :] if place is not None else []
        # By Terraform's own formatting a block ends where the next one starts, at the edge of the page.
        end = next((i for i, line in enumerate(lines[1:], 1) if line[:1].strip() and _BLOCK.match(line)), len(lines))
        return lines[:end]

    def _at(self, file: str, lines: list[str], number: int) -> Iterator[Comment]:
        for parts in _parsed(lines[number - 1]):
            yield Comment(*parts, file=file, line=number, trusted=self._trusted is None or parts in self._there(file))

    def _text(self, file: str) -> list[str]:
        if file not in self._texts:
            path = Path(file)
            try:
                fits = path.is_file() and path.stat().st_size <= _MOST_BYTES
                self._texts[file] = path.read_text("utf-8", "replace").splitlines() if fits else []
            except OSError:
                self._texts[file] = []
        return self._texts[file]

    def _there(self, file: str) -> frozenset[tuple[str, str, str, str]]:
        """The comments of the trusted version of a file."""
        if file not in self._known:
            try:
                text = self._trusted.read(file) if self._trusted is not None else None
            except UsageError:
                text = None
            self._known[file] = frozenset(parts for line in (text or "").splitlines() for parts in _parsed(line))
        return self._known[file]


def _parsed(line: str) -> Iterator[tuple[str, str, str, str]]:
    """Policy, last day, reason and owner of the comment on a line."""
    found = _IGNORE.search(line) if "plangate" in line else None
    if found is not None:
        parts = {name: value.strip('"').strip() for name, value in _PART.findall(found[2])}
        yield found[1].strip(), parts.get("until", ""), parts.get("reason", ""), parts.get("owner", "")


_VALUES = re.compile(
    r"""\b(?:file|templatefile)\s*\(\s*"(?:\$\{path\.(?:module|root|cwd)\}/)?([^"$]{1,300}\.ya?ml)\""""
)
_BLOCK = re.compile(
    r"\s*(?:resource|data|module|variable|output|locals|provider|terraform|moved|import|removed|check)\b"
)


def values_files(comments: Comments, change: Change) -> list[str]:
    """The files of values that the block of a `helm_release` names."""
    return [name for line in comments.block(change) for name in _VALUES.findall(line)]
