"""An input of Helm without its evidence: a dry run as text, JSON or YAML, or a plain manifest."""

from __future__ import annotations

import base64
import binascii
from typing import Any, Final, Literal

import msgspec
from msgspec import Struct

from plangate.errors import InputError
from plangate.ingest import yaml
from plangate.ingest.document import Document
from plangate.ingest.envelope import without_noise
from plangate.ingest.helm import manifests, notes, output, splitting
from plangate.model.input import Kind
from plangate.model.release import Chart

DRY_RUN_COMMAND: Final = "helm upgrade NAME CHART -n NS -f VALUES --dry-run=server -o json > dry-run.json"
PENDING: Final = "pending-"
_HOOK: Final = "helm.sh/hook"


class _Info(Struct):
    status: str = ""
    description: str = ""
    deleted: str | None = None


class _File(Struct):
    name: str = ""
    data: str | None = None


class _ChartMetadata(Struct):
    name: str = ""
    version: str = ""


class _Chart(Struct):
    metadata: _ChartMetadata | None = None
    files: list[_File] | None = None
    modtime: str | None = None


class _Hook(Struct):
    manifest: str = ""
    path: str = ""


class _Release(Struct):
    """`helm upgrade -o json`: the release object, as pkg/release/v1/release.go writes it."""

    name: str = ""
    namespace: str = ""
    version: int = 0
    info: _Info | None = None
    chart: _Chart | None = None
    config: dict[str, Any] | None = None
    manifest: str | None = None
    hooks: list[_Hook] | None = None
    apply_method: str | None = None


_release = msgspec.json.Decoder(_Release)


class DryRun(Struct, frozen=True, kw_only=True):
    """One input of Helm: the release, and the texts of its parts."""

    document: Document
    name: str = ""
    namespace: str = ""
    revision: int | None = None
    major: int | None = None
    install: bool = False
    manifest: str | None = None
    hooks: str = ""
    values: dict[str, Any] | None = None
    """What a user gives; None where the input does not tell."""
    chart: Chart = Chart()
    apply_method: str | None = None
    crds: tuple[tuple[str, str], ...] = ()
    failed: str | None = None
    cut: bool = False
    doubt: Literal["", "between", "within", "anywhere"] = ""
    """Where it could have been cut, though it has an end."""
    breaks: int = 0
    """How many line breaks stand at the end of what was printed."""


def read(document: Document) -> DryRun:
    """Read an input of Helm. Raises `InputError` for what is no dry run."""
    if document.kind == Kind.HELM_MANIFEST:
        return _plain(document)
    start = document.data.lstrip()[:1]
    if start == b"{" or not output.looks_printed(document.data[: 256 * 1024]):
        return _structured(document)
    return _printed(document)


def _plain(document: Document) -> DryRun:
    """`helm template`, or plain documents. Only hooks are what `helm get hooks` prints."""
    text = output.clean(document.data)
    documents, _ = splitting.split(text, document.path)
    if documents and all(one.may_hold(_HOOK) for one in documents) and not without_hooks(documents, document.path)[0]:
        raise InputError(
            "holds only hooks, as `helm get hooks` prints them: evidence, not what will happen",
            where=document.path,
            hint=f"give it with --hooks, and as INPUT: {DRY_RUN_COMMAND}",
        )
    if documents and text.startswith(f"---\n{splitting.SOURCE}") and text.endswith("\n\n") and _HOOK not in text:
        # `helm template` ends the last object with one line break, and `helm get manifest` adds one.
        raise InputError(
            "is what `helm get manifest` prints: evidence, not what will happen",
            where=document.path,
            hint=f"give it with --manifest, and as INPUT: {DRY_RUN_COMMAND}",
        )
    # What Helm prints ends with a line break; a file of somebody's own may lack it.
    cut = text.rfind("\n") < len(text) - 1 and splitting.SOURCE in text
    return DryRun(document=document, manifest=text, cut=cut, doubt="anywhere")


