"""The whole upgrade: every object paired with itself, predicted, and told."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from plangate.classify.kubernetes import hooks, predict
from plangate.classify.kubernetes.api import removed_apis
from plangate.classify.kubernetes.api.immutable import UpdateContext, refusals
from plangate.classify.kubernetes.api.validation import invalid
from plangate.classify.kubernetes.effects import all_effects
from plangate.classify.kubernetes.objects import KEEP, Names, address_of, annotations_of, type_of
from plangate.classify.kubernetes.release_index import ReleaseIndex
from plangate.classify.kubernetes.sides import Masked
from plangate.model.change import LIVE, Action, Address, Change, Effect, EffectName, Gap, HelmChangeSet
from plangate.model.input import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.classify.kubernetes.objects import Identity
    from plangate.classify.kubernetes.predict import Predicted
    from plangate.model.release import KubeObject, Upgrade


def classify(changeset: HelmChangeSet) -> HelmChangeSet:
    """Complete the change set of a Helm input: its objects, its hooks, and what cannot be known."""
    upgrade = changeset.upgrade
    teller = _UpgradeClassifier(upgrade)
    changes = teller.changes()
    hooked = hooks.changed(upgrade, teller.names, teller.scene)
    return structs.replace(
        changeset,
        changes=tuple(sorted(map(_judged, changes), key=lambda change: change.address)),
        no_ops=teller.no_ops,
        hooks=tuple(hooks.listed(upgrade, teller.names, hooked)),
        hook_changes=tuple(hooked),
        skipped=(*changeset.skipped, *teller.skipped, *hooks.unseen(upgrade)),
        notes=(*changeset.notes, *teller.notes),
    )


def _judged(change: Change) -> Change:
    """A change with what the comparison says of it, where that was complete."""
    if change.action not in LIVE or not all(effect.certain for effect in change.effects):
        return change
    if change.action is Action.UPDATE and not change.attributes:
        return change
    found = ", ".join(dict.fromkeys(effect.name.value for effect in change.effects))
    told = f"what it does is told: {found}" if found else "no effect found"
    return structs.replace(change, assessed=f"compared field by field with what is deployed; {told}")


class _UpgradeClassifier:
    """One upgrade being told."""

    def __init__(self, upgrade: Upgrade):
        self.upgrade = upgrade
        self.names = Names(upgrade)
        self.no_ops = 0
        self.skipped: list[Gap] = []
        self.notes: list[str] = []
        self.new = self.names.table(upgrade.new)
        self.old = self.names.table(upgrade.old or ())
        self.live = None if upgrade.live is None else self.names.table(upgrade.live)
        self.scene = ReleaseIndex(upgrade, self.names)
        self.server_side = upgrade.server_side

    def changes(self) -> list[Change]:
        """Every change but no-ops. An upgrade without its old side has none that could be told."""
        upgrade = self.upgrade
        if upgrade.old is None:
            return self._without_old()
        found: list[Change] = []
        pairs = list(self._pairs())
        for identity, old, new in pairs:
            change = self._change(identity, old, new)
            if change is None:
                self.no_ops += 1
            else:
                found.append(change)
        if self.live is None:
            self.no_ops += len(upgrade.same)
            found += self._stale()
        found += self._not_applied()
        return all_effects.finish(found, self.scene)

    def _pairs(self) -> Iterator[tuple[Identity, KubeObject | None, KubeObject | None]]:
        new, old = dict(self.new), dict(self.old)
        if self.live is not None:
            for one in self.upgrade.same:
                identity = self.names.identity(one)
                # Where a chart tells it twice, the other one is the last word.
                old[identity] = one
                new.setdefault(identity, one)
        for identity in sorted({*new, *old}):
            yield identity, old.get(identity), new.get(identity)

    def _stale(self) -> Iterator[Change]:
        """What stays as it is in a version that the cluster serves no more: Helm cannot even read the release then."""
        if self.upgrade.kube_version is None:
            return
        for one in self.upgrade.same:
            if any(one.mentions(word) for word in removed_apis.words()):
                refused = tuple(removed_apis.removed_api(one, self.upgrade))
                if refused:
                    self.no_ops -= 1
                    change = self._base(self.names.identity(one), one)
                    yield structs.replace(change, action=Action.UPDATE, effects=refused)

    def _without_old(self) -> list[Change]:
        return []

    def _change(self, identity: Identity, old: KubeObject | None, new: KubeObject | None) -> Change | None:
        live = None if self.live is None else self.live.get(identity)
        gone = self.live is not None and live is None
        if new is None:
            return None if gone or old is None else self._removed(identity, old, live)
        if old is None:
            again = self._told_before(identity)
            return self._created(identity, new, live) if again is None else self._updated(identity, again, new, live)
        if gone:
            return self._created(identity, new, None, note="deleted by hand; Helm creates it again")
        return self._updated(identity, old, new, live)

    def _told_before(self, identity: Identity) -> KubeObject | None:
        """The same object where a chart tells it twice, once byte for byte as before: Helm applies both, one after the other."""
        for one in self.upgrade.same:
            if one.mentions(identity[1], identity[3]) and self.names.identity(one) == identity:
                return one
        return None

    def _base(self, identity: Identity, one: KubeObject) -> Change:
        return Change(
            address=Address(address_of(identity)),
            type=type_of(identity),
            action=Action.UNKNOWN,
            source=Source.HELM,
            origin=self.upgrade.origin,
            release=self.upgrade.release,
            name=identity[3],
            template=one.template,
        )

    def _removed(self, identity: Identity, old: KubeObject, live: KubeObject | None) -> Change:
        body = predict.single(live or old)
        change = structs.replace(
            self._base(identity, old), before=Masked(body), effects=tuple(removed_apis.removed_api(old, self.upgrade))
        )
        if _is_kept(annotations_of((live or old).body).get(KEEP)):
            kept = Effect(EffectName.KEPT, "stays in the cluster and no longer belongs to the release")
            return structs.replace(change, action=Action.FORGET, effects=(kept,))
        return structs.replace(change, action=Action.DESTROY)

    def _created(
        self, identity: Identity, new: KubeObject, live: KubeObject | None, note: str | None = None
    ) -> Change | None:
        body = predict.single(new)
        change = structs.replace(self._base(identity, new), after=Masked(body), action=Action.CREATE, note=note)
        found: list[Effect] = []
        if live is not None:
            owned = all_effects.adoption(live, self.upgrade)
            if owned.name is EffectName.ADOPTS:
                # Helm compares what it finds with the new manifest alone (upgrade.go: existing resources join both sides).
                change_ = self._updated(identity, new, new, live)
                if change_ is not None:
                    return structs.replace(change_, effects=(owned, *change_.effects))
                if new.kind != "Secret" or "data" in live.body:
                    return None
                # Its data were taken out of the evidence, and no manifest of before tells them.
                return structs.replace(
                    change, action=Action.UPDATE, effects=(owned,), note="whether its data change was not to be seen"
                )
            found.append(owned)
        found += invalid(new, body, None, self.upgrade, server_side=self.server_side is True)
        return structs.replace(change, effects=tuple(found))

    def _updated(self, identity: Identity, old: KubeObject, new: KubeObject, live: KubeObject | None) -> Change | None:
        server_side = self.server_side is True
        predicted = predict.update(old, new, live, server_side=server_side)
        refused = list(self._refused(identity, new, live, predicted, server_side=server_side))
        if self.server_side is None and self.upgrade.major == 4 and not _fails(refused):
            other = predict.update(old, new, live, server_side=True)
            refused += [
                structs.replace(
                    effect,
                    name=EffectName.MAY_FAIL,
                    because=f"{effect.because} (with server-side apply; --metadata tells)",
                )
                for effect in self._refused(identity, new, live, other, server_side=True)
                if effect.name is EffectName.FAILS
            ]
        if old.api_version != new.api_version:
            refused += removed_apis.removed_api(old, self.upgrade)
        if not predicted.changed and not refused:
            return None
        change = structs.replace(
            self._base(identity, new),
            action=Action.UPDATE,
            before=Masked(predicted.before),
            after=Masked(predicted.after),
            attributes=predicted.changed,
            differing=tuple(sorted({one.path.split(".")[0] for one in predicted.changed})),
        )
        by_hand = all_effects.by_hand(predicted)
        return structs.replace(change, effects=(*refused, *by_hand))

    def _refused(
        self, identity: Identity, new: KubeObject, live: KubeObject | None, predicted: Predicted, *, server_side: bool
    ) -> Iterator[Effect]:
        if not predicted.changed and not predicted.conflicts:
            yield from removed_apis.removed_api(new, self.upgrade)
            return
        seen = UpdateContext(
            type_of(identity),
            predicted.before,
            predicted.after,
            None if live is None else live.body,
            self.upgrade.kube_version,
        )
        yield from refusals(seen)
        yield from invalid(new, predicted.after, predicted.before, self.upgrade, server_side=server_side)
        for path, who in predicted.conflicts:
            yield Effect(
                EffectName.FAILS,
                f"conflicts with {who}, which owns {path}: server-side apply refuses to change it; "
                "way out: --force-conflicts, or leave the field out of the chart",
                "field-conflict",
                (path,),
            )

    def _not_applied(self) -> Iterator[Change]:
        for one in self.upgrade.crds:
            if self.upgrade.install:
                continue
            identity = self.names.identity(one)
            effect = Effect(EffectName.NOT_APPLIED, "stands in crds/, which Helm installs once and never upgrades")
            yield structs.replace(self._base(identity, one), action=Action.NO_OP, effects=(effect,))


def _is_kept(policy: object) -> bool:
    """Whether an annotation keeps the object: the exact word on this path (deleteResource in pkg/kube)."""
    return policy == "keep"


def _fails(found: list[Effect]) -> bool:
    return any(effect.name is EffectName.FAILS for effect in found)
