"""Escapes untrusted text for each output: the only way to print names, values and messages.

The author of a pull request controls them, so each may contain terminal commands, bidirectional text, Markdown, HTML, links or
mentions.
"""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import quote

_INVISIBLE: Final = frozenset(
    chr(code)
    for first, last in (
        (0x034F, 0x034F),
        (0x115F, 0x1160),
        (0x17B4, 0x17B5),
        (0x180B, 0x180F),
        (0x2800, 0x2800),
        (0x3164, 0x3164),
        (0xFE00, 0xFE0F),
        (0xFFA0, 0xFFA0),
        (0xE0100, 0xE01EF),
    )
    for code in range(first, last + 1)
)
"""Invisible letters and marks that Python calls printable: fillers, joiners, variation selectors."""

_RUNNER_COMMAND: Final = r"##(?=\w*\[)"
"""`##[add-mask]x` is a command to a GitHub runner anywhere in a line, `##vso[...]` to Azure's."""

_ACTIVE: Final = {ord(c): f"\\{c}" for c in "\\`*_[]#~"} | {
    ord("&"): "&amp;",
    ord("<"): "&lt;",
    ord(">"): "&gt;",
    ord("|"): "&#124;",
    ord("$"): "&#36;",
}
"""Characters that start Markdown, HTML, an entity, a table cell or a formula anywhere in a line."""

_XML_ACTIVE: Final = {ord("&"): "&amp;", ord("<"): "&lt;", ord(">"): "&gt;", ord('"'): "&quot;", ord("'"): "&#39;"}

_LINE_START: Final = r" *(?:\d+(?=[.)])|(?=[-+=]))"
"""Markers of a list, rule or heading at the start of a line: `1.`, `-`, `===`."""

BREAK: Final = "\u200b"
"""A zero-width space. GitHub finds links, mentions and references in the rendered text, so that no escape stops it from
turning `\\@team` or `&#64;team` into a mention; a character in between does."""

_FOUND_BY_GITHUB: Final = (
    r"(?P<at>@)"
    r"|(?P<ref>#)(?=\d)"
    r"|(?P<gh>[Gg][Hh]-)(?=\d)"
    r"|(?P<url>:)(?=//)"
    r"|(?P<mail>(?:mailto|xmpp):)"
    r"|(?P<www>[Ww]{3}(?=\.))"
    r"|(?P<emoji>:)(?!\d\d:)(?=[A-Za-z0-9_+-]+:)"
    r"|(?P<sha>[0-9a-fA-F]{6})(?=[0-9a-fA-F])"
)
_MENTION: Final = r"@(?=[\w\[])"
_IN_QUOTES: Final = r"[@`]|#(?=#)"
_BACKTICKS: Final = r"`+"


_JSON_ACTIVE: Final = rb"#(?=#\w*\[)|\x7f|\xc2[\x80-\x9f]"
"""In encoded JSON: the start of a runner's command, and what moves the cursor of a terminal (DEL, C1)."""


def visible(text: str) -> str:
    r"""The text in one line with invisible characters written as `\n`, `\x1b` or `\u202e`."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(c if c.isprintable() and c not in _INVISIBLE else _spelled(c) for c in text)


def terminal(text: str) -> str:
    """Text for a terminal or a CI log: no control character, and no command to a CI runner."""
    text = visible(text)
    return re.sub(_RUNNER_COMMAND, r"#\\#", text) if "##" in text else text


def json(encoded: bytes) -> bytes:
    """Encoded JSON in which strings hold no command to a CI runner and no control character. It decodes to the same."""
    if b"##" not in encoded and b"\xc2" not in encoded and b"\x7f" not in encoded:
        return encoded
    return re.sub(_JSON_ACTIVE, lambda found: b"\\u%04x" % ord(found[0].decode()), encoded)


def xml(text: str) -> str:
    """Text inside an element or an attribute of XML, in one line: no control character, and no command to a CI runner."""
    text = visible(text).translate(_XML_ACTIVE)
    return re.sub(_RUNNER_COMMAND, "#&#35;", text) if "##" in text else text


def markdown(text: str) -> str:
    """Text inside a line of GitHub Markdown, or a cell of its tables: shown as it is, and nothing but text."""
    text = _inert(visible(text))
    if text.startswith("    "):
        # Four spaces start a block of code.
        return f"&#32;{text[1:]}"
    start = re.match(_LINE_START, text)
    return text if start is None else f"{start[0]}\\{text[start.end() :]}"


def code(text: str) -> str:
    """A code span of GitHub Markdown, also in a table cell, that its text cannot close."""
    text = visible(text)
    if not text:
        return '`""`'
    if "|" in text:
        # In a table a pipe needs a backslash and elsewhere the backslash shows: an element fits both places.
        return f"<code>{_inert(text)}</code>"
    # No mention in Markdown, but one in a mail that quotes the source; and a runner's log may hold the source.
    text = re.sub(_RUNNER_COMMAND, f"#{BREAK}#", re.sub(_MENTION, f"@{BREAK}", text))
    longest = max((len(run) for run in re.findall(_BACKTICKS, text)), default=0)
    fence = "`" * (longest + 1)
    # Markdown strips one space from both ends, unless the span is only spaces.
    pad = " " if text.strip(" ") and (text[0] in "` " or text[-1] in "` ") else ""
    return f"{fence}{pad}{text}{pad}{fence}"


def diff_line(text: str) -> str:
    """A line in a fenced block of code of GitHub Markdown. The caller makes the fence longer than every run of backticks."""
    # Neither a mention in a mail that quotes the source, nor one of our own hidden lines.
    return terminal(text).replace("@", f"@{BREAK}").replace("<!--", f"<{BREAK}!--")


def fenced(line: str) -> str:
    """A line of YAML in a block of code, whose foreign text is in double quotes: it reads the same, and nothing in it is active."""
    return re.sub(_IN_QUOTES, lambda found: f"\\u{ord(found[0]):04x}", visible(line))


def prose(text: str) -> str:
    """Sentences for GitHub Markdown in which backticks set off code, as people write policies and hints."""
    pieces = text.split("`")
    if len(pieces) % 2 == 0:
        return markdown(text)
    return "".join((code(piece) if i % 2 else markdown(piece)) if piece else "" for i, piece in enumerate(pieces))


def plain(text: str) -> str:
    """Text for pages of GitHub that show plain text and still find links and mentions in it, such as code scanning.

    SARIF knows `[text](target)` links in plain messages too (SARIF 2.1.0, 3.11.6).
    """
    return re.sub(_FOUND_BY_GITHUB, _broken, visible(text)).replace("](", f"]{BREAK}(")


def html_on_github(text: str) -> str:
    """Text inside an element of HTML in a comment on GitHub, which finds links and mentions there too."""
    return re.sub(_FOUND_BY_GITHUB, _broken, visible(text)).translate(_XML_ACTIVE)


def comment(text: str) -> str:
    """Text inside an HTML comment: it cannot close the comment."""
    return quote(text.encode("utf-8", "surrogateescape"), safe="/:").replace("--", "%2D%2D")


def _spelled(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _inert(text: str) -> str:
    # Breaks go in before escapes: an escape between `@` and a name does not stop a mention, and hides it from us.
    return re.sub(_FOUND_BY_GITHUB, _broken, text).translate(_ACTIVE)


def _broken(match: re.Match[str]) -> str:
    return f"{match[0]}{BREAK}"
