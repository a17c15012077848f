"""Changes to a LiteLLM proxy, wherever its configuration stands. Does nothing, and imports nothing, where no LiteLLM is seen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plangate.model.change import Action

if TYPE_CHECKING:
    from plangate.model.change import Change, ChangeSet

_CARRIERS: Final = frozenset(
    {"helm_release", "kubernetes_config_map", "kubernetes_config_map_v1", "kubernetes_manifest"}
)
_WORD: Final = "litellm"


def classify(changeset: ChangeSet) -> ChangeSet:
    """Add the view `litellm` to the changes that concern a proxy."""
    if changeset.upgrade is not None:
        upgrade = changeset.upgrade
        told = any(change.action is not Action.UNKNOWN for change in changeset.hooked)
        objects = (*upgrade.new, *(upgrade.old or ()), *upgrade.new_hooks, *(upgrade.old_hooks or ()))
        if not (changeset.changes or told) or not any(one.mentions(_WORD) for one in objects):
            return changeset
        from plangate.applications.litellm.manifests import classify as of_manifests

        return of_manifests(changeset)
    if not any(_carries(change) for change in changeset.changes):
        return changeset
    from plangate.applications.litellm.plans import classify as of_plans

    return of_plans(changeset)


def _carries(change: Change) -> bool:
    return change.type in _CARRIERS and change.values_known
