"""Work done aside: in a copy of this process, on another processor, while this one goes on.

The interpreter lock lets only one thread of a process run Python; a copy has a lock of its own, and what the process has read
already costs it nothing. Whoever asks must be able to do the work itself: where there is no second processor, or the copy
fails for whatever reason, there is no answer.
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
    """A copy at work. Nothing of it is left when nobody wants its answer any more."""

    def __init__(self, pid: int, reader: int):
        self._pid = pid
        self._reader = reader

    def __del__(self) -> None:
        if self._pid:
            import signal

            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, signal.SIGKILL)
            self._end()

    def answer(self) -> Any:
        """What the work came to. Can be asked once."""
        with open(self._reader, "rb", closefd=False) as pipe:
            data = pipe.read()
        self._end()
        try:
            return marshal.loads(data)  # noqa: S302 - our own words: nobody else can write into the pipe
        except (EOFError, ValueError, TypeError):
            return None

    def _end(self) -> None:
        os.close(self._reader)
        # A parent that ignores the end of its children has none to wait for.
        with contextlib.suppress(ChildProcessError):
            os.waitpid(self._pid, 0)
        self._pid = 0


def run_in_fork(work: Callable[[], Any]) -> Callable[[], Any] | None:
    """Begin work whose answer is plain data, and give what waits for the answer: it is None where the work failed.

    None at once where there is no second processor or no room for a copy. Elsewhere than on Linux, copying a process is
    slow or not safe.
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
    """The whole life of the copy. It says nothing but the answer, and runs nothing at its exit."""
    try:
        data = memoryview(marshal.dumps(work()))
        while data:
            data = data[os.write(writer, data) :]
    finally:
        os._exit(0)
