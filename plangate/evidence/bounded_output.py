"""Runs a tool and reads what it prints as it comes, up to a limit: no tool fills the memory."""

from __future__ import annotations

import os
import selectors
import signal
import subprocess
import time
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_CHUNK: Final = 1024**2
_MOST_ERRORS: Final = 1024**2
"""Bytes of standard error that are kept; what comes after them is read and dropped."""


class TooMuchOutputError(Exception):
    """A tool printed more than the limit. It was killed."""


class Finished(NamedTuple):
    """A tool that has ended."""

    code: int
    stdout: bytes
    stderr: bytes


def run(
    command: list[str], *, most: int, seconds: float, cwd: Path | None = None, env: Mapping[str, str] | None = None
) -> Finished:
    """Run a command without a shell or input, in a session of its own, and read at most `most` bytes of its output.

    Raises `OSError` where it cannot be started, `subprocess.TimeoutExpired` after `seconds`, and `TooMuchOutputError`. It is
    killed in both cases, and the helpers that it started with it.
    """
    deadline = time.monotonic() + seconds
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
        cwd=cwd,
        env=env,
    ) as process:
        try:
            stdout, stderr = _read(process, command, deadline, seconds, most)
            process.wait(max(deadline - time.monotonic(), 0.1))
        except BaseException:
            _kill(process)
            raise
    return Finished(process.returncode, stdout, stderr)


def _read(
    process: subprocess.Popen[bytes], command: list[str], deadline: float, seconds: float, most: int
) -> tuple[bytes, bytes]:
    """What it printed on both streams, until it closed them."""
    printed: list[bytes] = []
    errors = bytearray()
    size = 0
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ, True)  # type: ignore[arg-type]
        selector.register(process.stderr, selectors.EVENT_READ, False)  # type: ignore[arg-type]
        while selector.get_map():
            left = deadline - time.monotonic()
            if left <= 0:
                raise subprocess.TimeoutExpired(command, seconds)
            for key, _ in selector.select(left):
                chunk = os.read(key.fd, _CHUNK)
                if not chunk:
                    selector.unregister(key.fileobj)
                elif key.data:
                    size += len(chunk)
                    if size > most:
                        raise TooMuchOutputError
                    printed.append(chunk)
                else:
                    errors += chunk[: _MOST_ERRORS - len(errors)]
    return b"".join(printed), bytes(errors)


def _kill(process: subprocess.Popen[bytes]) -> None:
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        process.kill()
