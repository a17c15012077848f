"""Gathers what is live into a folder that a review can read without credentials. Secrets are removed there and then."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct

from plangate.errors import EvidenceError, InputError
from plangate.evidence import live
from plangate.evidence.files import Given
from plangate.ingest import helm_evidence, manifests, sealed
from plangate.ingest.redact import Redactor

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

FILES: Final = {
    "manifest": "manifest.yaml",
    "hooks": "hooks.yaml",
    "values": "values.json",
    "history": "history.json",
    "metadata": "metadata.json",
}

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


class Collected(Struct, frozen=True):
    """What became of one release: the files that were written, and what could not be had."""

    release: str
    written: tuple[str, ...]
    failed: tuple[str, ...]


def collect(
    releases: Sequence[tuple[str, str]], folder: Path, key: bytes | None, *, now: str, seconds: float
) -> list[Collected]:
    """Collect every release. One that fails never stops the others."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cluster.json").write_text(json.dumps(_cluster(now, seconds), indent=2) + "\n")
    return [_release(namespace, name, folder / namespace / name, key, seconds) for namespace, name in releases]


def _cluster(now: str, seconds: float) -> dict[str, str | None]:
    found: dict[str, str | None] = {"server": None, "kube_system_uid": None, "collected_at": now}
    for name, ask in (("server", live.server), ("kube_system_uid", live.cluster)):
        try:
            found[name] = ask(seconds=seconds).decode("utf-8", "replace").strip() or None
        except EvidenceError:
            continue
    return found


def _release(namespace: str, name: str, folder: Path, key: bytes | None, seconds: float) -> Collected:
    texts: dict[str, bytes] = {}
    failed: list[str] = []

    def ask(kind: str, revision: int | None = None) -> None:
        try:
            texts[kind] = live.helm(kind, namespace, name, seconds=seconds, revision=revision)
        except EvidenceError as error:
            failed.append(f"{kind}: {error.message}")

    for kind in ("history", "values", "metadata"):
        ask(kind)
    revision = _deployed(texts.get("history"))
    ask("manifest", revision)
    ask("hooks", revision)
    written = []
    folder.mkdir(parents=True, exist_ok=True)
    try:
        for kind, text in _cleaned(texts, key):
            (folder / FILES[kind]).write_bytes(text)
            written.append(FILES[kind])
    except InputError as error:
        failed.append(str(error))
    return Collected(f"{namespace}/{name}", tuple(written), tuple(failed))


def _deployed(history: bytes | None) -> int | None:
    """The newest deployed revision: what an upgrade starts from, also after a failed one."""
    if history is None:
        return None
    try:
        revisions = helm_evidence.history(Given("history", history))
    except InputError:
        return None
    return next((one.number for one in reversed(revisions) if one.status == "deployed"), None)


def _cleaned(texts: dict[str, bytes], key: bytes | None) -> Iterator[tuple[str, bytes]]:
    """The files without secrets. Everything is learned first: what one file calls secret is secret in all."""
    redactor = Redactor()
    reader = manifests.Reader(redactor, "manifest")
    values: dict[str, Any] = {}
    documents: dict[str, list[manifests.Manifested]] = {}
    if "values" in texts:
        values = helm_evidence.values(Given("values", texts["values"]))
        redactor.learn(values, False, "")
    for kind in ("manifest", "hooks"):
        if kind in texts:
            split, _ = manifests.split(helm_evidence.text_of(Given(kind, texts[kind])))
            documents[kind] = list(manifests.objects(split, reader))
    redactor.seal()
    if "values" in texts:
        yield "values", _json(sealed.without_secrets(values, redactor, key))
    for kind, objects in documents.items():
        yield kind, b"".join(_document(one, redactor, key) for one in objects)
    for kind in ("history", "metadata"):
        if kind in texts:
            yield kind, redactor.text(texts[kind].decode("utf-8", "replace")).encode()


def _document(one: manifests.Manifested, redactor: Redactor, key: bytes | None) -> bytes:
    """One object, as JSON, which is YAML too. Of a Secret only the keys are kept."""
    raw = dict(one.raw)
    for name in manifests.marks(one.raw):
        raw[name] = dict.fromkeys(one.raw[name], "")
    source = f"---\n{manifests.SOURCE}{one.template}\n" if one.template else "---\n"
    return source.encode() + _json(sealed.without_secrets(raw, redactor, key))


def _json(value: Any) -> bytes:
    return msgspec.json.format(_ENCODER.encode(value), indent=2) + b"\n"


_ENCODER: Final = msgspec.json.Encoder(decimal_format="number")
