"""A Helm dry run (text, JSON or YAML) or a plain manifest, with the evidence around it, as one masked `Upgrade`."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec
from msgspec import Struct

from plangate.errors import InputError
from plangate.ingest import ending, helm_evidence, helm_output, manifests, yaml
from plangate.ingest.document import Document, Kind
from plangate.ingest.envelope import without_noise
from plangate.ingest.redact import Redactor
from plangate.model import ChangeSet, Skipped, Source, Upgrade

if TYPE_CHECKING:
    from collections.abc import Mapping

    from plangate.evidence.files import Given
    from plangate.model import Revision

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
    """What an input says by itself: the release, and the texts of its parts."""

    document: Document
    name: str = ""
    namespace: str = ""
    revision: int | None = None
    major: int | None = None
    install: bool = False
    manifest: str | None = None
    hooks: str = ""
    values: dict[str, Any] | None = None
    apply_method: str | None = None
    crds: tuple[tuple[str, str], ...] = ()
    failed: str | None = None
    cut: bool = False
    doubt: Literal["", "between", "within", "anywhere"] = ""
    """Where it could have been cut, though it has an end."""


def read(document: Document) -> DryRun:
    """Read an input of Helm. Raises `InputError` for what is no dry run."""
    if document.kind == Kind.HELM_MANIFEST:
        return _plain(document)
    start = document.data.lstrip()[:1]
    if start == b"{" or not helm_output.looks_printed(document.data[: 256 * 1024]):
        return _structured(document)
    return _printed(document)


def _plain(document: Document) -> DryRun:
    """`helm template`, or plain documents. Only hooks are what `helm get hooks` prints."""
    text = helm_output.clean(document.data)
    documents, _ = manifests.split(text)
    if documents and all(_HOOK in one.text for one in documents) and not _without_hooks(documents)[0]:
        raise InputError(
            "holds only hooks, as `helm get hooks` prints them: evidence, not what will happen",
            where=document.path,
            hint=f"give it with --hooks, and as INPUT: {DRY_RUN_COMMAND}",
        )
    if documents and text.startswith(f"---\n{manifests.SOURCE}") and text.endswith("\n\n") and _HOOK not in text:
        # `helm template` ends the last object with one line break, and `helm get manifest` adds one.
        raise InputError(
            "is what `helm get manifest` prints: evidence, not what will happen",
            where=document.path,
            hint=f"give it with --manifest, and as INPUT: {DRY_RUN_COMMAND}",
        )
    # What Helm prints ends with a line break; a file of somebody's own may lack it.
    cut = text.rfind("\n") < len(text) - 1 and manifests.SOURCE in text
    return DryRun(document=document, manifest=text, cut=cut, doubt="anywhere")


def _printed(document: Document) -> DryRun:
    printed = helm_output.read(document.data)
    if printed.failed is None and printed.status and not printed.status.startswith(PENDING):
        raise _after_the_fact(document, printed.status)
    return DryRun(
        document=document,
        name=printed.name,
        namespace=printed.namespace,
        revision=printed.revision,
        major=(4 if printed.description is not None else 3) if printed.name else None,
        install=printed.installing or printed.status == "pending-install",
        manifest=printed.manifest,
        hooks=printed.hooks or "",
        failed=printed.failed,
        cut=printed.cut,
        doubt=printed.doubt,
    )


def _after_the_fact(document: Document, status: str) -> InputError:
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
            release = msgspec.convert(yaml.load(helm_output.clean(data), unique=False), _Release)
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
        raise _after_the_fact(document, info.status)
    older = info.deleted is not None and chart.modtime is None and release.apply_method is None
    return DryRun(
        document=document,
        name=release.name,
        namespace=release.namespace,
        revision=release.version or None,
        major=3 if older else 4,
        install=info.status == "pending-install",
        manifest=release.manifest if release.manifest is not None else "",
        hooks="\n".join(f"---\n{manifests.SOURCE}{hook.path}\n{hook.manifest}" for hook in release.hooks or ()),
        values=release.config,
        apply_method=release.apply_method,
        crds=tuple(_crds(chart)),
    )


def _crds(chart: _Chart) -> list[tuple[str, str]]:
    """The definitions in the chart's `crds/`: Helm installs them once and never touches them again."""
    found = []
    for file in chart.files or ():
        if file.name.startswith("crds/") and file.name.endswith((".yaml", ".yml", ".json")) and file.data:
            try:
                found.append((file.name, base64.b64decode(file.data).decode()))
            except (binascii.Error, ValueError):
                continue
    return found


