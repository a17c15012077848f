"""`plangate review`: what will happen, and whether it is safe."""

from __future__ import annotations

import datetime
import gc
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from plangate.errors import ExitCode, InputError, PlangateError, UsageError

if TYPE_CHECKING:
    from plangate.model import Verdict

FORMATS = ("text", "json", "markdown")


@click.command()
@click.argument("inputs", nargs=-1, required=True, metavar="INPUT...")
@click.option("--format", "format_", type=click.Choice(FORMATS), default="text", help="What to print on stdout.")
@click.option(
    "-o",
    "outputs",
    multiple=True,
    metavar="FORMAT=FILE",
    help="Also write a report to a file. Repeatable.",
)
@click.option("--all", "all_changes", is_flag=True, help="Show every change and everything that is folded.")
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
    "--tf-dir",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    default=Path(),
    help="Where to run `terraform show` for a saved plan.  [default: here]",
)
@click.option("--as-of", metavar="TIME", help="The time of the review, ISO 8601.  [default: now]")
def review(
    *,
    inputs: tuple[str, ...],
    format_: str,
    outputs: tuple[str, ...],
    all_changes: bool,
    fail_on: str,
    environment: str | None,
    target: str | None,
    policy_paths: tuple[Path, ...],
    tf_dir: Path,
    as_of: str | None,
) -> int:
    """Say whether it is safe to apply exactly this plan.

    INPUT is plan JSON (terraform show -json tfplan), a saved plan, or a `terraform plan -json` stream, of Terraform or
    OpenTofu; `-` is standard input. What it is, is told by its content. Several inputs make one verdict.
    """
    # One short run makes little garbage that waits for a collection, and scanning for it costs a tenth of the time.
    gc.disable()
    from plangate import engine
    from plangate.cli.main import internal_error, say
    from plangate.cli.progress import progress
    from plangate.policy.load import load
    from plangate.verdict import Options

    files = _outputs(outputs)
    options = Options(
        created_at=_moment(as_of),
        target=target,
        environment=environment,
        fail_on="review" if fail_on == "review" else "block",
    )
    request = engine.Request(inputs=inputs, policies=load(policy_paths), options=options, tf_dir=tf_dir)
    with progress(inputs):
        result = engine.review(request)
    for skipped in result.verdict.coverage.skipped:
        if skipped.input_failed:
            say(InputError(skipped.why, where=skipped.what, hint=skipped.how_to_fix))
    for failure in result.failures:
        internal_error(failure)
    delivered = [
        _deliver(result.verdict, name, path, all_changes=all_changes) for name, path in (*files, (format_, None))
    ]
    code = result.verdict.exit_code
    # A report that fails must not soften a block.
    return code if code == ExitCode.BLOCK or (all(delivered) and not result.failures) else ExitCode.INTERNAL


def _deliver(verdict: Verdict, format_: str, path: Path | None, *, all_changes: bool) -> bool:
    """Write one report to a file, or to stdout without one. Says what went wrong, and whether it went well."""
    from plangate.cli import terminal
    from plangate.cli.main import internal_error, say

    try:
        report = _render(verdict, format_, all_changes=all_changes, shown=path is None)
        if path is None:
            terminal.write(report)
        else:
            _write(path, report)
    except BrokenPipeError:
        # Whoever reads us stopped early; the decision stands. Python must not try to flush the rest at its exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except PlangateError as error:
        say(error)
        return False
    except Exception as error:  # noqa: BLE001 - one report must not take the others with it
        internal_error(error)
        return False
    return True


def _outputs(outputs: tuple[str, ...]) -> list[tuple[str, Path]]:
    """The `-o FORMAT=FILE` pairs; raises `UsageError` for a wrong one before anything is read."""
    pairs = []
    for output in outputs:
        name, equals, path = output.partition("=")
        if not equals or not path or name not in FORMATS:
            raise UsageError(f"-o takes FORMAT=FILE, with one of: {', '.join(FORMATS)}", where=output)
        if not Path(path).parent.is_dir() or Path(path).is_dir():
            raise UsageError(
                "cannot be written: " + ("is a folder" if Path(path).is_dir() else "no such folder"), where=path
            )
        pairs.append((name, Path(path)))
    return pairs


def _moment(as_of: str | None) -> str:
    """The time of the review, UTC, to the second."""
    try:
        moment = datetime.datetime.fromisoformat(as_of) if as_of else datetime.datetime.now(datetime.UTC)
    except ValueError:
        raise UsageError("is not a time", where="--as-of", hint="for example 2026-01-31T12:00:00Z") from None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=datetime.UTC)
    return moment.astimezone(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _render(verdict: Verdict, format_: str, *, all_changes: bool, shown: bool) -> bytes:
    if format_ == "json":
        from plangate.report import json_v1

        return json_v1.render(verdict)
    if format_ == "markdown":
        from plangate.report import markdown

        return markdown.render(verdict).encode()
    from plangate.cli import terminal
    from plangate.report import text

    colour = shown and terminal.colour()
    width = terminal.width() if shown else terminal.WIDTH
    return text.render(verdict, width=width, colour=colour, all_changes=all_changes).encode()


def _write(path: Path, report: bytes) -> None:
    try:
        path.write_bytes(report)
    except OSError as error:
        raise PlangateError(f"cannot be written: {error.strerror}", where=str(path)) from None
