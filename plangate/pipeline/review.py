"""One review: evidence, ingest, classify, drift, policy, verdict, in a straight line."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from plangate import verdict as verdicts
from plangate.errors import ExitCode, InputError
from plangate.evidence import files
from plangate.ingest import detect
from plangate.model import assessment
from plangate.model.change import ChangeSet, Gap, HelmChangeSet
from plangate.model.decision import enforced_code
from plangate.model.input import EvidenceSources, RawInput, StateSource
from plangate.model.policy import Policy
from plangate.model.verdict import Options, Verdict
from plangate.pipeline import assessed, inputs
from plangate.pipeline import context as contexts
from plangate.policy import evaluate

if TYPE_CHECKING:
    from plangate.evidence.rego import RegoRules
    from plangate.gate.settings import Gate
    from plangate.ingest.document import Document
    from plangate.pipeline.binding import BindingOptions


class Request(Struct, frozen=True, kw_only=True):
    """The inputs to review, the policies, and the options."""

    inputs: tuple[str, ...]
    policies: tuple[Policy, ...]
    options: Options
    tf_dir: Path = Path()
    evidence: EvidenceSources = EvidenceSources()
    """Where evidence about Helm releases is found."""
    kube_version: tuple[int, int] | None = None
    gate: Gate | None = None
    """The repository's configuration and waivers."""
    state: StateSource = StateSource()
    """Where the state may be found."""
    saved_plan: str | None = None
    """The saved plan that a plan JSON was made from."""
    rego: RegoRules | None = None
    """The user's own Rego."""
    binding: BindingOptions | None = None
    """How the verdict is bound to its plan; None for a verdict that is not saved."""
    read: Callable[[str], RawInput] = files.read
    """Reads an input by its path."""
    assume: tuple[str, ...] = ()
    """Addresses of resources whose unknown attributes are assumed not to change."""
    located: bool = False
    """Whether findings get their lines in the configuration that is in `tf_dir`."""


class Review(Struct, frozen=True):
    """The verdict, and plangate's own unexpected errors."""

    verdict: Verdict
    failures: tuple[Exception, ...] = ()
    """Unexpected exceptions. The inputs in which they occurred make the verdict inconclusive."""

    @property
    def exit_code(self) -> int:
        """The exit code of the command; `INTERNAL` or worse where plangate itself failed."""
        return ExitCode.worst(enforced_code(self.verdict), *(ExitCode.INTERNAL for _ in self.failures))


def review(request: Request) -> Review:
    """One verdict of all inputs. An unreadable input does not stop the others; nothing is raised for it."""
    gate, options, policies = request.gate, request.options, request.policies
    context, skipped = contexts.read(request.tf_dir, request.evidence, request.state, request.saved_plan)
    if gate is not None:
        context = contexts.with_owners(context, gate.config)
    read = _read_inputs(request, context)
    changesets, skipped = read.changesets, [*skipped, *read.skipped]
    if len(changesets) > 1 and any(isinstance(one, HelmChangeSet) for one in changesets):
        from plangate.pipeline import correlate

        skipped += correlate.repeated(changesets)
        changesets = correlate.correlate(changesets)
    skipped += contexts.check_age(changesets, request.evidence, options.created_at)
    settings = None
    if gate is not None:
        settings = gate.resolve_settings(options, policies, changesets)
        options, policies = settings.options, settings.policies
        skipped += settings.gaps
        skipped += contexts.check_scope(gate.config, options.environment, changesets, request.evidence, context)
    report = evaluate.evaluate(
        policies, changesets, options.environment, protected=options.protected, as_of=options.created_at
    )
    if request.rego is not None:
        from plangate.pipeline import rego

        found, gaps = rego.evaluate(request.rego, read.documents, changesets)
        report = structs.replace(report, findings=(*report.findings, *found))
        skipped += gaps
    changesets = assessment.settle(changesets, report.satisfied)
    findings = (*verdicts.of_inputs(changesets), *report.findings)
    findings = (*findings, *assessed.findings(changesets, findings, protected=options.protected))
    if gate is not None and settings is not None:
        findings = gate.judge(findings, settings, changesets, request.policies)
    verdict = verdicts.decide(changesets, findings, report, skipped, options)
    if request.binding is not None:
        from plangate.pipeline.binding import bind

        verdict = bind(verdict, changesets, request.binding)
    if request.located:
        from plangate.evidence.source_lines import locate

        verdict = locate(verdict, request.tf_dir)
    return Review(verdict, tuple(read.failures))


class _ReadInputs:
    """The inputs after reading."""

    def __init__(self) -> None:
        self.changesets: list[ChangeSet] = []
        self.skipped: list[Gap] = []
        self.failures: list[Exception] = []
        self.documents: list[Document] = []
        """The documents of the inputs, kept only for Rego."""


def _read_inputs(request: Request, context: contexts.PlanContext) -> _ReadInputs:
    read = _ReadInputs()
    if request.assume:
        context = structs.replace(context, releases=structs.replace(context.releases, assuming=True))
    reading = inputs.Reading(
        context=context,
        evidence=request.evidence,
        kube_version=request.kube_version,
        assumed=request.assume,
        siblings=evaluate.siblings(request.policies),
    )
    for path in request.inputs:
        try:
            documents = list(detect.documents(request.read(path)))
            if request.rego is not None:
                read.documents += documents
            read.changesets += inputs.change_sets(documents, reading, len(read.changesets))
        except InputError as error:
            read.skipped.append(contexts.unreadable(error))
        except RecursionError:
            hint = "shorten the value that holds itself so often"
            read.skipped.append(contexts.unreadable(InputError("is nested too deeply", where=path, hint=hint)))
        except Exception as error:  # noqa: BLE001 - a bug met in one input must not hide what another one says
            read.failures.append(error)
            read.skipped.append(
                Gap(path, "plangate itself failed", "report it with the words above", input_failed=True)
            )
    return read
