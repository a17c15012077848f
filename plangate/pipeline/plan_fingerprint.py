"""The fingerprint of a verdict's plans, which `plangate verify` compares right before the apply.

It is of what will happen, not of bytes: order, time stamps, warnings, names of files and what configuration calls
volatile are not in it. It can be made again from a saved verdict.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import UNSET

from plangate.lang.glob import fits_shell
from plangate.report import wire

if TYPE_CHECKING:
    from collections.abc import Iterable

_SORTED: Final = msgspec.json.Encoder(decimal_format="number", order="sorted")
NOT_SHOWN: Final = ("(sensitive)", "(known after apply)")
"""What stands for a value that nobody can see."""

_TIME: Final = b'"(the time of the plan)"'


def timeless(encoded: bytes, made_at: Iterable[str]) -> bytes:
    """The JSON with every time of the plan itself (`plantimestamp()`) replaced by a fixed one."""
    for moment in made_at:
        encoded = encoded.replace(msgspec.json.encode(moment), _TIME)
    return encoded


def is_volatile(name: str, patterns: Iterable[str]) -> bool:
    """Whether an attribute, as TYPE.PATH, fits one of the `verify.volatile` patterns."""
    return any(fits_shell(pattern, name) for pattern in patterns)


def fingerprint(document: wire.Verdict, volatile: tuple[str, ...], hooks: str, made_at: tuple[str, ...]) -> str:
    """The SHA-256 of what the plans of a verdict will do, in 64 hex digits."""
    rows = [encoded(described(change, volatile), made_at) for change in document.changes]
    rows += [encoded(("output", o.name, o.action, o.before, o.after), made_at) for o in document.outputs]
    rows += [encoded(("hook", h.release, h.address, h.events, h.weight), made_at) for h in document.hooks]
    rows += [encoded(("runs", i.address, i.trigger), made_at) for i in document.invocations or ()]
    rows.append(encoded(("facts", hooks, sorted(facts(document))), made_at))
    digest = hashlib.sha256()
    for row in sorted(rows):
        digest.update(row + b"\n")
    return digest.hexdigest()


def facts(document: wire.Verdict) -> list[tuple[str, bool, bool]]:
    """One row for each plan with its kind and whether it is errored or partial."""
    return [(i.kind.split("-")[0], bool(i.facts.errored), i.facts.complete is False) for i in document.inputs]


def described(change: wire.Change, volatile: tuple[str, ...]) -> tuple[Any, ...]:
    """The parts of a change that the fingerprint covers."""
    attributes = [
        (a.path, a.kind, a.before, a.after)
        for a in change.attributes
        if not is_volatile(f"{change.type}.{a.path}", volatile)
    ]
    return (
        "change",
        change.source,
        change.release or "",
        change.address,
        change.deposed or "",
        change.type,
        change.action,
        change.replace_order or "",
        sorted(change.replace_paths),
        change.moved_from or "",
        change.import_id or "",
        sorted(attributes, key=lambda one: one[:2]),
        "" if change.digest is UNSET else change.digest,
    )


def is_seen(change: wire.Change, volatile: tuple[str, ...]) -> bool:
    """Whether everything that a change does can be read in its attributes: nothing is unknown, hidden or left out."""
    return change.digest is UNSET and all(
        not is_volatile(f"{change.type}.{a.path}", volatile)
        and not any(hidden in repr(side) for side in (a.before, a.after) for hidden in NOT_SHOWN)
        for a in change.attributes
    )


def same(one: wire.Change, other: wire.Change, volatile: tuple[str, ...], made_at: tuple[str, ...]) -> bool:
    """Whether the parts of two changes that the fingerprint covers are equal."""
    return encoded(described(one, volatile), made_at) == encoded(described(other, volatile), made_at)


def encoded(row: Any, made_at: Iterable[str]) -> bytes:
    """A row as canonical bytes, independent of when its plan was made."""
    try:
        return timeless(_SORTED.encode(row), made_at)
    except ValueError:
        # A lone surrogate, or a number of thousands of digits.
        return repr(row).encode("utf-8", "backslashreplace")


def of_parts(fingerprints: Iterable[str]) -> str:
    """The fingerprint of several verdicts, from theirs, in 64 hex digits."""
    return hashlib.sha256("\n".join(sorted(fingerprints)).encode()).hexdigest()
