"""Collects live evidence into a folder that a review reads without credentials. Secrets are removed before anything is written."""

from __future__ import annotations

import concurrent.futures
import re
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct, structs

from plangate.errors import EvidenceError, InputError
from plangate.evidence import cluster, helm, release_files
from plangate.evidence import state as evidence
from plangate.ingest.helm import evidence as helm_evidence
from plangate.ingest.helm import manifests, splitting
from plangate.ingest.redact import pseudonyms
from plangate.ingest.redact.redactor import Redactor
from plangate.ingest.terraform import collected_state
from plangate.ingest.terraform import state as terraform_state
from plangate.lang import fingerprint
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
- {apiGroups: [apiextensions.k8s.io], resources: [customresourcedefinitions], verbs: [get, list]}
- {apiGroups: [storage.k8s.io], resources: [storageclasses], verbs: [get, list]}
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
    """One release or state: the names of the files that were written, and why others could not be."""

    release: str
    written: tuple[str, ...]
    failed: tuple[str, ...]


def names(texts: Sequence[str]) -> list[tuple[str, str]]:
    """Each NAMESPACE/NAME as (namespace, name). Raises `UsageError` for a text that is not one."""
    found = []
    for text in texts:
        namespace, _, name = text.partition("/")
        helm.check_release(namespace, name)
        found.append((namespace, name))
    return found


def collect(
    releases: Sequence[tuple[str, str]], folder: Path, key: bytes | None, *, now: str, seconds: float
) -> list[CollectResult]:
    """Collect every release into its own folder; one result each, in order. A failed release does not stop the others."""
    folder.mkdir(parents=True, exist_ok=True)
    if not releases:
        return []
    identity = cluster.ask(seconds=seconds)
    _write(folder / cluster.FILE, _json(structs.replace(identity, collected_at=now)))
    sources = EvidenceSources(live=True, seconds=seconds)
    with concurrent.futures.ThreadPoolExecutor(max_workers=_AT_ONCE) as pool:
        return list(pool.map(lambda one: _release(one, folder.joinpath(*one), sources, key), releases))


def _release(release: tuple[str, str], folder: Path, sources: EvidenceSources, key: bytes | None) -> CollectResult:
    namespace, name = release
    gathered = gather.gather(sources, namespace, name, kinds=gather.EVERYTHING)
    failed = [error.message for error in gathered.failed]
    if "history" in gathered and gather.is_gone(gathered["history"]):
        failed.append("there is no such release; its history says so")
    written = []
    folder.mkdir(parents=True, exist_ok=True)
    for file_name in FILES.values():
        # Files of an earlier run would be taken for current ones.
        (folder / file_name).unlink(missing_ok=True)
    try:
        for kind, text in _without_secrets(gathered, key):
            _write(folder / FILES[kind], text)
            written.append(FILES[kind])
    except InputError as error:
        failed.append(str(error))
    return CollectResult(f"{namespace}/{name}", tuple(written), tuple(failed))


