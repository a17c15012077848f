"""`plangate publish`: a saved verdict as a comment, a check and the summary of a step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from plangate.cli import gate as gate_flags
from plangate.cli import output
from plangate.errors import ExitCode, PublishError, UsageError
from plangate.pipeline import trusted_gate
from plangate.pipeline.delivery import Annotations, Delivery, DeliveryRequest
from plangate.pipeline.publication import Pages
from plangate.report.escape import terminal

if TYPE_CHECKING:
    from plangate.pipeline.delivery import Event


@click.command()
@click.argument("verdict", metavar="VERDICT")
@gate_flags.of_configuration
@click.option("--require", is_flag=True, help="Exit with 20 where something could not be published.")
@click.option("--comment/--no-comment", default=True, help="Whether to comment on the pull request.  [default: yes]")
@click.option("--check/--no-check", default=True, help="Whether to set a check on the commit.  [default: yes]")
@click.option("--check-name", metavar="NAME", help="The name of the check.  [default: plangate, and the target]")
@click.option("--comment-max-bytes", type=click.IntRange(10_000, 250_000), default=60_000, help="The longest comment.")
@click.option("--repo", "repository", default="", metavar="OWNER/NAME", help="The repository.  [default: the runner's]")
@click.option("--pr", "number", type=click.IntRange(1), metavar="N", help="The pull request.  [default: the event's]")
@click.option("--sha", default="", metavar="COMMIT", help="The commit.  [default: the event's]")
@click.option("--github-host", "hosts", multiple=True, metavar="HOST", help="A GitHub Enterprise Server. Repeatable.")
@click.option("--ca-bundle", default="", type=click.Path(dir_okay=False), help="Certificates to trust, PEM.")
@click.option("--timeout", type=click.IntRange(1, 3_600), default=120, show_default=True, help="Seconds for all of it.")
def publish(
    *,
    verdict: str,
    config: str | None,
    policy_ref: str | None,
    require: bool,
    comment: bool,
    check: bool,
    check_name: str | None,
    comment_max_bytes: int,
    repository: str,
    number: int | None,
    sha: str,
    hosts: tuple[str, ...],
    ca_bundle: str,
    timeout: int,
) -> int:
    """Bring a saved verdict to a pull request: one comment, one check, the summary of the step.

    VERDICT is what `plangate review -o json=FILE` or `plangate merge -o json=FILE` wrote. The token is taken from
    GITHUB_TOKEN, the rest from the runner's environment. Exits with the verdict's own code: what cannot be published is
    told in one line, and changes the code (to 20) only with --require, or where the pull request of another run is not found.
    """
    pages = Pages.load(verdict, trusted_gate.configuration(config, policy_ref))
    delivery = Delivery(
        pages,
        DeliveryRequest(
            verdict=verdict,
            repository=repository,
            number=number,
            sha=sha,
            comment=comment,
            check=check,
            check_name=check_name,
            longest_comment=comment_max_bytes,
            hosts=hosts,
            ca_bundle=ca_bundle,
            seconds=timeout,
        ),
    )
    try:
        for event in delivery.run():
            _print_event(event)
    except UsageError as error:
        if pages.exit_code is not ExitCode.BLOCK:
            raise
        # A block stays one, whatever becomes of its publication.
        output.print_error(error)
    code = pages.exit_code
    unpublished = delivery.lost or (delivery.failed and require)
    return ExitCode.worst(code, ExitCode.NOT_PUBLISHED) if unpublished else code


def _print_event(event: Event) -> None:
    """How it went, on stderr; what is for the runner, on stdout."""
    if isinstance(event, PublishError):
        output.print_error(event)
    elif isinstance(event, Annotations):
        output.write(event.commands)
    else:
        output.note(terminal(f"plangate: {event.what}: {event.outcome}{f' {event.url}' if event.url else ''}"))
        for warning in event.warnings:
            output.note(terminal(f"  {warning}"))
