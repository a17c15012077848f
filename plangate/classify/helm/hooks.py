"""The hooks of the new revision: what runs before and after, and whether it is another thing than last time."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plangate.classify.helm.compare import same
from plangate.classify.helm.objects import address_of, annotations_of
from plangate.model import Address, Effect, EffectName, Hook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.classify.helm.objects import Names
    from plangate.model import KubeObject, Upgrade

HOOK: Final = "helm.sh/hook"
_WEIGHT: Final = "helm.sh/hook-weight"
_TESTS: Final = frozenset({"test", "test-success", "test-failure"})
_RUN: Final = frozenset({"Job", "Pod"})
_OF_UPGRADE: Final = ("pre-upgrade", "post-upgrade")
_OF_INSTALL: Final = ("pre-install", "post-install")


def listed(upgrade: Upgrade, names: Names) -> Iterator[Hook]:
    """Every hook but tests, in the order of their weights."""
    old = names.table(upgrade.old_hooks or ())
    found = []
    for one in upgrade.new_hooks:
        events = events_of(one)
        if not events or _TESTS.issuperset(events):
            continue
        before = old.get(names.identity(one))
        known = upgrade.old_hooks is not None
        changed = known and (before is None or not same(before.body, one.body))
        found.append(
            Hook(
                address=Address(address_of(names.identity(one))),
                release=upgrade.release,
                events=events,
                weight=_weight(one),
                changed=changed or upgrade.install,
                effects=tuple(_effects(one, events, upgrade, new=known and before is None)),
            )
        )
    yield from sorted(found, key=lambda hook: (hook.weight, hook.address))


def events_of(one: KubeObject) -> tuple[str, ...]:
    """The events it hooks into."""
    value = annotations_of(one.body).get(HOOK)
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else ()


def _weight(one: KubeObject) -> int:
    value = annotations_of(one.body).get(_WEIGHT)
    try:
        return int(str(value)) if value is not None else 0
    except ValueError:
        return 0


def _effects(one: KubeObject, events: tuple[str, ...], upgrade: Upgrade, *, new: bool) -> Iterator[Effect]:
    mine = [event for event in events if event in (_OF_INSTALL if upgrade.install else _OF_UPGRADE)]
    if mine and one.kind in _RUN:
        yield Effect(
            EffectName.RUNS_CODE, f"runs at {', '.join(mine)}" + (" for the first time" if new else ""), "hook"
        )
