"""`plangate drift`: what is live and differs from what is configured and recorded."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING

import click
from msgspec import structs

from plangate.cli import clock, reports
from plangate.cli import evidence as evidence_flags
from plangate.errors import ExitCode, UsageError
from plangate.pipeline import trusted_gate

if TYPE_CHECKING:
    from plangate.gate.config import Config
    from plangate.model.input import EvidenceSources, StateSource
    from plangate.pipeline.drift_check import Target
    from plangate.report import wire


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
@click.option("--format", "format_", type=click.Choice(("text", "json", "markdown")), default="text")
@click.option("-o", "outputs", multiple=True, metavar="FORMAT=FILE", help="Also write a report to a file. Repeatable.")
@click.option("--all", "all_changes", is_flag=True, help="Show everything that is folded.")
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
    format_: str,
    outputs: tuple[str, ...],
    all_changes: bool,
    fail_on: str,
    as_of: str | None,
) -> int:
    """Say what is live and differs from what is configured and recorded.

    One release: --plan, or --values with --release. Many: TARGETS is a file that lists them, or a pattern of such files.
    """
    from plangate.model.verdict import Options
    from plangate.pipeline import drift_check

    evidence = structs.replace(evidence, seconds=min(evidence.seconds, timeout))
    files = reports.pairs(outputs)
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
        return _many(targets, one, options, timeout, files, settings=settings, format_=format_, all_changes=all_changes)
    if (plan is None) == (release is None):
        raise UsageError("give --plan FILE, or --release NAMESPACE/NAME with --values FILE, or a file of targets")
    verdict = drift_check.check(one, options, settings)
    reports.tell(verdict)
    well = reports.deliver_all(
        lambda name, shown: reports.render(verdict, name, all_changes=all_changes, shown=shown), files, format_
    )
    return reports.exit_code(verdict.exit_code, well=well)


def _many(
    given: tuple[str, ...],
    defaults: Target,
    options: object,
    seconds: float,
    files: list[tuple[str, Path]],
    *,
    settings: Config,
    format_: str,
    all_changes: bool,
) -> int:
    """Check every target of every file, and make one verdict of all."""
    from plangate.cli.merge import render
    from plangate.cli.targets import read
    from plangate.model.verdict import Options
    from plangate.pipeline import drift_check
    from plangate.pipeline.merge import Part, merge
    from plangate.report import json_v1

    assert isinstance(options, Options)  # noqa: S101 - the caller's own
    listed = read(given, defaults)
    verdicts = drift_check.check_all(listed, structs.replace(options, target=None), settings, seconds=seconds)
    parts = []
    for target, verdict in zip(listed, verdicts, strict=True):
        reports.tell(verdict)
        text = json_v1.render(verdict)
        parts.append(Part(target.name or "", hashlib.sha256(text).hexdigest(), json_v1.parse(text)))
    whole: wire.Verdict = merge(parts, [], None, now=options.created_at, target=options.target)
    if options.fail_on == "review" and whole.decision == "review" and whole.exit_code == ExitCode.OK:
        whole = structs.replace(whole, exit_code=int(ExitCode.REVIEW))
    well = reports.deliver_all(
        lambda name, shown: render(whole, name, all_changes=all_changes, shown=shown), files, format_
    )
    return reports.exit_code(whole.exit_code, well=well)
