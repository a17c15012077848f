"""`plangate merge`: the verdicts of many targets, one verdict."""

from __future__ import annotations

import glob
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
import msgspec

from plangate.cli import clock, output
from plangate.cli import gate as gate_flags
from plangate.cli import reports as report_flags
from plangate.errors import ExitCode, InputError, UsageError
from plangate.pipeline import trusted_gate
from plangate.pipeline.consistency import observes_everywhere
from plangate.pipeline.key import gate_key
from plangate.pipeline.merge import Expected, Part, code_of
from plangate.pipeline.merge import merge as merged
from plangate.pipeline.saved import check, load
from plangate.report.restore import restore
from plangate.report.wire import Skipped

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.cli.reports import Reports
    from plangate.gate.config import Config
    from plangate.report import wire

_MOST_FILES = 10_000


class _Head(msgspec.Struct):
    """The field that distinguishes a verdict from other JSON, such as a plan in the same folder."""

    schema: str = ""


@click.command()
@click.argument("verdicts", nargs=-1, metavar="VERDICT...")
@click.option(
    "--expect",
    type=click.Path(path_type=Path, dir_okay=False),
    metavar="FILE",
    help="The targets that have to be there: one in a line (TARGET, or TARGET and a tab and ENVIRONMENT), or a JSON list.",
)
@report_flags.options()
@click.option(
    "--fail-on",
    type=click.Choice(["block", "review"]),
    default="block",
    show_default=True,
    help="The mildest decision that exits with an error.",
)
@gate_flags.of_configuration
@click.option("--target", metavar="NAME", help="A name for the whole; shown.")
@click.option("--as-of", metavar="TIME", help="The time of the merge where there is no verdict.  [default: now]")
def merge(
    *,
    verdicts: tuple[str, ...],
    expect: Path | None,
    reports: Reports,
    fail_on: str,
    config: str | None,
    policy_ref: str | None,
    target: str | None,
    as_of: str | None,
) -> int:
    """Make one verdict of the verdicts of many targets.

    VERDICT is a file that `plangate review -o json=FILE` wrote, a pattern of such files, or a folder with them, as
    downloaded from other jobs. The worst decision is the decision of the whole; what --expect names and is not there
    makes it inconclusive. With --expect and an empty list, which is written as [], no verdict is a pass. A verdict that
    contradicts itself, or that observes where the configuration does not, is not taken.
    """
    if not verdicts and expect is None:
        raise UsageError("give verdicts, or --expect with a list that may be empty")
    expected = _expected(expect) if expect is not None else None
    parts: list[Part] = []
    unread: list[wire.Skipped] = []
    settings = trusted_gate.configuration(config, policy_ref)
    for given in verdicts:
        _read(given, parts, unread, settings, listed=expected is not None)
    observing = observes_everywhere(settings)
    now = clock.moment(as_of)
    overall = merged(parts, unread, expected, now=now, target=target, fail_on=fail_on, observing=observing)
    for skipped in overall.coverage.skipped:
        if skipped.decides == "input":
            output.print_error(InputError(skipped.why, where=skipped.what, hint=skipped.how_to_fix))
    return ExitCode.worst(code_of(overall), reports.deliver(restore(overall), merged=overall))


def _read(given: str, parts: list[Part], unread: list[wire.Skipped], settings: Config, *, listed: bool) -> None:
    """Read what one argument names. What cannot be read is told and counts; it never stops the others."""
    key = gate_key()
    folder = Path(given).is_dir()
    try:
        paths = list(_files(given))
    except OSError as error:
        paths = []
        unread.append(Skipped(given, f"cannot be read: {error.strerror}", "give it a folder of verdicts", "input"))
    if listed and paths == [given] and not Path(given).exists() and given != "-":
        # No job left a verdict here. --expect decides whether that is right.
        return
    if not listed and not paths:
        unread.append(Skipped(given, "holds no verdict", "see why nothing was saved there", "input"))
    for path in paths:
        try:
            verdict, sha256 = load(path)
        except InputError as error:
            # A folder of artifacts may hold other JSON, such as the plan. A truncated verdict still counts as one.
            if folder and _is_something_else(path):
                unread.append(Skipped(path, "is not a verdict, and was left out", "keep only verdicts in the folder"))
            else:
                unread.append(Skipped(path, error.message, error.hint or "review it again", "input"))
        else:
            try:
                check(path, verdict, key, settings)
            except InputError as error:
                # One that is not signed counts for what it says, and makes nothing pass.
                unread.append(Skipped(path, error.message, error.hint or "", "input" if key is None else "verdict"))
                if key is None:
                    continue
            parts.append(Part(path, sha256, verdict))


def _files(given: str) -> Iterator[str]:
    """The files of one argument, sorted."""
    path = Path(given)
    if path.is_dir():
        found = sorted(str(inner) for inner in path.rglob("*.json") if inner.is_file())
        if len(found) > _MOST_FILES:
            raise UsageError(f"holds more than {_MOST_FILES} files", where=given)
        yield from found
    elif path.exists() or given == "-" or not any(mark in given for mark in "*?["):
        yield given
    else:
        yield from sorted(glob.glob(given, recursive=True))  # noqa: PTH207 - a pattern may be absolute


def _is_something_else(path: str) -> bool:
    try:
        head = msgspec.json.decode(Path(path).read_bytes(), type=_Head)
    except msgspec.ValidationError:
        return True
    except (OSError, ValueError, RecursionError):
        return False
    return not head.schema.startswith("plangate/")


def _expected(path: Path) -> tuple[Expected, ...]:
    """The expected targets. Raises `UsageError` for a list that cannot be read: with it nothing can be checked."""
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError):
        raise UsageError("cannot be read", where=str(path)) from None
    if text.lstrip().startswith("["):
        try:
            listed: list[Any] = msgspec.json.decode(text)
            return tuple(
                Expected(one) if isinstance(one, str) else msgspec.convert(one, Expected, strict=True) for one in listed
            )
        except (msgspec.DecodeError, msgspec.ValidationError, RecursionError):
            hint = 'for example ["live/db"] or [{"target": "live/db", "environment": "prod"}]'
            raise UsageError("is not a list of targets", where=str(path), hint=hint) from None
    found = []
    for line in text.splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            name, _, environment = line.strip().partition("\t")
            found.append(Expected(name.strip(), environment.strip() or None))
    if not found:
        # What a step that failed leaves behind looks the same.
        raise UsageError("names no target", where=str(path), hint="an empty list is written as []")
    return tuple(found)
