"""Progress of long reviews on stderr."""

from __future__ import annotations

import contextlib
import sys
import threading
from typing import TYPE_CHECKING

from plangate.cli import output

if TYPE_CHECKING:
    from collections.abc import Iterator

_AFTER_SECONDS = 2.0


@contextlib.contextmanager
def progress(inputs: tuple[str, ...]) -> Iterator[None]:
    """A context manager that shows the input on a terminal after two seconds, and erases the line at the end."""
    if not sys.stderr.isatty():
        yield
        return
    shown = threading.Event()
    line = f"reviewing {len(inputs)} inputs ..." if len(inputs) > 1 else "reviewing ..."

    def show() -> None:
        shown.set()
        output.transient(line)

    timer = threading.Timer(_AFTER_SECONDS, show)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        if shown.is_set():
            output.transient("\r" + " " * len(line) + "\r")
