"""A Helm dry run or a plain manifest, with the evidence around it, as one masked `Upgrade`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from msgspec import structs

from plangate.errors import InputError
from plangate.ingest.helm import collected_objects, contradictions, manifests, splitting, truncation
from plangate.ingest.helm import evidence as helm_evidence
from plangate.ingest.helm.dry_run import DRY_RUN_COMMAND, DryRun, read, without_hooks
from plangate.ingest.redact.redactor import Redactor
from plangate.model.change import Gap, HelmChangeSet, RefusedUpgrade
from plangate.model.input import InputRecord, Kind
from plangate.model.release import Chart, Upgrade

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plangate.model.input import RawInput
    from plangate.model.values import Value

__all__ = ["changeset", "read"]


def changeset(
    dry: DryRun,
    given: Mapping[str, RawInput],
    *,
    kube_version: tuple[int, int] | None = None,
    origin: int = 0,
    key: bytes | None = None,
) -> HelmChangeSet | RefusedUpgrade:
    """The dry run and its evidence (`manifest`, `hooks`, `values`, `history`, `metadata`, `live_objects`), masked.

    `key` is the key of the HMACs in collected evidence. Raises `InputError` where any of it cannot be read.
    """
    joined = _UpgradeBuilder(dry, given, kube_version, origin)
    joined.key = key
    return joined.changeset()


def texts(dry: DryRun) -> list[str]:
    """The documents of a dry run or a manifest as they were printed, its hooks included. Raises `InputError`."""
    path = dry.document.path
    return [one.text for text in (dry.manifest or "", dry.hooks) for one in splitting.split(text, path)[0]]


def redactor(dry: DryRun) -> Redactor:
    """The redactor of a dry run, for texts about it from other sources. Raises `InputError`."""
    joined = _UpgradeBuilder(dry, {}, None, 0)
    joined.changeset()
    return joined.redactor


class _UpgradeBuilder:
    """Builds the `Upgrade` of one dry run and its evidence."""

    def __init__(self, dry: DryRun, given: Mapping[str, RawInput], kube_version: tuple[int, int] | None, origin: int):
        self.origin = origin
        self.key: bytes | None = None
        self.dry = dry
        self.given = dict(given)
        self.empty: frozenset[str] = frozenset()
        """The kinds of evidence that were given, and hold nothing."""
        self.from_cluster: frozenset[str] = getattr(given, "from_cluster", frozenset())
        self.kube_version = kube_version
        self.redactor = Redactor()
        self.skipped: list[Gap] = []
        self.metadata = helm_evidence.metadata(given["metadata"]) if "metadata" in given else helm_evidence.Metadata()
        self.history = helm_evidence.history(given["history"]) if "history" in given else ()
        self.name = dry.name or self.metadata.name
        self.namespace = dry.namespace or self.metadata.namespace

    def changeset(self) -> HelmChangeSet | RefusedUpgrade:
        dry, document = self.dry, self.dry.document
        source = InputRecord(
            kind=document.kind,
            path=document.path,
            sha256=document.sha256,
            tool="helm",
            tool_version=str(dry.major) if dry.major else None,
        )
        if dry.failed is not None:
            self.redactor.freeze()
            return RefusedUpgrade(input=source, refused=self.redactor.text(dry.failed), evidence=self.evidence())
        if dry.manifest is None or dry.cut:
            self._no_manifest()
        upgrade = self.upgrade()
        return HelmChangeSet(
            input=source,
            upgrade=upgrade,
            evidence=self.evidence(),
            skipped=tuple(self.skipped),
            notes=document.notes,
            pseudonyms=self.redactor.pseudonyms,
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
        """The upgrade: both sides split and compared as text. Learns their secrets before anything is masked."""
        dry, given = self.dry, self.given
        path = dry.document.path
        given_values = self._values()
        values = (dry.values or {}, given_values or {})
        reader = manifests.ManifestReader(
            self.redactor, path, frozenset(text for value in values for text in _texts(value))
        )
        documents, hidden = splitting.split(dry.manifest or "", path)
        hook_documents, _ = splitting.split(dry.hooks, path, hooks=True)
        if dry.document.kind == Kind.HELM_MANIFEST:
            documents, extra = without_hooks(documents, path)
            hook_documents += extra
        old = self._old(given.get("manifest"))
        before = helm_evidence.text_of(given["manifest"]) if dry.doubt == "between" and "manifest" in given else ""
        if truncation.looks_truncated(documents, old or (), dry.doubt, breaks=dry.breaks, before=before):
            raise self._cut()
        same, only_old, only_new = splitting.common(old or [], documents)
        lazily = "live_objects" not in given
        # A Secret that was left out is neither gone nor changed: nobody can tell.
        old_objects = tuple(
            one
            for one in manifests.objects(only_old, self._reader("manifest"))
            if not (one.template in hidden and one.kind == "Secret")
        )
        new_objects = tuple(manifests.objects(only_new, reader))
        same_objects = tuple(manifests.objects(same, reader, lazily=lazily))
        hooks = tuple(manifests.objects(hook_documents, reader))
        old_hooks, live = self._old_hooks(), self._live()
        crds = tuple(self._crds(reader))
        sides = contradictions.Sides(
            dry=dry,
            given=given,
            from_cluster=self.from_cluster,
            metadata=self.metadata,
            history=self.history,
            old=None if old is None else old_objects,
            new=new_objects,
            same=same_objects,
            live=live,
            command=self._command,
        )
        self.skipped += contradictions.gaps(sides)
        self.empty = contradictions.empty(sides)
        for value in values:
            self.redactor.learn(value, False, "")
        self._restore((*old_objects, *(old_hooks or ()), *(live or ())), (*new_objects, *same_objects, *hooks))
        self.redactor.freeze()
        self._note_missing_evidence(hidden)
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
            chart=dry.chart,
            old_chart=self._old_chart(),
            values=None if dry.values is None else self._masked(dry.values),
            old_values=None if given_values is None else self._masked(given_values),
            origin=self.origin,
            revision=dry.revision,
        )

    def _old_hooks(self) -> tuple[manifests.ManifestObject, ...] | None:
        if "hooks" not in self.given:
            return None
        given = self.given["hooks"]
        found, _ = splitting.split(helm_evidence.text_of(given), given.path, hooks=True)
        return tuple(manifests.objects(found, self._reader("hooks")))

    def _live(self) -> tuple[manifests.ManifestObject, ...] | None:
        if "live_objects" not in self.given:
            return None
        return helm_evidence.live(self.given["live_objects"], self._reader("live_objects"))

    def _crds(self, reader: manifests.ManifestReader) -> Iterator[manifests.ManifestObject]:
        """The objects of `crds/`."""
        for template, text in self.dry.crds:
            documents, _ = splitting.split(text, reader.where)
            yield from manifests.objects((structs.replace(one, template=template) for one in documents), reader)

    def _reader(self, kind: str) -> manifests.ManifestReader:
        """The reader of a file of evidence, whose messages name the command that writes it."""
        where = self.given[kind].path if kind in self.given else self.dry.document.path
        return manifests.ManifestReader(self.redactor, where, hint=self._command(kind))

    def _command(self, kind: str) -> str:
        """The command that writes a file of evidence about this release, of the deployed revision where that is known."""
        newest = helm_evidence.deployed(self.history)
        revision = f" --revision {newest.number}" if newest is not None else ""
        names = {"name": self.name or "NAME", "namespace": self.namespace or "NS"}
        return helm_evidence.COMMANDS[kind].format(**names, revision=revision)

    def _restore(self, kept: tuple[manifests.ManifestObject, ...], whole: tuple[manifests.ManifestObject, ...]) -> None:
        """Fill in place what was removed from evidence when it was collected, and note what was not compared."""
        if any(b"(hmac:" in one.data or b"(sensitive)" in one.data for one in self.given.values()):
            uncompared = collected_objects.restore(kept, whole, self.key, self.redactor)
            self.skipped += collected_objects.gaps(uncompared, f"{self.namespace}/{self.name}")

    def _old(self, given: RawInput | None) -> list[splitting.Document] | None:
        if self.dry.install:
            return []
        if given is None:
            return None
        documents, _ = splitting.split(helm_evidence.text_of(given), given.path)
        return without_hooks(documents, given.path)[0]

    def _values(self) -> dict[str, Any] | None:
        return helm_evidence.values(self.given["values"]) if "values" in self.given else None

    def _masked(self, values: dict[str, Any]) -> dict[str, Value]:
        return {key: self.redactor.mask(value, path=(key,)) for key, value in values.items()}

    def _old_chart(self) -> Chart:
        """The chart of the deployed revision, from its metadata or the history."""
        deployed = helm_evidence.deployed(self.history)
        if self.metadata.version and (deployed is None or deployed.number == self.metadata.revision):
            return Chart(self.metadata.chart, self.metadata.version)
        found = re.fullmatch(helm_evidence.GLUED, deployed.chart) if deployed is not None else None
        return Chart(found[1], found[2]) if found else Chart()

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
        """By kind of evidence: `given`, `missing` or `not-needed`."""
        if self.dry.install:
            return {name: "given" if name in self.given else "not-needed" for name in helm_evidence.COMMANDS}
        given = self.given.keys() - self.empty
        return {name: "given" if name in given else "missing" for name in helm_evidence.COMMANDS}

    def _note_missing_evidence(self, hidden: list[str]) -> None:
        dry = self.dry
        names = {"name": self.name or "NAME", "namespace": self.namespace or "NS"}
        deployed = helm_evidence.deployed(self.history)
        revision = f" --revision {deployed.number}" if deployed is not None else ""
        if not dry.install and "manifest" not in self.given:
            self.skipped.append(
                Gap(
                    what=dry.document.path,
                    why="holds only the new side of an upgrade; what is deployed was not given",
                    how_to_fix=f"{helm_evidence.COMMANDS['manifest'].format(**names, revision=revision)}, then --manifest manifest.yaml",
                    inconclusive=True,
                )
            )
        if dry.install and dry.doubt == "between":
            self.skipped.append(
                Gap(
                    what=f"whatever follows the last object of {dry.document.path}",
                    why="the text ends as it would if it was cut between two objects",
                    how_to_fix=DRY_RUN_COMMAND,
                    inconclusive=True,
                )
            )
        for template in hidden:
            self.skipped.append(
                Gap(
                    what=template or dry.document.path,
                    why="a Secret was left out of the dry run (--hide-secret)",
                    how_to_fix="make the dry run without --hide-secret; plangate masks every secret itself",
                    inconclusive=True,
                )
            )
        if "live_objects" not in self.given and not dry.install:
            self.skipped.append(
                Gap(
                    what=f"the objects of {names['name']} in the cluster",
                    why="were not given: what was changed by hand, what exists already, and which fields others own is not known",
                    how_to_fix=helm_evidence.COMMANDS["live_objects"].format(**names, revision="")
                    + ", then --live-objects",
                )
            )
        newest = self.history[-1] if self.history else None
        if newest is not None and newest.status == "failed" and deployed is not None:
            self.skipped.append(
                Gap(
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
