"""Gathers what is live into a folder that a review can read without credentials. Secrets are removed there and then."""

from __future__ import annotations

import concurrent.futures
import re
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct, structs

from plangate.errors import EvidenceError, InputError
from plangate.evidence import cluster, helm, release_files
from plangate.ingest.helm import evidence as helm_evidence
from plangate.ingest.helm import manifests
from plangate.ingest.redact import pseudonyms
from plangate.ingest.redact.redactor import Redactor
from plangate.model.input import EvidenceSources
from plangate.pipeline import gather

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from plangate.model.input import RawInput, StateSource

FILES: Final = {kind: names[0] for kind, names in release_files.FILES.items()}
_LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"
_AT_ONCE: Final = 4

PERMISSIONS: Final = """\
# What plangate collect reads. Kubernetes: Helm keeps its releases in Secrets of the release's namespace.
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata: {name: plangate-collect, namespace: NAMESPACE}
rules:
- {apiGroups: [""], resources: [secrets], verbs: [get, list]}
- {apiGroups: ["", apps, batch, autoscaling, policy, networking.k8s.io], resources: ["*"], verbs: [get, list]}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: {name: plangate-collect-cluster}
rules:
- {apiGroups: [""], resources: [namespaces], resourceNames: [kube-system], verbs: [get]}
---
# AWS, for a state in S3: nothing is written, no lock is taken. kms:Decrypt only for a bucket with its own key,
# s3:ListBucket only so that a missing state can be told from a forbidden one, dynamodb only for locks in a table.
{"Version": "2012-10-17", "Statement": [
  {"Effect": "Allow", "Action": "s3:GetObject", "Resource": ["arn:aws:s3:::BUCKET/KEY", "arn:aws:s3:::BUCKET/KEY.tflock"]},
  {"Effect": "Allow", "Action": "s3:ListBucket", "Resource": "arn:aws:s3:::BUCKET"},
  {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "arn:aws:dynamodb:REGION:ACCOUNT:table/TABLE"},
  {"Effect": "Allow", "Action": "kms:Decrypt", "Resource": "arn:aws:kms:REGION:ACCOUNT:key/KEY"}]}
"""
"""The rights that it needs, to be narrowed to one namespace, one object and one table."""


class CollectResult(Struct, frozen=True):
    """What became of one release: the files that were written, and what could not be had."""

    release: str
    written: tuple[str, ...]
    failed: tuple[str, ...]


def names(texts: Sequence[str]) -> list[tuple[str, str]]:
    """The namespace and the name of each NAMESPACE/NAME. Raises `UsageError` for what cannot be one."""
    found = []
    for text in texts:
        namespace, _, name = text.partition("/")
        helm.check_release(namespace, name)
        found.append((namespace, name))
    return found


def collect(
    releases: Sequence[tuple[str, str]], folder: Path, key: bytes | None, *, now: str, seconds: float
) -> list[CollectResult]:
    """Collect every release. One that fails never stops the others."""
    folder.mkdir(parents=True, exist_ok=True)
    if not releases:
        return []
    who = cluster.ask(seconds=seconds)
    _write(folder / cluster.FILE, _json(structs.replace(who, collected_at=now)))
    asked = EvidenceSources(live=True, seconds=seconds)
    with concurrent.futures.ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        return list(pool.map(lambda one: _release(one, folder.joinpath(*one), asked, key), releases))


def _release(release: tuple[str, str], folder: Path, asked: EvidenceSources, key: bytes | None) -> CollectResult:
    namespace, name = release
    given = gather.gather(asked, namespace, name, kinds=gather.EVERYTHING)
    failed = [error.message for error in given.failed]
    if "history" in given and gather.is_gone(given["history"]):
        failed.append("there is no such release; its history says so")
    written = []
    folder.mkdir(parents=True, exist_ok=True)
    for name_ in FILES.values():
        # What an earlier run left would be taken for what is there now.
        (folder / name_).unlink(missing_ok=True)
    try:
        for kind, text in _cleaned(given, key):
            _write(folder / FILES[kind], text)
            written.append(FILES[kind])
    except InputError as error:
        failed.append(str(error))
    return CollectResult(f"{namespace}/{name}", tuple(written), tuple(failed))


