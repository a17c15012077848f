"""`plangate explain`: one finding of a saved verdict, with everything that is known of it."""

from __future__ import annotations

import click

from plangate.cli import output
from plangate.errors import UsageError
from plangate.pipeline.saved import load
from plangate.report import explain as report


@click.command()
@click.argument("verdict", metavar="VERDICT")
@click.argument("number", metavar="N", type=int)
def explain(*, verdict: str, number: int) -> None:
    """Explain finding N of a saved verdict.

    VERDICT is what `plangate review -o json=FILE` wrote, or `-` for standard input; N counts its findings from 1, as
    the other reports do. Shows the rule and its severity, the values that were seen, and what would change it.
    """
    saved, _ = load(verdict)
    if not 1 <= number <= len(saved.findings):
        listed = f"its findings are 1 to {len(saved.findings)}" if saved.findings else "it has no findings"
        raise UsageError(f"there is no finding {number}: {listed}", where=verdict)
    page = report.render(saved, number, width=output.width(), colour=output.colour())
    output.write(page.encode())
