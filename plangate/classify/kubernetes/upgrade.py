"""The classification of an upgrade: every object of both sides paired, predicted, and turned into a change with its effects."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from plangate.classify.kubernetes import hooks, predict
from plangate.classify.kubernetes.api import removed_apis, unapplied_definitions
from plangate.classify.kubernetes.api.immutable import UpdateContext, refusals
from plangate.classify.kubernetes.api.validation.validate import validate
from plangate.classify.kubernetes.effects import assess, live_state, rendered
from plangate.classify.kubernetes.object_side import ObjectSide
from plangate.classify.kubernetes.objects import KEEP, Names, address_of, annotations_of, type_of
from plangate.classify.kubernetes.release_index import ReleaseIndex
from plangate.model.change import LIVE, Action, Address, Change, Effect, EffectName, HelmChangeSet
from plangate.model.input import Source

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.classify.kubernetes.objects import Identity
    from plangate.classify.kubernetes.predict import Predicted
    from plangate.model.release import KubeObject, Upgrade


def classify(changeset: HelmChangeSet) -> HelmChangeSet:
    """The change set with its changes (by address), its hooks, the number of objects that stay the same, and its gaps."""
    upgrade = changeset.upgrade
    classifier = _UpgradeClassifier(upgrade)
    changes = classifier.changes()
    hook_changes = hooks.hook_changes(upgrade, classifier.names, classifier.index)
    return structs.replace(
        changeset,
        changes=tuple(sorted(map(_judged, changes), key=lambda change: change.address)),
        no_ops=classifier.no_ops,
        hooks=tuple(hooks.list_hooks(upgrade, classifier.names, hook_changes)),
        hook_changes=tuple(hook_changes),
        skipped=(*changeset.skipped, *hooks.gaps(upgrade), *unapplied_definitions.gaps(upgrade)),
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
    """The changes of one upgrade. `no_ops` is the number of objects that stay the same, once `changes` was called."""

    def __init__(self, upgrade: Upgrade):
        self.upgrade = upgrade
        self.names = Names(upgrade)
        self.no_ops = 0
        self.new = self.names.table(upgrade.new)
        self.old = self.names.table(upgrade.old or ())
        self.live = None if upgrade.live is None else self.names.table(upgrade.live)
        self.index = ReleaseIndex(upgrade, self.names)
        self.server_side = upgrade.server_side

    def changes(self) -> list[Change]:
        """Every change but no-ops, with its effects; none where the old side is not known."""
        upgrade = self.upgrade
        if upgrade.old is None:
            return []
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
            found += self._unchanged_with_removed_api()
        found += self._of_crds()
        return assess.assess(found, self.index)

    def _pairs(self) -> Iterator[tuple[Identity, KubeObject | None, KubeObject | None]]:
        new, old = dict(self.new), dict(self.old)
        if self.live is not None:
            for one in self.upgrade.same:
                identity = self.names.identity(one)
                # Where a chart has an object twice, the one that differs counts on the new side.
                old[identity] = one
                new.setdefault(identity, one)
        for identity in sorted({*new, *old}):
            yield identity, old.get(identity), new.get(identity)

    def _unchanged_with_removed_api(self) -> Iterator[Change]:
        """Unchanged objects whose API version the cluster no longer serves: Helm cannot read the release then."""
        if self.upgrade.kube_version is None:
            return
        for one in self.upgrade.same:
            if any(one.mentions(version) for version in removed_apis.removed_versions()):
                refused = tuple(removed_apis.removed_api(one, self.upgrade))
                if refused:
                    self.no_ops -= 1
                    change = self._base(self.names.identity(one), one)
                    yield structs.replace(change, action=Action.UPDATE, effects=refused)

    def _change(self, identity: Identity, old: KubeObject | None, new: KubeObject | None) -> Change | None:
        live = None if self.live is None else self.live.get(identity)
        gone = self.live is not None and live is None
        if new is None:
            return None if gone or old is None else self._removed(identity, old, live)
        if old is None:
            duplicate = self._unchanged_duplicate(identity)
            if duplicate is None:
                return self._created(identity, new, live)
            return self._updated(identity, duplicate, new, live)
        if gone:
            return self._created(identity, new, None, note="deleted by hand; Helm creates it again")
        return self._updated(identity, old, new, live)

    def _unchanged_duplicate(self, identity: Identity) -> KubeObject | None:
        """The object of this identity that stays the same, where a chart has it twice: Helm applies both, one after the other."""
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
        body = predict.as_stored(live or old)
        change = structs.replace(
            self._base(identity, old),
            before=ObjectSide(body),
            effects=tuple(removed_apis.removed_api(old, self.upgrade)),
        )
        if _is_kept(annotations_of((live or old).body).get(KEEP)):
            kept = Effect(EffectName.KEPT, "stays in the cluster and no longer belongs to the release")
            return structs.replace(change, action=Action.FORGET, effects=(kept,))
        return structs.replace(change, action=Action.DESTROY)

    def _created(
        self, identity: Identity, new: KubeObject, live: KubeObject | None, note: str | None = None
    ) -> Change | None:
        body = predict.as_stored(new)
        change = structs.replace(self._base(identity, new), after=ObjectSide(body), action=Action.CREATE, note=note)
        found: list[Effect] = []
        if live is not None:
            owned = live_state.adoption(live, self.upgrade)
            if owned.name is EffectName.ADOPTS:
                # Helm compares what it finds with the new manifest alone (upgrade.go: existing resources join both sides).
                change_ = self._updated(identity, new, new, live)
                if change_ is not None:
                    return structs.replace(change_, effects=(owned, *change_.effects))
                if new.kind != "Secret" or "data" in live.body:
                    return None
                # The evidence was collected without its data, and no earlier manifest has them.
                return structs.replace(
                    change, action=Action.UPDATE, effects=(owned,), note="whether its data change was not to be seen"
                )
            found.append(owned)
        found += validate(new, body, None, self.upgrade, server_side=self.server_side is True)
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
        change = structs.replace(
            self._base(identity, new),
            action=Action.NO_OP,
            before=ObjectSide(predicted.before),
            after=ObjectSide(predicted.after),
        )
        if not predicted.changed and not refused:
            lost = () if old is new else tuple(rendered.effects(change, self.index))
            return structs.replace(change, effects=lost) if lost else None
        change = structs.replace(
            change,
            action=Action.UPDATE,
            attributes=predicted.changed,
            differing=tuple(sorted({one.path.split(".")[0] for one in predicted.changed})),
        )
        reverted = live_state.reverted(predicted, live)
        return structs.replace(change, effects=(*refused, *reverted))

    def _refused(
        self, identity: Identity, new: KubeObject, live: KubeObject | None, predicted: Predicted, *, server_side: bool
    ) -> Iterator[Effect]:
        if not predicted.changed and not predicted.conflicts:
            yield from removed_apis.removed_api(new, self.upgrade)
            return
        update = UpdateContext(
            type_of(identity),
            predicted.before,
            predicted.after,
            None if live is None else live.body,
            self.upgrade.kube_version,
        )
        yield from refusals(update)
        yield from validate(new, predicted.after, predicted.before, self.upgrade, server_side=server_side)
        for path, manager in predicted.conflicts:
            yield Effect(
                EffectName.FAILS,
                f"conflicts with {manager}, which owns {path}: server-side apply refuses to change it; "
                "way out: --force-conflicts, or leave the field out of the chart",
                "field-conflict",
                (path,),
            )

    def _of_crds(self) -> Iterator[Change]:
        """The objects of `crds/`: an install creates those that are not there, whatever they are; an upgrade leaves all alone."""
        for identity, one in sorted(self.names.table(self.upgrade.crds).items()):
            if self.upgrade.install:
                if self.live is None or identity not in self.live:
                    yield structs.replace(
                        self._base(identity, one),
                        action=Action.CREATE,
                        after=ObjectSide(predict.as_stored(one)),
                        effects=tuple(validate(one, predict.as_stored(one), None, self.upgrade, server_side=False)),
                    )
                continue
            effect = Effect(EffectName.NOT_APPLIED, "stands in crds/, which Helm installs once and never upgrades")
            yield structs.replace(self._base(identity, one), action=Action.NO_OP, effects=(effect,))


def _is_kept(policy: object) -> bool:
    """Whether the annotation `helm.sh/resource-policy` keeps an object: only the exact value `keep` does (deleteResource in pkg/kube)."""
    return policy == "keep"


def _fails(found: list[Effect]) -> bool:
    return any(effect.name is EffectName.FAILS for effect in found)
