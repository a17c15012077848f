"""Resolves the environment of a review from its hints, and finds contradictions.

No other rule detects a change that is aimed at the wrong environment: each of its parts is right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from msgspec import Struct

from plangate.gate.config import Config, listed
from plangate.lang.glob import fits_path

if TYPE_CHECKING:
    from collections.abc import Iterable

Kind: TypeAlias = Literal["paths", "targets", "workspaces", "backend_keys", "values_files", "releases"]

_WORDS: Final[dict[str, str]] = {
    "paths": "the path",
    "targets": "the target",
    "workspaces": "the workspace",
    "backend_keys": "the state",
    "values_files": "the values file",
    "releases": "the release",
}
_EXACT: Final = frozenset({"workspaces", "backend_keys"})
"""Kinds that identify an environment exactly: a value that none claims contradicts the requested environment."""


class EnvironmentHint(Struct, frozen=True, order=True):
    """A fact about the review that `match` of an environment can name, such as the key of its state."""

    kind: Kind
    value: str


class Resolution(Struct, frozen=True):
    """The environment, None if there is none, and the contradictions in words."""

    name: str | None
    conflicts: tuple[str, ...] = ()


def resolve(config: Config, requested: str | None, hints: Iterable[EnvironmentHint]) -> Resolution:
    """The requested environment, or the one that every hint fits, with contradictions."""
    claimed = {hint: _claimed(config, hint) for hint in sorted(set(hints))}
    if requested is not None:
        return Resolution(
            requested,
            tuple(
                words for s, environments in claimed.items() for words in _conflicts(config, requested, s, environments)
            ),
        )
    matching = {hint: environments for hint, environments in claimed.items() if environments}
    candidates = [
        name
        for name in config.environments
        if matching and all(name in environments for environments in matching.values())
    ]
    if candidates:
        # Of several that fit, a protected one.
        return Resolution(next((name for name in candidates if config.environments[name].protected), candidates[0]))
    parts = [f"{_described(hint)} belongs to {' or '.join(environments)}" for hint, environments in matching.items()]
    return Resolution(None, tuple(parts))


def _claimed(config: Config, hint: EnvironmentHint) -> tuple[str, ...]:
    """The environments that a hint fits."""
    return tuple(
        name for name in config.environments if any(fits_path(g, hint.value) for g in _globs(config, name, hint))
    )


def _globs(config: Config, name: str, hint: EnvironmentHint) -> tuple[str, ...]:
    return listed(getattr(config.environments[name].match, hint.kind))


def _conflicts(config: Config, requested: str, hint: EnvironmentHint, environments: tuple[str, ...]) -> Iterable[str]:
    """The contradiction between a hint and the requested environment, if there is one."""
    if environments and requested not in environments:
        yield f"{_described(hint)} belongs to {' or '.join(environments)}"
    elif (
        not environments
        and hint.kind in _EXACT
        and requested in config.environments
        and _globs(config, requested, hint)
    ):
        yield f"{_described(hint)} is none of {requested}'s"


def _described(hint: EnvironmentHint) -> str:
    return f"{_WORDS[hint.kind]} {hint.value}"