def _write(path: Path, data: bytes) -> None:
    """Write a file atomically: a review that runs meanwhile must not read half of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_name(f".{path.name}.half")
    partial.write_bytes(data)
    partial.replace(path)


def collect_state(source: StateSource, folder: Path, key: bytes | None, *, now: str) -> CollectResult:
    """Collect one state. Nothing is raised for what cannot be had: it is told."""
    what = source.location or "the state"
    try:
        found = evidence.read(source)
        state = None if found.given is None else terraform_state.read(found.given)
        if found.given is not None and found.digest not in (None, terraform_state.digest(found.given.data)):
            raise EvidenceError("is not what its digest in DynamoDB says: a write is under way, or one failed half way")
        head = evidence.CollectedHead(
            location=found.place or what,
            collected_at=now,
            lock=found.lock,
            unsure=found.unsure,
            absent=state is None,
        )
        body = {} if state is None else collected_state.without_secrets(state, key)
    except InputError as error:
        return CollectResult(what, (), (error.message,))
    path = _state_path(folder / evidence.FOLDER, head.location)
    _write(path, _json({evidence.HEAD: head, **body}))
    return CollectResult(what, (str(path.relative_to(folder)),), (found.unsure,) if found.unsure else ())


def _state_path(folder: Path, location: str) -> Path:
    """The file of a state; with a digest of its location where another state has the name, as of the same key in another bucket."""
    path = folder / f"{_file_name(location)}.json"
    try:
        taken = msgspec.json.decode(path.read_bytes())[evidence.HEAD]["location"] != location
    except OSError:
        taken = False
    except (msgspec.DecodeError, KeyError, TypeError):
        taken = True
    return path.with_stem(f"{path.stem}-{fingerprint.of(location)}") if taken else path


def _file_name(location: str) -> str:
    """The file name of a state without its extension, made from its key."""
    _, _, key = location.removeprefix("s3://").partition("/")
    parts = [part for part in re.split(r"[^A-Za-z0-9_-]+", key or location) if part]
    kept = [part for part in parts if part not in ("tfstate", "json")]
    return ".".join(kept or parts) or "state"


def _without_secrets(gathered: Mapping[str, RawInput], key: bytes | None) -> Iterator[tuple[str, bytes]]:
    """Each kind of evidence with its content without secrets. All files are scanned first: a secret of one is removed from all."""
    redactor = Redactor()
    reader = manifests.ManifestReader(redactor, "manifest")
    values: dict[str, Any] = {}
    documents: dict[str, list[manifests.ManifestObject]] = {}
    live: tuple[manifests.ManifestObject, ...] = ()
    if "values" in gathered:
        values = helm_evidence.values(gathered["values"])
        redactor.learn(values, False, "")
    for kind in ("manifest", "hooks"):
        if kind in gathered:
            text, where = helm_evidence.text_of(gathered[kind]), gathered[kind].path
            split, _ = splitting.split(text, where, hooks=kind == "hooks")
            documents[kind] = list(manifests.objects(split, reader))
    if "live_objects" in gathered:
        live = helm_evidence.live(gathered["live_objects"], reader)
    redactor.freeze()
    if "values" in gathered:
        yield "values", _json(pseudonyms.without_secrets(values, redactor, key))
    for kind, objects in documents.items():
        yield kind, b"".join(_document(one, redactor, key) for one in objects)
    if "live_objects" in gathered:
        items = [_object(_without_last_applied(one.raw), redactor, key) for one in live]
        yield "live_objects", _json({"apiVersion": "v1", "kind": "List", "items": items})
    for kind in ("history", "metadata"):
        if kind in gathered:
            yield kind, redactor.text(gathered[kind].data.decode("utf-8", "replace")).encode()


def _document(one: manifests.ManifestObject, redactor: Redactor, key: bytes | None) -> bytes:
    """One object as a YAML document: its own text where nothing in it is secret, else JSON without the secrets."""
    source = f"---\n{splitting.SOURCE}{one.template}\n" if one.template else "---\n"
    clean = _object(one.raw, redactor, key)
    if clean == one.raw and one.text:
        return f"{source}{one.text}\n".encode()
    return source.encode() + _json(clean)


def _object(raw: dict[str, Any], redactor: Redactor, key: bytes | None) -> dict[str, Any]:
    """An object without secrets. A Secret keeps its keys, each value replaced by its pseudonym."""
    raw = manifests.as_stored(raw)
    secret = manifests.marks(raw)
    visible = {name: below for name, below in raw.items() if name not in secret}
    clean: dict[str, Any] = pseudonyms.without_secrets(visible, redactor, key)
    for name in secret:
        clean[name] = {k: pseudonyms.hidden(value, key) for k, value in raw[name].items()}
    return clean


def _without_last_applied(raw: dict[str, Any]) -> dict[str, Any]:
    """A live object without the annotation in which `kubectl apply` keeps a copy of it."""
    metadata = raw.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    if not isinstance(annotations, dict) or _LAST_APPLIED not in annotations:
        return raw
    kept = {name: value for name, value in annotations.items() if name != _LAST_APPLIED}
    return {**raw, "metadata": {**raw["metadata"], "annotations": kept}}


def _json(value: Any) -> bytes:
    return msgspec.json.format(_ENCODER.encode(value), indent=2) + b"\n"


_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
