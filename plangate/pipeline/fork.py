"""Runs work in a forked copy of this process, on another processor.

The interpreter lock lets only one thread of a process run Python; a copy has a lock of its own and shares what was already
read. Callers must be able to do the work themselves: where there is no second processor, or the copy fails for any reason,
there is no answer.
"""

from __future__ import annotations

import contextlib
import marshal
import os
import sys
from typing import TYPE_CHECKING, Any, NoReturn

if TYPE_CHECKING:
    from collections.abc import Callable


class _ForkedWork:
    """A running copy. It is killed when this object is collected before its answer was read."""

    def __init__(self, pid: int, reader: int):
        self._pid = pid
        self._reader = reader

    def __del__(self) -> None:
        if self._pid:
            import signal  # noqa: PLC0415 - hardly any copy is stopped

            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
            self._end()

    def answer(self) -> Any:
        """Wait for the result of the work; None where the copy failed. May be called once."""
        with open(self._reader, "rb", closefd=False) as pipe:
            data = pipe.read()
        self._end()
        try:
            return marshal.loads(data)  # noqa: S302 - our own words: nobody else can write into the pipe
        except (EOFError, ValueError, TypeError):
            return None

    def _end(self) -> None:
        os.close(self._reader)
        # Where SIGCHLD is ignored there is no child to wait for.
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self._pid, 0)
        self._pid = 0


def run_in_fork(work: Callable[[], Any]) -> Callable[[], Any] | None:
    """Start work whose result `marshal` can write; returns a function that waits for it and returns None if the work failed.

    Returns None without a second processor or memory for a copy, and on systems other than Linux, where forking is slow
    or not safe.
    """
    if sys.platform != "linux" or len(os.sched_getaffinity(0)) < 2:
        return None
    reader, writer = os.pipe()
    try:
        pid = os.fork()
    except OSError:
        os.close(reader)
        os.close(writer)
        return None
    if pid == 0:
        _run_child(work, writer)
    os.close(writer)
    return _ForkedWork(pid, reader).answer


def _run_child(work: Callable[[], Any], writer: int) -> NoReturn:
    """Run the work in the copy and write its result to the pipe. Exits without running any exit handler."""
    try:
        data = memoryview(marshal.dumps(work()))
        while data:
            data = data[os.write(writer, data) :]
    finally:
        os._exit(0)
