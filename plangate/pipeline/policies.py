"""Implements `plangate policy`: lists, shows, tests, documents and creates policies."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from msgspec import Struct, structs

from plangate import knowledge
from plangate.errors import InputError, UsageError
from plangate.evidence import files
from plangate.lang.glob import fits_shell
from plangate.model.input import Source
from plangate.model.policy import Match, Policy
from plangate.model.verdict import Outcome
from plangate.pipeline import policy_cases, policy_settings, trusted_gate
from plangate.pipeline.inputs import classified
from plangate.policy import docs, families, file, hints, layout, load
from plangate.policy import schema as policy_schema
from plangate.policy.evaluate import evaluate
from plangate.policy.new import text
from plangate.policy.type_names import resolve

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from plangate.model.change import ChangeSet
    from plangate.model.policy import BuiltinPolicy
    from plangate.model.verdict import Finding
    from plangate.pipeline.policy_settings import PolicySetting
    from plangate.policy.testing import Result


def policies(paths: Sequence[Path]) -> tuple[Policy | BuiltinPolicy, ...]:
    """Every shipped policy, the built-in ones too, and those in these files and folders. Raises `UsageError`."""
    return load.load_all(paths).policies


def page(id_: str, paths: Sequence[Path], config: str | None, today: str) -> str:
    """The page of one policy in Markdown, with what the configuration makes of it.

    Raises `UsageError` for an unknown id, with the closest known one.
    """
    made = settings(paths, config, today)
    every = [one.policy for one in made]
    for one in made:
        if one.policy.id == id_:
            here = "\n".join(f"- {reason}" for reason in (_state(one), *one.why))
            return f"{docs.page(one.policy)}\n## Here\n\n{here}\n"
    close = difflib.get_close_matches(id_, [one.id for one in every], n=1)
    raise UsageError(
        "there is no such policy", where=id_, hint=f"did you mean {close[0]}?" if close else "plangate policy list"
    )


def _state(setting: PolicySetting) -> str:
    return f"on, {setting.severity.value}" if setting.on else "off"


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
    """A policy file's name, its policy, the result of each of its cases, and what is probably a mistake."""

    file: str
    policy: Policy
    results: tuple[Result, ...]
    hints: tuple[str, ...] = ()


def test(paths: Sequence[Path]) -> list[Tested]:
    """Hold the cases of policies against them: those in these files and folders, or the shipped ones. Raises `UsageError`."""
    found = load.read_paths(paths or load.shipped_files())
    return [_tested(file, policy) for file, policy in found.items()]


def _tested(file: str, policy: Policy) -> Tested:
    results = tuple(policy_cases.run(policy))
    notes = [*hints.of_cases(policy), *hints.of_kinds(policy)]
    if not results:
        notes.append("has no cases")
    elif all(result.got is Outcome.NOT_APPLICABLE for result in results):
        notes.append("matches nothing in its own cases")
    return Tested(file, policy, results, tuple(notes))


class PlanResult(Struct, frozen=True):
    """What policies found in a plan, or why it cannot be read."""

    plan: Path
    findings: tuple[Finding, ...] = ()
    problem: str = ""


def on_plans(tested: Sequence[Tested], plans: Iterable[Path]) -> tuple[list[PlanResult], list[Tested]]:
    """What policies find in each of some plans, and the policies with more hints: those that match nothing in any plan."""
    results: list[PlanResult] = []
    read: list[ChangeSet] = []
    matched: set[str] = set()
    for plan in plans:
        try:
            changeset = classified(files.read(str(plan)).data, {})
        except InputError as error:
            results.append(PlanResult(plan, problem=error.message))
            continue
        read.append(changeset)
        found: list[Finding] = []
        for one in tested:
            report = evaluate([one.policy], [changeset], None, protected=True)
            found += report.findings
            if report.outcomes[Outcome.NOT_APPLICABLE] < report.expected:
                matched.add(one.policy.id)
        results.append(PlanResult(plan, tuple(found)))
    seen = hints.attributes(read)
    told = [
        structs.replace(
            one,
            hints=(
                *one.hints,
                *([] if one.policy.id in matched or not read else ["matches nothing in any of the plans"]),
                *hints.of_plans(one.policy, seen),
            ),
        )
        for one in tested
    ]
    return results, told


class Wanted(Struct, frozen=True, kw_only=True):
    """Which policies are listed; None asks for nothing."""

    family: str | None = None
    severity: str | None = None
    source: str | None = None
    type: str | None = None
    on: bool | None = None

    def fits(self, setting: PolicySetting) -> bool:
        """Whether a policy is one of them. One that names no type can concern every type of its tool."""
        policy = setting.policy
        match = policy.match if isinstance(policy, Policy) else Match()
        return (
            self.family in (None, policy.family)
            and self.severity in (None, setting.severity.value)
            and (self.source is None or match.source == self.source or (match.source is None and bool(match.view)))
            and (self.type is None or self._concerns(match, self.type))
            and self.on in (None, setting.on)
        )

    def _concerns(self, match: Match, type_: str) -> bool:
        source = Source.TERRAFORM if "_" in type_ else Source.HELM
        if match.source not in (None, source) or (match.source is None and not match.view):
            return False
        types = resolve(type_, source)
        return not match.types or any(
            one[:1] == "@" or fits_shell(one, type_) for one in match.types for type_ in types
        )


def vendor(config: str | None) -> list[str]:
    """Fetch the packs of the configuration; the folders that were written. Raises `UsageError`."""
    return trusted_gate.vendor(config)


def schema() -> bytes:
    """The JSON Schema of policy files."""
    return policy_schema.schema()


def settings(paths: Sequence[Path], config: str | None, today: str) -> list[PolicySetting]:
    """Every policy, those of the configuration too, as it stands in the configuration on a day. Raises `UsageError`."""
    read, every = trusted_gate.policy_paths(config, paths)
    return policy_settings.of(policies(every), read, today)


def format_(paths: Sequence[Path]) -> list[tuple[Path, str, str]]:
    """Each policy file at some paths, its text, and the same laid out. Raises `UsageError`."""
    found = [file for path in paths for file in load.policy_files(path) if not families.is_family(file.name)]
    texts = [(path, file.text(path)) for path in found]
    return [(path, text_, layout.laid_out(str(path), text_)) for path, text_ in texts if layout.is_policy(text_)]
