"""Whether what a printout holds behind `NOTES:` are notes: a manifest may have a line that is the same word.

Helm prints `NOTES:` behind the manifest and a blank line (`WriteTable` in cmd/helm/status.go, v3, and pkg/cmd/status.go, v4).
"""

from __future__ import annotations

import re
from typing import Final

from plangate.ingest import yaml
from plangate.ingest.helm.splitting import SOURCE

MARKER: Final = "\n\nNOTES:\n"
_ANOTHER: Final = re.compile(
    r'(?m)^NAME: .*\nLAST DEPLOYED: |^Release "[^"\n]*" (?:has been upgraded|does not exist)'
    r"|^Error: (?:UPGRADE|INSTALLATION) FAILED"
)
_OBJECT: Final = re.compile(r"(?m)^---[ \t]*\n# Source: ")
_BARE_OBJECT: Final = re.compile(
    r"(?m)^---[ \t]*\n(?:.*\n)*?(?:apiVersion: (?:.*\n)*?kind: |kind: (?:.*\n)*?apiVersion: )"
)
_FIELD: Final = re.compile(
    r"(?m)^(?:apiVersion|kind|metadata|spec|data|stringData|binaryData|rules|roleRef|subjects|webhooks|items|type|parameters):"
)


def start(text: str, manifest: int) -> int | None:
    """Where a manifest that begins here ends, as notes follow it; None where there are none."""
    found = text.find(MARKER, max(manifest - 2, 0))
    return None if found < 0 else max(found + 2, manifest)


def another_run(notes: str) -> bool:
    """Whether the printout of another run of Helm stands in what follows a manifest."""
    return _ANOTHER.search(notes) is not None


def may_be_manifest(manifest: str, notes: str) -> bool:
    """Whether what follows `NOTES:` may belong to the manifest in front of it: objects, or fields of its last object."""
    if _OBJECT.search(notes) or (SOURCE not in manifest and _BARE_OBJECT.search(notes)):
        return True
    fields = re.split(r"(?m)^---|^\nNOTES:$", notes, maxsplit=1)[0]
    if not _FIELD.search(fields):
        return False
    last = re.split(r"(?m)^---.*$", manifest)[-1]
    try:
        return isinstance(yaml.load_first(f"{last}\n{fields}"), dict)
    except yaml.YamlError:
        return False
