"""Evidence about one release, asked of the cluster itself with helm and kubectl.

Which objects to ask for stands in manifests, and those are read by ingest.
"""

from __future__ import annotations

import concurrent.futures
import contextlib
from typing import TYPE_CHECKING, Any

import msgspec

from plangate.classify.kubernetes import schema
from plangate.errors import EvidenceError, InputError, UsageError
from plangate.evidence import helm, kubectl
from plangate.evidence.command import NotThereError
from plangate.evidence.kubectl import ObjectName
from plangate.ingest.helm import evidence, manifests, splitting
from plangate.ingest.redact.redactor import Redactor
from plangate.model.input import Gathered, RawInput
from plangate.pipeline.gather import is_gone

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


def ask(
    found: Gathered, namespace: str, name: str, kinds: Sequence[str], new: tuple[str, ...], *, seconds: float
) -> Gathered:
    """What was found, and what the cluster tells of these kinds. `new` are manifests that name more objects to ask for."""
    asking = _Asking(found, namespace, name, seconds)
    asking.ask(kinds, new)
    return Gathered(asking.known, asking.failed, asking.told)


class _Asking:
    """The questions about one release, and what became of them."""

    def __init__(self, found: Gathered, namespace: str, name: str, seconds: float):
        self.known: dict[str, RawInput] = dict(found)
        self.failed: list[InputError] = []
        self.told: list[str] = []
        self._namespace, self._name = namespace, name
        self._where = f"{namespace}/{name}"
        self._seconds = seconds

    def ask(self, kinds: Sequence[str], new: tuple[str, ...]) -> None:
        """Ask for these kinds of evidence. The history first: it tells which revision the others are asked of."""
        if "history" not in self.known:
            self._take("history", self._helm("history"))
        history = self.known.get("history")
        if history is None:
            # What keeps the history from being told keeps the rest: one reason is enough.
            return
        gone = is_gone(history)
        if not gone:
            wanted = [kind for kind in kinds if kind not in self.known and kind != "live_objects"]
            revision = deployed(history)
            with concurrent.futures.ThreadPoolExecutor(max_workers=max(len(wanted), 1)) as pool:
                for kind, answer in zip(wanted, pool.map(lambda k: self._helm(k, revision), wanted), strict=True):
                    self._take(kind, answer)
        if "live_objects" in kinds and (new or not gone):
            self._take("live_objects", self._objects(new, complete=gone or "manifest" in self.known))

    def _take(self, kind: str, answer: bytes | EvidenceError) -> None:
        words = kind.replace("_", " ")
        if isinstance(answer, bytes):
            self.told.append(kind)
            self.known[kind] = RawInput(f"{self._where} ({words})", answer)
        else:
            self.failed.append(
                EvidenceError(f"{words} could not be asked: {answer.message}", where=self._where, hint=answer.hint)
            )

    def _helm(self, kind: str, revision: int | None = None) -> bytes | EvidenceError:
        try:
            return helm.ask(kind, self._namespace, self._name, seconds=self._seconds, revision=revision)
        except NotThereError as error:
            # Asked and not there is an answer, and the history tells it.
            return b"[]" if kind == "history" else error
        except EvidenceError as error:
            return error
        except UsageError as error:
            return EvidenceError(error.message, where=self._where, hint=error.hint)

    def _objects(self, new: tuple[str, ...], *, complete: bool) -> bytes | EvidenceError:
        """What the cluster holds of the objects of both sides, as one list."""
        if not complete:
            return EvidenceError("the manifest, which names them, is not known", where=self._where)
        try:
            old = [evidence.text_of(self.known["manifest"])] if "manifest" in self.known else []
            named = [one for text in (*old, *new) for one in named_in(text)]
            found = kubectl.objects(named, self._namespace, seconds=self._seconds)
            return listed([*found, *self._needed((*old, *new))])
        except EvidenceError as error:
            return error
        except InputError as error:
            return EvidenceError(error.message, where=error.where, hint=error.hint)
        except (msgspec.DecodeError, UnicodeDecodeError):
            return EvidenceError(
                "kubectl printed something that is not whole JSON", where=self._where, hint="try again"
            )

    def _needed(self, texts: Sequence[str]) -> list[bytes]:
        """The definitions and StorageClasses that the objects of manifests need.

        What the rights do not reach is left out: a review takes it for unknown, as it takes everything that was not given.
        """
        groups, classes = needed_by(texts)
        found: list[bytes] = []
        with contextlib.suppress(EvidenceError):
            found += kubectl.definitions(groups, seconds=self._seconds) if groups else []
        with contextlib.suppress(EvidenceError):
            found += kubectl.storage_classes(classes, seconds=self._seconds) if classes is not None else []
        return found


def deployed(history: RawInput) -> int | None:
    """The number of the newest deployed revision, where the history can be read and has one."""
    try:
        revisions = evidence.history(history)
    except InputError:
        return None
    newest = evidence.deployed(revisions)
    return None if newest is None else newest.number


def named_in(manifest: str) -> Iterator[ObjectName]:
    """The objects that a manifest names. Raises `InputError`."""
    documents, _ = splitting.split(manifest, "manifest")
    for one in manifests.objects(documents, manifests.ManifestReader(Redactor(), "manifest")):
        metadata = one.raw.get("metadata")
        name = metadata.get("name") if isinstance(metadata, dict) else None
        if isinstance(name, str) and one.kind:
            group, slash, _ = one.api_version.partition("/")
            yield ObjectName(group if slash else "", one.kind, one.namespace, name)


def needed_by(texts: Iterable[str]) -> tuple[set[str], set[str] | None]:
    """The API groups of the custom resources in manifests, and the StorageClasses of their claims.

    No class is named where a claim takes the default one; None where there are no claims. Raises `InputError`.
    """
    groups: set[str] = set()
    classes: set[str] = set()
    claims = default = False
    for text in texts:
        documents, _ = splitting.split(text, "manifest")
        for one in manifests.objects(documents, manifests.ManifestReader(Redactor(), "manifest")):
            group, slash, _ = one.api_version.partition("/")
            if slash and schema.namespaced(one.api_version, one.kind) is None:
                groups.add(group)
            for claim in _claims(one.kind, one.raw):
                claims = True
                name = claim.get("storageClassName")
                default = default or not isinstance(name, str)
                classes.update([name] if isinstance(name, str) and name else ())
    return groups, (set() if default else classes) if claims else None


def _claims(kind: str, raw: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The specifications of the claims that an object is or makes."""
    spec = raw.get("spec")
    if not isinstance(spec, dict):
        return
    if kind == "PersistentVolumeClaim":
        yield spec
    templates = spec.get("volumeClaimTemplates") if kind == "StatefulSet" else None
    for one in templates if isinstance(templates, list) else ():
        if isinstance(one, dict) and isinstance(one.get("spec"), dict):
            yield one["spec"]


def listed(texts: Iterable[bytes]) -> bytes:
    """What kubectl printed in several calls as one list: it prints one object bare, and several as a `List`."""
    items: list[msgspec.Raw] = []
    for text in texts:
        top = msgspec.json.decode(text, type=dict[str, msgspec.Raw])
        kind = msgspec.json.decode(top["kind"]) if "kind" in top else ""
        if kind == "List":
            items += msgspec.json.decode(top["items"], type=list[msgspec.Raw])
        else:
            items.append(msgspec.Raw(text))
    return msgspec.json.encode({"apiVersion": "v1", "kind": "List", "items": items})
