"""Which cluster evidence is from: as `cluster.json` of a folder says, or as kubectl says now."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from plangate.errors import EvidenceError, InputError

if TYPE_CHECKING:
    from pathlib import Path

FILE = "cluster.json"
"""Where it stands in a folder of evidence."""
_MOST_BYTES = 1 << 20


class Cluster(Struct, frozen=True, kw_only=True):
    """The identity of a cluster. None for what could not be told."""

    server: str | None = None
    """The API server's address: what differs between two ways to the same cluster."""
    kube_system_uid: str | None = None
    """The uid of its `kube-system` namespace: the same for every way."""
    collected_at: str | None = None


def read(folder: Path) -> Cluster | None:
    """What a folder of evidence says; None where it says nothing. Raises `InputError` for a file that is damaged."""
    path = folder / FILE
    if not path.is_file():
        return None
    try:
        with path.open("rb") as file:
            return msgspec.json.decode(file.read(_MOST_BYTES), type=Cluster)
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        raise InputError("is not what plangate collect writes", where=str(path), hint="plangate collect") from None


def ask(*, seconds: float) -> Cluster:
    """What kubectl says. A part that it does not tell is None."""
    from plangate.evidence import helm

    def told(question: object) -> str | None:
        try:
            text: bytes = question(seconds=seconds)  # type: ignore[operator]
        except EvidenceError:
            return None
        return text.decode("utf-8", "replace").strip() or None

    return Cluster(server=told(helm.server), kube_system_uid=told(helm.cluster))
