"""Which environment a review is for, and whether everything that is known of it agrees.

A change that is aimed at the wrong environment is the mistake that no other rule sees: each part of it is right.
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
"""What an environment has its own of: one that no environment claims is not the one that was asked for."""


class EnvironmentHint(Struct, frozen=True, order=True):
    """Something that is known of this review, such as the key of its state."""

    kind: Kind
    value: str


class Resolution(Struct, frozen=True):
    """The environment, if there is one, and what contradicts it, in words."""

    name: str | None
    conflicts: tuple[str, ...] = ()


def resolve(config: Config, asked: str | None, signals: Iterable[EnvironmentHint]) -> Resolution:
    """Find the environment: the one that was asked for, or the one that everything known fits."""
    claimed = {signal: _claimed(config, signal) for signal in sorted(set(signals))}
    if asked is not None:
        return Resolution(
            asked, tuple(words for s, who in claimed.items() for words in _against(config, asked, s, who))
        )
    telling = {signal: who for signal, who in claimed.items() if who}
    left = [name for name in config.environments if telling and all(name in who for who in telling.values())]
    if left:
        # Several that fit: the strictest of them.
        return Resolution(next((name for name in left if config.environments[name].protected), left[0]))
    parts = [f"{_spelled(signal)} belongs to {' or '.join(who)}" for signal, who in telling.items()]
    return Resolution(None, tuple(parts))


def _claimed(config: Config, signal: EnvironmentHint) -> tuple[str, ...]:
    """The environments that a signal fits."""
    return tuple(
        name for name in config.environments if any(fits_path(g, signal.value) for g in _globs(config, name, signal))
    )


def _globs(config: Config, name: str, signal: EnvironmentHint) -> tuple[str, ...]:
    return listed(getattr(config.environments[name].match, signal.kind))


def _against(config: Config, asked: str, signal: EnvironmentHint, who: tuple[str, ...]) -> Iterable[str]:
    """What a signal says against the environment that was asked for."""
    if who and asked not in who:
        yield f"{_spelled(signal)} belongs to {' or '.join(who)}"
    elif not who and signal.kind in _EXACT and asked in config.environments and _globs(config, asked, signal):
        yield f"{_spelled(signal)} is none of {asked}'s"


def _spelled(signal: EnvironmentHint) -> str:
    return f"{_WORDS[signal.kind]} {signal.value}"
