"""The names of a plan's sections, in the order of the text. JSON lets a name stand twice, and then a reader sees one of the two.

No tool writes a section twice; a file that has one was edited, and what one reader shows another one hides.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec
from msgspec import Raw

if TYPE_CHECKING:
    from plangate.ingest.document import Top

_NAME = re.compile(rb'\s*[{,]\s*"([^"\\]*)"\s*:\s*')
_SCALAR = re.compile(rb'"(?:[^"\\]|\\.)*"|true\b|false\b|null\b|-?\d[\d.eE+-]*')
_END = re.compile(rb"(?:\s*{)?\s*}\s*")
_others = msgspec.json.Decoder(dict[str, Raw])


def names(data: bytes, top: Top) -> list[str] | None:
    """The names at the top level of `data`, from which `top` was decoded. None where one stands twice.

    Steps over each section by the length that the decoder found, so that it costs nothing however large they are. Raises
    `UnicodeDecodeError` or `msgspec.DecodeError` for names that are not UTF-8.
    """
    found: dict[str, None] = {}
    others: dict[str, Raw] = {}
    position = 0
    while (name := _NAME.match(data, position)) is not None:
        key, position = name[1].decode(), name.end()
        if key in found:
            return None
        found[key] = None
        scalar = _SCALAR.match(data, position)
        if scalar is not None:
            position = scalar.end()
            continue
        if not hasattr(top, key):
            others = others or _others.decode(data)
        section = others[key] if key in others else getattr(top, key)
        position += len(memoryview(section)) if isinstance(section, Raw) else 0
    return list(found) if _END.fullmatch(data, position) else None
