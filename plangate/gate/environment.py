"""Resolves the environment of a review from its hints, and finds contradictions.

No other rule detects a change that is aimed at the wrong environment: each of its parts is right.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from msgspec import Struct, structs

from plangate.gate.config import Config, Environment, listed
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
_OF_FOLDERS: Final = frozenset({"paths", "targets"})
_EXACT: Final = frozenset({"workspaces", "backend_keys"})
"""Kinds that identify an environment exactly: a value that none claims contradicts the requested environment."""


class EnvironmentHint(Struct, frozen=True, order=True):
    """A fact about the review that `match` of an environment can name, such as the key of its state."""

    kind: Kind
    value: str
    also: tuple[str, ...] = ()
    """What else it fits by: the folders that a path is in. A folder ends in a slash, so that `live/prod/**` fits it too."""

    @property
    def names(self) -> tuple[str, ...]:
        """Every spelling that a glob may fit."""
        return tuple(dict.fromkeys(one for name in (self.value, *self.also) for one in (name, name.rstrip("/"))))


class Resolution(Struct, frozen=True):
    """The environment, None if there is none, and the contradictions in words."""

    name: str | None
    conflicts: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    """The other environments that everything known fits too, or whose objects it reaches."""
    enforced: str = ""
    """Why it is enforced though the environment is only observed; empty where nothing says so."""


def folders(path: str) -> tuple[str, ...]:
    """The folders on the way down to a relative path, each ending in a slash; none where it leads out."""
    parts = path.split("/")[:-1]
    if path.startswith("/") or ".." in parts:
        return ()
    return tuple("/".join(parts[:depth]) + "/" for depth in range(1, len(parts) + 1))


def settings(config: Config, resolution: Resolution) -> Environment:
    """The settings of the environment. Where several fit, the stricter of each says whether and what is required."""
    names = (resolution.name or "", *resolution.others)
    fitting = [config.environments[name] for name in names if name in config.environments]
    here = fitting[0] if fitting else Environment()
    if resolution.enforced:
        here = structs.replace(here, mode="enforce")
    if len(fitting) < 2:
        return here
    modes = {one.mode or config.mode for one in fitting}
    return structs.replace(
        here,
        protected=any(one.protected for one in fitting),
        mode="enforce" if resolution.enforced or "enforce" in modes else "observe",
        fail_on="review" if "review" in {one.fail_on or config.fail_on for one in fitting} else "block",
        require=tuple(dict.fromkeys(kind for one in fitting for kind in one.require)),
    )


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
        name = max(candidates, key=lambda one: _strictness(config, config.environments[one]))
        return Resolution(name, others=tuple(one for one in candidates if one != name))
    parts = [f"{_described(hint)} belongs to {' or '.join(environments)}" for hint, environments in matching.items()]
    return Resolution(None, tuple(parts))


def _strictness(config: Config, one: Environment) -> tuple[bool, bool, bool, int]:
    mode, fail_on = one.mode or config.mode, one.fail_on or config.fail_on
    return one.protected, mode == "enforce", fail_on == "review", len(one.require)


def _claimed(config: Config, hint: EnvironmentHint) -> tuple[str, ...]:
    """The environments that a hint fits."""
    return tuple(
        name
        for name in config.environments
        if any(fits_path(glob, one) for glob in _globs(config, name, hint) for one in hint.names)
    )


def _globs(config: Config, name: str, hint: EnvironmentHint) -> tuple[str, ...]:
    globs = listed(getattr(config.environments[name].match, hint.kind))
    return tuple(glob.removeprefix("./") for glob in globs) if hint.kind in _OF_FOLDERS else globs


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
