"""Versions as SemVer 2.0 reads and orders them (https://semver.org/#spec-item-11), and how far one is from another."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Container

_NUMBER: Final = "([0-9]{1,18})"
_WORDS: Final = r"[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*"
_VERSION: Final = rf"[vV]?{_NUMBER}(?:\.{_NUMBER})?(?:\.{_NUMBER})?(?:-(?P<prerelease>{_WORDS}))?(?:\+{_WORDS})?"
_MAJOR_MINOR: Final = r"[vV]?([0-9]{1,9})\.([0-9]{1,9})"
_IN_TAG: Final = (
    r"(?<![0-9.])v?([0-9]{1,5})\.([0-9]{1,5})(?:\.([0-9]{1,5}))?(?:\.[0-9]+)?"
    r"(?:[-.]?(rc|alpha|beta|dev|nightly|pre|preview|snapshot)([.0-9-]*))?"
)
_MAJOR_TAG: Final = r"v?([0-9]{1,3})(?:-[a-zA-Z][\w.-]*)?"
"""A tag that is a major version alone, as databases have: `16`, `16-alpine`. More digits are a build number or a date."""
_CLAUSE: Final = r"\s*(>=|<=|==|>|<|)\s*([0-9]{1,18}(?:\.[0-9]{1,18}){0,2})\s*"

Step: TypeAlias = Literal["same", "older", "major", "minor", "patch"]
_Identifier: TypeAlias = tuple[int, int, str]
"""What sorts an identifier: a number below a word, numbers by length and digits, words by ASCII."""

_RELEASE: Final[_Identifier] = (2, 0, "")
"""Stands behind every identifier, so that a release sorts behind all of its prereleases."""


class Version(NamedTuple):
    """A version. Two of them compare as SemVer compares them; build metadata is no part of it."""

    numbers: tuple[int, int, int]
    rank: tuple[_Identifier, ...]

    @property
    def is_prerelease(self) -> bool:
        """Whether the version says that it is not released yet."""
        return self.rank[0] != _RELEASE

    @property
    def sortable(self) -> str:
        """A text that sorts as the version does."""
        # `!` sorts before every character of an identifier, so that fewer identifiers sort before more; `~` sorts after.
        words = "!".join("~" if one == _RELEASE else f"{one[0]}{one[1]:09}{one[2]}" for one in self.rank)
        return "".join(f"{number:018}" for number in self.numbers) + words


def read(text: str, *, partial: bool = False, release_words: Container[str] = ()) -> Version | None:
    """The version that a text is, or None. A leading `v` is no part of it.

    `partial` takes `1` and `1.2` too, as 1.0.0 and 1.2.0. `release_words` are first identifiers of a prerelease that mean a
    release: with `stable`, `1.81.9-stable` is the same as `1.81.9`, and `1.81.9-stable.patch.1` is newer.
    """
    found = re.fullmatch(_VERSION, text.strip())
    if found is None or (found[3] is None and not partial):
        return None
    return version(int(found[1]), int(found[2] or 0), int(found[3] or 0), found["prerelease"] or "", release_words)


def in_tag(tag: str) -> Version | None:
    """The version that stands in the tag of an image, such as `16`, `16-alpine`, `1.2.3-rc1` or `main-v1.77.3-stable`, or None.

    A tag is no version of SemVer: most words behind the number are flavours. Only those count that say that it is none yet, and
    `rc1`, `rc-1` and `rc.1` are the same.
    """
    found = re.search(_IN_TAG, tag)
    if found is None:
        major = re.fullmatch(_MAJOR_TAG, tag)
        return version(int(major[1]), 0, 0) if major else None
    early = [] if found[4] is None else [found[4], *re.findall("[0-9]+", found[5])]
    return version(int(found[1]), int(found[2]), int(found[3] or 0), ".".join(early))


def version(major: int, minor: int, patch: int, prerelease: str = "", release_words: Container[str] = ()) -> Version:
    """The version of these numbers and dotted identifiers of a prerelease."""
    words = prerelease.split(".") if prerelease else []
    released = not words or words[0] in release_words
    rank = tuple(_identifier(word) for word in words[1 if released else 0 :])
    return Version((major, minor, patch), (_RELEASE, *rank) if released else rank)


def _identifier(word: str) -> _Identifier:
    if not word.isdecimal():
        return 1, 0, word
    digits = word.lstrip("0") or "0"
    return 0, len(digits), digits


def step(old: Version, new: Version) -> Step:
    """How far the new version is from the old one."""
    if new == old:
        return "same"
    if new < old:
        return "older"
    (major, minor, _), (old_major, old_minor, _) = new.numbers, old.numbers
    return "major" if major > old_major else "minor" if minor > old_minor else "patch"


def major_minor(text: str) -> tuple[int, int]:
    """The first two numbers of a text that starts as a version does: `1.34`, `1.34+`, `v1.34.2-eks`. Raises `ValueError`."""
    found = re.match(_MAJOR_MINOR, text)
    if found is None:
        raise ValueError("is not a version")
    return int(found[1]), int(found[2])


def is_requirement(text: str) -> bool:
    """Whether a text is a list of clauses, such as `>=1.2,<2`. An empty one asks for nothing."""
    return not text or all(re.fullmatch(_CLAUSE, clause) for clause in text.split(","))


def is_met(requirement: str, text: str) -> bool:
    """Whether a version meets every clause. `==1.2`, or `1.2` alone, is met by every 1.2.x. What is not understood is not met."""
    if not requirement:
        return True
    have = read(text, partial=True)
    return have is not None and all(_meets(have, clause) for clause in requirement.split(","))


def _meets(have: Version, clause: str) -> bool:
    found = re.fullmatch(_CLAUSE, clause)
    wanted = None if found is None else read(found[2], partial=True)
    if found is None or wanted is None:
        return False
    given = found[2].count(".") + 1
    return {
        ">=": have >= wanted,
        "<=": have <= wanted,
        ">": have > wanted,
        "<": have < wanted,
        "==": have == wanted if given == len(wanted.numbers) else have.numbers[:given] == wanted.numbers[:given],
    }[found[1] or "=="]
