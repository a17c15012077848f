"""The hidden first line of a comment: what it is about, and what was found there, so that the next push can tell what is new."""

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
EXTERNAL = re.compile(r"plangate/v1 (?P<key>[0-9a-f]{16}) (?P<run>\d{1,18})\.(?P<attempt>\d{1,18})")
"""The `external_id` of a check: the target, and the run that made it."""

_MOST: Final = 500
"""Findings that are remembered. With more, nothing is said of what is new."""

Order = tuple[int, int]
"""Run and attempt: the later one is right where both are about the same commit."""


class State(Struct, frozen=True, kw_only=True):
    """What a comment says of itself. `now` and `before` are None where they are not known."""

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
    """The name of a target that no text can imitate or break out of."""
    return fingerprint.of(*("\1" if part is None else part for part in parts))


def short_digests(fingerprints: Iterable[str]) -> frozenset[str] | None:
    """Fingerprints short enough to be kept."""
    short = {fingerprint.of(one)[:8] for one in fingerprints}
    return frozenset(short) if len(short) <= _MOST else None


def previous_findings(previous: State | None, sha: str) -> frozenset[str] | None:
    """What was found at the commit before this one. A second run on the same commit keeps what the first compared with."""
    if previous is None:
        return None
    return previous.before if previous.sha == sha else previous.now


def marker(state: State, text: str) -> str:
    """The hidden line of a comment with that text. It names the text too, so that reading it back proves what was written."""
    now, before = ("?" if found is None else ",".join(sorted(found)) for found in (state.now, state.before))
    return (
        f"<!-- plangate:comment/v1 key={state.key} sha={state.sha} run={state.run}.{state.attempt} "
        f"now={now} before={before} text={key_of(text)} -->"
    )


def is_ours(body: str, key: str) -> bool:
    """Whether a comment is about this target, whatever version wrote it. Only its very first line counts: the rest may quote."""
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
    """What changed since the last push, or nothing where nobody can tell or nothing did."""
    if now is None or before is None or now == before:
        return ""
    return f"since the last push: {len(now - before)} new, {len(before - now)} resolved"
