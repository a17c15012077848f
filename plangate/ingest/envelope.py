"""Wrappings of an input: encodings, compression, colours, log time stamps, the lines a CI wrapper adds.

Nothing here guesses: a wrapping that is recognised is taken off and noted, anything else stays and is refused later.
"""

from __future__ import annotations

import codecs
import re
import zlib
from typing import Final

from msgspec import Struct

from plangate.errors import InputError

PLAN_COMMAND: Final = "terraform show -json tfplan > plan.json"

_MOST_UNPACKED: Final = 64 * 1024**2
_TIMES: Final = 40
"""gzip is unpacked to these bytes, and these times its own size: plans are up to thirty times as long."""
_GZIP: Final = b"\x1f\x8b"
_ANSI: Final = rb"\x1b\[[0-9;?]*[ -/]*[@-~]"
_STAMP: Final = rb"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:?\d\d) ?"
"""The time stamp of a CI system's log."""
_MARK: Final = rb"\xef\xbb\xbf"
"""A byte order mark, in the middle where files were put together."""
_TERRAGRUNT: Final = rb"\d\d:\d\d:\d\d\.\d+ STDOUT +(?:\[[^\]\n]*\] )?(?:terraform|tofu): ?"
"""What Terragrunt's log puts before each line of the tool's output."""
_PREFIX: Final = rb"(?m)^(?:" + _STAMP + rb"(?:" + _TERRAGRUNT + rb")?|" + _MARK + rb"|" + _TERRAGRUNT + rb")"
_CUT: Final = "ends in the middle: it was cut"


class Unwrapped(Struct, frozen=True):
    """An input without its encoding and compression, and what was taken off."""

    data: bytes
    notes: tuple[str, ...] = ()


def unwrap(data: bytes, where: str) -> Unwrapped:
    """Take off gzip and every Unicode encoding but plain UTF-8. Plain input comes back as it is, not copied."""
    notes: list[str] = []
    if data.startswith(_GZIP):
        data = _gunzip(data, where)
        notes.append("was compressed with gzip")
    encoding = _encoding(data)
    if encoding:
        try:
            data = data.decode(encoding).encode()
        except UnicodeError:
            raise InputError(f"is not whole {encoding.upper()} text", where=where, hint=PLAN_COMMAND) from None
        if encoding != "utf-8-sig":
            notes.append("was UTF-16, as PowerShell's `>` writes it")
    return Unwrapped(data, tuple(notes))


def most_unpacked(packed: int) -> int:
    """The bytes that compressed data of that size may be unpacked to."""
    return _MOST_UNPACKED + _TIMES * packed


def _gunzip(data: bytes, where: str) -> bytes:
    most = most_unpacked(len(data))
    unpacker = zlib.decompressobj(wbits=zlib.MAX_WBITS | 16)
    try:
        unpacked = unpacker.decompress(data, most)
    except zlib.error:
        raise InputError("is broken gzip", where=where, hint="compress it again, or give it uncompressed") from None
    if unpacker.unconsumed_tail:
        raise InputError(
            f"unpacks to more than {most // 1024**2} MiB, which no plan of that size does",
            where=where,
            hint="give it uncompressed",
        )
    if not unpacker.eof:
        raise InputError("is gzip that ends in the middle: it was cut", where=where, hint=PLAN_COMMAND)
    if unpacker.unused_data:
        raise InputError("is gzip with something behind its end", where=where, hint=PLAN_COMMAND)
    return unpacked


def _encoding(data: bytes) -> str | None:
    if data.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if len(data) >= 2 and data[0] and not data[1]:
        return "utf-16-le"
    return "utf-16-be" if len(data) >= 2 and not data[0] and data[1] else None


def without_noise(data: bytes) -> bytes:
    """Take colours and log prefixes off every line, and everything before the first line that starts with `{`.

    Empty where no line starts an object.
    """
    return _without_prefixes(data)[1]


