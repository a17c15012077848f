"""`plangate policy`: list, show, test and document policies."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click
import msgspec

from plangate.cli import output
from plangate.errors import ExitCode, InputError, UsageError
from plangate.pipeline import policies
from plangate.report import escape
from plangate.report.escape import terminal

if TYPE_CHECKING:
    from plangate.model.policy import Policy

_PATHS = click.option(
    "--policies",
    "policy_paths",
    multiple=True,
    type=click.Path(path_type=Path),
    help="More policies: a file or a folder. Repeatable.",
)


@click.group()
def policy() -> None:
    """List, show, test and document policies."""


@policy.command("list")
@_PATHS
@click.option("--format", "format_", type=click.Choice(["text", "json"]), default="text", help="What to print.")
def list_(*, policy_paths: tuple[Path, ...], format_: str) -> None:
    """List every policy, the shipped ones and yours."""
    every = policies.policies(policy_paths)
    if format_ == "json":
        keys = ("id", "family", "severity", "summary", "since")
        rows = [{key: getattr(one, key) for key in keys} for one in every]
        output.write(escape.json(msgspec.json.format(msgspec.json.encode(rows), indent=2)) + b"\n")
        return
    width = max(len(one.id) for one in every)
    for one in sorted(every, key=lambda one: (one.family, one.severity.rank, one.id)):
        output.line(f"{one.severity.value:<9} {one.id:<{width}}  {terminal(one.summary)}")


@policy.command()
@click.argument("id_", metavar="ID")
@_PATHS
def show(*, id_: str, policy_paths: tuple[Path, ...]) -> None:
    """Show one policy: what it finds, why, when, and the way out."""
    text = policies.page(id_, policy_paths).partition("\n\n")[2]
    for line in text.splitlines():
        output.line(terminal(line))


@policy.command()
@click.argument("paths", nargs=-1, type=click.Path(path_type=Path), metavar="[PATH...]")
@click.option(
    "--plans",
    type=click.Path(path_type=Path, exists=True),
    help="Also say what the policies find in real plans: a plan, or a folder of them.",
)
def test(*, paths: tuple[Path, ...], plans: Path | None) -> int:
    """Hold the cases in policy files against their policies.

    PATH is a file or a folder; without one, the shipped policies are tested. Exits with 10 when a case fails.
    """
    tested = policies.test(paths)
    results = [(one.file, result) for one in tested for result in one.results]
    failed = [(file, result) for file, result in results if not result.passed]
    for file, result in failed:
        problem = f": {result.problem}" if result.problem else ""
        message = f"{file}: {result.expected.value} case {result.number}: the policy says {result.got.value}{problem}"
        output.note(terminal(message))
    for one in tested:
        if not one.results:
            output.note(f"{terminal(str(one.file))}: has no cases")
    if plans is not None:
        _on_plans([one.policy for one in tested], plans)
    output.line(f"{len(results)} cases of {len(tested)} policies, {len(failed)} failed")
    return ExitCode.BLOCK if failed else ExitCode.OK


@policy.command()
@click.argument("id_", metavar="ID")
@click.option(
    "--type",
    "type_",
    default="aws_s3_bucket",
    show_default=True,
    help="The type that it is about: of Terraform, or a kind of Kubernetes such as Deployment.",
)
@click.option("--folder", type=click.Path(path_type=Path), default=Path(), help="Where to write it.  [default: here]")
def new(*, id_: str, type_: str, folder: Path) -> None:
    """Write a first policy ID.yaml that loads and whose cases pass."""
    file = folder / f"{id_}.yaml"
    made = policies.first(id_, type_, folder)
    if file.exists():
        raise UsageError("is there already", where=str(file))
    try:
        folder.mkdir(parents=True, exist_ok=True)
        file.write_text(made, "utf-8")
    except OSError as error:
        raise UsageError(f"cannot be written: {error.strerror}", where=str(file)) from None
    output.line(terminal(f"wrote {file}"))
    if policies.is_shipped(folder):
        output.note("next: python -m plangate.policy.index, which shipped policies are read from")
    output.note(terminal(f"next: plangate policy test {file}"))


@policy.command()
@click.argument("folder", type=click.Path(path_type=Path))
@_PATHS
@click.option("--check", is_flag=True, help="Write nothing; exit with 10 when a page is not current.")
def docs(*, folder: Path, policy_paths: tuple[Path, ...], check: bool) -> int:
    """Write a Markdown page for every policy into FOLDER."""
    made = policies.pages(policy_paths)
    stale = [name for name, text in made.items() if not _is(folder / name, text)]
    stale += [
        str(p.relative_to(folder)) for p in sorted(folder.glob("*/*.md")) if str(p.relative_to(folder)) not in made
    ]
    if check:
        for name in stale:
            output.note(terminal(f"{folder / name} is not current"))
        return ExitCode.BLOCK if stale else ExitCode.OK
    for name in stale:
        path = folder / name
        if name not in made:
            path.unlink()
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(made[name], "utf-8")
    return ExitCode.OK


def _on_plans(tried: list[Policy], plans: Path) -> None:
    """Say what policies find in real plans. What cannot be read is told and left out."""
    for plan, found in policies.on_plans(tried, sorted(plans.rglob("*.json")) if plans.is_dir() else [plans]):
        if isinstance(found, InputError):
            output.note(terminal(f"{plan}: {found.message}"))
            continue
        for finding in found:
            output.line(terminal(f"{plan}: {finding.outcome.value}: {finding.policy}: {finding.message}"))


def _is(path: Path, text: str) -> bool:
    return path.is_file() and path.read_text("utf-8") == text
