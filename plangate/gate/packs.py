"""Packs of policies that live in a git repository of their own, copied into this one by `plangate policy vendor`.

`policy_paths` names one as `git+https://HOST/REPOSITORY@COMMIT#PATH`. A review reads the copy and fetches nothing; `pack.json`
beside the copy has the digest of its files, so that one that was edited is refused.
"""

from __future__ import annotations

import hashlib
import re
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from plangate.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable

FOLDER: Final = ".plangate/packs"
"""Where the copies are, below the folder of the configuration."""
RECORD: Final = "pack.json"
_PREFIX: Final = "git+"
_REFERENCE: Final = re.compile(
    r"git\+(?P<url>(?:https|ssh|file)://[^\s@#]*(?:@[^\s@#/]+(?::\d+)?/[^\s@#]*)?)@(?P<commit>[0-9a-f]{40}|[0-9a-f]{64})(?:#(?P<path>[^\s#]+))?"
)


class Pack(Struct, frozen=True):
    """A pack: its repository, the commit, and the folder in it, empty for all of it."""

    reference: str
    url: str
    commit: str
    path: str

    @property
    def folder(self) -> str:
        """Where its copy is, relative to the configuration. It ends as its own folder does, which names a family."""
        repository = re.sub(r"[^A-Za-z0-9._-]", "-", self.url.rstrip("/").rpartition("/")[2].removesuffix(".git"))
        return f"{FOLDER}/{repository}-{self.commit[:12]}/{self.path or repository}"

    @property
    def record(self) -> str:
        """The file that says where the copy is from."""
        return f"{self.folder}/{RECORD}"


class Record(Struct, frozen=True, forbid_unknown_fields=True):
    """What stands in `pack.json`: where the copy is from, and the SHA-256 of its files."""

    reference: str
    sha256: str


def is_pack(path: str) -> bool:
    """Whether an entry of `policy_paths` names a pack."""
    return path.startswith(_PREFIX)


def parse(reference: str) -> Pack:
    """The pack that an entry names. Raises `ValueError` for one without a whole commit, or with a path that leads out."""
    found = _REFERENCE.fullmatch(reference)
    path = (found["path"] or "").strip("/") if found is not None else ""
    if found is None or ".." in path.split("/") or path.startswith("-"):
        raise ValueError("a pack is named as git+https://HOST/REPOSITORY@COMMIT#PATH, with all digits of the commit")
    return Pack(reference, found["url"], found["commit"], path)


def digest(files: Iterable[tuple[str, str]]) -> str:
    """The SHA-256 of some files, given as path below the pack and text."""
    state = hashlib.sha256()
    for path, text in sorted(files):
        for part in (path, text):
            data = part.encode("utf-8")
            state.update(len(data).to_bytes(8, "big") + data)
    return state.hexdigest()


def check(pack: Pack, record: str | None, files: Iterable[tuple[str, str]]) -> str:
    """What a verdict says of a pack. Raises `UsageError` where there is no copy, or one that is not what was fetched."""
    if record is None:
        raise UsageError("is not here", where=pack.reference, hint="plangate policy vendor")
    try:
        known = msgspec.json.decode(record, type=Record)
    except msgspec.DecodeError:
        raise UsageError("is not the record of a pack", where=pack.record, hint="plangate policy vendor") from None
    found = digest(files)
    if (known.reference, known.sha256) != (pack.reference, found):
        raise UsageError("differs from what was fetched", where=pack.folder, hint="plangate policy vendor")
    return f"policies of {pack.url} at {pack.commit[:12]} (sha256:{found[:12]})"
