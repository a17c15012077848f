"""The hooks of the new revision, and whether each differs from the deployed revision's.

Hooks are not managed by the release: they have a list of their own and are not counted. A hook that runs at this upgrade and
differs is a change as well, so that policies can match it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import structs

from plangate.classify.kubernetes import predict, schema
from plangate.classify.kubernetes.api.validation.validate import validate
from plangate.classify.kubernetes.compare import compare, same
from plangate.classify.kubernetes.effects import exposure, images
from plangate.classify.kubernetes.object_side import ObjectSide
from plangate.classify.kubernetes.objects import address_of, annotations_of, type_of
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
_METADATA: Final = ("metadata.", "spec.template.metadata.")
"""Paths that do not change what a hook runs."""
_MAX_LISTED: Final = 3


def list_hooks(upgrade: Upgrade, names: Names, changes: Iterable[Change]) -> Iterator[Hook]:
    """Every hook but tests, by weight and address. `changes` are those of `hook_changes`."""
    old = names.table(upgrade.old_hooks or ())
    effects_of = {change.address: change.effects for change in changes if change.action is not Action.FORGET}
    found = []
    for one in upgrade.new_hooks:
        events = events_of(one)
        if not events or _TESTS.issuperset(events):
            continue
        address = Address(address_of(names.identity(one)))
        before = old.get(names.identity(one))
        known = upgrade.old_hooks is not None
        changed = known and (before is None or not same(before.body, one.body))
        other = tuple(e for e in effects_of.get(address, ()) if e.certain and e.name is not EffectName.RUNS_CODE)
        refused = any(effect.name is EffectName.FAILS for effect in other)
        running = () if refused else tuple(_runs_code(one, upgrade, new=known and before is None))
        found.append(
            Hook(
                address=address,
                release=upgrade.release,
                events=events,
                weight=_weight(one),
                changed=changed or upgrade.install,
                effects=(*running, *other),
            )
        )
    yield from sorted(found, key=lambda hook: (hook.weight, hook.address))


def hook_changes(upgrade: Upgrade, names: Names, index: ReleaseIndex) -> list[Change]:
    """The hooks that run at this upgrade or install and differ from the deployed revision's, by address.

    The action is `create`, `update`, or `forget` for one that no longer runs: Helm does not delete it. Where the old hooks were not
    given, the action is `unknown`, and every hook is judged as a new one: it runs.
    """
    new = names.table(one for one in upgrade.new_hooks if _current_events(one, upgrade))
    if upgrade.old_hooks is None and not upgrade.install:
        if upgrade.old is None:
            return []
        return [_not_compared(identity, one, upgrade, index) for identity, one in sorted(new.items())]
    old = names.table(one for one in upgrade.old_hooks or () if _current_events(one, upgrade))
    before = {identity: old.get(identity) for identity in new}
    gone = {identity: one for identity, one in old.items() if identity not in new}
    for identity in [identity for identity, one in before.items() if one is None]:
        renamed = _renamed(identity, new[identity], gone)
        if renamed is not None:
            before[identity] = gone.pop(renamed)
    found = [_change(identity, before[identity], one, upgrade, index) for identity, one in sorted(new.items())]
    objects = names.table((*upgrade.new, *upgrade.same))
    for identity, one in sorted(gone.items()):
        if identity not in objects:
            side = ObjectSide(predict.as_stored(one))
            found.append(structs.replace(_base(identity, one, upgrade), action=Action.FORGET, before=side))
    return [change for change in found if change is not None]


def gaps(upgrade: Upgrade) -> Iterator[Gap]:
    """The gap of hooks that run and could not be compared; none where there is nothing to compare."""
    if upgrade.install or upgrade.old is None or upgrade.old_hooks is not None:
        return
    if any(one.kind in _RUN and _current_events(one, upgrade) for one in upgrade.new_hooks):
        command = f"helm get hooks {upgrade.name or 'NAME'} -n {upgrade.namespace} > hooks.yaml"
        yield Gap(
            f"whether the hooks of {upgrade.name or 'the release'} changed",
            "those of the deployed revision were not given",
            f"{command}, then --hooks hooks.yaml",
        )


def events_of(one: KubeObject) -> tuple[str, ...]:
    """The events of an object's annotation `helm.sh/hook`; empty for an object that is no hook."""
    value = annotations_of(one.body).get(HOOK)
    return tuple(part.strip().lower() for part in value.split(",") if part.strip()) if isinstance(value, str) else ()