def changeset(
    dry: DryRun,
    given: Mapping[str, Given],
    *,
    kube_version: tuple[int, int] | None = None,
    origin: int = 0,
) -> ChangeSet:
    """The dry run and its evidence (`manifest`, `hooks`, `values`, `history`, `metadata`, `live_objects`), masked.

    Raises `InputError` where any of it cannot be read.
    """
    return _Joined(dry, given, kube_version, origin).changeset()


class _Joined:
    """One dry run and its evidence on their way to an `Upgrade`."""

    def __init__(self, dry: DryRun, given: Mapping[str, Given], kube_version: tuple[int, int] | None, origin: int):
        self.origin = origin
        self.dry = dry
        self.given = given
        self.kube_version = kube_version
        self.redactor = Redactor()
        self.skipped: list[Skipped] = []
        self.metadata = helm_evidence.metadata(given["metadata"]) if "metadata" in given else helm_evidence.Metadata()
        self.history = helm_evidence.history(given["history"]) if "history" in given else ()
        self.name = dry.name or self.metadata.name
        self.namespace = dry.namespace or self.metadata.namespace

    def changeset(self) -> ChangeSet:
        dry, document = self.dry, self.dry.document
        source = Source(
            kind=document.kind,
            path=document.path,
            sha256=document.sha256,
            tool="helm",
            tool_version=str(dry.major) if dry.major else None,
        )
        if dry.failed is not None:
            self.redactor.seal()
            return ChangeSet(source=source, refused=self.redactor.text(dry.failed), evidence=self.evidence())
        if dry.manifest is None or dry.cut:
            self._no_manifest()
        upgrade = self.upgrade()
        return ChangeSet(
            source=source,
            upgrade=upgrade,
            evidence=self.evidence(),
            skipped=tuple(self.skipped),
            notes=document.notes,
            masked_words=self.redactor.skipped,
        )

    def _no_manifest(self) -> None:
        dry = self.dry
        if dry.cut:
            raise self._cut()
        raise InputError(
            "holds no manifest (with --description, Helm leaves it out)", where=dry.document.path, hint=DRY_RUN_COMMAND
        )

    def _cut(self) -> InputError:
        return InputError("ends in the middle: it was cut", where=self.dry.document.path, hint=DRY_RUN_COMMAND)

    def upgrade(self) -> Upgrade:
        """Both sides, split, compared as text, and learned from before anything is masked."""
        dry, given = self.dry, self.given
        path = dry.document.path
        values = (dry.values or {}, self._values())
        reader = manifests.Reader(self.redactor, path, frozenset(text for value in values for text in _texts(value)))
        documents, hidden = manifests.split(dry.manifest or "")
        hook_documents, _ = manifests.split(dry.hooks)
        if dry.document.kind == Kind.HELM_MANIFEST:
            documents, extra = _without_hooks(documents)
            hook_documents += extra
        old = self._old(given.get("manifest"))
        if ending.early(documents, old or (), dry.doubt):
            raise self._cut()
        same, only_old, only_new = manifests.common(old or [], documents)
        lazily = "live_objects" not in given
        # A Secret that was left out is neither gone nor changed: nobody can tell.
        only_old = [d for d in only_old if not (d.template in hidden and "kind: Secret" in d.text)]
        old_reader = manifests.Reader(self.redactor, given["manifest"].path if "manifest" in given else path)
        new_objects = tuple(manifests.objects(only_new, reader))
        old_objects = tuple(manifests.objects(only_old, old_reader))
        same_objects = tuple(manifests.objects(same, reader, lazily=lazily))
        hooks = tuple(manifests.objects(hook_documents, reader))
        old_hooks = None
        if "hooks" in given:
            hook_reader = manifests.Reader(self.redactor, given["hooks"].path)
            found, _ = manifests.split(helm_evidence.text_of(given["hooks"]))
            old_hooks = tuple(manifests.objects(found, hook_reader))
        live = None
        if "live_objects" in given:
            live = helm_evidence.live(
                given["live_objects"], manifests.Reader(self.redactor, given["live_objects"].path)
            )
        crds = tuple(
            one
            for template, text in dry.crds
            for one in manifests.objects(
                [manifests.Document(d.text, template, d.line) for d in manifests.split(text)[0]], reader
            )
        )
        for value in values:
            self.redactor.learn(value, False, "")
        self.redactor.seal()
        self._say_what_is_missing(hidden)
        return Upgrade(
            release=f"{self.namespace}/{self.name}" if self.name else None,
            namespace=self.namespace or "default",
            name=self.name,
            install=dry.install,
            major=dry.major,
            server_side=self._server_side(),
            new=new_objects,
            old=None if old is None else old_objects,
            same=same_objects,
            new_hooks=hooks,
            old_hooks=old_hooks,
            live=live,
            crds=crds,
            hidden=tuple(hidden),
            history=self.history,
            kube_version=self.kube_version,
            origin=self.origin,
        )

    def _old(self, given: Given | None) -> list[manifests.Document] | None:
        if self.dry.install:
            return []
        if given is None:
            return None
        documents, _ = manifests.split(helm_evidence.text_of(given))
        return _without_hooks(documents)[0]

    def _values(self) -> dict[str, Any]:
        return helm_evidence.values(self.given["values"]) if "values" in self.given else {}

    def _server_side(self) -> bool | None:
        """How Helm will apply: Helm 3 always client-side; Helm 4 as the release's last revision was (`auto`)."""
        if self.dry.major == 3:
            return False
        method = self.dry.apply_method or self.metadata.apply_method
        if method is not None:
            return method == "ssa"
        if "metadata" in self.given and not self.dry.install:
            # A release born under Helm 3 has no method, and keeps client-side apply under Helm 4.
            return False
        return True if self.dry.install and self.dry.major == 4 else None

    def evidence(self) -> dict[str, str]:
        """What was given."""
        if self.dry.install:
            return {name: "given" if name in self.given else "not-needed" for name in helm_evidence.COMMANDS}
        return {name: "given" if name in self.given else "missing" for name in helm_evidence.COMMANDS}

    def _say_what_is_missing(self, hidden: list[str]) -> None:
        dry = self.dry
        told = self.metadata
        if dry.name and told.name and (told.name, told.namespace or dry.namespace) != (dry.name, dry.namespace):
            self.skipped.append(
                Skipped(
                    what=self.given["metadata"].path,
                    why=f"is about another release than {dry.namespace}/{dry.name}",
                    how_to_fix="give the evidence of the release that is upgraded",
                    inconclusive=True,
                )
            )
        names = {"name": self.name or "NAME", "namespace": self.namespace or "NS"}
        deployed = _deployed(self.history)
        revision = f" --revision {deployed.number}" if deployed is not None else ""
        if not dry.install and "manifest" not in self.given:
            self.skipped.append(
                Skipped(
                    what=dry.document.path,
                    why="holds only the new side of an upgrade; what is deployed was not given",
                    how_to_fix=f"{helm_evidence.COMMANDS['manifest'].format(**names, revision=revision)}, then --manifest manifest.yaml",
                    inconclusive=True,
                )
            )
        for template in hidden:
            self.skipped.append(
                Skipped(
                    what=template or dry.document.path,
                    why="a Secret was left out of the dry run (--hide-secret)",
                    how_to_fix="make the dry run without --hide-secret; plangate masks every secret itself",
                    inconclusive=True,
                )
            )
        if "live_objects" not in self.given and not dry.install:
            self.skipped.append(
                Skipped(
                    what=f"the objects of {names['name']} in the cluster",
                    why="were not given: what was changed by hand, what exists already, and which fields others own is not known",
                    how_to_fix=helm_evidence.COMMANDS["live_objects"].format(**names, revision="")
                    + ", then --live-objects",
                )
            )
        newest = self.history[-1] if self.history else None
        if newest is not None and newest.status == "failed" and deployed is not None:
            self.skipped.append(
                Skipped(
                    what=f"revision {newest.number} of {names['name']}",
                    why=f"failed; Helm compares with revision {deployed.number}, and what the failed one changed or left behind is not seen",
                    how_to_fix="give --live-objects: "
                    + helm_evidence.COMMANDS["live_objects"].format(**names, revision=""),
                )
            )


def _texts(value: Any) -> list[str]:
    """Every text in some values."""
    if isinstance(value, dict):
        return [text for below in value.values() for text in _texts(below)]
    if isinstance(value, list):
        return [text for below in value for text in _texts(below)]
    return [value] if isinstance(value, str) else []


def _deployed(history: tuple[Revision, ...]) -> Revision | None:
    """The newest deployed revision: what an upgrade starts from."""
    return next((revision for revision in reversed(history) if revision.status == "deployed"), None)


def _without_hooks(
    documents: list[manifests.Document],
) -> tuple[list[manifests.Document], list[manifests.Document]]:
    """Objects, and the hooks among them, as `helm template` prints both."""
    plain: list[manifests.Document] = []
    hooks: list[manifests.Document] = []
    for document in documents:
        (hooks if _HOOK in document.text and _is_hook(document) else plain).append(document)
    return plain, hooks


def _is_hook(document: manifests.Document) -> bool:
    raw = manifests.parse(document, "")
    metadata = raw.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    return isinstance(annotations, dict) and _HOOK in annotations
