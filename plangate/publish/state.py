"""The hidden first line of a comment: its target and the findings there, so that the next push can show what is new."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from plangate.lang import fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterable

_MARKER = re.compile(
    r"<!-- plangate:comment/v1 key=(?P<key>[0-9a-f]{16}) sha=(?P<sha>[0-9a-f]{40,64}) "
    r"run=(?P<run>\d{1,18})\.(?P<attempt>\d{1,18}) now=(?P<now>[0-9a-f,]*|\?) before=(?P<before>[0-9a-f,]*|\?) text=[0-9a-f]{16} -->"
)
_ANY_VERSION = re.compile(r"<!-- plangate:comment/v\d+ key=(?P<key>[0-9a-f]{16})[ >]")
_MOST: Final = 500
"""The most findings that are stored. With more, nothing is said of what is new."""

Order = tuple[int, int]
"""Run and attempt: the later one is right where both are about the same commit."""


class State(Struct, frozen=True, kw_only=True):
    """The state in a comment's hidden line. `now` and `before` are None where they are not known."""

    key: str
    sha: str
    run: int
    attempt: int
    now: frozenset[str] | None
    """The findings that decide, at this commit."""
    before: frozenset[str] | None
    """The same at the commit before."""

    @property
    def order(self) -> Order:
        """The run and attempt that wrote it."""
        return self.run, self.attempt


def key_of(*parts: str | None) -> str:
    """The key of a target, 16 hex digits, so that its name cannot break out of the line."""
    return fingerprint.of(*("\1" if part is None else part for part in parts))


def short_digests(fingerprints: Iterable[str]) -> frozenset[str] | None:
    """The first 8 hex digits of a digest of each fingerprint; None for too many."""
    short = {fingerprint.of(one)[:8] for one in fingerprints}
    return frozenset(short) if len(short) <= _MOST else None


def previous_findings(previous: State | None, sha: str) -> frozenset[str] | None:
    """The findings at the previous commit. A second run on the same commit compares with the same ones as the first."""
    if previous is None:
        return None
    return previous.before if previous.sha == sha else previous.now


def marker(state: State, text: str) -> str:
    """The hidden line of a comment with this text. It contains a digest of the text, which identifies the comment when read back."""
    now, before = ("?" if found is None else ",".join(sorted(found)) for found in (state.now, state.before))
    return (
        f"<!-- plangate:comment/v1 key={state.key} sha={state.sha} run={state.run}.{state.attempt} "
        f"now={now} before={before} text={key_of(text)} -->"
    )


def is_ours(body: str, key: str) -> bool:
    """Whether a comment is about this target, of any version. Only its first line counts: the rest may quote another marker."""
    found = _ANY_VERSION.match(body)
    return found is not None and found["key"] == key


def parse(body: str) -> State | None:
    """The state of a comment, or None where another version wrote it."""
    found = _MARKER.match(body)
    if found is None:
        return None
    now, before = (
        None if found[name] == "?" else frozenset(found[name].split(",")) - {""} for name in ("now", "before")
    )
    return State(
        key=found["key"], sha=found["sha"], run=int(found["run"]), attempt=int(found["attempt"]), now=now, before=before
    )


def since(now: frozenset[str] | None, before: frozenset[str] | None) -> str:
    """How the findings changed since the last push, in words; empty if unknown or unchanged."""
    if now is None or before is None or now == before:
        return ""
    return f"since the last push: {len(now - before)} new, {len(before - now)} resolved"
