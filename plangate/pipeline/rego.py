"""Evaluates a user's own Rego on each input as given; its results become findings, with messages masked."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from plangate.errors import InputError
from plangate.evidence import rego
from plangate.findings import make
from plangate.ingest.document import Document
from plangate.ingest.helm import release
from plangate.ingest.terraform import plan
from plangate.model.change import Gap
from plangate.model.input import Kind
from plangate.model.verdict import Finding

if TYPE_CHECKING:
    from plangate.model.change import Change, ChangeSet

_POLICIES: Final[dict[rego.Force, str]] = {"deny": "rego-denied", "warn": "rego-warned"}


def evaluate(
    rules: rego.RegoRules, documents: Sequence[Document], changesets: Sequence[ChangeSet]
) -> tuple[tuple[Finding, ...], tuple[Gap, ...]]:
    """The findings of the rules in all documents. A document that could not be evaluated is an inconclusive gap."""
    addresses = {str(change.address): i for i, change in enumerate(_changes(changesets))}
    findings: list[Finding] = []
    skipped: list[Gap] = []
    for document in documents:
        try:
            masked, results = _run(rules, document)
        except InputError as error:
            why = f"the rules in {rules.folder} said nothing of it: {error.message}"
            skipped.append(Gap(document.path, why, error.hint or "see what it says by hand", inconclusive=True))
            continue
        findings += [_finding(one, masked, addresses) for one in results]
    return tuple(dict.fromkeys(findings)), tuple(skipped)


def _changes(changesets: Sequence[ChangeSet]) -> Iterator[Change]:
    for changeset in changesets:
        yield from changeset.changes


def _run(rules: rego.RegoRules, document: Document) -> tuple[Callable[[str], str], list[rego.RegoResult]]:
    """A function that masks secrets in the rules' messages, and the results. Raises `InputError`."""
    if document.kind is Kind.TERRAFORM_PLAN:
        return plan.redactor(document).text, rego.run(rules, [document.data], "json")
    if document.kind in (Kind.HELM_DRY_RUN, Kind.HELM_MANIFEST):
        dry_run = release.read(document)
        texts = [one.encode("utf-8", "surrogatepass") for one in release.texts(dry_run)]
        if not texts:
            raise InputError("it holds no objects", where=document.path)
        return release.redactor(dry_run).text, rego.run(rules, texts, "yaml")
    raise InputError("Rego reads plan JSON", where=document.path, hint="terraform show -json tfplan > plan.json")


def _finding(result: rego.RegoResult, masked: Callable[[str], str], addresses: dict[str, int]) -> Finding:
    message, package = masked(result.message), masked(result.package)
    named = [one for one in addresses if one in result.about] or [one for one in addresses if one in message]
    address = max(named, key=len, default=None)
    return make(
        _POLICIES[result.force],
        result.package,
        message,
        address or "",
        fields={"message": message, "package": package},
        address=address,
        change=addresses[address] if address is not None else None,
    )
