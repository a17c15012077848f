"""Runs the cases of policies through the whole pipeline. Applications register builders for cases of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from plangate.applications.registry import APPLICATIONS
from plangate.pipeline.inputs import classified
from plangate.policy import testing

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from plangate.model.change import ChangeSet
    from plangate.model.policy import Policy

BUILDERS: Final = {name: application.case for name, application in APPLICATIONS.items()}
"""By the view that a policy matches, the function that builds an upgrade from a case."""


def run(
    policy: Policy, classify: Callable[[bytes, Mapping[str, bytes]], ChangeSet] = classified
) -> list[testing.Result]:
    """The result of each case of a policy."""
    return testing.run(policy, classify, BUILDERS)


def change_set(policy: Policy, case: dict[str, Any]) -> tuple[ChangeSet, int | None]:
    """The change set of a case, and the index of the change that it is about. Raises `CaseError`."""
    return testing.change_set(policy, case, classified, BUILDERS)
