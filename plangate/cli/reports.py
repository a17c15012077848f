"""Reports of a verdict: the flags that ask for them, where they go, and the writing of them."""

from __future__ import annotations

import functools
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from plangate.cli import output
from plangate.errors import ExitCode, InputError, PlangateError, UsageError
from plangate.report.formats import Format

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from plangate.model.verdict import Verdict
    from plangate.report import wire
    from plangate.report.markdown import Extras

_BY_NAME = {format_.value: format_ for format_ in Format}


class Reports(NamedTuple):
    """The reports to write, from the flags."""

    shown: Format
    """The format on stdout."""
    files: tuple[tuple[Format, Path], ...]
    all_changes: bool

    @property
    def formats(self) -> set[Format]:
        """Every requested format."""
        return {self.shown, *(format_ for format_, _ in self.files)}

    def deliver(self, verdict: Verdict, merged: wire.Verdict | None = None) -> ExitCode:
        """Write every report to its file or to stdout; a failed one does not stop the others. `merged` replaces the JSON document.

        Returns `OK`, or `INTERNAL` if one of them was not written.
        """
        delivered = [
            _deliver(partial(self._render, verdict, merged, format_, shown=path is None), path)
            for format_, path in (*self.files, (self.shown, None))
        ]
        return ExitCode.OK if all(delivered) else ExitCode.INTERNAL

    def _render(self, verdict: Verdict, merged: wire.Verdict | None, format_: Format, *, shown: bool) -> bytes:
        """The report; for stdout with the width and colour of the terminal."""
        return format_.render(
            verdict,
            {
                "width": lambda: output.width() if shown else output.WIDTH,
                "colour": lambda: shown and output.colour(),
                "all_changes": lambda: self.all_changes,
                "document": lambda: _document(verdict, merged),
                "extras": lambda: None if merged is None else _targets(merged),
            },
        )


def options(shown: Sequence[Format] = tuple(Format)) -> Callable[[Callable[..., int]], Callable[..., int]]:
    """The flags that ask for reports, with these formats on stdout; the command takes `reports`, a `Reports`."""

    def decorate(command: Callable[..., int]) -> Callable[..., int]:
        @functools.wraps(command)
        def gathered(*, format_: str, outputs: tuple[str, ...], all_changes: bool, **given: Any) -> int:
            return command(reports=Reports(_BY_NAME[format_], _pairs(outputs), all_changes), **given)

        for option in (
            click.option("--all", "all_changes", is_flag=True, help="Show every change and everything that is folded."),
            click.option(
                "-o", "outputs", multiple=True, metavar="FORMAT=FILE", help="Also write a report to a file. Repeatable."
            ),
            click.option(
                "--format",
                "format_",
                type=click.Choice([format_.value for format_ in shown]),
                default=Format.TEXT.value,
                help="What to print on stdout.",
            ),
        ):
            gathered = option(gathered)
        return gathered

    return decorate


def _pairs(outputs: tuple[str, ...]) -> tuple[tuple[Format, Path], ...]:
    """The `-o FORMAT=FILE` pairs. Raises `UsageError` for an invalid one."""
    found = []
    for pair in outputs:
        name, equals, path = pair.partition("=")
        if not equals or not path or name not in _BY_NAME:
            raise UsageError(f"-o takes FORMAT=FILE, with one of: {', '.join(_BY_NAME)}", where=pair)
        if not Path(path).parent.is_dir() or Path(path).is_dir():
            raise UsageError(
                "cannot be written: " + ("is a folder" if Path(path).is_dir() else "no such folder"), where=path
            )
        found.append((_BY_NAME[name], Path(path)))
    return tuple(found)


def print_failures(verdict: Verdict, failures: Sequence[Exception] = ()) -> None:
    """Write to stderr which inputs could not be read, and plangate's own errors."""
    for skipped in verdict.coverage.skipped:
        if skipped.input_failed:
            output.print_error(InputError(skipped.why, where=skipped.what, hint=skipped.how_to_fix))
    for failure in failures:
        output.internal_error(failure)


def _document(verdict: Verdict, merged: wire.Verdict | None) -> wire.Verdict:
    from plangate.pipeline import saved  # noqa: PLC0415 - only JSON is a document

    return saved.signed(saved.document(verdict) if merged is None else merged)


def _targets(merged: wire.Verdict) -> Extras:
    from plangate.report.markdown import Extras  # noqa: PLC0415 - Jinja, for Markdown alone

    return Extras(targets=tuple(merged.targets or ()))


def _deliver(make: Callable[[], bytes], path: Path | None) -> bool:
    """Write one report to a file, or to stdout without one. Returns whether it was written, else an error is on stderr."""
    try:
        report = make()
        if path is None:
            return output.write(report)
        _write(path, report)
    except PlangateError as error:
        output.print_error(error)
        return False
    except Exception as error:  # noqa: BLE001 - one report must not take the others with it
        output.internal_error(error)
        return False
    return True


def _write(path: Path, report: bytes) -> None:
    try:
        path.write_bytes(report)
    except OSError as error:
        raise PlangateError(f"cannot be written: {error.strerror}", where=str(path)) from None
