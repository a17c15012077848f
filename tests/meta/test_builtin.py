"""What plangate itself finds: every such policy has cases that are run, and every finding of the code has its policy."""

from __future__ import annotations

import ast
from functools import cache
from typing import TYPE_CHECKING

import pytest

from plangate import knowledge
from plangate.model.verdict import Severity
from plangate.policy.file import read_builtin
from plangate.policy.load import builtin_files
from tests.conftest import ROOT
from tests.support.command_cases import verdict

if TYPE_CHECKING:
    from pathlib import Path

    from plangate.model.policy import BuiltinPolicy

POLICIES = {file.stem: file for file in builtin_files()}


@cache
def policy(id_: str) -> BuiltinPolicy:
    return read_builtin(POLICIES[id_])


CASES = [
    pytest.param(id_, expected, number, id=f"{id_}-{expected}-{number + 1}")
    for id_ in POLICIES
    for expected in ("violated", "satisfied")
    for number in range(len(getattr(policy(id_).tests, expected)))
]


@pytest.mark.parametrize(("id_", "expected", "number"), CASES)
def test_a_case_has_the_finding_or_has_it_not(
    id_: str, expected: str, number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = verdict(getattr(policy(id_).tests, expected)[number], tmp_path, monkeypatch)

    found = [one for one in said["findings"] if one["policy"] == id_]
    assert bool(found) is (expected == "violated"), said["findings"]
    if expected == "satisfied":
        assert not [one for one in said["coverage"]["skipped"] if "plangate itself" in one["why"]]
    for one in found:
        assert (one["severity"], one["outcome"]) == (policy(id_).severity, "violated")
        assert not {"{", "}"} & {*one["message"], *one["remediation"]}


@pytest.mark.parametrize("id_", POLICIES)
def test_it_says_why_and_the_way_out_and_has_cases_of_both_kinds(id_: str) -> None:
    record = policy(id_)

    assert record.why.endswith(".")
    assert record.remediation.endswith(".")
    assert record.summary[0].isupper() or record.summary.startswith("`")
    assert not record.summary.endswith(".")
    assert record.tests.violated
    assert record.tests.satisfied
    assert record.severity in Severity


@pytest.mark.parametrize("part", ["verdict", "gate", "drift", "pipeline"])
def test_a_part_names_exactly_the_policies_that_say_they_are_found_by_it(part: str) -> None:
    """The ids stand as texts in the code of the part that finds them."""
    files = [*(ROOT / "plangate" / part).rglob("*.py"), *(ROOT / "plangate").glob(f"{part}.py")]
    texts = {
        node.value
        for file in files
        for node in ast.walk(ast.parse(file.read_bytes()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }

    assert texts & POLICIES.keys() == {id_ for id_ in POLICIES if policy(id_).found_by == part}


def test_the_index_holds_them_as_their_files_say() -> None:
    from msgspec import structs

    from plangate.model.policy import CommandCases

    assert knowledge.builtins() == tuple(structs.replace(policy(id_), tests=CommandCases()) for id_ in sorted(POLICIES))
