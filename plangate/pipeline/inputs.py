"""Turns inputs into change sets. Holds the registry of input kinds and their parsers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Protocol

from msgspec import Struct, structs

from plangate.applications.registry import APPLICATIONS, release_words
from plangate.errors import InputError
from plangate.ingest import detect
from plangate.ingest.envelope import PLAN_COMMAND
from plangate.model.change import ChangeSet, Freshness, Gap, HelmChangeSet, RefusedUpgrade, TerraformChangeSet
from plangate.model.input import EvidenceSources, InputRecord, Kind, RawInput, Source
from plangate.pipeline.context import PlanContext, failed, unreadable
from plangate.pipeline.fork import run_in_fork

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from plangate.ingest.document import Document
    from plangate.model.input import Gathered


class Reading(Struct, frozen=True, kw_only=True):
    """The context and options with which inputs are parsed."""

    context: PlanContext = PlanContext()
    evidence: EvidenceSources = EvidenceSources()
    kube_version: tuple[int, int] | None = None
    assumed: tuple[str, ...] = ()
    """Addresses of resources whose unknown attributes are assumed not to change."""
    siblings: tuple[str, ...] = ()
    """Types of resources that policies look for beside others: globs."""
    drift_only: bool = False
    """Whether only drift is asked for: the views of applications are left out, and inputs of Helm are refused."""


def change_sets(documents: list[Document], reading: Reading, origin: int = 0) -> list[ChangeSet]:
    """The classified change sets of the documents of one input, which are removed from the list. Raises `InputError`.

    `origin` is the number of change sets of earlier inputs.
    """
    found: list[ChangeSet] = []
    while documents:
        # Frees the memory of a large plan: nothing refers to its bytes after parsing.
        found.append(parsed(documents.pop(0), origin + len(found), reading))
    return found


def parsed(document: Document, origin: int, reading: Reading) -> ChangeSet:
    """The classified change set of one document. Raises `InputError`."""
    return _PARSERS[document.kind](document, origin, reading)


def classified(data: bytes, evidence: Mapping[str, bytes]) -> ChangeSet:
    """The classified change set of one input with its evidence, for the cases of policies. Raises `InputError`."""
    (document,) = detect.documents(RawInput("case", data))
    if document.kind.source is Source.HELM:
        from plangate.ingest.helm import release

        given = {kind: RawInput(kind, text) for kind, text in evidence.items()}
        return _classified_upgrade(release.changeset(release.read(document), given, kube_version=(1, 34)))
    return parsed(document, 0, Reading(siblings=("*",)))


# --- Terraform --------------------------------------------------------------------------------------------------------


def _terraform_plan(document: Document, origin: int, reading: Reading) -> TerraformChangeSet:
    from plangate.ingest.terraform import plan

    changeset = plan.parse(document, origin, reading.context.releases, run_in_fork, reading.siblings)
    del document
    return _classified_plan(changeset, reading)


def _terraform_stream(document: Document, origin: int, reading: Reading) -> TerraformChangeSet:
    from plangate.ingest.terraform import stream

    return _classified_plan(stream.parse(document, origin), reading)


def _terraform_planfile(document: Document, origin: int, reading: Reading) -> TerraformChangeSet:
    """A saved plan: lineage and serial come from the state inside it, the changes from the tool that made it."""
    from plangate.evidence import terraform
    from plangate.ingest.terraform import plan, planfile

    saved = planfile.read(document)
    reading = structs.replace(reading, context=structs.replace(reading.context, saved=saved))
    freshness = Freshness(lineage=saved.lineage, serial_plan=saved.serial)
    try:
        shown = terraform.show(document.path, document.data, reading.context.tf_dir, saved.tools)
        changeset = plan.parse(_only_plan(shown), origin, reading.context.releases, run_in_fork, reading.siblings)
    except InputError as error:
        # Lineage and serial can be read without the tool; the changes cannot.
        record = InputRecord(document.kind, document.path, document.sha256, saved.tools[0], saved.terraform_version)
        unshown = TerraformChangeSet(input=record, freshness=freshness, skipped=(unreadable(error),))
        return _classified_plan(unshown, reading)
    record = structs.replace(changeset.input, kind=document.kind, path=document.path, sha256=document.sha256)
    return _classified_plan(structs.replace(changeset, input=record, freshness=freshness), reading)


def _only_plan(shown: RawInput) -> Document:
    """The plan that a tool printed. Raises `InputError` where it printed several, or something else."""
    documents = detect.documents(shown)
    if [one.kind for one in documents] != [Kind.TERRAFORM_PLAN]:
        what = "more than one plan" if len(documents) > 1 else "something else than plan JSON"
        raise InputError(f"is a saved plan, of which `show -json` printed {what}", where=shown.path, hint=PLAN_COMMAND)
    return documents[0]


def _classified_plan(changeset: TerraformChangeSet, reading: Reading) -> TerraformChangeSet:
    """The plan with effects, the views of applications, and the drift of its releases and of its state."""
    from plangate.classify.terraform import plan

    changeset = plan.classify(changeset, reading.assumed, release_words)
    if not reading.drift_only:
        for application in APPLICATIONS.values():
            changeset = application.of_plan(changeset)
    context = reading.context
    releases = changeset.unchanged or any(change.type == "helm_release" for change in changeset.changes)
    if not releases and not context.state_read and context.saved is None:
        return changeset
    from plangate.pipeline import release_drift

    return release_drift.attach_freshness(
        release_drift.attach(changeset, context.owned) if releases else changeset, context
    )


# --- Helm -------------------------------------------------------------------------------------------------------------


def _helm(document: Document, origin: int, reading: Reading) -> HelmChangeSet | RefusedUpgrade:
    """The change set of a dry run or manifest, with evidence about the release that it names."""
    if reading.drift_only:
        raise InputError(
            "is of Helm; drift is asked of a Terraform plan or of values files",
            where=document.path,
            hint="--values FILE",
        )
    from plangate.ingest.helm import release
    from plangate.pipeline import gather

    dry_run = release.read(document)
    new = () if dry_run.manifest is None else (dry_run.manifest,)
    given = gather.gather(reading.evidence, dry_run.namespace, dry_run.name, kinds=gather.EVERYTHING, new=new)
    changeset = release.changeset(
        dry_run, given, kube_version=reading.kube_version, origin=origin, key=reading.context.releases.key
    )
    missing = tuple(_not_gathered(document, given))
    if not dry_run.install and "history" in given.from_cluster and gather.is_gone(given["history"]):
        missing = (*missing, _no_such_release(dry_run.namespace, dry_run.name))
    return _classified_upgrade(structs.replace(changeset, skipped=(*changeset.skipped, *missing)))


def _classified_upgrade(changeset: HelmChangeSet | RefusedUpgrade) -> HelmChangeSet | RefusedUpgrade:
    """The upgrade with effects, the views of applications, and the release's view, which is computed from the others."""
    if isinstance(changeset, RefusedUpgrade):
        return changeset
    from plangate.classify import kubernetes, release_view

    changeset = kubernetes.classify(changeset)
    for application in APPLICATIONS.values():
        changeset = application.of_upgrade(changeset)
    return release_view.classify(changeset, release_words)


def _not_gathered(document: Document, given: Gathered) -> Iterator[Gap]:
    for error in given.failed:
        yield failed(error, document.path)


def _no_such_release(namespace: str, name: str) -> Gap:
    return Gap(
        f"{namespace}/{name}",
        "the dry run upgrades it, and the cluster that was asked has no such release: it is another cluster, or it was uninstalled",
        "point KUBECONFIG at the cluster of the dry run",
        inconclusive=True,
    )


class _Parser(Protocol):
    def __call__(self, document: Document, origin: int, reading: Reading) -> ChangeSet: ...


_PARSERS: Final[dict[Kind, _Parser]] = {
    Kind.TERRAFORM_PLAN: _terraform_plan,
    Kind.TERRAFORM_STREAM: _terraform_stream,
    Kind.TERRAFORM_PLANFILE: _terraform_planfile,
    Kind.HELM_DRY_RUN: _helm,
    Kind.HELM_MANIFEST: _helm,
}
"""Every kind that detection can find. `Kind.HELM_VALUES` is none of them: values are named by flags of `plangate drift`."""