def _write(path: Path, data: bytes) -> None:
    """A file as a whole or not at all: a review that runs meanwhile must not read half of one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.half")
    half.write_bytes(data)
    half.replace(path)


def collect_state(asked: StateSource, folder: Path, key: bytes | None, *, now: str) -> CollectResult:
    """Collect one state. Nothing is raised for what cannot be had: it is told."""
    from plangate.evidence import state as evidence
    from plangate.ingest.terraform import collected_state
    from plangate.ingest.terraform import state as terraform_state

    what = asked.location or "the state"
    try:
        given = evidence.read(asked)
        state = None if given.given is None else terraform_state.read(given.given)
        if given.given is not None and given.digest not in (None, terraform_state.digest(given.given.data)):
            raise EvidenceError("is not what its digest in DynamoDB says: a write is under way, or one failed half way")
        head = evidence.CollectedHead(
            location=given.place or what,
            collected_at=now,
            lock=given.lock,
            unsure=given.unsure,
            absent=state is None,
        )
        body = {} if state is None else collected_state.without_secrets(state, key)
    except InputError as error:
        return CollectResult(what, (), (error.message,))
    path = folder / evidence.FOLDER / f"{_file_name(head.location)}.json"
    _write(path, _json({evidence.HEAD: head, **body}))
    return CollectResult(what, (str(path.relative_to(folder)),), (given.unsure,) if given.unsure else ())


def _file_name(location: str) -> str:
    """A name for the file of a state, after its key."""
    _, _, key = location.removeprefix("s3://").partition("/")
    parts = [part for part in re.split(r"[^A-Za-z0-9_-]+", key or location) if part]
    kept = [part for part in parts if part not in ("tfstate", "json")]
    return ".".join(kept or parts) or "state"


def _cleaned(given: Mapping[str, RawInput], key: bytes | None) -> Iterator[tuple[str, bytes]]:
    """The files without secrets. Everything is learned first: what one file calls secret is secret in all."""
    redactor = Redactor()
    reader = manifests.ManifestReader(redactor, "manifest")
    values: dict[str, Any] = {}
    documents: dict[str, list[manifests.ManifestObject]] = {}
    live: tuple[manifests.ManifestObject, ...] = ()
    if "values" in given:
        values = helm_evidence.values(given["values"])
        redactor.learn(values, False, "")
    for kind in ("manifest", "hooks"):
        if kind in given:
            split, _ = manifests.split(helm_evidence.text_of(given[kind]))
            documents[kind] = list(manifests.objects(split, reader))
    if "live_objects" in given:
        live = helm_evidence.live(given["live_objects"], reader)
    redactor.freeze()
    if "values" in given:
        yield "values", _json(pseudonyms.without_secrets(values, redactor, key))
    for kind, objects in documents.items():
        yield kind, b"".join(_document(one, redactor, key) for one in objects)
    if "live_objects" in given:
        items = [_object(_as_applied(one.raw), redactor, key) for one in live]
        yield "live_objects", _json({"apiVersion": "v1", "kind": "List", "items": items})
    for kind in ("history", "metadata"):
        if kind in given:
            yield kind, redactor.text(given[kind].data.decode("utf-8", "replace")).encode()


def _document(one: manifests.ManifestObject, redactor: Redactor, key: bytes | None) -> bytes:
    """One object: as it is while nothing in it is secret, else as JSON, which is YAML too."""
    source = f"---\n{manifests.SOURCE}{one.template}\n" if one.template else "---\n"
    clean = _object(one.raw, redactor, key)
    if clean == one.raw and one.text:
        return f"{source}{one.text}\n".encode()
    return source.encode() + _json(clean)


def _object(raw: dict[str, Any], redactor: Redactor, key: bytes | None) -> dict[str, Any]:
    """An object without secrets. Of a Secret the keys are kept, and of each value what is left of any secret."""
    raw = manifests.as_stored(raw)
    secret = manifests.marks(raw)
    open_ = {name: below for name, below in raw.items() if name not in secret}
    clean: dict[str, Any] = pseudonyms.without_secrets(open_, redactor, key)
    for name in secret:
        clean[name] = {k: pseudonyms.hidden(value, key) for k, value in raw[name].items()}
    return clean


def _as_applied(raw: dict[str, Any]) -> dict[str, Any]:
    """A live object without the copy of itself that `kubectl apply` leaves in an annotation."""
    metadata = raw.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    if not isinstance(annotations, dict) or _LAST_APPLIED not in annotations:
        return raw
    kept = {name: value for name, value in annotations.items() if name != _LAST_APPLIED}
    return {**raw, "metadata": {**raw["metadata"], "annotations": kept}}


def _json(value: Any) -> bytes:
    return msgspec.json.format(_ENCODER.encode(value), indent=2) + b"\n"


_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
