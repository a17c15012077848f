"""Reads a state from a file or from S3."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import msgspec
from msgspec import Struct

from plangate.errors import InputError
from plangate.evidence import files
from plangate.model.change import Lock
from plangate.model.input import RawInput, StateSource

S3: Final = "s3://"


class StateRead(Struct, frozen=True):
    """A state that was read. `given` is None if there is none."""

    given: RawInput | None
    lock: Lock | None = None
    digest: str | None = None
    """The digest in the backend's DynamoDB table."""
    unsure: str = ""
    """Why it is unknown whether the state is locked."""
    place: str = ""
    """Its location; empty for a file that does not name it."""


class CollectedHead(Struct, frozen=True, kw_only=True):
    """The head that `plangate collect` writes into a collected state."""

    location: str
    collected_at: str
    lock: Lock | None = None
    unsure: str = ""
    absent: bool = False
    """There is no state in that place."""


class _Head(Struct):
    plangate: CollectedHead


HEAD: Final = "plangate"
"""The key of `CollectedHead`, the first one of the file."""
FOLDER: Final = "state"
"""The folder of states in a folder of evidence."""


def in_folder(folder: Path) -> tuple[Path, ...]:
    """The states in a folder of evidence."""
    return tuple(sorted((folder / FOLDER).glob("*.json")))


def _from_file(path: str) -> StateRead:
    given = files.read(path)
    if not given.data[:64].lstrip(b"{ \r\n\t").startswith(f'"{HEAD}"'.encode()):
        return StateRead(given)
    try:
        head = msgspec.json.decode(given.data, type=_Head).plangate
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise InputError(
            "is not what plangate collect writes: it was cut", where=path, hint="plangate collect"
        ) from None
    return StateRead(None if head.absent else given, head.lock, None, head.unsure, head.location)


def read(source: StateSource) -> StateRead:
    """Read a state. Raises `InputError` for a file that cannot be read, `EvidenceError` for S3."""
    if source.location is not None and not source.location.startswith(S3):
        return _from_file(source.location)
    from plangate.evidence.s3 import state  # noqa: PLC0415 - boto3, for a state in S3 alone

    return state.read(source)
