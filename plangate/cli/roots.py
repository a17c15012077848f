"""`plangate roots`: the root modules that a change reaches, for a matrix of jobs."""

from __future__ import annotations

import click
import msgspec

from plangate.cli import output
from plangate.errors import ExitCode
from plangate.pipeline import roots as finding
from plangate.report.escape import terminal

_MOST = 10


@click.command()
@click.argument("folders", nargs=-1, metavar="[DIR...]")
@click.option("--changed-since", required=True, metavar="REF", help="The commit or branch that the change goes to.")
def roots(*, folders: tuple[str, ...], changed_since: str) -> int:
    """List the root modules that a change reaches, as JSON for a matrix.

    A change is what HEAD has and REF had not when HEAD left it. It reaches a root module by a file in its folder, by a module that
    it calls, and by a file that one of them reads. With DIR only root modules in these folders are listed; both are paths from the
    top of the repository. A root module is one that no other one calls, or that says where its state is.

    Exits with 4 where Terraform files changed and no root module is reached: that is no list to rely on.
    """
    found = finding.reached(changed_since, folders)
    for path in found.unreached[:_MOST]:
        output.note(terminal(f"plangate: {path} changed and reaches no root module that is listed"))
    if len(found.unreached) > _MOST:
        output.note(f"plangate: and {len(found.unreached) - _MOST} more files")
    if not found.is_certain:
        output.note("  nothing would be planned; name the folders of the root modules, or plan them all")
        return ExitCode.INCONCLUSIVE
    output.write(msgspec.json.encode(found.roots) + b"\n")
    return ExitCode.OK
