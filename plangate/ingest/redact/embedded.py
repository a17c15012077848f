"""Structure inside strings: JSON, YAML that clearly is YAML. Foreign and hostile: bounded in depth and size.

Nothing raises here: what does not parse is a plain string.
"""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any, Literal, NamedTuple

import msgspec

from plangate.ingest import yaml

_json = msgspec.json.Decoder(float_hook=Decimal)
_YAML_START = (
    r"(?:(?:---|#)[^\n]*\n|[ \t\r]*\n)*(?:- )?(?:[\w./-]{1,128}|\"[^\"\n]{1,128}\"|'[^'\n]{1,128}')\s*:(?:[ \t]|\n|$)"
)
_BUDGET = yaml.Budget(depth=60, nodes=200_000)
"""More nodes or more depth nobody writes by hand into a string."""


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


def may_parse(text: str) -> bool:
    """Whether `parse` may find structure in a text, or in one of several joined by NUL. Never false where it does."""
    if "{" in text or "[" in text:
        return True
    if "\n" not in text:
        return False
    return ": " in text or ":\n" in text or ":\t" in text or ":\0" in text or text.endswith(":")


def values(text: str) -> Parsed | None:
    """The map that a text of Helm values holds: always YAML, also on one line, and read as Helm reads it."""
    if text.lstrip()[:1] == "{":
        return parse(text)
    try:
        value = yaml.load(text, budget=_BUDGET)
    except yaml.YamlError:
        return None
    return Parsed("yaml", value) if isinstance(value, dict) else None


def _parse_json(text: str) -> Any:
    try:
        return _json.decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError, UnicodeError):
        return None


def _parse_yaml(text: str) -> Any:
    """All documents of a YAML text: one as it is, several as a list. None when it is not sound or too big."""
    try:
        documents = yaml.load_all(text, go=False, budget=_BUDGET)
    except yaml.YamlError:
        return None
    return documents[0] if len(documents) == 1 else documents
