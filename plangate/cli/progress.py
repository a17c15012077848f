"""A sign of life on stderr for long reviews."""

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
    """After two seconds, on a terminal only, say what is being read; take the line away at the end."""
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
