"""What plangate reads in a manifest, compared with what the libraries of Helm and Kubernetes read."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from plangate.errors import InputError
from plangate.ingest.helm import manifests, splitting
from plangate.ingest.redact.redactor import Redactor

_WORD = r"[A-Za-z0-9./-]+"
_FLOW_COLON = r"[:?][\]},]"
"""In flow style, a colon or question mark in front of what ends an entry, which libyaml refuses and go-yaml takes for a part of the word."""
FOREIGN = ("has a byte order mark at the start of a line", "has a tag with no space behind it")
REFUSED_HERE = ("is nested too deeply", "holds too many values", "holds a key twice in one mapping", *FOREIGN)
"""What plangate refuses and Go takes: what is beyond its budgets, what Go itself reads by chance, and what libyaml reads otherwise."""


def difference(text: str, told: dict[str, Any], *, hook: bool = False) -> str:
    """How the two readings differ, in words; empty where they agree. `hook` for the text of one hook."""
    shown = f"---\n# Source: chart/templates/hook.yaml\n{text}\n" if hook else text
    try:
        documents, _ = splitting.split(shown, "text", hooks=hook)
        found = list(manifests.objects(documents, manifests.ManifestReader(Redactor(), "text")))
        ours = [_plain(one.raw) for one in found]
    except InputError as error:
        refused = (
            error.message in REFUSED_HERE
            or "timestamp" in text
            or (error.message == "is not YAML" and re.search(_FLOW_COLON, text))
        )
        return "" if "error" in told or refused else f"refused here ({error}), and read as {told['objects']}"
    if "error" in told:
        return f"read here as {ours}, and refused: {told['error']}"
    theirs = [_plain(one) for one in told["objects"]]
    if ours != theirs:
        return f"read here as {ours}, and as {theirs}"
    return _without_parsing(documents, found)


def _without_parsing(documents: list[splitting.Document], found: list[manifests.ManifestObject]) -> str:
    """How what is told without parsing differs from what is parsed."""
    for one in found:
        metadata = one.raw.get("metadata")
        name = metadata.get("name") if isinstance(metadata, dict) else ""
        if not one.mentions(
            *(word for word in (one.kind, name) if isinstance(word, str) and re.fullmatch(_WORD, word))
        ):
            return f"the kind or the name of {one.raw} is not to be seen"
    if len(documents) != len(found):
        return ""
    for document, one in zip(documents, found, strict=True):
        told = splitting.plain_kind(document)
        if told is not None and (told, one.text) != (one.kind, document.text):
            return f"told to be plainly a {told}: {one.raw}"
    return ""


def _plain(value: Any) -> Any:
    """A value with numbers as the API has them: whole ones of 64 bits, and floats."""
    if isinstance(value, dict):
        return {key: _plain(below) for key, below in value.items()}
    if isinstance(value, list):
        return [_plain(below) for below in value]
    if isinstance(value, bool) or not isinstance(value, (int, float, Decimal)):
        return ("bool", value) if isinstance(value, bool) else value
    if not isinstance(value, int):
        value = float(value)
        if not value.is_integer():
            return value
    return int(value) if abs(value) < 2**62 else float(value)
