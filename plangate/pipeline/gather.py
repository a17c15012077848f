"""Evidence about one release from wherever it may be had: flags, a folder, and, where that is asked for, the cluster itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plangate.evidence import release_files
from plangate.model.input import Gathered, RawInput

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plangate.model.input import EvidenceSources

RELEASE: Final = ("values", "history", "metadata")
"""What tells of the release itself."""
EVERYTHING: Final = (*RELEASE, "manifest", "hooks", "live_objects")
"""All evidence there is."""


def gather(
    asked: EvidenceSources, namespace: str, name: str, *, kinds: Iterable[str] = RELEASE, new: Iterable[str] = ()
) -> Gathered:
    """What there is about one release. `new` are manifests that name more objects to ask for.

    Raises `InputError` for a file that is named and cannot be read; what the cluster does not tell is in `failed`.
    """
    found = release_files.gather(asked, namespace, name)
    missing = [kind for kind in kinds if kind not in found]
    if not asked.live or not name or not missing:
        return found
    from plangate.pipeline import ask_cluster  # noqa: PLC0415 - subprocesses and threads; files need none

    return ask_cluster.ask(found, namespace or "default", name, missing, tuple(new), seconds=asked.seconds)


def is_gone(history: RawInput) -> bool:
    """Whether the cluster knows no such release: it was asked, and its history is empty."""
    return history.data.strip() in (b"[]", b"null")
