"""What an application is to the pipeline."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from plangate.model.change import HelmChangeSet, TerraformChangeSet
    from plangate.policy.helm_cases import UpgradeCase


class Application(Protocol):
    """One application whose own settings mean something: it puts a view of its name on the changes that concern it."""

    @property
    def name(self) -> str:
        """The folder of its policies, the view that they match, and its key in the configuration."""
        ...

    def release_words(self, chart: str) -> frozenset[str]:
        """The words that mean a release where a version of this chart has one as its prerelease (`plangate.lang.semver`)."""
        ...

    def of_plan(self, plan: TerraformChangeSet) -> TerraformChangeSet:
        """A classified plan with the view. Returns it as it is where the application is not in it."""
        ...

    def of_upgrade(self, changeset: HelmChangeSet) -> HelmChangeSet:
        """A classified upgrade with the view. Returns it as it is where the application is not in it."""
        ...

    def case(self, case: dict[str, Any]) -> UpgradeCase:
        """The upgrade that a case of one of its policies stands for. Raises `ValueError` for a case that is none."""
        ...
