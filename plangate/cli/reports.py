"""Reports of a verdict: their formats, where they are asked to go, and the writing of them."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from plangate.cli import output
from plangate.errors import ExitCode, InputError, PlangateError, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plangate.model.verdict import Verdict

_FOR_TOOLS = ("sarif", "junit", "github", "gitlab", "azure")
"""Formats of other tools: each is a module of `plangate.report` by its name."""

FORMATS = ("text", "json", "markdown", *_FOR_TOOLS)


def pairs(outputs: tuple[str, ...]) -> list[tuple[str, Path]]:
    """The `-o FORMAT=FILE` pairs; raises `UsageError` for a wrong one before anything is read."""
    found = []
    for asked in outputs:
        name, equals, path = asked.partition("=")
        if not equals or not path or name not in FORMATS:
            raise UsageError(f"-o takes FORMAT=FILE, with one of: {', '.join(FORMATS)}", where=asked)
        if not Path(path).parent.is_dir() or Path(path).is_dir():
            raise UsageError(
                "cannot be written: " + ("is a folder" if Path(path).is_dir() else "no such folder"), where=path
            )
        found.append((name, Path(path)))
    return found


def tell(verdict: Verdict, failures: Sequence[Exception] = ()) -> None:
    """Say which inputs could not be read, and what went wrong inside of plangate."""
    for skipped in verdict.coverage.skipped:
        if skipped.input_failed:
            output.say(InputError(skipped.why, where=skipped.what, hint=skipped.how_to_fix))
    for failure in failures:
        output.internal_error(failure)


def render(verdict: Verdict, format_: str, *, all_changes: bool, shown: bool) -> bytes:
    """One report. `shown` on stdout, it takes the width and the colour of the terminal."""
    if format_ == "json":
        from plangate.evidence.key import gate_key
        from plangate.report import json_v1

        return json_v1.render(verdict, gate_key())
    if format_ == "markdown":
        from plangate.report import markdown

        return markdown.render(verdict).encode()
    if format_ in _FOR_TOOLS:
        import importlib

        rendered: str | bytes = importlib.import_module(f"plangate.report.{format_}").render(verdict)
        return rendered if isinstance(rendered, bytes) else rendered.encode()
    from plangate.report import text

    colour = shown and output.colour()
    width = output.width() if shown else output.WIDTH
    return text.render(verdict, width=width, colour=colour, all_changes=all_changes).encode()


def deliver_all(make: Callable[[str, bool], bytes], files: Sequence[tuple[str, Path]], format_: str) -> bool:
    """Write every report that is asked for, to its file or to stdout. Says whether all went well: one never stops another.

    `make` takes a format, and whether it is shown.
    """
    delivered = [deliver(partial(make, name, path is None), path) for name, path in (*files, (format_, None))]
    return all(delivered)


def deliver(make: Callable[[], bytes], path: Path | None) -> bool:
    """Write one report to a file, or to stdout without one. Says what went wrong, and returns whether it went well."""
    try:
        report = make()
        if path is None:
            return output.write(report)
        _write(path, report)
    except PlangateError as error:
        output.say(error)
        return False
    except Exception as error:  # noqa: BLE001 - one report must not take the others with it
        output.internal_error(error)
        return False
    return True


def exit_code(decided: int, *, well: bool) -> int:
    """The exit code of a command that decided something and delivered reports; `well` is whether all of them arrived."""
    return ExitCode.worst(decided, ExitCode.OK if well else ExitCode.INTERNAL)


def _write(path: Path, report: bytes) -> None:
    try:
        path.write_bytes(report)
    except OSError as error:
        raise PlangateError(f"cannot be written: {error.strerror}", where=str(path)) from None