def objects_of(data: bytes, where: str) -> bytes:
    """The same, for a text that will be reviewed: a plan is never left out because of what surrounds it.

    Raises `InputError` where what stands before the first object may be a plan, or tells of an error.
    """
    before, rest = _without_prefixes(data)
    if rest:
        _check_surroundings(before, where)
    return rest


def _without_prefixes(data: bytes) -> tuple[bytes, bytes]:
    data = re.sub(_PREFIX, b"", re.sub(_ANSI, b"", data))
    if data.startswith(b"{"):
        return b"", data
    start = data.find(b"\n{")
    return (data[: start + 1], data[start + 1 :]) if start >= 0 else (data, b"")


_COMMANDS: Final = rb"(?m)^[ \t]*(?:::|##)\w.*$"
"""The commands of a CI runner, in which the wrapper of setup-terraform repeats the whole plan in escapes."""

_PART_OF_PLAN: Final = (
    rb'"(?:format_version|resource_changes|planned_values|prior_state|resource_drift|output_changes|deferred_changes'
    rb'|provider_config|root_module|relevant_attributes|after_unknown|after_sensitive)"[ \t]*:'
)
_PART_OF_JSON: Final = rb'(?m)"[ \t]*:[ \t]*(?:["\[{]|true\b|false\b|null\b|-?\d)|^[ \t]*[\]}{\[][\]}{\[, \t\r]*$'
_ERROR: Final = (
    rb'(?m)^(?:[^\n"]*(?:terraform|tofu): )?(?:\xe2\x94\x82 ?)?Error: |^[^\n"]* (?:ERROR|level=error) |^ERRO\['
)


def _check_surroundings(text: bytes, where: str, *, behind: bool = False) -> None:
    """Look through what surrounds plans. Raises `InputError` where a plan may be hidden in it, or missing for an error."""
    text = re.sub(_COMMANDS, b"", text)
    hint = "give only what the tool prints on standard output; several plans as several files"
    if re.search(_PART_OF_PLAN, text) or (behind and re.search(_PART_OF_JSON, text)):
        raise InputError("has a part of a plan that cannot be read beside one that can", where=where, hint=hint)
    if re.search(_ERROR, text):
        raise InputError("has an error message beside a plan: another plan may be missing", where=where, hint=hint)


def split(data: bytes, where: str) -> list[bytes]:
    """The JSON objects in a text, each beginning a line or right behind another; other lines between them are noise.

    Raises `InputError` where an object does not end, and where what is between them may be another: so that a cut input
    never looks like a shorter one.
    """
    import json  # noqa: PLC0415 - most inputs are one object, which needs no second parser

    try:
        text = data.decode()
    except UnicodeDecodeError as error:
        raise InputError("is not UTF-8", where=where, place=f"byte {error.start}", hint=PLAN_COMMAND) from None
    decoder = json.JSONDecoder()
    found: list[bytes] = []
    position = 0
    while position >= 0:
        try:
            _, end = decoder.raw_decode(text, position)
        except json.JSONDecodeError as error:
            cut = not text[error.pos :].strip() or "Unterminated" in error.msg
            message = _CUT if cut else "is not JSON"
            raise InputError(message, where=where, place=f"character {error.pos}", hint=PLAN_COMMAND) from None
        except (RecursionError, ValueError):
            raise InputError("is nested too deeply, or holds an absurd number", where=where) from None
        found.append(text[position:end].encode())
        position = _next_object(text, end)
        between = text[end : position if position >= 0 else len(text)]
        rest_of_line = between.split("\n", 1)[0].strip()
        if rest_of_line and not rest_of_line.startswith("::"):
            raise InputError("has something behind its end", where=where, place=f"character {end}", hint=PLAN_COMMAND)
        _check_surroundings(between.encode(), where, behind=True)
    return found


def _next_object(text: str, end: int) -> int:
    """Where the next object starts: right behind, or at the start of a later line. -1 at the end."""
    here = len(text) - len(text[end:].lstrip())
    if text.startswith("{", here):
        return here
    line = text.find("\n{", end)
    return line + 1 if line >= 0 else -1
