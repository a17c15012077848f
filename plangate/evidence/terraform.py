"""Asks `terraform` or `tofu` on PATH to turn a saved plan into plan JSON."""

from __future__ import annotations

import shutil
import subprocess
import tempfile
from pathlib import Path

from plangate.errors import InputError
from plangate.evidence import bounded_output, child_environment
from plangate.model.input import RawInput

_SECONDS = 300
_MOST_BYTES = 1024**3
_WHY = {
    b"was created by a different version": "it was made by another version of the tool; use that version",
    b"Plugin did not respond": "a provider crashed",
    b"Inconsistent dependency lock file": "the folder is not initialised for it: run `{tool} init` there first",
    b"Required plugins are not installed": "the folder is not initialised for it: run `{tool} init` there first",
    b"Failed to load plugin schemas": "the folder is not initialised for it: run `{tool} init` there first",
    b"Could not load plugin": "the folder is not initialised for it: run `{tool} init` there first",
    b"Failed to obtain provider schema": "the folder is not initialised for it: run `{tool} init` there first",
}
"""Reasons by a part of the tool's own error."""


def show(path: str, data: bytes, tf_dir: Path, tools: tuple[str, ...]) -> RawInput:
    """Run `<tool> show -json` on a saved plan inside `tf_dir`, without a shell, and return what it prints.

    `tools` are tried in turn. Raises `InputError` that says what to run when none is there, or each fails or takes longer
    than five minutes.
    """
    found = [(tool, command) for tool in tools if (command := on_path(tool))]
    if not found:
        missing = " or ".join(f"`{tool}`" for tool in tools)
        raise InputError(
            f"is a saved plan, and {missing} is not on PATH to read it", where=path, hint=_by_hand(path, tools[0])
        )
    problems: list[InputError] = []
    with tempfile.TemporaryDirectory(prefix="plangate-") as folder:
        # A copy of the bytes that were read: what is reviewed cannot be exchanged between reading and showing.
        copy = Path(folder, "tfplan")
        copy.touch(mode=0o600)
        copy.write_bytes(data)
        for tool, command in found:
            try:
                return RawInput(path, _run(command, copy, tf_dir, path, tool))
            except InputError as error:
                problems.append(error)
    raise problems[0]


def _by_hand(path: str, tool: str) -> str:
    return f"{tool} show -json {'tfplan' if path == '-' else path} > plan.json   (in the folder it was planned in)"


def _run(command: str, plan: Path, tf_dir: Path, path: str, tool: str) -> bytes:
    """The stdout of one tool. Raises `InputError` without the tool's own message, which may quote values."""
    by_hand = _by_hand(path, tool)
    try:
        done = bounded_output.run(
            [command, "show", "-json", "-no-color", str(plan)],
            most=_MOST_BYTES,
            seconds=_SECONDS,
            cwd=tf_dir,
            env=child_environment.of(tool),
        )
    except bounded_output.TooMuchOutputError:
        raise InputError(f"`{tool} show` prints more than {_MOST_BYTES // 1024**3} GiB", where=path) from None
    except subprocess.TimeoutExpired:
        raise InputError(f"`{tool} show` took longer than {_SECONDS} seconds", where=path, hint=by_hand) from None
    except OSError as error:
        reason = (error.strerror or "no reason given").lower()
        raise InputError(f"`{tool} show` could not be started: {reason}", where=path, hint=by_hand) from None
    if done.code != 0:
        why = next((text for piece, text in _WHY.items() if piece in done.stderr), "run it by hand to see why")
        raise InputError(
            f"`{tool} show` failed in {tf_dir}: {why.format(tool=tool)}",
            where=path,
            hint=f"--tf-dir FOLDER, or: {by_hand}",
        )
    return done.stdout


def on_path(tool: str) -> str | None:
    """The tool's absolute path. A relative entry of PATH is not followed: it would be the reviewed repository's own."""
    found = shutil.which(tool)
    return found if found and Path(found).is_absolute() else None
