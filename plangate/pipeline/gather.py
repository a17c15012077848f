"""Evidence about one release from wherever it may be had: flags, a folder, and, where that is asked for, the cluster itself."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plangate.evidence import release_files
from plangate.model.input import Gathered, RawInput

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plangate.model.input import EvidenceSources

RELEASE: Final = ("values", "history", "metadata")
"""The kinds of evidence about the release itself."""
EVERYTHING: Final = (*RELEASE, "manifest", "hooks", "live_objects")
"""Every kind of evidence."""


def gather(
    sources: EvidenceSources, namespace: str, name: str, *, kinds: Iterable[str] = RELEASE, new: Iterable[str] = ()
) -> Gathered:
    """The evidence about one release. `new` are manifests that name more live objects to ask for.

    Raises `InputError` for a named file that cannot be read; what the cluster does not give is in `failed`.
    """
    found = release_files.gather(sources, namespace, name)
    missing = [kind for kind in kinds if kind not in found]
    if not sources.live or not name or not missing:
        return found
    from plangate.pipeline import ask_cluster  # noqa: PLC0415 - subprocesses and threads; files need none

    return ask_cluster.ask(found, namespace or "default", name, missing, tuple(new), seconds=sources.seconds)


def is_gone(history: RawInput) -> bool:
    """Whether the history is empty, so the cluster has no such release."""
    return history.data.strip() in (b"[]", b"null")
