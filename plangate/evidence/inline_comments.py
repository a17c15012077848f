"""Waiver comments in the configuration: `# plangate: ignore[policy] until=2026-03-31 reason=...`.

In a `.tf` file a comment is for the block directly below it, or on whose first line it is. In a values file that such a block
names, it is for the key below it or on its line, and for everything below that key. With a trusted ref, a comment counts only
if the trusted version of the file has it at the same block or key, and for what comes through module calls, and blocks that
name the values file, which the trusted version has too.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from plangate.errors import UsageError
from plangate.evidence.source_lines import Lines, headers
from plangate.model.policy import InlineComment

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.evidence.git import Commit
    from plangate.model.change import Change

_COMMENT = re.compile(r"\s*(?:#|//)")
_IGNORE = re.compile(r"(?:#|//)\s*plangate:\s*ignore\[([^\]]*)\](.*)")
_PART = re.compile(r"\b(until|owner|reason)\s*=\s*(\"[^\"]*\"|.*?)(?=\s+(?:until|owner|reason)\s*=|\s*$)")
_VALUES = re.compile(r"""\b(?:file|templatefile)\s*\(\s*"(?:\$\{path\.(module|root|cwd)\}/)?([^"$]{1,300}\.ya?ml)\"""")
_BLOCK = re.compile(
    r"\s*(?:resource|data|module|variable|output|locals|provider|terraform|moved|import|removed|check)\b"
)
_YAML_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
"""https://yaml.org/spec/1.1/#id871856: others than Python's."""

_MOST_BYTES: Final = 4 * 1024 * 1024
_RELEASE: Final = "helm_release"


class _AnchoredComment(Struct, frozen=True):
    """A comment and its anchor: the line `at`, and as `place` the header of a block or the path of a key."""

    at: int
    place: str
    parts: tuple[str, str, str, str]
    line: int


class CommentFiles:
    """The comments of one root module, of the local modules that it calls, and of their values files."""

    def __init__(self, folder: Path, trusted: Commit | None = None):
        self._root = folder
        self._lines = Lines(folder)
        self._trusted = trusted
        self._texts: dict[str, str] = {}
        self._trusted_texts: dict[str, str] = {}
        self._comments: dict[str, tuple[_AnchoredComment, ...]] = {}
        self._trusted_by_file: dict[str, frozenset[tuple[str, tuple[str, str, str, str]]]] = {}

    def of(self, change: Change) -> Iterator[InlineComment]:
        """The comments at the block that a change comes from, and at the keys of its values."""
        place = self._lines.of(change)
        if place is None:
            return
        called = self._trusted is None or self._is_called(change)
        for comment in self._anchored_comments(place.file):
            if comment.at == place.line:
                yield self._comment(place.file, comment, "", counts=called)
        for file in self._values(change, place.file) if change.type == _RELEASE else ():
            for comment in self._anchored_comments(file):
                counts = called and (self._trusted is None or self._is_named(change, place.file))
                yield self._comment(file, comment, comment.place, counts=counts)

    def values_files(self, change: Change) -> list[str]:
        """The files of values that the block of a `helm_release` names, as it names them."""
        return [name for line in self._block(change) for _, name in _VALUES.findall(line)]

    def _values(self, change: Change, file: str) -> Iterator[str]:
        """The values files as paths relative to the working directory. Paths that lead out of it are left out."""
        here = Path(file).parent
        for base, name in (found for line in self._block(change) for found in _VALUES.findall(line)):
            path = os.path.relpath(os.path.realpath((here if base == "module" else self._root) / name))
            if not path.startswith(".."):
                yield path.replace(os.sep, "/")

    def _block(self, change: Change) -> list[str]:
        """The lines of the block that a change comes from."""
        place = self._lines.of(change)
        return _block(self._text(place.file), place.line) if place is not None else []

    def _is_called(self, change: Change) -> bool:
        """Whether the trusted version has every module call that a change comes through, with the same source."""
        return all(
            (name, source) in {(block[1], source) for _, block, source in headers(self._trusted_text(file))}
            for file, name, source in self._lines.calls(change)
        )

    def _is_named(self, change: Change, file: str) -> bool:
        """Whether the trusted version of a block names the same values files."""
        text = self._trusted_text(file)
        lines = (line for line, block, _ in headers(text) if block[1:] == (change.type, change.name))
        trusted = {found for line in lines for row in _block(text, line) for found in _VALUES.findall(row)}
        return trusted >= {found for row in self._block(change) for found in _VALUES.findall(row)}

    def _comment(self, file: str, comment: _AnchoredComment, path: str, *, counts: bool) -> InlineComment:
        trusted = self._trusted is None or (counts and (comment.place, comment.parts) in self._trusted_comments(file))
        return InlineComment(*comment.parts, file=file, line=comment.line, path=path, trusted=trusted)

    def _text(self, file: str) -> str:
        if file not in self._texts:
            path = Path(file)
            try:
                fits = path.is_file() and path.stat().st_size <= _MOST_BYTES
                self._texts[file] = path.read_text("utf-8", "replace") if fits else ""
            except OSError:
                self._texts[file] = ""
        return self._texts[file]

    def _anchored_comments(self, file: str) -> tuple[_AnchoredComment, ...]:
        if file not in self._comments:
            self._comments[file] = tuple(_anchored_comments(file, self._text(file)))
        return self._comments[file]

    def _trusted_comments(self, file: str) -> frozenset[tuple[str, tuple[str, str, str, str]]]:
        """The anchors and parts of the comments in the trusted version of a file."""
        if file not in self._trusted_by_file:
            self._trusted_by_file[file] = frozenset(
                (comment.place, comment.parts) for comment in _anchored_comments(file, self._trusted_text(file))
            )
        return self._trusted_by_file[file]

    def _trusted_text(self, file: str) -> str:
        """The trusted version of a file; empty where there is none that can be read."""
        if file not in self._trusted_texts:
            try:
                text = self._trusted.read(file) if self._trusted is not None else None
            except UsageError:
                text = None
            self._trusted_texts[file] = text or ""
        return self._trusted_texts[file]


def _block(text: str, line: int) -> list[str]:
    """The lines of the block that starts at a line."""
    lines = text.splitlines()[line - 1 :]
    # In Terraform's canonical format a block ends where the next one starts without indentation.
    end = next((i for i, row in enumerate(lines[1:], 1) if row[:1].strip() and _BLOCK.match(row)), len(lines))
    return lines[:end]


def _anchored_comments(file: str, text: str) -> Iterator[_AnchoredComment]:
    if "plangate" not in text:
        return
    if file.endswith((".yaml", ".yml")):
        from plangate.evidence.values_lines import keys  # noqa: PLC0415 - PyYAML, for values files alone

        lines, places = _YAML_BREAK.split(text), keys(text)
    else:
        lines, places = text.splitlines(), {line: " ".join(name) for line, name, _ in headers(text)}
    for at, place in places.items():
        number = at
        while number == at or (number > 0 and _COMMENT.match(lines[number - 1])):
            for parts in _parsed(lines[number - 1]):
                yield _AnchoredComment(at, place, parts, number)
            number -= 1


def _parsed(line: str) -> Iterator[tuple[str, str, str, str]]:
    """Policy, last day, reason and owner of the comment on a line."""
    found = _IGNORE.search(line) if "plangate" in line else None
    if found is not None:
        parts = {name: value.strip('"').strip() for name, value in _PART.findall(found[2])}
        yield found[1].strip(), parts.get("until", ""), parts.get("reason", ""), parts.get("owner", "")
