"""The gate's key: from the environment, or from a file that the environment names."""

from __future__ import annotations

import os
from pathlib import Path

from plangate.errors import UsageError


def gate_key() -> bytes | None:
    """`PLANGATE_KEY`, or the text of the file `PLANGATE_KEY_FILE`. None without either.

    Raises `UsageError` for a file that cannot be read: a gate whose key is missing must not go on without.
    """
    key = os.environ.get("PLANGATE_KEY", "").encode("utf-8", "surrogateescape")
    if key:
        return key
    path = os.environ.get("PLANGATE_KEY_FILE", "")
    if not path:
        return None
    try:
        key = Path(path).read_bytes().strip()
    except (OSError, ValueError):
        raise UsageError("cannot be read", where="PLANGATE_KEY_FILE") from None
    if not key:
        raise UsageError("names an empty file", where="PLANGATE_KEY_FILE")
    return key
