"""Text that stands encoded inside other text: base64 (also wrapped, of UTF-16, of gzip), hexadecimal, quoted-printable.

Foreign and hostile: nothing raises here, and no text is unpacked to much more than its own size.
"""

from __future__ import annotations

import binascii
import quopri
import re
import zlib
from base64 import b64decode
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator

_ALPHABET: Final = r"[A-Za-z0-9+/_-]"
_REST_OF_FOUR: Final = rf"[A-HQ-Xg-nw-z0-3][ABEFIJMNQRUVYZcdghklopstwx014589]{_ALPHABET}"
_ASCII: Final = rf"(?<=[CDI-Za-f]){_REST_OF_FOUR}[CDI-Za-f]{_REST_OF_FOUR}"
"""What follows the first of eight characters that stand for six printable ones of ASCII, or white space."""
_UTF_16: Final = r"(?<=[CDI-Za-f])[AQgw][AB][A-Za-z0-9+/]A[C-H][AEIMQUYcgkosw048]A"
"""The same for three characters of UTF-16 in little endian."""
_MARKED: Final = rf"(?:(?<=H)4sI|(?<=7)7u/|(?<=/)/[48]{_ALPHABET}|(?<=/)v8{_ALPHABET}){_ALPHABET}{{4}}"
"""The same for gzip and for the marks of byte order."""
_ALONE: Final = rf"(?:(?<!{_ALPHABET}.{{8}})|(?<=\\[nrt].{{8}}))"
_BREAK: Final = r"(?:\\[nr]|\\?\r?\n[ \t]{0,64})"
_BASE64: Final = re.compile(
    # The first characters stand first, and what is before them is looked at last: most texts hold none, and are passed quickly.
    rf"[/7CDH-Za-f](?:{_ASCII}|{_UTF_16}|{_MARKED}){_ALONE}{_ALPHABET}{{4,}}+"
    rf"(?:(?:{_BREAK}{_ALPHABET}{{40,}}+)*+(?:{_BREAK}(?!--){_ALPHABET}{{2,}}+)?+)={{0,2}}"
)
"""base64 of text or gzip. Base64 of anything else is not looked into."""
_HEXADECIMAL: Final = re.compile(
    r"[02-7](?:(?<![0-9A-Za-z].)|(?<=\b0x.)|(?<=\\x.))(?:(?<=[2-7])[0-9A-Fa-f]|(?<=0)[9AaDd])"
    r"(?:[2-7][0-9A-Fa-f]|0[9AaDd]){9,}+(?![0-9A-Za-z])"
)
"""Printable ASCII in hexadecimal, ten characters or more. What is before it is looked at after the first digit, as above."""
_QUOTED_PRINTABLE: Final = "quoted-printable"
_GZIP: Final = b"\x1f\x8b"
_UNPACKED: Final = 1024
_TIMES: Final = 10
"""gzip is unpacked to these bytes, and these times its own size: texts are three to six times as long."""
_SHORTEST_WHOLE: Final = 12


class Run(NamedTuple):
    """A part of a text that is encoded: where it stands, and its text; None where that is too much to look into."""

    start: int
    end: int
    text: str | None


def may_be_in(text: str) -> bool:
    """Whether `runs` may find anything in a text, or in one of several joined. Never false where it does."""
    return (
        _BASE64.search(text) is not None
        or _HEXADECIMAL.search(text) is not None
        or "rintable" in text
        or "RINTABLE" in text
    )


def runs(text: str) -> Iterator[Run]:
    """The encoded parts of a text, and the text as a whole where it is base64."""
    whole = unbase64(text)
    if whole is not None:
        yield Run(0, len(text), whole)
    for match in _BASE64.finditer(text):
        if whole is None or match.span() != (0, len(text)):
            yield from _base64(match)
    for match in _HEXADECIMAL.finditer(text):
        found = _text(bytes.fromhex(match[0][: len(match[0]) // 2 * 2]))
        if found:
            yield Run(*match.span(), found)
    if "rintable" in text.lower() and _QUOTED_PRINTABLE in text.lower():
        decoded = quopri.decodestring(text.encode("utf-8", "surrogatepass")).decode("utf-8", "replace")
        if decoded != text:
            yield Run(0, len(text), decoded)


def unbase64(text: str) -> str | None:
    """The text that a base64 string stands for (gzip inside is unpacked), if it is one."""
    if len(text) < _SHORTEST_WHOLE or re.fullmatch(rf"{_ALPHABET}++={{0,2}}", text) is None:
        return None
    raw = _bytes(text)
    return None if raw is None else _text(raw) or None


def _base64(match: re.Match[str]) -> Iterator[Run]:
    start, end = match.span()
    lines = re.split(_BREAK, match[0])
    # A word in the line below is no part of it.
    for count in sorted({len(lines), max(len(lines) - 1, 1), 1}, reverse=True):
        raw = _bytes("".join(lines[:count]))
        found = None if raw is None else _text(raw)
        if found is not None or (raw is not None and raw.startswith(_GZIP)):
            yield Run(start, end, found)
            return


def _bytes(text: str) -> bytes | None:
    bare = text.rstrip("=").replace("-", "+").replace("_", "/")
    if len(bare) % 4 == 1:
        bare = bare[:-1]
    try:
        return b64decode(bare + "=" * (-len(bare) % 4))
    except (binascii.Error, ValueError):
        return None


def _text(raw: bytes) -> str | None:
    """The text of some bytes; None for what is none, or is gzip that unpacks to too much."""
    if raw.startswith(_GZIP):
        unpacked = _gunzipped(raw)
        if unpacked is None:
            return None
        raw = unpacked
    try:
        decoded = raw.decode(_encoding(raw))
    except UnicodeDecodeError:
        return None
    if decoded.isprintable():
        return decoded
    strange = sum(not (char.isprintable() or char in "\t\r\n") for char in decoded)
    return decoded if strange * 8 <= len(decoded) else None


def _gunzipped(raw: bytes) -> bytes | None:
    most = _UNPACKED + _TIMES * len(raw)
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        unpacked = unpacker.decompress(raw, most)
    except zlib.error:
        return None
    return None if unpacker.unconsumed_tail else unpacked


def _encoding(raw: bytes) -> str:
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    half = len(raw) // 2
    if half and raw[1::2].count(0) * 2 > half:
        return "utf-16-le"
    if half and raw[0::2].count(0) * 2 > half:
        return "utf-16-be"
    return "utf-8-sig"
