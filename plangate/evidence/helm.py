"""Queries `helm`, read-only: get and history."""

from __future__ import annotations

import re
from typing import Final

from plangate.errors import UsageError
from plangate.evidence.command import run

NAME: Final = r"[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?"
"""A valid name of a namespace or release."""

_QUESTIONS: Final = {
    "manifest": ("get", "manifest"),
    "hooks": ("get", "hooks"),
    "values": ("get", "values", "-o", "json"),
    "history": ("history", "-o", "json"),
    "metadata": ("get", "metadata", "-o", "json"),
}
"""The Helm arguments for each kind of evidence."""


def check_release(namespace: str, name: str) -> None:
    """Raise `UsageError` for an invalid namespace or name, so that neither is taken for a flag."""
    for word in (namespace, name):
        if not re.fullmatch(NAME, word):
            raise UsageError("is not the name of a namespace or a release", where=f"{namespace}/{name}")


def ask(kind: str, namespace: str, name: str, *, seconds: float, revision: int | None = None) -> bytes:
    """The output of Helm for one kind of evidence of one release. Raises `EvidenceError`."""
    check_release(namespace, name)
    command, *flags = _QUESTIONS[kind]
    more = ("--revision", str(revision)) if revision is not None and kind in ("manifest", "hooks") else ()
    sub = (flags.pop(0),) if command == "get" else ()
    return run(["helm", command, *sub, name, "--namespace", namespace, *flags, *more], f"{namespace}/{name}", seconds)
