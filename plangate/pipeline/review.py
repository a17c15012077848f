"""The pipeline: evidence, ingest, classify, policy, verdict. The only place that knows the order of the stages."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from plangate.applications import litellm as classify_litellm
from plangate.classify.terraform import plan as classify_terraform
from plangate.errors import InputError
from plangate.evidence import files
from plangate.ingest import detect
from plangate.ingest.document import HELM, Document, Kind
from plangate.model.change import ChangeSet, Freshness, Gap, Source
from plangate.model.input import EvidenceSources, RawInput, StateSource
from plangate.model.verdict import Options, Verdict
from plangate.pipeline import context as around_plans
from plangate.pipeline import fork
from plangate.pipeline.context import PlanContext
from plangate.policy import evaluate
from plangate.verdict import decide

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from plangate.evidence.rego import RegoRules
    from plangate.gate.settings import Gate
    from plangate.model.policy import Policy
    from plangate.pipeline.binding import BindingOptions


class Request(Struct, frozen=True, kw_only=True):
    """What to review: inputs, extra policies, and the edge's options."""

    inputs: tuple[str, ...]
    policies: tuple[Policy, ...]
    options: Options
    tf_dir: Path = Path()
    evidence: EvidenceSources = EvidenceSources()
    """Where what is known of Helm releases may be found."""
    kube_version: tuple[int, int] | None = None
    gate: Gate | None = None
    """What the repository's configuration and waivers make of it."""
    state: StateSource = StateSource()
    """Where the state may be found."""
    saved_plan: str | None = None
    """The saved plan that a plan JSON was made from."""
    rego: RegoRules | None = None
    """The user's own Rego."""
    terms: BindingOptions | None = None
    """How the verdict is bound to its plan, where somebody will ask for that."""
    read: Callable[[str], RawInput] = files.read
    """What reads an input."""
    assume: tuple[str, ...] = ()
    """Addresses that are taken to stay as they are, where others hang on what the apply makes of them."""


class Review(Struct, frozen=True):
    """The verdict, and what went wrong inside of plangate itself."""

    verdict: Verdict
    failures: tuple[Exception, ...] = ()
    """Bugs. The inputs they concern make the verdict inconclusive."""


def review(request: Request) -> Review:
    """Review every input and reach one verdict. An unreadable input never stops the others."""
    changesets: list[ChangeSet] = []
    documents: list[Document] = []
    failures: list[Exception] = []
    skipped: list[Gap] = []
    around, unread = around_plans.read(request.tf_dir, request.evidence, request.state, request.saved_plan)
    skipped += unread
    if request.gate is not None:
        around = around_plans.owned_by(around, request.gate.config)
    if request.assume:
        around = structs.replace(around, beside=structs.replace(around.beside, assuming=True))
    for path in request.inputs:
        try:
            changesets += _read(path, request, len(changesets), around, documents)
        except InputError as error:
            skipped.append(_skipped(error))
        except RecursionError:
            too_deep = InputError(
                "is nested too deeply", where=path, hint="shorten the value that holds itself so often"
            )
            skipped.append(_skipped(too_deep))
        except Exception as error:  # noqa: BLE001 - a bug met in one input must not hide what another one says
            failures.append(error)
            skipped.append(Gap(path, "plangate itself failed", "report it with the words above", input_failed=True))
    if any(one.upgrade is not None for one in changesets) and len(changesets) > 1:
        from plangate.pipeline import correlate

        changesets = correlate.correlate(changesets)
    if request.evidence.folder is not None:
        from plangate.gate import evidence_scope

        skipped += evidence_scope.check_age(changesets, request.evidence, request.options.created_at)
    options, policies, gate = request.options, request.policies, None
    if request.gate is not None:
        settled = request.gate.resolve_settings(options, policies, changesets)
        gate = partial(request.gate.judge, settled=settled, changesets=changesets, every=policies)
        options, policies = settled.options, settled.policies
        if request.gate.config.environments:
            from plangate.gate import evidence_scope

            skipped += evidence_scope.check_environment(
                request.gate.config, options.environment, changesets, request.evidence, around
            )
    report = evaluate.evaluate(
        policies, changesets, options.environment, protected=options.protected, as_of=options.created_at
    )
    if request.rego is not None:
        from plangate.pipeline import rego

        said, unheard = rego.evaluate(request.rego, documents, changesets)
        report = structs.replace(report, findings=(*report.findings, *said))
        skipped += unheard
    verdict = decide(changesets, report, skipped, options, gate)
    if request.terms is not None:
        from plangate.pipeline.binding import bind

        verdict = bind(verdict, changesets, request.terms)
    return Review(verdict, tuple(failures))


def classified(data: bytes, evidence: Mapping[str, bytes]) -> ChangeSet:
    """What one input will really do: the first half of the pipeline, for the cases of policies."""
    (document,) = detect.documents(RawInput("case", data))
    if document.kind in HELM:
        from plangate.ingest.helm import release

        given = {kind: RawInput(kind, text) for kind, text in evidence.items()}
        changeset = release.changeset(release.read(document), given, kube_version=(1, 34))
        return _classified_upgrade(changeset)
    return _lined_up(_classified_plan(_parse(document, 0, PlanContext())), PlanContext())


def compared(path: str, around: PlanContext) -> list[ChangeSet]:
    """The plans of one input, compared with what is given around them; not judged. Raises `InputError`."""
    found: list[ChangeSet] = []
    for document in detect.documents(files.read(path)):
        if document.kind in HELM:
            raise InputError(
                "is of Helm; drift is asked of a Terraform plan or of values files", where=path, hint="--values FILE"
            )
        around = _with_saved(document, around)
        parsed = _parse(document, len(found), around)
        found.append(_lined_up(classify_terraform.classify(parsed), around))
    return found


