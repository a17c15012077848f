"""`plangate explain`: one finding of a saved verdict, with everything that is known of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plangate.errors import InputError, UsageError

if TYPE_CHECKING:
    from plangate.report import wire

_HINT = "plangate review plan.json -o json=verdict.json"


@click.command()
@click.argument("verdict", metavar="VERDICT")
@click.argument("number", metavar="N", type=int)
def explain(*, verdict: str, number: int) -> None:
    """Explain finding N of a saved verdict.

    VERDICT is what `plangate review -o json=FILE` wrote, or `-` for standard input; N counts its findings from 1, as
    the other reports do. Shows the rule and its severity, the values that were seen, and what would change it.
    """
    from plangate.cli import terminal
    from plangate.report import explain as report

    saved = _read(verdict)
    if not 1 <= number <= len(saved.findings):
        listed = f"its findings are 1 to {len(saved.findings)}" if saved.findings else "it has no findings"
        raise UsageError(f"there is no finding {number}: {listed}", where=verdict)
    page = report.render(saved, number, width=terminal.width(), colour=terminal.colour())
    terminal.write(page.encode())


def _read(path: str) -> wire.Verdict:
    """Read a saved verdict. Raises `InputError` for everything else, and never quotes it."""
    import msgspec

    from plangate.evidence import files
    from plangate.report import json_v1, wire

    try:
        data = files.read(path).data
    except InputError as error:
        raise InputError(error.message, where=path, hint=f"save one first: {_HINT}") from None
    try:
        return json_v1.parse(data)
    except msgspec.ValidationError:
        message = f"is not a verdict of plangate ({wire.SCHEMA})"
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError, RecursionError):
        message = "is not JSON"
    raise InputError(message, where=path, hint=f"save a verdict with: {_HINT}")
