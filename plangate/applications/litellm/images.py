"""Image references and the tags that LiteLLM publishes: `v1.85.1`, `main-v1.81.9-stable`, `1.86.0-rc.1`, `main-latest`."""

from __future__ import annotations

import re
from typing import Final

from msgspec import Struct

from plangate.applications.litellm.knowledge import known

_VERSION: Final = re.compile(r"(main-)?v?(\d{1,18})\.(\d{1,18})\.(\d{1,18})(?:[.-](.+))?")
_SHORT: Final = re.compile(r"(?:main-)?v?\d+(?:\.\d+)?")
_PRE: Final = re.compile(r"[A-Za-z]+")


class Image(Struct, frozen=True):
    """An image reference. `number` is the version as (major, minor, patch); empty where the tag names none."""

    text: str
    repository: str
    tag: str = ""
    digest: str = ""
    main: bool = False
    number: tuple[int, ...] = ()
    suffix: str = ""

    @property
    def version(self) -> str:
        """The version as text, such as `1.85.1`; empty where the tag names none."""
        return ".".join(map(str, self.number))

    @property
    def moving(self) -> bool:
        """Whether the reference may name another image later."""
        if self.digest or self.number:
            return False
        return (
            not self.tag
            or self.tag in known().moving_tags
            or bool(_SHORT.fullmatch(self.tag))
            or self.tag.endswith(("-latest", "-stable"))
        )

    @property
    def prerelease(self) -> bool:
        """Whether the tag is a prerelease or development build. `-stable` and its patches are releases."""
        words = set(_PRE.findall(self.suffix.lower()))
        return bool(words & set(known().prereleases)) or (
            not self.number and bool(set(_PRE.findall(self.tag.lower())) & {"rc", "nightly", "dev"})
        )

    @property
    def unpublished(self) -> bool:
        """Whether the tag is one that LiteLLM is known never to have published."""
        since = tuple(map(int, known().unpublished_main.since.split(".")))
        return (
            self.main
            and bool(self.number)
            and not self.digest
            and (self.version in known().unpublished_main.versions or self.number >= since)
        )


def read(text: str) -> Image:
    """Parse an image reference."""
    rest, _, digest = text.partition("@")
    repository, colon, tag = rest.rpartition(":")
    if not colon or "/" in tag:
        repository, tag = rest, ""
    found = _VERSION.fullmatch(tag)
    if found is None:
        return Image(text, repository, tag, digest)
    number = tuple(int(found.group(i)) for i in (2, 3, 4))
    return Image(text, repository, tag, digest, bool(found.group(1)), number, found.group(5) or "")
