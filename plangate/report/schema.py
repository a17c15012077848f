"""Writes `docs/verdict.schema.json`, the JSON Schema of the verdict, from the wire structs.

`python -m plangate.report.schema` writes it; with `--check` it only says whether the file is current.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import msgspec

from plangate.report import wire

PATH = Path(__file__).parents[2] / "docs" / "verdict.schema.json"


def schema() -> bytes:
    """The JSON Schema (draft 2020-12) of `plangate/verdict/v1`."""
    (entry,), components = msgspec.json.schema_components([wire.Verdict], ref_template="#/$defs/{name}")
    document: dict[str, Any] = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": wire.SCHEMA,
        "title": "plangate verdict, version 1",
        **entry,
        "$defs": components,
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n"


def main(arguments: list[str]) -> int:
    """Write the schema, or with `--check` say whether the file is what would be written."""
    if arguments not in ([], ["--check"]):
        sys.stderr.write("usage: python -m plangate.report.schema [--check]\n")
        return 2
    if not arguments:
        PATH.parent.mkdir(exist_ok=True)
        PATH.write_bytes(schema())
        return 0
    if PATH.is_file() and PATH.read_bytes() == schema():
        return 0
    sys.stderr.write(f"{PATH.name} is not current: run `python -m plangate.report.schema`\n")
    return 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
