"""The workspace and the state's key, from the files that `terraform init` writes.

https://developer.hashicorp.com/terraform/cli/workspaces: TF_WORKSPACE, or `.terraform/environment`; the backend as it was
initialised stands in `.terraform/terraform.tfstate`.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

_LARGEST = 1 << 20
_KEYS = ("key", "prefix", "path")
"""The names of the setting: of S3 and Azure, of Google, and of local files and Consul."""


class _Backend(msgspec.Struct):
    config: dict[str, Any] = {}


class _Initialised(msgspec.Struct):
    backend: _Backend | None = None


def workspace(folders: Iterable[Path]) -> str | None:
    """The workspace of the first folder that was initialised; None where none was."""
    named = os.environ.get("TF_WORKSPACE")
    if named:
        return named
    for folder in folders:
        if (folder / ".terraform").is_dir():
            data = _read(folder / ".terraform" / "environment")
            return (data or b"default").decode("utf-8", "replace").strip() or "default"
    return None


def backend_key(folders: Iterable[Path]) -> str | None:
    """The key of the state of the first folder that was initialised with a backend; None where none was."""
    for folder in folders:
        data = _read(folder / ".terraform" / "terraform.tfstate")
        if data is None:
            continue
        try:
            backend = msgspec.json.decode(data, type=_Initialised).backend
        except (msgspec.DecodeError, UnicodeDecodeError):
            continue
        found = (backend.config.get(key) for key in _KEYS) if backend is not None else ()
        key = next((one for one in found if isinstance(one, str) and one), None)
        if key is not None:
            return key
    return None


def _read(path: Path) -> bytes | None:
    try:
        return path.read_bytes() if path.stat().st_size <= _LARGEST else None
    except OSError:
        return None
