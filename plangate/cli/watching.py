"""Does something again whenever a file changes, until it is interrupted."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

from plangate.cli import output
from plangate.errors import ExitCode, PlangateError
from plangate.report.escape import terminal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

_SECONDS: Final = 0.5


def repeat(paths: Sequence[Path], work: Callable[[], int], wait: Callable[[float], None] = time.sleep) -> int:
    """Do `work` now and after each change below `paths`; the exit code of the last time. A file that does not load is told."""
    code = int(ExitCode.OK)
    seen: dict[Path, tuple[int, int]] | None = None
    try:
        while True:
            now = _marks(paths)
            if now != seen:
                seen = now
                try:
                    code = work()
                except PlangateError as error:
                    output.note(terminal(str(error)))
                    code = error.exit_code
            wait(_SECONDS)
    except KeyboardInterrupt:
        return code


def _marks(paths: Sequence[Path]) -> dict[Path, tuple[int, int]]:
    """The size and time of every YAML file at some paths."""
    files = [file for path in paths for file in ([path] if path.is_file() else sorted(path.rglob("*.y*ml")))]
    found = {}
    for file in files:
        try:
            stat = file.stat()
        except OSError:
            continue
        found[file] = (stat.st_size, stat.st_mtime_ns)
    return found
