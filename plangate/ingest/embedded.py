"""Structure inside strings: JSON, YAML that clearly is YAML, base64. Foreign and hostile: bounded in depth and size.

Nothing raises here: what does not parse is a plain string.
"""

from __future__ import annotations

import binascii
import re
import zlib
from base64 import b64decode
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, NamedTuple

import msgspec

_json = msgspec.json.Decoder(float_hook=Decimal)
_YAML_START = (
    r"(?:---[^\n]*\n|#[^\n]*\n|\s*\n)*(?:- )?(?:[\w./-]{1,128}|\"[^\"\n]{1,128}\"|'[^'\n]{1,128}')\s*:(?:[ \t]|\n|$)"
)
_BASE64 = r"[A-Za-z0-9+/_-]+={0,2}"
_NUMBER = r"[-+]?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d{1,3})?"
_SHORTEST_BASE64 = 16
_DEEPEST = 60
_MOST_NODES = 200_000
_MOST_UNPACKED = 1 << 20


class Parsed(NamedTuple):
    """The structure of a string: an object or a list, raw."""

    kind: Literal["json", "yaml"]
    value: Any


def parse(text: str) -> Parsed | None:
    """The object or list that a string holds, if it holds one."""
    first = text[:1]
    if first.isspace():
        first = text.lstrip()[:1]
    if first in ("{", "["):
        value = _parse_json(text)
        return Parsed("json", value) if isinstance(value, (dict, list)) else None
    if "\n" in text and ":" in text and re.match(_YAML_START, text):
        value = _parse_yaml(text)
        return Parsed("yaml", value) if isinstance(value, (dict, list)) else None
    return None


def _parse_json(text: str) -> Any:
    try:
        return _json.decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError, UnicodeError):
        return None


def unbase64(text: str) -> str | None:
    """The text that a base64 string stands for (gzip inside is unpacked), if it is one."""
    if len(text) < _SHORTEST_BASE64 or not re.fullmatch(_BASE64, text):
        return None
    try:
        raw = b64decode(text.rstrip("=").replace("-", "+").replace("_", "/") + "=" * (-len(text.rstrip("=")) % 4))
        if raw[:2] == b"\x1f\x8b":
            raw = zlib.decompressobj(wbits=31).decompress(raw, _MOST_UNPACKED)
        decoded = raw.decode()
    except (binascii.Error, UnicodeDecodeError, zlib.error, ValueError):
        return None
    return decoded if decoded and all(c.isprintable() or c in "\t\r\n" for c in decoded) else None


def _parse_yaml(text: str) -> Any:
    """All documents of a YAML text: one as it is, several as a list. None when it is not sound or too big."""
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        documents = _Builder(yaml).build(yaml.parse(text, Loader=loader))
    except (yaml.YAMLError, ValueError, _TooBigError):
        return None
    return documents[0] if len(documents) == 1 else documents


class _TooBigError(Exception):
    """More nodes or more depth than anyone writes by hand."""


class _Builder:
    """YAML events to plain data, iteratively: parsers of whole documents crash on deep input."""

    def __init__(self, yaml: Any) -> None:
        self.yaml = yaml
        self.nodes = 0
        self.sizes: dict[str, tuple[Any, int]] = {}

    def build(self, events: Any) -> list[Any]:
        """The documents. Raises `_TooBigError`."""
        yaml = self.yaml
        documents: list[Any] = []
        open_: list[tuple[Any, list[Any], str | None, int]] = []
        for event in events:
            if isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
                if len(open_) >= _DEEPEST:
                    raise _TooBigError
                open_.append((event, [], event.anchor, self.nodes))
                continue
            if isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
                start, items, anchor, before = open_.pop()
                value = _mapping(items) if isinstance(start, yaml.MappingStartEvent) else items
                self._count(1)
                if anchor:
                    self.sizes[anchor] = (value, self.nodes - before)
            elif isinstance(event, yaml.ScalarEvent):
                value = _scalar(event)
                self._count(1)
                if event.anchor:
                    self.sizes[event.anchor] = (value, 1)
            elif isinstance(event, yaml.AliasEvent):
                value, size = self.sizes.get(event.anchor, (None, 1))
                self._count(size)
            else:
                continue
            (open_[-1][1] if open_ else documents).append(value)
        return documents

    def _count(self, nodes: int) -> None:
        self.nodes += nodes
        if self.nodes > _MOST_NODES:
            raise _TooBigError


def _mapping(items: list[Any]) -> dict[str, Any]:
    pairs = list(zip(items[::2], items[1::2], strict=True))
    merged: dict[str, Any] = {}
    for key, value in pairs:
        if key == "<<":
            for one in reversed(value) if isinstance(value, list) else (value,):
                merged.update(one if isinstance(one, dict) else {})
    merged.update((key if isinstance(key, str) else _spelled(key), value) for key, value in pairs if key != "<<")
    return merged


def _spelled(key: Any) -> str:
    """A key that is no string, as YAML's writers spell it; a structured one as JSON."""
    if key is None or isinstance(key, bool):
        return {None: "null", True: "true", False: "false"}[key]
    return str(key) if isinstance(key, (int, Decimal)) else msgspec.json.encode(key).decode()


def _whole(text: str) -> str:
    """The text without half characters, which YAML can spell and no report could be written with."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _scalar(event: Any) -> Any:
    """A scalar by the core schema of YAML 1.2, with exact numbers: https://yaml.org/spec/1.2.2/#103-core-schema."""
    text = _whole(event.value)
    if event.style or event.tag is not None:
        return text
    if text in ("", "~", "null", "Null", "NULL"):
        return None
    if text.lower() in ("true", "false") and text in (text.lower(), text.capitalize(), text.upper()):
        return text.lower() == "true"
    if len(text) <= 400 and re.fullmatch(_NUMBER, text):
        try:
            return int(text) if text.lstrip("+-").isdecimal() else Decimal(text)
        except InvalidOperation:
            return text
    return text
