"""What `plangate policy` does: shipped policies and those of a repository, listed, shown, tested, documented and begun."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from plangate.errors import InputError, UsageError
from plangate.policy import docs, load

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
    """The page of one policy, Markdown. Raises `UsageError`, with the id that was probably meant."""
    every = policies(paths)
    for one in every:
        if one.id == id_:
            return docs.page(one)
    import difflib

    close = difflib.get_close_matches(id_, [one.id for one in every], n=1)
    raise UsageError(
        "there is no such policy", where=id_, hint=f"did you mean {close[0]}?" if close else "plangate policy list"
    )


def pages(paths: Sequence[Path]) -> dict[str, str]:
    """The page of every policy, by its path below the folder of pages."""
    loaded = load.load_all(paths)
    return docs.pages(loaded.policies, loaded.families)


def first(id_: str, type_: str) -> str:
    """The text of a first policy about a type, whose cases pass. Raises `UsageError` for an id that is none."""
    from plangate.policy.new import text

    return text(id_, type_)


class Tested(Struct, frozen=True):
    """A policy file by its name, the policy in it, and what became of each of its cases."""

    file: str
    policy: Policy
    results: tuple[Result, ...]


def test(paths: Sequence[Path]) -> list[Tested]:
    """Hold the cases of policies against them: those in these files and folders, or the shipped ones. Raises `UsageError`."""
    from plangate.pipeline import policy_cases

    found = load.read_paths(paths or load.shipped_files())
    return [Tested(file, policy, tuple(policy_cases.run(policy))) for file, policy in found.items()]


def on_plans(tried: Sequence[Policy], plans: Iterable[Path]) -> Iterator[tuple[Path, tuple[Finding, ...] | InputError]]:
    """What policies find in each of some plans, or why one cannot be read."""
    from plangate.evidence import files
    from plangate.pipeline.inputs import classified
    from plangate.policy.evaluate import evaluate

    for plan in plans:
        try:
            changeset = classified(files.read(str(plan)).data, {})
        except InputError as error:
            yield plan, error
            continue
        yield plan, evaluate(tried, [changeset], None, protected=True).findings
