"""Every rule on every change."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from msgspec import Struct, structs

from plangate.classify.terraform.impact import (
    carriers,
    credentials,
    exposure,
    guards,
    imports,
    names,
    network,
    pairs,
    protection,
    removal,
    risk,
    switches,
    takeovers,
    traits,
    updates,
)
from plangate.classify.terraform.impact.correlations import Correlations, story
from plangate.classify.terraform.impact.plan_index import PlanIndex, Subject, scene
from plangate.classify.terraform.impact.rights import given, roles
from plangate.classify.terraform.impact.rights.knowledge import documents
from plangate.classify.terraform.impact.values import unseen
from plangate.model.change import Action, Change, Effect, EffectName, TerraformChangeSet

if TYPE_CHECKING:
    from plangate.model.values import Side

_IDLE: Final = frozenset({Action.READ, Action.NO_OP})

_GONE: Final = frozenset({Action.DESTROY, Action.REPLACE, Action.UNKNOWN})
_KEPT: Final = frozenset({Action.CREATE, Action.UPDATE, Action.REPLACE, Action.UNKNOWN, Action.IMPORT, Action.MOVE})
_CHANGED: Final = frozenset({Action.UPDATE, Action.REPLACE})
_SAID: Final = frozenset({EffectName.DATA_LOSS, EffectName.TRAFFIC_CUT, EffectName.FORGETS, EffectName.ROTATES_SECRET})
"""Effects that say more precisely what goes than the class of its type does."""
_ANY: Final = frozenset(Action)


class Rule(Struct, frozen=True):
    """What says something of a change, and for which actions and types it has to be asked at all."""

    ask: Callable[[Subject, PlanIndex], Iterator[Effect]]
    actions: frozenset[Action]
    concerns: Callable[[str], object] = bool


RULES: Final = (
    Rule(removal.refusals, _GONE, protection.refusals),
    Rule(removal.in_use, frozenset({Action.REPLACE}), protection.in_use),
    Rule(names.collides, frozenset({Action.REPLACE}), names.named),
    Rule(removal.data_loss, _GONE, removal.holds),
    Rule(removal.outage, _GONE, traits.of_type),
    Rule(removal.left_behind, _GONE | {Action.FORGET}),
    Rule(guards.switched_off, _CHANGED, protection.guards),
    Rule(guards.removed, frozenset({Action.DESTROY}), protection.guard_resources),
    Rule(network.opened, _KEPT, exposure.network_rules),
    Rule(switches.opened, _KEPT, exposure.switches),
    Rule(switches.weak, _KEPT, exposure.weak_guards),
    Rule(switches.locked, _KEPT, exposure.locks),
    Rule(given.opened, _KEPT, documents),
    Rule(roles.opened, _KEPT, roles.concerns),
    Rule(takeovers.taken_over, frozenset({Action.CREATE}), takeovers.of_type),
    Rule(names.twice, frozenset({Action.CREATE}), names.paths),
    Rule(updates.downgrades, frozenset({Action.UPDATE}), risk.no_way_back),
    Rule(updates.restarts, frozenset({Action.UPDATE}), risk.restarts),
    Rule(updates.shortened, frozenset({Action.UPDATE}), risk.kept),
    Rule(updates.rolls_pods, frozenset({Action.UPDATE}), lambda type_: type_ in risk.knowledge().pod_templates),
    Rule(updates.scaled_to_zero, _CHANGED, lambda type_: risk.stops(type_) or type_ in risk.knowledge().counts),
    Rule(updates.reverts, _CHANGED),
    Rule(imports.differs, frozenset({Action.UPDATE})),
    Rule(credentials.rotates, _CHANGED),
    Rule(credentials.runs_code, _ANY),
)
"""Effects stand in this order."""


@functools.cache
def rules_for(action: Action, type_: str) -> tuple[Rule, ...]:
    """The rules that can say something of changes of one type."""
    return tuple(rule for rule in RULES if action in rule.actions and rule.concerns(type_))


def assess(changeset: TerraformChangeSet) -> TerraformChangeSet:
    """Say of every managed change what it does to running things, what it is, and what it belongs to."""
    around, told = scene(changeset), story(changeset)
    return structs.replace(changeset, changes=tuple(_assess(change, around, told) for change in changeset.changes))


def _assess(change: Change, around: PlanIndex, told: Correlations) -> Change:
    if change.mode != "managed" or change.action in _IDLE:
        return change
    carried = carriers.carried(change)
    type_ = carried or change.type
    seen = carriers.native(change, carried) if carried is not None else change
    partner = told.partners.get(pairs.key(change))
    old = _old(seen, carriers.native(partner, carried) if carried is not None and partner is not None else partner)
    after = around.after(seen, type_, old)
    subject = Subject(seen, type_, traits.of(seen, type_), old, renamed=partner is not None, after=after)
    effects = tuple(
        effect if effect.certain else _explained(effect, seen)
        for rule in rules_for(change.action, type_)
        for effect in rule.ask(subject, around)
    )
    said = _SAID if change.action is Action.REPLACE else _SAID | {EffectName.UNPROTECTS}
    if subject.deletes and not any(effect.name in said for effect in effects):
        effects += tuple(removal.goes(subject, around))
    if partner is not None and change.action is Action.DESTROY:
        effects += (pairs.renames(change, partner),)
    refused = tuple(effect for effect in effects if effect.name is EffectName.FAILS and effect.certain)
    tied, note = told.tell(change, subject.traits)
    if carried is not None and subject.deletes:
        note = "; ".join(filter(None, (f"judged as the {carried} that it carries", note)))
    known = subject.traits | set(tied)
    if subject.renamed and "recreatable" in known:
        # A new one of the same name takes its place: nothing is left standing on air.
        known -= {"foundation"}
    return structs.replace(change, effects=refused or effects, traits=known, note=note)


def _explained(effect: Effect, change: Change) -> Effect:
    """An effect that hangs on a value that cannot be seen, with the reason why it cannot."""
    for path in effect.paths:
        name = re.split(r"[.\[]", path, maxsplit=1)[0]
        why = unseen(change.after.get(name)) if change.after is not None else ""
        if why:
            return structs.replace(effect, because=f"{effect.because}; {name} is {why}")
    return effect


def _old(change: Change, partner: Change | None) -> Side | None:
    """What was there before. A created object is compared with the one that it is a renamed form of."""
    if change.action is Action.CREATE:
        return partner.before if partner is not None else None
    return change.before
