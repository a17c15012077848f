"""How many pods there are: scaled to zero, far fewer than before, handed to an autoscaler or taken back from it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plangate.classify.kubernetes import kinds, scalers
from plangate.classify.kubernetes.object_side import body_of
from plangate.classify.kubernetes.objects import section
from plangate.lang.wording import several
from plangate.model.change import Action, Effect, EffectName, Notice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.classify.kubernetes.release_index import ReleaseIndex
    from plangate.classify.kubernetes.scalers import Scaler
    from plangate.model.change import Change
    from plangate.model.values import Value

_SCALED: Final = frozenset({"apps/Deployment", "apps/StatefulSet"})
_REPLICAS: Final = ("spec.replicas",)
_FAR_FEWER: Final = 2
"""The number of pods by which is divided what is far fewer: half of them or less."""


def effects(change: Change, index: ReleaseIndex) -> Iterator[Effect | Notice]:
    """The effects of a change on the number of pods, and the notice on two that set it."""
    if change.action is Action.UPDATE and kinds.workloads().get(change.type) in _SCALED:
        yield from _of_workload(change, index)
    elif change.action is Action.DESTROY:
        for scaler in scalers.read([(index.identity(change), body_of(change.before))]):
            yield from _taken_back(scaler, index)
    elif change.action in (Action.CREATE, Action.UPDATE):
        for scaler in scalers.read([(index.identity(change), body_of(change.after))]):
            yield from _fight(change, scaler, index)
            if change.action is Action.UPDATE:
                yield from _bounds(change, scaler)


def _of_workload(change: Change, index: ReleaseIndex) -> Iterator[Effect]:
    before, after = (_count(section(body_of(side), "spec").get("replicas")) for side in (change.before, change.after))
    identity = index.identity(change)
    rendered = index.renders(identity, "spec", "replicas")
    scaler = next((one for one in index.scalers().get(identity[1:], ()) if one.sets_replicas), None)
    if after == 0 and before != 0:
        yield Effect(EffectName.SCALE_TO_ZERO, "is scaled to zero: nothing of it runs any more", "", _REPLICAS)
    elif scaler is not None and not rendered:
        if after < before:
            yield _fewer(
                f"leaves the number of its pods to {scaler.identity[1]} {scaler.identity[3]}: the upgrade sets {before} → {after}, until that scales it up again"
            )
    elif after * _FAR_FEWER <= before:
        until = f", until {scaler.identity[1]} {scaler.identity[3]} scales it up again" if scaler is not None else ""
        yield _fewer(f"goes from {before} pods to {after}{until}")
    if scaler is not None and rendered and index.upgrade.live is None:
        yield from _set_twice(index)


def _taken_back(scaler: Scaler, index: ReleaseIndex) -> Iterator[Effect]:
    """An autoscaler that goes away from a workload whose chart says fewer pods than it kept."""
    kind, namespace, name = scaler.target
    if not scaler.sets_replicas or scaler.least is None or index.scalers().get(scaler.target):
        return
    for identity, body in index.of_kind(kind, mentions=(name,)):
        count = section(body, "spec").get("replicas")
        rendered = isinstance(count, int) and (kind, namespace, name) == identity[1:]
        if rendered and index.renders(identity, "spec", "replicas") and _count(count) < scaler.least:
            yield _fewer(
                f"goes away, and the upgrade sets {kind} {name} to {several(_count(count), 'pod')}, which it kept at {scaler.least} at least"
            )


def _fewer(because: str) -> Effect:
    return Effect(EffectName.UNPROTECTS, because, "capacity", _REPLICAS)


def _bounds(change: Change, scaler: Scaler) -> Iterator[Effect]:
    """A scaler that may no longer scale as far."""
    for earlier in scalers.read([(scaler.identity, body_of(change.before))]):
        for what, old, new in (("least", earlier.least, scaler.least), ("most", earlier.most, scaler.most)):
            if old is not None and new is not None and old > 1 and new * _FAR_FEWER <= old:
                because = f"keeps {scaler.target[0]} {scaler.target[2]} at {new} pods at {what}, {old} before"
                paths = tuple(one.path for one in change.attributes if one.path.startswith(("spec.min", "spec.max")))
                yield Effect(EffectName.UNPROTECTS, because, "capacity", paths)


def _fight(change: Change, scaler: Scaler, index: ReleaseIndex) -> Iterator[Notice]:
    """The notice on a scaler that comes beside another one of the same workload (https://keda.sh/docs/latest/faq/)."""
    if change.action is Action.UPDATE and not any(one.path.startswith("spec.") for one in change.attributes):
        return
    for other in index.scalers().get(scaler.target, ()):
        if other.identity == scaler.identity:
            continue
        both_count = scaler.sets_replicas and other.sets_replicas
        if both_count or (scaler.sets_replicas != other.sets_replicas and scaler.resources & other.resources):
            what = "the number of its pods" if both_count else "what its pods ask for, which the other scales by"
            because = f"and {other.identity[1]} {other.identity[3]} both scale {scaler.target[0]} {scaler.target[2]}: each sets {what} against the other"
            yield Notice("scalers-fight", because, ("spec",))


def _set_twice(index: ReleaseIndex) -> Iterator[Effect]:
    """A manifest that sets replicas although an autoscaler does: every upgrade sets them back, or conflicts."""
    if index.upgrade.server_side:
        yield Effect(
            EffectName.MAY_FAIL,
            "sets replicas although an autoscaler does: once that has scaled it, server-side apply refuses; --live-objects tells",
            "autoscaled",
            _REPLICAS,
        )
    else:
        yield Effect(
            EffectName.REVERTS_LIVE,
            "sets replicas although an autoscaler does: every upgrade sets them back",
            "autoscaled",
            _REPLICAS,
            certain=False,
        )


def _count(value: Value) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) else 1
