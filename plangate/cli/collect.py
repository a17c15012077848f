"""`plangate collect`: gather evidence into a folder, so that a review needs no credentials."""

from __future__ import annotations

from pathlib import Path

import click

from plangate.cli import clock
from plangate.errors import ExitCode, UsageError


@click.command()
@click.argument("releases", nargs=-1, metavar="[NAMESPACE/NAME]...")
@click.option("--out", type=click.Path(path_type=Path), default=Path("evidence"), show_default=True, metavar="DIR")
@click.option("--timeout", type=float, default=30.0, show_default=True, help="Seconds that one question may take.")
@click.option("--print-permissions", is_flag=True, help="Print the RBAC and IAM rights that it needs, and stop.")
@click.option("--as-of", metavar="TIME", help="The time that is written down.  [default: now]")
def collect(*, releases: tuple[str, ...], out: Path, timeout: float, print_permissions: bool, as_of: str | None) -> int:
    """Gather what Helm knows of releases into a folder, secrets removed.

    `plangate review --evidence DIR` reads it. With PLANGATE_KEY set, secrets are replaced by an HMAC under that key and can
    still be compared; without it they are not compared.
    """
    from plangate import collect as work
    from plangate.evidence.key import gate_key
    from plangate.evidence.live import check_release
    from plangate.report.escape import terminal

    if print_permissions:
        click.echo(work.PERMISSIONS, nl=False)
        return ExitCode.OK
    if not releases:
        raise UsageError("name at least one release", hint="plangate collect prod/web --out evidence/")
    named = []
    for one in releases:
        namespace, _, name = one.partition("/")
        check_release(namespace, name)
        named.append((namespace, name))
    key = gate_key()
    if key is None:
        click.echo("plangate: PLANGATE_KEY is not set: secrets are removed and will not be compared", err=True)
    try:
        done = work.collect(named, out, key, now=clock.moment(as_of), seconds=timeout)
    except OSError as error:
        raise UsageError(f"cannot be written: {(error.strerror or 'no reason').lower()}", where=str(out)) from None
    for release in done:
        click.echo(terminal(f"{release.release}: {', '.join(release.written) or 'nothing'}"))
        for reason in release.failed:
            click.echo(terminal(f"plangate: {release.release}: {reason}"), err=True)
    return ExitCode.INCONCLUSIVE if any(release.failed for release in done) else ExitCode.OK
