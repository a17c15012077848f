"""Versions as SemVer orders them (https://semver.org/#spec-item-11), and how far one is from another."""

from __future__ import annotations

import re
from typing import Final, Literal, TypeAlias

_VERSION: Final = re.compile(r"v?(\d{1,18})\.(\d{1,18})\.(\d{1,18})(?:-([0-9A-Za-z.-]+))?(?:\+[0-9A-Za-z.-]+)?")

Version: TypeAlias = tuple[tuple[int, int, int], tuple[tuple[int, int, str], ...]]
"""The three numbers, and what sorts the prerelease: a release sorts behind all of its prereleases."""
Step: TypeAlias = Literal["same", "older", "major", "minor", "patch"]

_RELEASED: Final = (2, 0, "")
_STABLE: Final = "stable"
"""A suffix that says the opposite of what SemVer makes of it: LiteLLM's `1.81.9-stable`, and its patches."""


def read(text: str) -> Version | None:
    """A version; None for a text that is none."""
    found = _VERSION.fullmatch(text.strip())
    if found is None:
        return None
    numbers = (int(found[1]), int(found[2]), int(found[3]))
    if found[4] is None:
        return numbers, (_RELEASED,)
    suffix = tuple((0, int(one), "") if one.isdecimal() else (1, 0, one) for one in found[4].split("."))
    return numbers, (_RELEASED, *suffix[1:]) if suffix[0][2] == _STABLE else suffix


def prerelease(version: Version) -> bool:
    """Whether it says that it is none yet."""
    return version[1][0] != _RELEASED


def step(old: Version, new: Version) -> Step:
    """How far the new one is from the old one."""
    if new == old:
        return "same"
    if new < old:
        return "older"
    (major, minor, _), (old_major, old_minor, _) = new[0], old[0]
    return "major" if major > old_major else "minor" if minor > old_minor else "patch"
