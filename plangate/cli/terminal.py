"""Where reports are printed: its width, whether it takes colour, and bytes as they are."""

from __future__ import annotations

import os
import sys

WIDTH = 100
"""Columns where there is no terminal."""


def width() -> int:
    """Columns of the terminal, or of a page."""
    import shutil

    return shutil.get_terminal_size((WIDTH, 24)).columns


def colour() -> bool:
    """Colour on a terminal only (https://no-color.org), or where FORCE_COLOR asks for it."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or sys.stdout.isatty()


def write(report: bytes) -> None:
    """Write to stdout as UTF-8, whatever the locale."""
    sys.stdout.flush()
    sys.stdout.buffer.write(report)
    sys.stdout.buffer.flush()
