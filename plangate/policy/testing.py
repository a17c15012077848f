"""The examples that stand in a policy file, held against that policy through the real pipeline.

A case is one entry of `resource_changes`, shortened: `type` and `actions` (or `before` and `after` alone) are enough, `change`
is left out. More keys: `plan` adds whole sections (`configuration`, `resource_drift`, ...), `with` adds other entries, and
`times` makes so many instances of the entry. What is asked besides the change is the same for every case (`policy.case`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

import msgspec
from msgspec import Struct, structs

from plangate.model.verdict import Outcome
from plangate.policy.case import ASKED, CaseError, asked, refuse_unknown
from plangate.policy.evaluate import evaluate
from plangate.policy.helm_cases import upgrade

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from plangate.model.change import ChangeSet
    from plangate.model.policy import Policy
    from plangate.policy.helm_cases import UpgradeCase

    Classify: TypeAlias = Callable[[bytes, Mapping[str, bytes]], ChangeSet]
    Builder: TypeAlias = Callable[[dict[str, Any]], UpgradeCase]

_OF_CHANGE: Final = (
    "actions",
    "before",
    "after",
    "after_unknown",
    "before_sensitive",
    "after_sensitive",
    "replace_paths",
    "importing",
)
_OF_RESOURCE: Final = (
    "address",
    "previous_address",
    "module_address",
    "mode",
    "type",
    "name",
    "index",
    "provider_name",
    "deposed",
    "action_reason",
)
_MOST_TIMES: Final = 1_000
_OF_ENTRY: Final = frozenset({*_OF_CHANGE, *_OF_RESOURCE, "plan", "with", "times"})
EXPECTED: Final = (Outcome.VIOLATED, Outcome.SATISFIED, Outcome.UNKNOWN)
"""The outcomes that a policy has cases for."""


class Result(Struct, frozen=True):
    """How one case went. `got` is what the policy said; one that does not apply is `not-applicable`."""

    policy: str
    expected: Outcome
    number: int
    got: Outcome
    problem: str = ""

    @property
    def passed(self) -> bool:
        """A case of `satisfied` also holds where the policy does not apply: it stays quiet."""
        quiet = (Outcome.SATISFIED, Outcome.NOT_APPLICABLE)
        return not self.problem and (
            self.got in quiet if self.expected is Outcome.SATISFIED else self.got is self.expected
        )


def run(policy: Policy, classify: Classify, builders: Mapping[str, Builder]) -> list[Result]:
    """Hold every case of a policy against it.

    `classify` turns an input and its evidence into a complete change set; `builders` turn the cases of an application into
    upgrades, by the view that its policies match.
    """
    results = []
    for expected in EXPECTED:
        for number, case in enumerate(getattr(policy.tests, expected.value), 1):
            try:
                said = asked(case)
                changeset, about = change_set(policy, case, classify, builders)
                asking = structs.replace(policy, params={**policy.params, **said["params"]})
                report = evaluate(
                    [asking], [changeset], said["environment"], protected=said["protected"], as_of=said["as_of"]
                )
            except CaseError as error:
                results.append(Result(policy.id, expected, number, Outcome.ERROR, str(error)))
                continue
            of_case = [f for f in report.findings if f.change == about or f.address is None or policy.match.view]
            of_case.sort(key=lambda finding: EXPECTED.index(finding.outcome) if finding.outcome in EXPECTED else -1)
            got = of_case[0].outcome if of_case else _quiet(report.outcomes)
            problem = of_case[0].message if got is Outcome.ERROR else ""
            results.append(Result(policy.id, expected, number, got, problem))
    return results


def change_set(
    policy: Policy, case: dict[str, Any], classify: Classify, builders: Mapping[str, Builder]
) -> tuple[ChangeSet, int | None]:
    """The change set of a case, and which of its changes the case is about. Raises `CaseError`."""
    if "type" in case or (policy.match.source != "helm" and not policy.match.view):
        changeset = classify(plan(case), {})
        # Changes come in the order of their addresses, not of the case.
        address = _entry(case)["address"]
        return changeset, next((i for i, one in enumerate(changeset.changes) if one.address.text == address), -1)
    try:
        built = builders.get(policy.match.view, upgrade)(case)
    except ValueError as error:
        raise CaseError(str(error)) from None
    changeset = classify(built.dry_run, built.evidence)
    if built.of_hooks:
        return changeset, None
    ends = [change.address.text.split("/") for change in changeset.changes]
    about = [i for i, end in enumerate(ends) if (end[1], end[-1]) == (built.kind, built.name)]
    return changeset, about[0] if about else -1


def _quiet(outcomes: dict[str, int]) -> Outcome:
    return Outcome.SATISFIED if outcomes[Outcome.SATISFIED] else Outcome.NOT_APPLICABLE


def plan(case: dict[str, Any]) -> bytes:
    """The plan JSON that a case stands for. Raises `CaseError`."""
    refuse_unknown(case, _OF_ENTRY | ASKED.keys())
    entry = _entry(case)
    others = case.get("with", ())
    for other in others:
        refuse_unknown(other, _OF_ENTRY)
    copies = [{**entry, "address": f"{entry['address']}[{i}]", "index": i} for i in range(1, _times(case))]
    entries = [entry, *copies, *map(_entry, others)]
    document = {
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "planned_values": {"root_module": {}},
        "resource_changes": entries,
        "applyable": True,
        "complete": True,
        "errored": False,
        **case.get("plan", {}),
    }
    return msgspec.json.encode(document)


def _times(case: dict[str, Any]) -> int:
    times = case.get("times", 1)
    if not isinstance(times, int) or not 1 <= times <= _MOST_TIMES:
        raise CaseError(f"times is a number from 1 to {_MOST_TIMES}")
    return times


def _entry(case: dict[str, Any]) -> dict[str, Any]:
    if "type" not in case:
        raise CaseError("a case needs a type")
    change: dict[str, Any] = {
        "before": None,
        "after": None,
        "after_unknown": {},
        "before_sensitive": {},
        "after_sensitive": {},
    }
    change.update({key: case[key] for key in _OF_CHANGE if key in case})
    change.setdefault("actions", _actions(change))
    name = case.get("name", "example")
    entry = {"address": f"{case['type']}.{name}", "mode": "managed", "name": name, "provider_name": "example"}
    entry.update({key: case[key] for key in _OF_RESOURCE if key in case})
    return {**entry, "change": change}


def _actions(change: dict[str, Any]) -> list[str]:
    """The actions that two sides show by themselves."""
    if change["before"] is None:
        return ["create"]
    return ["update"] if change["after"] is not None else ["delete"]