def _printed(document: Document) -> DryRun:
    printed = output.read(document.data)
    if printed.failed is None and printed.status and not printed.status.startswith(PENDING):
        raise _already_applied(document, printed.status)
    if notes.another_run(printed.notes):
        raise InputError(
            "holds what Helm printed in several runs",
            where=document.path,
            hint=f"give each as a file of its own: {DRY_RUN_COMMAND}",
        )
    if notes.may_be_manifest(printed.manifest or "", printed.notes):
        raise InputError(
            "has objects behind a line NOTES:, and does not tell whether they are notes",
            where=document.path,
            hint=f"JSON tells: {DRY_RUN_COMMAND}",
        )
    return DryRun(
        document=document,
        name=printed.name,
        namespace=printed.namespace,
        revision=printed.revision,
        major=(4 if printed.description is not None else 3) if printed.name else None,
        install=printed.installing or printed.status == "pending-install",
        manifest=printed.manifest,
        hooks=printed.hooks or "",
        values=_debugged(printed.values),
        failed=printed.failed,
        cut=printed.cut,
        doubt=printed.doubt,
        breaks=printed.breaks,
    )


def _debugged(text: str | None) -> dict[str, Any] | None:
    """The values that --debug prints; None where there are none to be read."""
    if text is None:
        return None
    try:
        found = yaml.load(text)
    except yaml.YamlError:
        return None
    return {} if found is None else found if isinstance(found, dict) else None


def _already_applied(document: Document, status: str) -> InputError:
    return InputError(
        f"is about a release that is {status} already, not a dry run of an upgrade",
        where=document.path,
        hint=f"give it with --manifest or --hooks as the old side, and as INPUT: {DRY_RUN_COMMAND}",
    )


def _structured(document: Document) -> DryRun:
    """`-o json` or `-o yaml`."""
    data = document.data.lstrip()
    inner = without_noise(data) if data[:1] != b"{" else b""
    data = inner if inner.startswith(b'{"name"') else data
    try:
        if data[:1] == b"{":
            release = _release.decode(data)
        else:
            release = msgspec.convert(yaml.load(output.clean(data)), _Release)
    except (msgspec.DecodeError, UnicodeDecodeError):
        raise InputError("is not a whole Helm release: it was cut", where=document.path, hint=DRY_RUN_COMMAND) from None
    except yaml.YamlError as error:
        place = f"line {error.line}" if error.line else None
        raise InputError(error.message, where=document.path, place=place, hint=DRY_RUN_COMMAND) from None
    if data[:1] != b"{" and not release.version:
        # The version comes last in YAML, and a text that ends before it is sound YAML all the same.
        raise InputError("is not a whole Helm release: it was cut", where=document.path, hint=DRY_RUN_COMMAND)
    info, chart = release.info or _Info(), release.chart or _Chart()
    if info.status and not info.status.startswith(PENDING):
        raise _already_applied(document, info.status)
    older = info.deleted is not None and chart.modtime is None and release.apply_method is None
    return DryRun(
        document=document,
        name=release.name,
        namespace=release.namespace,
        revision=release.version or None,
        major=3 if older else 4,
        install=info.status == "pending-install",
        manifest=release.manifest if release.manifest is not None else "",
        hooks="\n".join(f"---\n{splitting.SOURCE}{hook.path}\n{hook.manifest}" for hook in release.hooks or ()),
        values=release.config or {},
        chart=Chart(*(chart.metadata.name, chart.metadata.version) if chart.metadata else ()),
        apply_method=release.apply_method,
        crds=tuple(_crds(chart, document.path)),
    )


def _crds(chart: _Chart, where: str) -> list[tuple[str, str]]:
    """The definitions in the chart's `crds/`: Helm installs them once and never touches them again."""
    found = []
    for file in chart.files or ():
        if file.name.startswith("crds/") and file.name.lower().endswith((".yaml", ".yml", ".json")) and file.data:
            try:
                found.append((file.name, base64.b64decode(file.data).decode()))
            except (binascii.Error, ValueError):
                raise InputError("holds a file of crds/ that is no text", where=where, hint=DRY_RUN_COMMAND) from None
    return found


def without_hooks(
    documents: list[splitting.Document], where: str
) -> tuple[list[splitting.Document], list[splitting.Document]]:
    """Objects, and the hooks among them, as `helm template` prints both. Raises `InputError`."""
    plain: list[splitting.Document] = []
    hooks: list[splitting.Document] = []
    for document in documents:
        (hooks if document.may_hold(_HOOK) and _is_hook(document, where) else plain).append(document)
    return plain, splitting.streams(hooks, where)


def _is_hook(document: splitting.Document, where: str) -> bool:
    raw = manifests.parse(document, where) or {}
    metadata = raw.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    return isinstance(annotations, dict) and _HOOK in annotations
