"""The file and line of a finding, for tools that need one: its source line, else its input."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from plangate.report.escape import visible

if TYPE_CHECKING:
    from plangate.model.verdict import Finding, Verdict

_DRIVE = re.compile(r"^[A-Za-z]:")
_LONGEST: Final = 400
_NAMELESS: Final = "plan"
"""The path for an input without a name, such as standard input."""


class Place(Struct, frozen=True):
    """A file inside the repository and a line. `exact` is false where only the input is known."""

    file: str
    line: int
    exact: bool


def place(verdict: Verdict, finding: Finding) -> Place:
    """The place of a finding."""
    change = verdict.changes[finding.change] if finding.change is not None else None
    location = finding.location or (change.location if change is not None else None)
    if location is not None:
        return Place(inside(location.file), max(1, location.line), exact=True)
    origin = change.origin if change is not None else 0
    return Place(input_name(verdict, origin), 1, exact=False)


def input_name(verdict: Verdict, origin: int = 0) -> str:
    """The name of one input as a path inside the repository."""
    return inside(verdict.inputs[origin].path) if origin < len(verdict.inputs) else _NAMELESS


def inside(path: str) -> str:
    """The path as these formats require it: relative, with slashes, and without `..`."""
    parts = _DRIVE.sub("", visible(path)).replace("\\\\", "/").split("/")
    kept = "/".join(part for part in parts if part not in ("", ".", "..", "-"))
    return kept[-_LONGEST:] or _NAMELESS
