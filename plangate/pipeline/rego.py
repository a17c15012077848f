"""A user's own Rego beside the policies: held against each input as it was given, its words masked, its results findings."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final

from plangate.errors import InputError
from plangate.evidence import rego
from plangate.findings import make
from plangate.ingest.document import Document
from plangate.model.change import Gap
from plangate.model.input import Kind
from plangate.model.verdict import Finding

if TYPE_CHECKING:
    from plangate.model.change import Change, ChangeSet

_POLICIES: Final[dict[rego.Force, str]] = {"deny": "rego-denied", "warn": "rego-warned"}


def evaluate(
    rules: rego.RegoRules, documents: Sequence[Document], changesets: Sequence[ChangeSet]
) -> tuple[tuple[Finding, ...], tuple[Gap, ...]]:
    """What the rules say of every document. A document that they could not be held against makes the verdict inconclusive."""
    addresses = {str(change.address): i for i, change in enumerate(_changes(changesets))}
    findings: list[Finding] = []
    skipped: list[Gap] = []
    for document in documents:
        try:
            masked, said = _said(rules, document)
        except InputError as error:
            why = f"the rules in {rules.folder} said nothing of it: {error.message}"
            skipped.append(Gap(document.path, why, error.hint or "see what it says by hand", inconclusive=True))
            continue
        findings += [_finding(one, masked, addresses) for one in said]
    return tuple(dict.fromkeys(findings)), tuple(skipped)


def _changes(changesets: Sequence[ChangeSet]) -> Iterator[Change]:
    for changeset in changesets:
        yield from changeset.changes


def _said(rules: rego.RegoRules, document: Document) -> tuple[Callable[[str], str], list[rego.RegoResult]]:
    """What masks the words of the rules, and what they say. Raises `InputError`."""
    if document.kind is Kind.TERRAFORM_PLAN:
        from plangate.ingest.terraform import plan

        return plan.redactor(document).text, rego.run(rules, [document.data], "json")
    if document.kind in (Kind.HELM_DRY_RUN, Kind.HELM_MANIFEST):
        from plangate.ingest.helm import release

        dry_run = release.read(document)
        texts = [one.encode("utf-8", "surrogatepass") for one in release.texts(dry_run)]
        if not texts:
            raise InputError("it holds no objects", where=document.path)
        return release.redactor(dry_run).text, rego.run(rules, texts, "yaml")
    raise InputError("Rego reads plan JSON", where=document.path, hint="terraform show -json tfplan > plan.json")


def _finding(said: rego.RegoResult, masked: Callable[[str], str], addresses: dict[str, int]) -> Finding:
    message, package = masked(said.message), masked(said.package)
    named = [one for one in addresses if one in said.about] or [one for one in addresses if one in message]
    address = max(named, key=len, default=None)
    return make(
        _POLICIES[said.force],
        said.package,
        message,
        address or "",
        fields={"message": message, "package": package},
        address=address,
        change=addresses[address] if address is not None else None,
    )
