"""Verdicts that were saved before: read back, and refused where they are something else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plangate.errors import InputError
from plangate.model.input import Kind

if TYPE_CHECKING:
    from plangate.report import wire

_HINT = "plangate review plan.json -o json=verdict.json"


def read(path: str) -> wire.Verdict:
    """Read a saved verdict. Raises `InputError` for everything else, and never quotes it."""
    return load(path)[0]


def load(path: str) -> tuple[wire.Verdict, str]:
    """The same, with the SHA-256 of its bytes."""
    import msgspec

    from plangate.evidence import files
    from plangate.report import json_v1, wire

    try:
        given = files.read(path)
    except InputError as error:
        raise InputError(error.message, where=path, hint=f"save one first: {_HINT}") from None
    try:
        verdict = json_v1.parse(given.data)
    except msgspec.ValidationError:
        message = f"is not a verdict of plangate ({wire.SCHEMA})"
    except (msgspec.DecodeError, UnicodeDecodeError, ValueError, RecursionError):
        message = "is not JSON"
    else:
        kinds = {one.kind for one in verdict.inputs} - set(Kind)
        if kinds:
            message = f"is of a newer plangate: this one does not know the input {min(kinds)}"
        elif all(0 <= change.input < len(verdict.inputs) for change in verdict.changes):
            return verdict, given.sha256
        else:
            message = "contradicts itself: a change belongs to an input that is not there"
    raise InputError(message, where=path, hint=f"save a verdict with: {_HINT}")
