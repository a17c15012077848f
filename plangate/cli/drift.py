"""`plangate drift`: what is live and differs from what is configured and recorded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import structs

from plangate.cli import clock
from plangate.cli import evidence as evidence_flags
from plangate.cli import reports as report_flags
from plangate.errors import ExitCode, UsageError
from plangate.model.decision import enforced_code
from plangate.model.verdict import Options
from plangate.pipeline import drift_check, trusted_gate
from plangate.pipeline import targets as targets_files
from plangate.report.formats import Format
from plangate.report.restore import restore

if TYPE_CHECKING:
    from plangate.cli.reports import Reports
    from plangate.model.input import EvidenceSources, StateSource


@click.command()
@click.argument("targets", nargs=-1, metavar="[TARGETS]...")
@click.option("--plan", metavar="FILE", help="A plan (JSON or saved): its Helm releases, and what its refresh found.")
@click.option("--values", multiple=True, metavar="FILE", help="The values a release is meant to have. Repeatable.")
@click.option("--set", "sets", multiple=True, metavar="K=V", help="A value, as `helm upgrade --set` takes it.")
@click.option("--set-string", "set_strings", multiple=True, metavar="K=V", help="A value that is a text.")
@click.option("--release", metavar="NAMESPACE/NAME", help="The release that --values are for.")
@evidence_flags.of_release("values", "history", "metadata")
@evidence_flags.of_state
@click.option("--tf-dir", type=click.Path(path_type=Path, file_okay=False, exists=True), default=Path())
@click.option("--config", metavar="FILE", help="The configuration.  [default: .plangate.yaml where there is one]")
@click.option("--env", "environment", metavar="NAME", help="The environment: which clusters and states are its own.")
@click.option("--target", metavar="NAME", help="A name for what is checked, shown.")
@click.option(
    "--timeout",
    type=float,
    default=60.0,
    show_default=True,
    help="Seconds that one question, and one of many targets, may take.",
)
@report_flags.options(tuple(format_ for format_ in Format if format_.renderer.whole))
@click.option("--fail-on", type=click.Choice(["block", "review"]), default="review", show_default=True)
@click.option("--as-of", metavar="TIME", help="The time of the check, ISO 8601.  [default: now]")
def drift(
    *,
    targets: tuple[str, ...],
    plan: str | None,
    values: tuple[str, ...],
    sets: tuple[str, ...],
    set_strings: tuple[str, ...],
    release: str | None,
    evidence: EvidenceSources,
    state: StateSource,
    tf_dir: Path,
    config: str | None,
    environment: str | None,
    target: str | None,
    timeout: float,
    reports: Reports,
    fail_on: str,
    as_of: str | None,
) -> int:
    """Say what is live and differs from what is configured and recorded.

    One release: --plan, or --values with --release. Many: TARGETS is a file that lists them, or a pattern of such files.
    """
    evidence = structs.replace(evidence, seconds=min(evidence.seconds, timeout))
    options = Options(
        created_at=clock.moment(as_of),
        target=target,
        environment=environment,
        fail_on="review" if fail_on == "review" else "block",
    )
    one = drift_check.Target(
        name=target,
        plan=plan,
        values=values,
        sets=sets,
        set_strings=set_strings,
        release=release,
        evidence=evidence,
        state=state,
        tf_dir=tf_dir,
    )
    settings = trusted_gate.configuration(config)
    if targets:
        overall, verdicts = drift_check.merged(targets_files.read(targets, one), options, settings, seconds=timeout)
        for verdict in verdicts:
            report_flags.print_failures(verdict)
        return ExitCode.worst(overall.exit_code, reports.deliver(restore(overall), merged=overall))
    if (plan is None) == (release is None):
        raise UsageError("give --plan FILE, or --release NAMESPACE/NAME with --values FILE, or a file of targets")
    verdict = drift_check.check(one, options, settings)
    report_flags.print_failures(verdict)
    return ExitCode.worst(enforced_code(verdict), reports.deliver(verdict))
