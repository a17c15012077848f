"""`plangate review`: what will happen, and whether it is safe."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click
from click.core import ParameterSource

from plangate.cli import clock
from plangate.cli import evidence as evidence_flags
from plangate.cli import gate as gate_flags
from plangate.cli import reports as report_flags
from plangate.cli.progress import progress
from plangate.errors import ExitCode, UsageError
from plangate.lang import semver
from plangate.model.verdict import Options, Provenance
from plangate.pipeline import gate_flags as gates
from plangate.pipeline import read_ahead
from plangate.report.formats import Format

if TYPE_CHECKING:
    from plangate.cli.reports import Reports
    from plangate.model.input import EvidenceSources, StateSource


@click.command()
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@report_flags.options()
@click.option(
    "--fail-on",
    type=click.Choice(["block", "review"]),
    default="block",
    show_default=True,
    help="The mildest decision that exits with an error.",
)
@click.option(
    "--env", "environment", metavar="NAME", help="The environment this plan is for; shown and seen by policies."
)
@click.option("--target", metavar="NAME", help="A name for what is reviewed, such as a root module; shown.")
@click.option(
    "--policies",
    "policy_paths",
    multiple=True,
    type=click.Path(path_type=Path),
    help="More policies: a file or a folder. Repeatable.",
)
@click.option(
    "--only", multiple=True, metavar="ID", help="Ask only this policy, and what plangate finds itself. Repeatable."
)
@click.option(
    "--skip", multiple=True, metavar="ID", help="Leave this policy out; refused with --policy-ref. Repeatable."
)
@gate_flags.options
@click.option(
    "--conftest",
    metavar="DIR",
    help="Your own Rego: held against each input with the `conftest` or `opa` on PATH. deny and violation are high, warn is medium.",
)
@click.option(
    "--tf-dir",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=Path(),
    help="The configuration of the plan: gives findings their lines, and is where `terraform show` runs for a saved plan.",
)
@evidence_flags.of_release()
@evidence_flags.of_state
@click.option("--saved-plan", metavar="FILE", help="The plan file that the JSON was made from: its lineage and serial.")
@click.option(
    "--require",
    metavar="KINDS",
    help="Evidence that has to be there: of state,values,history,manifest,live-objects, with commas.",
)
@click.option("--kube-version", metavar="X.Y", help="The cluster's version, to tell removed APIs.")
@click.option(
    "--assume",
    "assumed",
    multiple=True,
    metavar="ADDRESS=current",
    help="Take what hangs on the apply of ADDRESS as it is now, and say so. Repeatable.",
)
@click.option("--as-of", metavar="TIME", help="The time of the review, ISO 8601.  [default: now]")
def review(
    *,
    inputs: tuple[str, ...],
    reports: Reports,
    fail_on: Literal["block", "review"],
    environment: str | None,
    target: str | None,
    policy_paths: tuple[Path, ...],
    only: tuple[str, ...],
    skip: tuple[str, ...],
    config: str | None,
    waiver_files: tuple[str, ...],
    policy_ref: str | None,
    conftest: str | None,
    tf_dir: Path,
    as_of: str | None,
    evidence: EvidenceSources,
    kube_version: str | None,
    state: StateSource,
    saved_plan: str | None,
    require: str | None,
    assumed: tuple[str, ...],
) -> int:
    """Say whether it is safe to apply exactly this plan or Helm upgrade.

    INPUT is plan JSON (terraform show -json tfplan), a saved plan, or a `terraform plan -json` stream, of Terraform or
    OpenTofu; the dry run of a Helm upgrade (helm upgrade --dry-run=server, as text or with -o json), or `helm template`.
    `-` is standard input. What it is, is told by its content. Several inputs make one verdict.
    """
    read = read_ahead.begin(inputs[0])
    from plangate.pipeline import binding  # noqa: PLC0415 - loaded while the input is read
    from plangate.pipeline import review as reviewing  # noqa: PLC0415 - loaded while the input is read

    options = Options(
        created_at=clock.moment(as_of),
        target=target,
        environment=environment,
        fail_on=fail_on,
        required=_required(require),
        provenance=_provenance(),
        notes=gates.chosen_note(only, skip),
    )
    given = click.get_current_context().get_parameter_source("tf_dir") is ParameterSource.COMMANDLINE
    asked = gates.GateFlags(
        config=config,
        waivers=waiver_files,
        policies=policy_paths,
        ref=policy_ref,
        conftest=conftest,
        inline=given,
        state=state,
        saved_plan=saved_plan,
    )
    policies, of_repository = gates.prepare(asked, options, inputs, tf_dir)
    if only or skip:
        policies = gates.choose(policies, only, skip, policy_ref)
    request = reviewing.Request(
        inputs=inputs,
        read=read,
        policies=policies,
        gate=of_repository,
        options=options,
        tf_dir=tf_dir,
        evidence=evidence,
        kube_version=_kube_version(kube_version),
        state=state,
        saved_plan=saved_plan,
        rego=gates.rego(asked),
        binding=binding.BindingOptions.of(of_repository) if Format.JSON in reports.formats else None,
        assume=_assumed(assumed),
        located=given,
    )
    with progress(inputs):
        result = reviewing.review(request)
    report_flags.print_failures(result.verdict, result.failures)
    return ExitCode.worst(result.exit_code, reports.deliver(result.verdict))


def _provenance() -> Provenance | None:
    """The run of GitHub Actions that this is a part of."""
    run, attempt = (os.environ.get(name, "") for name in ("GITHUB_RUN_ID", "GITHUB_RUN_ATTEMPT"))
    if not re.fullmatch(r"[0-9]{1,15}", run) or not re.fullmatch(r"[0-9]{1,3}", attempt):
        return None
    return Provenance(run=int(run), attempt=int(attempt))


def _required(text: str | None) -> tuple[str, ...]:
    """The kinds of evidence that --require names. Raises `UsageError`."""
    if text is None:
        return ()
    from plangate.report.json_v1 import EVIDENCE  # noqa: PLC0415 - few reviews require evidence

    names = tuple(name.strip().replace("-", "_") for name in text.split(",") if name.strip())
    for name in names:
        if name not in EVIDENCE:
            known = ", ".join(one.replace("_", "-") for one in EVIDENCE)
            raise UsageError(f"is no evidence; there are {known}", where=f"--require {name}")
    return names


def _assumed(texts: tuple[str, ...]) -> tuple[str, ...]:
    """The addresses that --assume names. Raises `UsageError`."""
    addresses = []
    for text in texts:
        address, equals, word = text.rpartition("=")
        if not equals or not address or word != "current":
            raise UsageError("is no assumption", where=f"--assume {text}", hint="for example random_pet.name=current")
        addresses.append(address)
    return tuple(addresses)


def _kube_version(text: str | None) -> tuple[int, int] | None:
    """Major and minor of a version such as `1.34` or `v1.34.2-eks`. Raises `UsageError`."""
    if text is None:
        return None
    try:
        return semver.major_minor(text)
    except ValueError:
        raise UsageError("is not a version", where="--kube-version", hint="for example 1.34") from None
