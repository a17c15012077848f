"""The hooks of the new revision: what runs before and after, and whether it is another thing than last time.

A hook is no part of the release: it is listed apart, and counted nowhere. What this upgrade runs in another way than the last
one is told as a change besides, so that policies can speak of it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import structs

from plangate.classify.kubernetes import predict, schema
from plangate.classify.kubernetes.api.validation import invalid
from plangate.classify.kubernetes.compare import compare, same
from plangate.classify.kubernetes.effects import exposure, images
from plangate.classify.kubernetes.objects import address_of, annotations_of, type_of
from plangate.classify.kubernetes.sides import Masked
from plangate.lang import wording
from plangate.model.change import Action, Address, Change, Effect, EffectName, Gap, Hook
from plangate.model.input import Source

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plangate.classify.kubernetes.objects import Identity, Names
    from plangate.classify.kubernetes.release_index import ReleaseIndex
    from plangate.model.release import KubeObject, Upgrade

HOOK: Final = "helm.sh/hook"
_WEIGHT: Final = "helm.sh/hook-weight"
_TESTS: Final = frozenset({"test", "test-success", "test-failure"})
_RUN: Final = frozenset({"Job", "Pod"})
_OF_UPGRADE: Final = ("pre-upgrade", "post-upgrade")
_OF_INSTALL: Final = ("pre-install", "post-install")
_NAMES: Final = ("metadata.", "spec.template.metadata.")
"""What a Job is called and how it is labelled: it runs the same."""
_MOST: Final = 3


def listed(upgrade: Upgrade, names: Names, changes: Iterable[Change]) -> Iterator[Hook]:
    """Every hook but tests, in the order of their weights. `changes` are those of `changed`."""
    old = names.table(upgrade.old_hooks or ())
    told = {change.address: change.effects for change in changes if change.action is not Action.FORGET}
    found = []
    for one in upgrade.new_hooks:
        events = events_of(one)
        if not events or _TESTS.issuperset(events):
            continue
        address = Address(address_of(names.identity(one)))
        before = old.get(names.identity(one))
        known = upgrade.old_hooks is not None
        changed = known and (before is None or not same(before.body, one.body))
        besides = tuple(e for e in told.get(address, ()) if e.certain and e.name is not EffectName.RUNS_CODE)
        refused = any(effect.name is EffectName.FAILS for effect in besides)
        running = () if refused else tuple(_runs(one, upgrade, new=known and before is None))
        found.append(
            Hook(
                address=address,
                release=upgrade.release,
                events=events,
                weight=_weight(one),
                changed=changed or upgrade.install,
                effects=(*running, *besides),
            )
        )
    yield from sorted(found, key=lambda hook: (hook.weight, hook.address))


def changed(upgrade: Upgrade, names: Names, scene: ReleaseIndex) -> list[Change]:
    """What this run of Helm executes in another way than the last one, as changes that policies can be held against.

    An action that is `unknown` is of a hook whose old side was not given. One that is no longer run is `forget`: Helm does not
    delete it.
    """
    new = names.table(one for one in upgrade.new_hooks if _mine(one, upgrade))
    if upgrade.old_hooks is None and not upgrade.install:
        return [] if upgrade.old is None else [_unseen(identity, one, upgrade) for identity, one in sorted(new.items())]
    old = names.table(one for one in upgrade.old_hooks or () if _mine(one, upgrade))
    before = {identity: old.get(identity) for identity in new}
    gone = {identity: one for identity, one in old.items() if identity not in new}
    for identity in [identity for identity, one in before.items() if one is None]:
        renamed = _under_another_name(identity, new[identity], gone)
        if renamed is not None:
            before[identity] = gone.pop(renamed)
    found = [_change(identity, before[identity], one, upgrade, scene) for identity, one in sorted(new.items())]
    objects = names.table((*upgrade.new, *upgrade.same))
    for identity, one in sorted(gone.items()):
        if identity not in objects:
            side = Masked(predict.single(one))
            found.append(structs.replace(_base(identity, one, upgrade), action=Action.FORGET, before=side))
    return [change for change in found if change is not None]


def unseen(upgrade: Upgrade) -> Iterator[Gap]:
    """That hooks could not be compared, where some run."""
    if upgrade.install or upgrade.old is None or upgrade.old_hooks is not None:
        return
    if any(one.kind in _RUN and _mine(one, upgrade) for one in upgrade.new_hooks):
        command = f"helm get hooks {upgrade.name or 'NAME'} -n {upgrade.namespace} > hooks.yaml"
        yield Gap(
            f"whether the hooks of {upgrade.name or 'the release'} changed",
            "those of the deployed revision were not given",
            f"{command}, then --hooks hooks.yaml",
        )


def events_of(one: KubeObject) -> tuple[str, ...]:
    """The events it hooks into."""
    value = annotations_of(one.body).get(HOOK)
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else ()


def _mine(one: KubeObject, upgrade: Upgrade) -> list[str]:
    """The events of this run of Helm."""
    return [event for event in events_of(one) if event in (_OF_INSTALL if upgrade.install else _OF_UPGRADE)]


def _weight(one: KubeObject) -> int:
    value = annotations_of(one.body).get(_WEIGHT)
    try:
        return int(str(value)) if value is not None else 0
    except ValueError:
        return 0


def _runs(one: KubeObject, upgrade: Upgrade, *, new: bool) -> Iterator[Effect]:
    mine = _mine(one, upgrade)
    if mine and one.kind in _RUN:
        yield Effect(
            EffectName.RUNS_CODE, f"runs at {', '.join(mine)}" + (" for the first time" if new else ""), "hook"
        )


def _base(identity: Identity, one: KubeObject, upgrade: Upgrade) -> Change:
    return Change(
        address=Address(address_of(identity)),
        type=type_of(identity),
        action=Action.UNKNOWN,
        source=Source.HELM,
        origin=upgrade.origin,
        release=upgrade.release,
        name=identity[3],
        template=one.template,
    )


def _unseen(identity: Identity, one: KubeObject, upgrade: Upgrade) -> Change:
    effects = (
        structs.replace(
            effect, because=f"{effect.because}; whether it did the same before, --hooks tells", certain=False
        )
        for effect in _runs(one, upgrade, new=False)
    )
    side = Masked(predict.single(one))
    return structs.replace(_base(identity, one, upgrade), after=side, effects=tuple(effects))


def _change(
    identity: Identity, old: KubeObject | None, new: KubeObject, upgrade: Upgrade, scene: ReleaseIndex
) -> Change | None:
    after = predict.single(new)
    change = structs.replace(_base(identity, new, upgrade), action=Action.CREATE, after=Masked(after))
    running = tuple(_runs(new, upgrade, new=old is None and not upgrade.install))
    if old is not None:
        before = predict.single(old)
        attributes = tuple(compare(before, after, schema.root(new.api_version, new.kind)))
        if not attributes:
            return None
        change = structs.replace(
            change,
            action=Action.UPDATE,
            before=Masked(before),
            attributes=attributes,
            differing=tuple(sorted({one.path.split(".")[0] for one in attributes})),
        )
        running = tuple(_otherwise(running, change, _mine(old, upgrade), _mine(new, upgrade)))
    # Helm creates a hook anew at every run: the server looks at it as at one that was never there.
    refused = tuple(invalid(new, after, None, upgrade, server_side=upgrade.server_side is True))
    failing = tuple(effect for effect in refused if effect.name is EffectName.FAILS)
    effects = failing or (*running, *refused, *exposure.effects(change, scene))
    return structs.replace(change, effects=tuple(dict.fromkeys(effects)), traits=images.traits(change))


def _otherwise(running: Iterable[Effect], change: Change, before: list[str], after: list[str]) -> Iterator[Effect]:
    """That a hook which ran before runs something else, or at another moment."""
    paths = tuple(one.path for one in change.attributes if not one.path.startswith(_NAMES))
    for effect in running:
        if paths:
            because = f"{effect.because} in another way than before ({wording.listed(paths, _MOST)})"
            yield structs.replace(effect, because=because, paths=paths)
        elif before != after:
            because = f"{effect.because} instead of {', '.join(before)}"
            yield structs.replace(effect, because=because, paths=(f'metadata.annotations["{HOOK}"]',))


def _under_another_name(identity: Identity, one: KubeObject, gone: dict[Identity, KubeObject]) -> Identity | None:
    """The hook that it was the last time, where its template names it anew each time."""
    for other, old in gone.items():
        if other[:3] == identity[:3] and old.template == one.template != "":
            return other
    return None
