"""`plangate explain`: one finding of a saved verdict, with everything that is known of it."""

from __future__ import annotations

import click

from plangate.cli import output
from plangate.errors import UsageError
from plangate.pipeline.saved import load
from plangate.report import explain as report


@click.command()
@click.argument("verdict", metavar="VERDICT")
@click.argument("what", metavar="N|ADDRESS")
def explain(*, verdict: str, what: str) -> None:
    """Explain finding N of a saved verdict, or the change of ADDRESS.

    VERDICT is what `plangate review -o json=FILE` wrote, or `-` for standard input; N counts its findings from 1, as
    the other reports do. Shows the rule and its severity, the values that were seen, and what would change it. Of a change it
    shows why nobody has to look, or which findings it has.
    """
    saved, _ = load(verdict)
    if not what.lstrip("-").isdecimal():
        changes = [change for change in saved.changes if what in (change.address, report.spelled(change))]
        if not changes:
            raise UsageError(f"no change is of {what}", where=verdict)
        for change in changes:
            page = report.render_change(saved, change, width=output.width(), colour=output.colour())
            output.write(page.encode())
        return
    number = int(what)
    if not 1 <= number <= len(saved.findings):
        listed = f"its findings are 1 to {len(saved.findings)}" if saved.findings else "it has no findings"
        raise UsageError(f"there is no finding {number}: {listed}", where=verdict)
    page = report.render(saved, number, width=output.width(), colour=output.colour())
    output.write(page.encode())
