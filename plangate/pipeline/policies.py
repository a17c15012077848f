"""Implements `plangate policy`: lists, shows, tests, documents and creates policies."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from msgspec import Struct

from plangate import knowledge
from plangate.errors import InputError, UsageError
from plangate.evidence import files
from plangate.pipeline import policy_cases
from plangate.pipeline.inputs import classified
from plangate.policy import docs, families, load
from plangate.policy.evaluate import evaluate
from plangate.policy.new import text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from plangate.model.policy import BuiltinPolicy, Policy
    from plangate.model.verdict import Finding
    from plangate.policy.testing import Result


def policies(paths: Sequence[Path]) -> tuple[Policy | BuiltinPolicy, ...]:
    """Every shipped policy, the built-in ones too, and those in these files and folders. Raises `UsageError`."""
    return load.load_all(paths).policies


def page(id_: str, paths: Sequence[Path]) -> str:
    """The page of one policy in Markdown. Raises `UsageError` for an unknown id, with the closest known one."""
    every = policies(paths)
    for one in every:
        if one.id == id_:
            return docs.page(one)
    close = difflib.get_close_matches(id_, [one.id for one in every], n=1)
    raise UsageError(
        "there is no such policy", where=id_, hint=f"did you mean {close[0]}?" if close else "plangate policy list"
    )


def pages(paths: Sequence[Path]) -> dict[str, str]:
    """The Markdown page of every policy, by its path relative to the folder of pages."""
    loaded = load.load_all(paths)
    return docs.pages(loaded.policies, loaded.families)


def first(id_: str, type_: str, folder: Path) -> str:
    """The text of a first policy about a type, whose cases pass, for a folder. Raises `UsageError` for an id or a type that is none.

    Its family is the folder's, where that is one.
    """
    family = folder.absolute().name if (folder / families.FILE).is_file() else ""
    return text(id_, type_, family)


def is_shipped(folder: Path) -> bool:
    """Whether policies in a folder are shipped: they count once the index has them."""
    return folder.resolve().is_relative_to(knowledge.folder().resolve())


class Tested(Struct, frozen=True):
    """A policy file's name, its policy, and the result of each of its cases."""

    file: str
    policy: Policy
    results: tuple[Result, ...]


def test(paths: Sequence[Path]) -> list[Tested]:
    """Hold the cases of policies against them: those in these files and folders, or the shipped ones. Raises `UsageError`."""
    found = load.read_paths(paths or load.shipped_files())
    return [Tested(file, policy, tuple(policy_cases.run(policy))) for file, policy in found.items()]


def on_plans(tried: Sequence[Policy], plans: Iterable[Path]) -> Iterator[tuple[Path, tuple[Finding, ...] | InputError]]:
    """What policies find in each of some plans, or why one cannot be read."""
    for plan in plans:
        try:
            changeset = classified(files.read(str(plan)).data, {})
        except InputError as error:
            yield plan, error
            continue
        yield plan, evaluate(tried, [changeset], None, protected=True).findings
