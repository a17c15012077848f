"""Images of containers: which way a tag moves, and whether it will move by itself."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from plangate.lang.semver import Version, step, version

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.model.change import Change

_VERSION: Final = r"(?<![\d.])v?(\d{1,5})\.(\d{1,5})(?:\.(\d{1,5}))?(?:\.\d+)?(?:[-.]?(rc|alpha|beta|dev|nightly|pre|preview|snapshot)([.\d-]*))?"
_MAJOR: Final = r"v?(\d{1,3})(?:-[a-zA-Z][\w.-]*)?"
"""A tag that is a major version alone, as databases have: `16`, `16-alpine`. More digits are a build number or a date."""
_MOVING: Final = frozenset(
    (
        "latest",
        "stable",
        "main",
        "master",
        "edge",
        "nightly",
        "dev",
        "develop",
        "rolling",
        "canary",
        "main-latest",
        "main-stable",
    )
)


class Image(Struct, frozen=True):
    """One image name, cut into its parts."""

    repository: str
    tag: str = ""
    digest: str = ""

    @property
    def version(self) -> Version | None:
        """The version in the tag (`main-v1.77.3-stable`). Of its words only those that say that it is none yet count."""
        found = re.search(_VERSION, self.tag)
        if found is None:
            major_alone = re.fullmatch(_MAJOR, self.tag)
            return version(int(major_alone[1]), 0, 0) if major_alone else None
        major, minor, patch, early, numbers = found.groups()
        # A tag writes `rc.1`, `rc1` and `rc-1` alike.
        prerelease = ".".join((early, *re.findall(r"\d+", numbers))) if early else ""
        return version(int(major), int(minor), int(patch or 0), prerelease)

    @property
    def moving(self) -> bool:
        """Whether the same name gives another image tomorrow."""
        return not self.digest and (not self.tag or self.tag.lower() in _MOVING)


def parse(text: str) -> Image:
    """Cut an image name as https://pkg.go.dev/github.com/distribution/reference describes it."""
    name, _, digest = text.partition("@")
    path, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:
        path, tag = name, ""
    return Image(path, tag, digest)


def traits(change: Change) -> frozenset[str]:
    """What is to be said of the images that a change brings."""
    return frozenset(_told(change))


def _told(change: Change) -> Iterator[str]:
    for attribute in change.attributes:
        if not attribute.path.endswith(".image") or not isinstance(attribute.after, str):
            continue
        new = parse(attribute.after)
        old = parse(attribute.before) if isinstance(attribute.before, str) else None
        if new.moving and not (old is not None and old.moving):
            yield "image-moving"
        if old is None or old.repository.rpartition("/")[2] != new.repository.rpartition("/")[2]:
            continue
        if old.digest and not new.digest:
            yield "image-unpinned"
        before, after = old.version, new.version
        if before is None or after is None:
            continue
        far = step(before, after)
        if far == "older":
            yield "image-downgraded"
        if far == "major":
            yield "image-major"
        if after.is_prerelease and not before.is_prerelease:
            yield "image-prerelease"
