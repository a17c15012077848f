"""The identity of a cluster, from `cluster.json` in a folder of evidence or from kubectl."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from plangate.errors import EvidenceError, InputError
from plangate.model.release import ClusterIdentity

if TYPE_CHECKING:
    from pathlib import Path

FILE = "cluster.json"
"""Its name in a folder of evidence."""
_MOST_BYTES = 1 << 20


def read(folder: Path) -> ClusterIdentity | None:
    """The cluster of a folder of evidence; None without `cluster.json`. Raises `InputError` for a damaged file."""
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(_MOST_BYTES), type=ClusterIdentity)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        raise InputError("is not what plangate collect writes", where=str(path), hint="plangate collect") from None


def ask(*, seconds: float) -> ClusterIdentity:
    """What kubectl says. A part that it does not tell is None."""
    from plangate.evidence import kubectl  # noqa: PLC0415 - subprocesses; a folder of evidence needs none

    def answer(question: object) -> str | None:
        try:
            text: bytes = question(seconds=seconds)  # type: ignore[operator]
        except EvidenceError:
            return None
        return text.decode("utf-8", "replace").strip() or None

    return ClusterIdentity(server=answer(kubectl.server), kube_system_uid=answer(kubectl.cluster))
