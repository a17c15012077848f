"""The only code that writes to standard output and standard error. Their failure never softens a decision.

A stream may be closed, full, or a pipe whose reader went away. Writing raises nothing: `close` says at the end whether
something was lost, so that an exit code can tell it.
"""

from __future__ import annotations

import contextlib
import os
import sys
from typing import Final, TextIO

import click

from plangate.errors import ExitCode, PlangateError, UsageError

WIDTH: Final = 100
"""Columns where there is no terminal."""

_lost: set[str] = set()
"""The streams whose output was lost, by their names in `sys`."""


def width() -> int:
    """Columns of the terminal, or of a page."""
    import shutil  # noqa: PLC0415 - a terminal's width is for text alone

    return shutil.get_terminal_size((WIDTH, 24)).columns


def colour() -> bool:
    """Whether to use colour: on a terminal without NO_COLOR (https://no-color.org), or with FORCE_COLOR."""
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or sys.stdout.isatty()


def open_missing() -> None:
    """Open the null device for streams that the caller closed (`>&-`), so that the review runs and its exit code is returned."""
    _lost.clear()
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: PTH123, SIM115 - it lives as long as we do


def write(report: bytes) -> bool:
    """Write bytes to stdout unchanged. Returns False if they were lost, other than to a reader that closed the pipe."""
    return _write("stdout", report)


def line(text: str = "") -> None:
    """Write one line of already escaped text to stdout."""
    _write("stdout", _encoded(f"{text}\n"))


def note(text: str) -> None:
    """Write one line of already escaped text to stderr."""
    _write("stderr", _encoded(f"{text}\n"))


def transient(text: str) -> None:
    """Write text to stderr without ending the line, for progress that is erased later."""
    _write("stderr", _encoded(text))


def print_error(error: PlangateError) -> None:
    """Write an error for people to stderr: one line, and what to do next."""
    from plangate.report.escape import terminal  # noqa: PLC0415 - `--version` says nothing of a report

    kind = "usage: " if isinstance(error, UsageError) else ""
    note(f"plangate: {kind}{terminal(str(error))}")
    if error.hint:
        note(f"  {terminal(error.hint)}")


def usage_error(error: click.ClickException) -> None:
    """Write an error of the command line to stderr. The arguments that it quotes are escaped."""
    from plangate.report.escape import terminal  # noqa: PLC0415 - `--version` says nothing of a report

    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is not None:
        note(context.get_usage())
        note(f"Try '{context.command_path} --help' for help.\n")
    note(f"Error: {terminal(error.format_message())}")


def internal_error(error: BaseException) -> None:
    """Write the type and place of an unexpected error to stderr, without its message, which may contain a secret."""
    frames = []
    trace = error.__traceback__
    while trace is not None:
        code = trace.tb_frame.f_code
        if "plangate" in code.co_filename:
            frames.append(f"{os.path.basename(code.co_filename)}:{trace.tb_lineno} {code.co_name}")  # noqa: PTH119
        trace = trace.tb_next
    note(f"plangate: internal error: {type(error).__name__} in {' > '.join(frames[-3:])}")
    note("  nothing can be said of this input; please report it with these words")


def close(code: int) -> int:
    """Flush both streams. Returns the exit code: the one that was decided, unless lost output is worse (`ExitCode.worst`)."""
    for name in ("stdout", "stderr"):
        _write(name, b"")
    return ExitCode.worst(code, ExitCode.INTERNAL) if "stdout" in _lost else code


def _write(name: str, data: bytes) -> bool:
    stream: TextIO = getattr(sys, name)
    try:
        # Text that other code wrote comes first.
        stream.flush()
        stream.buffer.write(data)
        stream.buffer.flush()
    except BrokenPipeError:
        # The reader closed the pipe early, such as `head`: nothing is lost.
        _silence(stream)
    except (OSError, ValueError) as error:
        _lose(name, error)
        return name != "stdout"
    return True


def not_written(error: OSError) -> None:
    """Write to stderr that a file, or else standard output, could not be written. Its exit code is `INTERNAL`."""
    if error.filename is None:
        _lose("stdout", error)
    else:
        print_error(PlangateError(f"cannot be written: {error.strerror}", where=os.fsdecode(error.filename)))


def _lose(name: str, error: Exception) -> None:
    """Note that output of a stream is lost; for stdout it is told, once."""
    _silence(getattr(sys, name))
    first = name not in _lost
    _lost.add(name)
    if name == "stdout" and first:
        why = getattr(error, "strerror", None) or "it is closed"
        print_error(PlangateError(f"cannot be written: {why}", where="standard output"))


def _silence(stream: TextIO) -> None:
    """Redirect the stream to the null device: its buffer would fail again, also at the interpreter's exit."""
    with contextlib.suppress(OSError, ValueError):
        sink = os.open(os.devnull, os.O_WRONLY)
        os.dup2(sink, stream.fileno())
        os.close(sink)
        stream.flush()


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "backslashreplace")
