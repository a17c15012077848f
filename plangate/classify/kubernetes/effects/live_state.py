"""What an upgrade does to the live state that Helm did not write: objects of others, and fields changed by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plangate.classify.kubernetes.objects import MANAGED_BY, RELEASE_NAME, RELEASE_NAMESPACE, annotations_of, section
from plangate.model.change import Effect, EffectName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.classify.kubernetes.predict import Predicted
    from plangate.model.release import KubeObject, Upgrade


def adoption(live: KubeObject, upgrade: Upgrade) -> Effect:
    """The effect of creating an object that exists already: `adopts` where its ownership metadata names this release, else `fails`."""
    annotations = annotations_of(live.body)
    owned = (
        section(live.body, "metadata", "labels").get(MANAGED_BY) == "Helm"
        and annotations.get(RELEASE_NAME) == upgrade.name
        and annotations.get(RELEASE_NAMESPACE) == upgrade.namespace
    )
    if owned:
        return Effect(EffectName.ADOPTS, "exists already and is taken over by this release", "left-behind")
    owner = annotations.get(RELEASE_NAME)
    whose = (
        f"it belongs to the release {owner}" if owner else "it does not carry Helm's ownership label and annotations"
    )
    return Effect(
        EffectName.FAILS,
        f"exists and cannot be imported into the current release: {whose}; "
        "way out: delete it, label and annotate it as Helm does, or --take-ownership",
        "not-owned",
        ("metadata",),
    )


def reverted(predicted: Predicted) -> Iterator[Effect]:
    """The effect `reverts-live` of an update that sets back what was changed outside of Helm; none where it does not."""
    paths = tuple(one.path for one in predicted.changed if one.path not in predicted.intended_paths)
    if paths:
        yield Effect(EffectName.REVERTS_LIVE, f"was changed by hand: {', '.join(paths[:3])} is set back", "", paths)
