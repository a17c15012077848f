"""The pipeline: evidence, ingest, classify, policy, verdict. The only place that knows the order of the stages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from plangate.classify import terraform as classify_terraform
from plangate.errors import InputError
from plangate.evidence import files
from plangate.ingest import detect
from plangate.ingest.document import Document, Kind
from plangate.model import ChangeSet, Freshness, Skipped, Source, Verdict
from plangate.policy import evaluate
from plangate.verdict import Options, decide

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plangate.policy.load import Policy


class Request(Struct, frozen=True, kw_only=True):
    """What to review: inputs, extra policies, and the edge's options."""

    inputs: tuple[str, ...]
    policies: tuple[Policy, ...]
    options: Options
    tf_dir: Path = Path()


class Review(Struct, frozen=True):
    """The verdict, and what went wrong inside of plangate itself."""

    verdict: Verdict
    failures: tuple[Exception, ...] = ()
    """Bugs. The inputs they concern make the verdict inconclusive."""


def review(request: Request) -> Review:
    """Review every input and reach one verdict. An unreadable input never stops the others."""
    changesets: list[ChangeSet] = []
    failures: list[Exception] = []
    skipped: list[Skipped] = []
    for path in request.inputs:
        try:
            changesets += [classify_terraform.classify(c) for c in _read(path, request.tf_dir, len(changesets))]
        except InputError as error:
            skipped.append(_skipped(error))
        except RecursionError:
            too_deep = InputError(
                "is nested too deeply", where=path, hint="shorten the value that holds itself so often"
            )
            skipped.append(_skipped(too_deep))
        except Exception as error:  # noqa: BLE001 - a bug met in one input must not hide what another one says
            failures.append(error)
            skipped.append(Skipped(path, "plangate itself failed", "report it with the words above", input_failed=True))
    report = evaluate.evaluate(
        request.policies, changesets, request.options.environment, protected=request.options.protected
    )
    return Review(decide(changesets, report, skipped, request.options), tuple(failures))


def classified(plan: bytes) -> ChangeSet:
    """What one plan JSON will really do: the first half of the pipeline, for the cases of policies."""
    (document,) = detect.documents(files.Given("case", plan))
    return classify_terraform.classify(_parse(document, 0, Path()))


def _read(path: str, tf_dir: Path, origin: int) -> Sequence[ChangeSet]:
    given = files.read(path)
    return [_parse(document, origin + i, tf_dir) for i, document in enumerate(detect.documents(given))]


def _parse(document: Document, origin: int, tf_dir: Path) -> ChangeSet:
    return _PARSERS[document.kind](document, origin, tf_dir)


def _parse_plan(document: Document, origin: int, _tf_dir: Path) -> ChangeSet:
    from plangate.ingest import terraform_plan

    return terraform_plan.parse(document, origin)


def _parse_stream(document: Document, origin: int, _tf_dir: Path) -> ChangeSet:
    from plangate.ingest import terraform_stream

    return terraform_stream.parse(document, origin)


def _parse_planfile(document: Document, origin: int, tf_dir: Path) -> ChangeSet:
    """A saved plan: its own state tells lineage and serial, the tool that made it tells the rest."""
    from plangate.evidence import terraform
    from plangate.ingest import terraform_planfile

    saved = terraform_planfile.read(document)
    freshness = Freshness(lineage=saved.lineage, serial_plan=saved.serial)
    try:
        (plan,) = detect.documents(terraform.show(document.path, document.data, tf_dir, saved.tools))
        changeset = _parse(plan, origin, tf_dir)
    except InputError as error:
        # What ties it to a state can be told without the tool; what it would do cannot.
        source = Source(document.kind, document.path, document.sha256, saved.tools[0], saved.terraform_version)
        return ChangeSet(source=source, freshness=freshness, skipped=(_skipped(error),))
    source = structs.replace(changeset.source, kind=document.kind, path=document.path, sha256=document.sha256)
    return structs.replace(changeset, source=source, freshness=freshness)


_PARSERS: dict[Kind, Callable[[Document, int, Path], ChangeSet]] = {
    Kind.TERRAFORM_PLAN: _parse_plan,
    Kind.TERRAFORM_STREAM: _parse_stream,
    Kind.TERRAFORM_PLANFILE: _parse_planfile,
}


def _skipped(error: InputError) -> Skipped:
    return Skipped(
        what=error.where or "input",
        why=": ".join(part for part in (error.place, error.message) if part),
        how_to_fix=error.hint or "give the output of `terraform show -json tfplan`",
        input_failed=True,
    )
