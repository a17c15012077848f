"""Images of containers: upgrades, downgrades, and tags that are not fixed, as traits of a change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from plangate.lang.semver import Version, in_tag, step

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.model.change import Change

_FLOATING_TAGS: Final = frozenset(
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
    """One image reference. `tag` and `digest` are empty where it has none."""

    repository: str
    tag: str = ""
    digest: str = ""

    @property
    def version(self) -> Version | None:
        """The version in the tag; None where it has none."""
        return in_tag(self.tag)

    @property
    def moving(self) -> bool:
        """Whether the reference may name another image later: no digest, and no tag or a floating one such as `latest`."""
        return not self.digest and (not self.tag or self.tag.lower() in _FLOATING_TAGS)


def parse(text: str) -> Image:
    """Parse an image reference as https://pkg.go.dev/github.com/distribution/reference describes it."""
    name, _, digest = text.partition("@")
    path, colon, tag = name.rpartition(":")
    if not colon or "/" in tag:
        path, tag = name, ""
    return Image(path, tag, digest)


def traits(change: Change) -> frozenset[str]:
    """The traits of a change from its new images, such as `image-downgraded`."""
    return frozenset(_image_traits(change))


def _image_traits(change: Change) -> Iterator[str]:
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
