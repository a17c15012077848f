"""`plangate collect`: gather evidence into a folder, so that a review needs no credentials."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from plangate.cli import clock, output
from plangate.cli import evidence as evidence_flags
from plangate.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from plangate.model.input import StateSource


@click.command()
@click.argument("releases", nargs=-1, metavar="[NAMESPACE/NAME]...")
@evidence_flags.of_state
@click.option("--tf-dir", type=click.Path(path_type=Path, file_okay=False, exists=True), default=Path(), metavar="DIR")
@click.option("--out", type=click.Path(path_type=Path), default=Path("evidence"), show_default=True, metavar="DIR")
@click.option("--timeout", type=float, default=30.0, show_default=True, help="Seconds that one question may take.")
@click.option("--print-permissions", is_flag=True, help="Print the RBAC and IAM rights that it needs, and stop.")
@click.option("--as-of", metavar="TIME", help="The time that is written down.  [default: now]")
def collect(
    *,
    releases: tuple[str, ...],
    state: StateSource,
    tf_dir: Path,  # noqa: ARG001 - `state` holds it
    out: Path,
    timeout: float,
    print_permissions: bool,
    as_of: str | None,
) -> int:
    """Gather what there is of releases and of a state into a folder, secrets removed.

    Releases: what helm and kubectl tell. A state: --state or --backend-config. `plangate review --evidence DIR` reads it. With PLANGATE_KEY set, secrets are replaced by an HMAC under that key and can
    still be compared; without it they are not compared.
    """
    from plangate.pipeline import collect as work
    from plangate.pipeline.key import gate_key
    from plangate.report.escape import terminal

    if print_permissions:
        output.line(work.PERMISSIONS.rstrip("\n"))
        return ExitCode.OK
    if not releases and not state.asked:
        raise UsageError(
            "name a release, or a state with --state", hint="plangate collect prod/web --state s3://BUCKET/KEY"
        )
    named = work.names(releases)
    key = gate_key()
    if key is None:
        output.note("plangate: PLANGATE_KEY is not set: secrets are removed and will not be compared")
    try:
        done = work.collect(named, out, key, now=clock.moment(as_of), seconds=timeout)
        if state.asked:
            done.append(work.collect_state(state, out, key, now=clock.moment(as_of)))
    except OSError as error:
        raise UsageError(f"cannot be written: {(error.strerror or 'no reason').lower()}", where=str(out)) from None
    for release in done:
        output.line(terminal(f"{release.release}: {', '.join(release.written) or 'nothing'}"))
        for reason in release.failed:
            output.note(terminal(f"plangate: {release.release}: {reason}"))
    return ExitCode.INCONCLUSIVE if any(release.failed for release in done) else ExitCode.OK