def _read(
    path: str, request: Request, origin: int, around: PlanContext, documents: list[Document]
) -> Sequence[ChangeSet]:
    """The changes of one input. `documents` takes what it holds, where somebody asks for it later."""
    found = list(detect.documents(request.read(path)))
    if request.rego is not None:
        documents += found
    changesets: list[ChangeSet] = []
    while found:
        changesets.append(_classified(found.pop(0), origin + len(changesets), request, around))
    return changesets


def _classified(document: Document, origin: int, request: Request, around: PlanContext) -> ChangeSet:
    if document.kind in HELM:
        return _classified_upgrade(_parse_helm(document, origin, request, around))
    around = _with_saved(document, around)
    changeset = _parse(document, origin, around)
    # A large plan need not stay in memory: what is read of it later has been copied out of it.
    del document
    return _lined_up(_classified_plan(changeset, request.assume), around)


def _with_saved(document: Document, around: PlanContext) -> PlanContext:
    """What is around a plan; a saved one tells of its state itself."""
    if document.kind is not Kind.TERRAFORM_PLANFILE:
        return around
    from plangate.ingest.terraform import planfile

    return structs.replace(around, saved=planfile.read(document))


def _classified_upgrade(changeset: ChangeSet) -> ChangeSet:
    """An upgrade with what it does, and with the views of packs and of its release: in this order, as the last looks at the others."""
    from plangate.classify import kubernetes as classify_helm
    from plangate.classify import release as classify_release

    return classify_release.classify(classify_litellm.classify(classify_helm.classify(changeset)))


def _classified_plan(changeset: ChangeSet, assumed: tuple[str, ...] = ()) -> ChangeSet:
    """A plan with what its changes do, and with the views of packs that concern it."""
    return classify_litellm.classify(classify_terraform.classify(changeset, assumed))


def _lined_up(changeset: ChangeSet, around: PlanContext) -> ChangeSet:
    """With the drift of its Helm releases and of its state, where there is anything to compare with."""
    releases = changeset.unchanged or any(change.type == "helm_release" for change in changeset.changes)
    if not releases and not around.state_read and around.saved is None:
        return changeset
    from plangate.pipeline import release_drift

    return release_drift.attach_freshness(
        release_drift.attach(changeset, around.owned) if releases else changeset, around
    )


def _parse_helm(document: Document, origin: int, request: Request, around: PlanContext) -> ChangeSet:
    """A Helm input, and the evidence about the release that it names."""
    from plangate.ingest.helm import release
    from plangate.pipeline import gather

    dry_run = release.read(document)
    new = () if dry_run.manifest is None else (dry_run.manifest,)
    given = gather.gather(request.evidence, dry_run.namespace, dry_run.name, kinds=gather.EVERYTHING, new=new)
    changeset = release.changeset(
        dry_run, given, kube_version=request.kube_version, origin=origin, key=around.beside.key
    )
    unasked = [around_plans.failed(error, document.path) for error in given.failed]
    if not dry_run.install and "history" in given.told and gather.is_gone(given["history"]):
        unasked.append(_no_such_release(dry_run.namespace, dry_run.name))
    return structs.replace(changeset, skipped=(*changeset.skipped, *unasked)) if unasked else changeset


def _no_such_release(namespace: str, name: str) -> Gap:
    return Gap(
        f"{namespace}/{name}",
        "the dry run upgrades it, and the cluster that was asked has no such release: it is another cluster, or it was uninstalled",
        "point KUBECONFIG at the cluster of the dry run",
        inconclusive=True,
    )


def _parse(document: Document, origin: int, around: PlanContext) -> ChangeSet:
    return _PARSERS[document.kind](document, origin, around)


def _parse_plan(document: Document, origin: int, around: PlanContext) -> ChangeSet:
    from plangate.ingest.terraform import plan as terraform_plan

    return terraform_plan.parse(document, origin, around.beside, fork.run_in_fork)


def _parse_stream(document: Document, origin: int, _around: PlanContext) -> ChangeSet:
    from plangate.ingest.terraform import stream

    return stream.parse(document, origin)


def _parse_planfile(document: Document, origin: int, around: PlanContext) -> ChangeSet:
    """A saved plan: its own state tells lineage and serial, the tool that made it tells the rest."""
    from plangate.evidence import terraform

    saved = around.saved
    assert saved is not None  # noqa: S101 - it is read before
    freshness = Freshness(lineage=saved.lineage, serial_plan=saved.serial)
    try:
        (plan,) = detect.documents(terraform.show(document.path, document.data, around.tf_dir, saved.tools))
        changeset = _parse(plan, origin, around)
    except InputError as error:
        # What ties it to a state can be told without the tool; what it would do cannot.
        source = Source(document.kind, document.path, document.sha256, saved.tools[0], saved.terraform_version)
        return ChangeSet(source=source, freshness=freshness, skipped=(_skipped(error),))
    source = structs.replace(changeset.source, kind=document.kind, path=document.path, sha256=document.sha256)
    return structs.replace(changeset, source=source, freshness=freshness)


_PARSERS: dict[Kind, Callable[[Document, int, PlanContext], ChangeSet]] = {
    Kind.TERRAFORM_PLAN: _parse_plan,
    Kind.TERRAFORM_STREAM: _parse_stream,
    Kind.TERRAFORM_PLANFILE: _parse_planfile,
}


def _skipped(error: InputError) -> Gap:
    return Gap(
        what=error.where or "input",
        why=": ".join(part for part in (error.place, error.message) if part),
        how_to_fix=error.hint or "give the output of `terraform show -json tfplan`",
        input_failed=True,
    )
