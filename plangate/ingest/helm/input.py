"""Which inputs are Helm's, told by content. Evidence that is given as an input is refused, naming the flag it belongs to."""

from __future__ import annotations

import re
from typing import Final

import msgspec
from msgspec import Raw

from plangate.ingest.envelope import without_noise
from plangate.ingest.helm import output
from plangate.model.input import Kind

_LOOKED_AT: Final = 256 * 1024
_keys = msgspec.json.Decoder(dict[str, Raw])
_RELEASE: Final = frozenset({"name", "info", "manifest"})


def kind_of_object(data: bytes) -> Kind | None:
    """The kind of a JSON object, if it is one that can be reviewed."""
    try:
        keys = _keys.decode(data).keys()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    if keys >= _RELEASE:
        return Kind.HELM_DRY_RUN
    if keys >= {"apiVersion", "kind"} and b'"managedFields"' not in data and b'"uid"' not in data:
        return Kind.HELM_MANIFEST
    return None


def kind_of_text(data: bytes) -> Kind | None:
    """The kind of a text, if it is one of Helm's that can be reviewed."""
    start = _shown(data)
    if re.match(rb"(?:Pulled|Digest): |level=|[WI]\d{4} |WARNING: |Saving |Hang tight|\S+\.go:\d+: ", start):
        # Helm 4 tells of its downloads on stdout, before the JSON.
        inner = without_noise(data)
        if inner.startswith(b'{"name"'):
            return kind_of_object(inner)
    if output.looks_printed(start):
        return Kind.HELM_DRY_RUN
    if re.search(rb"(?m)^manifest: ?[|>\"'\n]", start) and re.search(rb"(?m)^(?:info|chart):\s*$", start):
        return Kind.HELM_DRY_RUN
    if re.search(rb"(?m)^info:\n", data) and re.search(rb"(?m)^manifest: ?[|>\"']", data):
        return Kind.HELM_DRY_RUN
    if re.search(rb"(?m)^(?:USER-SUPPLIED|COMPUTED) VALUES:", start) or b"managedFields:" in start:
        return None
    if _is_manifest(start):
        return Kind.HELM_MANIFEST
    return None


def _shown(data: bytes) -> bytes:
    """The first part of a text without colours and carriage returns."""
    return output.clean(data[:_LOOKED_AT]).encode("utf-8", "replace")


def _is_manifest(start: bytes) -> bool:
    """Whether a text is Kubernetes documents: `apiVersion` and `kind` as keys of their own."""
    return (
        re.search(rb"(?m)^apiVersion: *[\"']?[\w./-]+", start) is not None
        and re.search(rb"(?m)^kind: *[\"']?\w+", start) is not None
        and re.search(rb"(?m)^(?:metadata|items):", start) is not None
    )
