"""What an upgrade does to the live state that Helm did not write: objects of others, and fields changed by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plangate.classify.kubernetes.field_owners import field_owners
from plangate.classify.kubernetes.objects import MANAGED_BY, RELEASE_NAME, RELEASE_NAMESPACE, annotations_of, section
from plangate.lang import wording
from plangate.model.change import Effect, EffectName
from plangate.model.values import ABSENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.classify.kubernetes.predict import Predicted
    from plangate.model.change import AttributeChange
    from plangate.model.release import KubeObject, Upgrade

_MAX_LISTED: Final = 3
_REPLICAS: Final = "spec.replicas"
_PEOPLE: Final = (
    "kubectl",
    "k9s",
    "lens",
    "openlens",
    "freelens",
    "node-fetch",
    "headlamp",
    "dashboard",
    "mozilla",
    "curl",
    "oc",
    "edit",
)
"""How the names of managers begin through which people write; any other is a controller or another tool."""
_ASSIGNED: Final = (
    ".nodePort",
    ".healthCheckNodePort",
    ".clusterIP",
    ".ipFamilyPolicy",
    ".volumeName",
    ".loadBalancerIP",
)
_ASSIGNED_LISTS: Final = ("spec.clusterIPs", "spec.ipFamilies", "spec.finalizers", "metadata.finalizers")


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


def reverted(predicted: Predicted, live: KubeObject | None) -> Iterator[Effect]:
    """The effects `reverts-live` of an update that sets back what was changed outside of Helm, one for each who changed it.

    Managed fields tell who. What the API server assigned (node ports) and what Helm itself wrote (a failed revision) was changed
    by nobody. Without managed fields everything that differs counts as changed by hand.
    """
    apart = [one for one in predicted.changed if one.path not in predicted.intended_paths and not _says_the_same(one)]
    if not apart or live is None:
        return
    managed = field_owners(live.body, predicted.root)
    paths: dict[str | None, list[str]] = {}
    for one in apart:
        if managed is None:
            if not _is_assigned(one.path):
                paths.setdefault(None, []).append(one.path)
            continue
        found = next((manager for path, manager in managed if _overlap(path, one.path)), None)
        if found is not None or (one.kind == "added" and not _is_assigned(one.path)):
            # A field that is gone has no owner any more, whoever took it out.
            paths.setdefault(found, []).append(one.path)
    for manager, theirs in paths.items():
        yield _reverted(manager, tuple(theirs))


def _reverted(manager: str | None, paths: tuple[str, ...]) -> Effect:
    listed = wording.listed(paths, _MAX_LISTED)
    if manager is None or _is_person(manager):
        who = f" ({manager})" if manager else ""
        return Effect(EffectName.REVERTS_LIVE, f"was changed by hand{who}: {listed} is set back", "", paths)
    kind = "autoscaled" if paths == (_REPLICAS,) else "controller"
    return Effect(EffectName.REVERTS_LIVE, f"sets back what {manager} has set: {listed}", kind, paths)


def _is_person(manager: str) -> bool:
    return manager.lower().startswith(_PEOPLE)


def _is_assigned(path: str) -> bool:
    """Whether a field is one that the API server fills in by itself."""
    return path.endswith(_ASSIGNED) or path.startswith(_ASSIGNED_LISTS)


def _says_the_same(one: AttributeChange) -> bool:
    """Whether one side is empty and the other one absent or null."""
    return all(value is ABSENT or value is None or value in ("", [], {}) for value in (one.before, one.after))


def _overlap(owned: str, path: str) -> bool:
    """Whether a path is another one, or above or below it."""
    shorter, longer = sorted((owned, path), key=len)
    return longer.startswith(shorter) and (len(longer) == len(shorter) or longer[len(shorter)] in ".[")
