"""Gathers evidence about one release from flags, a folder and, with `live`, the cluster.

Manifests, read by ingest, name the objects to ask the cluster for.
"""

from __future__ import annotations

import concurrent.futures
from typing import TYPE_CHECKING, Final

import msgspec

from plangate.errors import EvidenceError, InputError, UsageError
from plangate.evidence import release_files
from plangate.model.input import Gathered, RawInput

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from plangate.evidence.kubectl import ObjectName
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
    queries = _ClusterQueries(found, namespace or "default", name, sources.seconds)
    queries.ask(missing, tuple(new))
    return Gathered(queries.known, queries.failed, queries.from_cluster)


class _ClusterQueries:
    """Queries the cluster about one release, and collects evidence and errors."""

    def __init__(self, found: Gathered, namespace: str, name: str, seconds: float):
        self.known: dict[str, RawInput] = dict(found)
        self.failed: list[InputError] = []
        self.from_cluster: list[str] = []
        self._namespace, self._name = namespace, name
        self._where = f"{namespace}/{name}"
        self._seconds = seconds

    def ask(self, kinds: Sequence[str], new: tuple[str, ...]) -> None:
        """Query these kinds of evidence. The history comes first: the others are of its deployed revision."""
        if "history" not in self.known:
            self._record("history", self._helm("history"))
        history = self.known.get("history")
        if history is None:
            # Without the history the other queries would fail for the same reason: one error is enough.
            return
        gone = is_gone(history)
        if not gone:
            wanted = [kind for kind in kinds if kind not in self.known and kind != "live_objects"]
            revision = deployed(history)
            with concurrent.futures.ThreadPoolExecutor(max_workers=max(len(wanted), 1)) as pool:
                for kind, answer in zip(wanted, pool.map(lambda k: self._helm(k, revision), wanted), strict=True):
                    self._record(kind, answer)
        if "live_objects" in kinds and (new or not gone):
            self._record("live_objects", self._objects(new, complete=gone or "manifest" in self.known))

    def _record(self, kind: str, answer: bytes | EvidenceError) -> None:
        name = kind.replace("_", " ")
        if isinstance(answer, bytes):
            self.from_cluster.append(kind)
            self.known[kind] = RawInput(f"{self._where} ({name})", answer)
        else:
            self.failed.append(
                EvidenceError(f"{name} could not be asked: {answer.message}", where=self._where, hint=answer.hint)
            )

    def _helm(self, kind: str, revision: int | None = None) -> bytes | EvidenceError:
        from plangate.evidence import helm
        from plangate.evidence.command import NotThereError

        try:
            return helm.ask(kind, self._namespace, self._name, seconds=self._seconds, revision=revision)
        except NotThereError as error:
            # A release that does not exist is an answer: an empty history.
            return b"[]" if kind == "history" else error
        except EvidenceError as error:
            return error
        except UsageError as error:
            return EvidenceError(error.message, where=self._where, hint=error.hint)

    def _objects(self, new: tuple[str, ...], *, complete: bool) -> bytes | EvidenceError:
        """The live objects that the old and new manifests name, as a Kubernetes `List` in JSON."""
        from plangate.evidence import kubectl
        from plangate.ingest.helm import evidence

        if not complete:
            return EvidenceError("the manifest, which names them, is not known", where=self._where)
        try:
            old = [evidence.text_of(self.known["manifest"])] if "manifest" in self.known else []
            named = [one for text in (*old, *new) for one in named_in(text)]
            return listed(kubectl.objects(named, self._namespace, seconds=self._seconds))
        except EvidenceError as error:
            return error
        except InputError as error:
            return EvidenceError(error.message, where=error.where, hint=error.hint)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return EvidenceError(
                "kubectl printed something that is not whole JSON", where=self._where, hint="try again"
            )


def is_gone(history: RawInput) -> bool:
    """Whether the history is empty, so the cluster has no such release."""
    return history.data.strip() in (b"[]", b"null")


def deployed(history: RawInput) -> int | None:
    """The number of the newest deployed revision; None if there is none or the history cannot be read."""
    from plangate.ingest.helm import evidence

    try:
        revisions = evidence.history(history)
    except InputError:
        return None
    newest = evidence.deployed(revisions)
    return None if newest is None else newest.number


def named_in(manifest: str) -> Iterator[ObjectName]:
    """The objects that a manifest names. Raises `InputError`."""
    from plangate.evidence.kubectl import ObjectName
    from plangate.ingest.helm import manifests
    from plangate.ingest.redact.redactor import Redactor

    documents, _ = manifests.split(manifest)
    for one in manifests.objects(documents, manifests.ManifestReader(Redactor(), "manifest")):
        metadata = one.raw.get("metadata")
        name = metadata.get("name") if isinstance(metadata, dict) else None
        if isinstance(name, str) and one.kind:
            group, slash, _ = one.api_version.partition("/")
            yield ObjectName(group if slash else "", one.kind, one.namespace, name)


def listed(texts: Iterable[bytes]) -> bytes:
    """The outputs of several kubectl calls as one `List` in JSON. Raises `msgspec.DecodeError`."""
    items: list[msgspec.Raw] = []
    for text in texts:
        top = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
        kind = msgspec.json.decode(top["kind"]) if "kind" in top else ""
        if kind == "List":
            items += msgspec.json.decode(top["items"], type=list[msgspec.Raw])
        else:
            items.append(msgspec.Raw(text))
    return msgspec.json.encode({"apiVersion": "v1", "kind": "List", "items": items})