def _current_events(one: KubeObject, upgrade: Upgrade) -> list[str]:
    """The events of a hook that this install or upgrade runs."""
    return [event for event in events_of(one) if event in (_OF_INSTALL if upgrade.install else _OF_UPGRADE)]


def _weight(one: KubeObject) -> int:
    value = annotations_of(one.body).get(_WEIGHT)
    try:
        return int(str(value)) if value is not None else 0
    except ValueError:
        return 0


def _runs_code(one: KubeObject, upgrade: Upgrade, *, new: bool) -> Iterator[Effect]:
    events = _current_events(one, upgrade)
    if events and one.kind in _RUN:
        yield Effect(
            EffectName.RUNS_CODE, f"runs at {', '.join(events)}" + (" for the first time" if new else ""), "hook"
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


def _not_compared(identity: Identity, one: KubeObject, upgrade: Upgrade, index: ReleaseIndex) -> Change:
    running = tuple(
        structs.replace(
            effect, because=f"{effect.because}; whether it did the same before, --hooks tells", certain=False
        )
        for effect in _runs_code(one, upgrade, new=False)
    )
    side = ObjectSide(predict.as_stored(one))
    created = structs.replace(_base(identity, one, upgrade), action=Action.CREATE, after=side)
    judged = _judged(created, one, running, upgrade, index)
    return structs.replace(judged, action=Action.UNKNOWN)


def _change(
    identity: Identity, old: KubeObject | None, new: KubeObject, upgrade: Upgrade, index: ReleaseIndex
) -> Change | None:
    after = predict.as_stored(new)
    change = structs.replace(_base(identity, new, upgrade), action=Action.CREATE, after=ObjectSide(after))
    running = tuple(_runs_code(new, upgrade, new=old is None and not upgrade.install))
    if old is not None:
        before = predict.as_stored(old)
        attributes = tuple(compare(before, after, schema.root(new.api_version, new.kind)))
        if not attributes:
            return None
        change = structs.replace(
            change,
            action=Action.UPDATE,
            before=ObjectSide(before),
            attributes=attributes,
            differing=tuple(sorted({one.path.split(".")[0] for one in attributes})),
        )
        running = tuple(_with_difference(running, change, _current_events(old, upgrade), _current_events(new, upgrade)))
    return _judged(change, new, running, upgrade, index)


def _judged(
    change: Change,
    one: KubeObject,
    running: tuple[Effect, ...],
    upgrade: Upgrade,
    index: ReleaseIndex,
) -> Change:
    """A hook with what it does. Helm deletes and creates a hook at every run: the server validates it as a new object."""
    refused = tuple(validate(one, predict.as_stored(one), None, upgrade, server_side=upgrade.server_side is True))
    failing = tuple(effect for effect in refused if effect.name is EffectName.FAILS)
    effects = failing or (*running, *refused, *exposure.effects(change, index))
    return structs.replace(change, effects=tuple(dict.fromkeys(effects)), traits=images.traits(change))


def _with_difference(
    running: Iterable[Effect], change: Change, before: list[str], after: list[str]
) -> Iterator[Effect]:
    """The effects of a hook that ran before, with what differs: what it runs, or at which event."""
    paths = tuple(one.path for one in change.attributes if not one.path.startswith(_METADATA))
    for effect in running:
        if paths:
            because = f"{effect.because} in another way than before ({wording.listed(paths, _MAX_LISTED)})"
            yield structs.replace(effect, because=because, paths=paths)
        elif before != after:
            because = f"{effect.because} instead of {', '.join(before)}"
            yield structs.replace(effect, because=because, paths=(f'metadata.annotations["{HOOK}"]',))


def _renamed(identity: Identity, one: KubeObject, gone: dict[Identity, KubeObject]) -> Identity | None:
    """The old hook of the same kind and template, where the template renders another name each time."""
    for other, old in gone.items():
        if other[:3] == identity[:3] and old.template == one.template != "":
            return other
    return None
