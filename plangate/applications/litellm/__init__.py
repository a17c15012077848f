"""Changes to a LiteLLM proxy, wherever its configuration stands. Imports nothing more where no LiteLLM is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from plangate.model.change import Action

if TYPE_CHECKING:
    from plangate.model.change import Change, HelmChangeSet, TerraformChangeSet
    from plangate.policy.helm_cases import UpgradeCase

_CARRIERS: Final = frozenset(
    {"helm_release", "kubernetes_config_map", "kubernetes_config_map_v1", "kubernetes_manifest"}
)
_WORD: Final = "litellm"
_RELEASE_WORDS: Final = frozenset({"stable"})


class LiteLLM:
    """The application `litellm`; see `plangate.applications.protocol`."""

    name = "litellm"

    def release_words(self, chart: str) -> frozenset[str]:
        """`stable` for LiteLLM's charts: their `1.81.9-stable` is the release, and `-stable.patch.1` a newer one."""
        return _RELEASE_WORDS if _WORD in chart.rpartition("/")[2] else frozenset()

    def of_plan(self, plan: TerraformChangeSet) -> TerraformChangeSet:
        """The plan with the view `litellm` on the changes that concern a proxy."""
        if not any(_carries(change) for change in plan.changes):
            return plan
        from plangate.applications.litellm import plans

        return plans.classify(plan)

    def of_upgrade(self, changeset: HelmChangeSet) -> HelmChangeSet:
        """The upgrade with the view `litellm` on the changes that concern a proxy."""
        upgrade = changeset.upgrade
        happens = changeset.changes or any(change.action is not Action.UNKNOWN for change in changeset.hook_changes)
        objects = (*upgrade.new, *(upgrade.old or ()), *upgrade.new_hooks, *(upgrade.old_hooks or ()))
        if not happens or not any(one.mentions(_WORD) for one in objects):
            return changeset
        from plangate.applications.litellm import manifests

        return manifests.classify(changeset)

    def case(self, case: dict[str, Any]) -> UpgradeCase:
        """The upgrade that a case of a policy of this family stands for. Raises `CaseError`, or `ValueError` of the chart."""
        from plangate.applications.litellm import cases

        return cases.upgrade(case)


def _carries(change: Change) -> bool:
    return change.type in _CARRIERS and change.values_known
