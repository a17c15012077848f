"""Files and standard input, read once and whole."""

from __future__ import annotations

import os
import stat
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from plangate.errors import InputError
from plangate.model.input import RawInput

if TYPE_CHECKING:
    pass

_WORTH_A_THREAD = 1024 * 1024
"""The size in bytes from which a file is read in a thread."""

MOST_BYTES = 2 * 1024**3
"""The largest input that is read: a plan beyond it is refused, and a file without an end stops being read."""


def read(path: str) -> RawInput:
    """Read a file, or standard input for `-`. Raises `InputError` for what cannot be read as a file."""
    if path == "-":
        return RawInput(path, _bounded(sys.stdin.buffer, path))
    try:
        with Path(path).open("rb") as file:
            return RawInput(path, _bounded(file, path))
    except FileNotFoundError:
        raise InputError("not found", where=path, hint="terraform show -json tfplan > plan.json") from None
    except IsADirectoryError:
        raise InputError("is a folder", where=path, hint="name the plan file inside it") from None
    except (OSError, ValueError) as error:
        reason = (error.strerror if isinstance(error, OSError) else None) or "not a path"
        raise InputError(f"cannot be read: {reason.lower()}", where=path) from None


class ReadAhead:
    """Reads files. The first one is read in a thread while the rest of the program is imported."""

    def __init__(self, path: str):
        self._path = path
        self._given: RawInput | InputError | None = None
        self._reading: threading.Thread | None = None
        if path != "-" and _size(path) >= _WORTH_A_THREAD:
            self._reading = threading.Thread(target=self._read, daemon=True)
            self._reading.start()

    def _read(self) -> None:
        try:
            self._given = read(self._path)
        except InputError as error:
            self._given = error

    def read(self, path: str) -> RawInput:
        """As `files.read`."""
        if self._reading is None or path != self._path:
            return read(path)
        self._reading.join()
        given, self._given, self._reading = self._given, None, None
        if isinstance(given, InputError):
            raise given
        return given if given is not None else read(path)


def _size(path: str) -> int:
    """The size of a regular file in bytes; 0 for anything else."""
    try:
        status = os.stat(path)  # noqa: PTH116 - a path may be one that pathlib refuses
    except (OSError, ValueError):
        return 0
    return status.st_size if stat.S_ISREG(status.st_mode) else 0


def _bounded(file: BinaryIO, path: str) -> bytes:
    """The content of a file: a regular one in one read of its size, anything else up to the limit."""
    try:
        size = _regular_size(file)
        data = file.read() if size is not None and size <= MOST_BYTES else file.read(MOST_BYTES + 1)
    except MemoryError:
        raise InputError("does not fit into memory", where=path) from None
    if len(data) > MOST_BYTES:
        raise InputError(f"is larger than {MOST_BYTES // 1024**3} GiB", where=path)
    return data


def _regular_size(file: BinaryIO) -> int | None:
    try:
        status = os.fstat(file.fileno())
    except (OSError, ValueError):
        return None
    return status.st_size if stat.S_ISREG(status.st_mode) else None
