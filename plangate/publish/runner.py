"""The files of a GitHub runner: outputs and the summary of the step.

https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands#environment-files
"""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING, Final

from plangate.errors import PublishError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

MOST_BYTES: Final = 900 * 1024
"""The most bytes of a summary. The runner drops one of more than 1 MiB for a step."""


def write_outputs(environment: Mapping[str, str], outputs: Mapping[str, str]) -> None:
    """Append outputs. The delimiter is random, so no value can end it and start another output. Raises `PublishError`."""
    path = environment.get("GITHUB_OUTPUT")
    if not path:
        return
    lines = []
    for name, value in outputs.items():
        delimiter = f"ghadelimiter_{secrets.token_hex(16)}"
        lines.append(f"{name}<<{delimiter}\n{value}\n{delimiter}\n")
    _append(path, "".join(lines), "GITHUB_OUTPUT")


def write_summary(environment: Mapping[str, str], page: Callable[[int], str]) -> None:
    """Append a page, made for the remaining bytes. Raises `PublishError`."""
    path = environment.get("GITHUB_STEP_SUMMARY")
    if not path:
        return
    try:
        used = Path(path).stat().st_size if Path(path).exists() else 0
    except OSError:
        used = 0
    room = MOST_BYTES - used
    if room > 10_000:
        _append(path, f"{page(room)}\n", "GITHUB_STEP_SUMMARY")


def _append(path: str, text: str, name: str) -> None:
    try:
        with Path(path).open("a", encoding="utf-8", newline="\n") as file:
            file.write(text)
    except (OSError, UnicodeEncodeError):
        raise PublishError("cannot be written", where=name) from None
