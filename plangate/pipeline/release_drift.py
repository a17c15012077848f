"""Attaches drift to the Helm releases of a plan: desired values from classify, recorded and live ones from ingest.

The rules of the comparison are in `plangate.drift`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import structs

from plangate.classify.terraform.helm_release import release as releases
from plangate.classify.terraform.helm_release import values as merged
from plangate.drift import release as drifted
from plangate.drift import state as state_drift
from plangate.drift import values
from plangate.drift.wording import when
from plangate.ingest.terraform import state as terraform_state
from plangate.model.change import Action, EffectName, Freshness, Gap
from plangate.model.input import RawInput
from plangate.model.release import ReleaseEvidence
from plangate.model.values import ABSENT, Embedded, Side

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plangate.model.change import Change, Drift, TerraformChangeSet
    from plangate.model.values import Value
    from plangate.pipeline.context import PlanContext

_NEW = frozenset({Action.CREATE, Action.IMPORT, Action.READ, Action.UNKNOWN})
_COMPARED = frozenset({Action.UPDATE, Action.REPLACE, Action.CREATE, Action.NO_OP, Action.MOVE, Action.IMPORT})


def attach(changeset: TerraformChangeSet, owned: tuple[values.Owned, ...] = ()) -> TerraformChangeSet:
    """The plan with the drift of its Helm releases and its effects on their changes."""
    helm_releases = [c for c in (*changeset.changes, *changeset.unchanged) if c.type == releases.TYPE]
    if not helm_releases:
        return changeset
    evidence = {one.address: one for one in changeset.releases}
    found = {str(change.address): change for change in changeset.recorded_drift if change.type == releases.TYPE}
    uninstalled = {_name(change) for change in helm_releases if change.action is Action.DESTROY}
    drift: list[Drift] = []
    notes: list[str] = []
    skipped: list[Gap] = []
    changed: dict[int, Change] = {}
    compared: set[str] = set()
    for change in helm_releases:
        address = str(change.address)
        known = evidence.get(address) or ReleaseEvidence(address=address, release=_name(change))
        sides = _imported(known, change) if change.import_id is not None else _sides(known, found.get(address))
        entries: tuple[Drift, ...] = ()
        # An install over a release that is there is refused, unless it may become an upgrade.
        upgrades = change.action is not Action.CREATE or _get(change.after, "upgrade_install") is True
        if sides is not None and change.action in _COMPARED and upgrades and change.values_known:
            entries, unseen = values.compared(values.compare_sides(_planned(change, known.release), sides, owned))
            skipped += unseen
            compared.add(address)
        drift += entries
        unowned = tuple(entry for entry in entries if not values.owner_of(entry.path, owned))
        updated = _with_effects(change, known, unowned, sides)
        if change.action is Action.CREATE and _get(change.after, "upgrade_install") is not True:
            refused = tuple(drifted.existing_release_effects(known, uninstalled=known.release in uninstalled))
            updated = structs.replace(updated, effects=(*updated.effects, *refused)) if refused else updated
        changed[id(change)] = updated
        notes += drifted.notes(known, change.action, unowned)
    recorded = (entry for entry in changeset.drift if not _repeated(entry, compared))
    return structs.replace(
        changeset,
        changes=tuple(changed.get(id(change), change) for change in changeset.changes),
        drift=(*recorded, *drift),
        notes=(*changeset.notes, *notes),
        skipped=(*changeset.skipped, *skipped),
    )


def _repeated(entry: Drift, compared: set[str]) -> bool:
    """Whether a recorded difference is in the release's metadata, whose values were compared path by path."""
    return entry.release is None and entry.address in compared and entry.path.startswith("metadata")


def _planned(change: Change, release: str) -> values.Planned:
    before = merged.of(change.before) if change.before is not None else merged.Values({})
    after = merged.of(change.after) if change.after is not None else merged.Values({})
    stays = before.unseen == after.unseen and all(
        change.before is not None and change.after is not None and change.before.at(path) == change.after.at(path)
        for path in after.unseen
    )
    return values.Planned(
        address=str(change.address),
        release=release,
        action=change.action,
        desired=values.ValuesSide(after.tree, bool(after.unseen)),
        before=values.ValuesSide(before.tree, bool(before.unseen)),
        hidden_stay=stays,
        reuse=_get(change.after, "reuse_values") is True,
        reset=_get(change.after, "reset_values") is True,
        write_only=_get(change.after, "set_wo_revision") not in (ABSENT, None, 0),
    )


def _sides(known: ReleaseEvidence, found: Change | None) -> values.Sides | None:
    """The recorded and live values; without cluster evidence, those of the plan's refresh. None where neither is known."""
    moment = when(known.history, known.recorded_revision)
    if known.live is not None:
        recorded = known.recorded if known.recorded is not None else _metadata_values(found.before if found else None)
        if not moment and found is not None:
            moment = when(known.history, _revision(found.before))
        return values.Sides(known.live, recorded, moment)
    live = _metadata_values(found.after) if found is not None else None
    if found is None or live is None:
        return None
    revision = _revision(found.after)
    return values.Sides(live, _metadata_values(found.before), f"revision {revision}" if revision else "")


def _imported(known: ReleaseEvidence, change: Change) -> values.Sides | None:
    """The sides of an imported release. No apply came before, so the values that the import read are the recorded ones."""
    read = _metadata_values(change.before)
    if known.live is not None:
        return values.Sides(known.live, read if read is not None else known.live)
    return None if read is None else values.Sides(read, read)


def _metadata_values(side: Side | None) -> dict[str, Value] | None:
    """The values in a release's `metadata`, which Helm had at the last refresh; None where they cannot be read."""
    text = _metadata(side, "values")
    if isinstance(text, Embedded) and isinstance(text.value, dict):
        return text.value
    return {} if text in ("", "{}", "null") else None


def _revision(side: Side | None) -> int | None:
    revision = _metadata(side, "revision")
    return revision if isinstance(revision, int) else None


def _metadata(side: Side | None, key: str) -> object:
    """One entry of a release's `metadata`, which version 2 of the provider keeps in a list of one."""
    if side is None:
        return None
    found = side.at(("metadata", key))
    return side.at(("metadata", 0, key)) if found is ABSENT else found


def _with_effects(
    change: Change, known: ReleaseEvidence, entries: Iterable[Drift], sides: values.Sides | None
) -> Change:
    """The change with effects on values that were changed by hand."""
    version = _get(change.after, "version")
    new = [
        *(drifted.import_effects(tuple(entries)) if change.import_id is not None else ()),
        *drifted.undone_effects(tuple(entries), sides.when if sides is not None else ""),
        *drifted.moved_release_effects(known, change.action, version if isinstance(version, str) else ""),
    ]
    if not new or change.action is Action.NO_OP:
        return change
    kept = [e for e in change.effects if e.name is not EffectName.REVERTS_LIVE]
    return structs.replace(change, effects=(*kept, *new), noise=None)


def _name(change: Change) -> str:
    side = change.before if change.before is not None else change.after
    name, namespace = _get(side, "name"), _get(side, "namespace")
    return f"{namespace if isinstance(namespace, str) else 'default'}/{name if isinstance(name, str) else change.name}"


def _get(side: Side | None, key: str) -> object:
    return ABSENT if side is None else side.get(key)


def attach_freshness(changeset: TerraformChangeSet, context: PlanContext) -> TerraformChangeSet:
    """The plan with its freshness relative to the current state."""
    saved = context.saved
    freshness = changeset.freshness
    if freshness is None and saved is not None:
        freshness = Freshness(lineage=saved.lineage, serial_plan=saved.serial)
    skipped: tuple[Gap, ...] = ()
    if context.state_read:
        state = context.state
        lineage, serial = (state.lineage, state.serial) if state is not None else (None, 0)
        moved = _moved(changeset, context) if freshness is not None and freshness.serial_plan != serial else None
        freshness = state_drift.freshness_of(freshness, lineage, serial, context.lock, moved=moved)
        skipped = (*_unproven(freshness), *_other_state(changeset, freshness, context))
    known = [one for one in changeset.releases if one.recorded_revision is not None or one.live_revision is not None]
    if len(known) == 1:
        freshness = structs.replace(
            freshness or Freshness(),
            revision_recorded=known[0].recorded_revision,
            revision_live=known[0].live_revision,
        )
    return structs.replace(
        changeset,
        freshness=freshness,
        evidence={**changeset.evidence, **_evidence(changeset, context)},
        skipped=(*changeset.skipped, *skipped),
    )


def _moved(changeset: TerraformChangeSet, context: PlanContext) -> dict[str, tuple[str, ...]] | None:
    """The attributes that differ, by address of this plan, between the saved plan's state and the current one; None if unknown."""
    unseen = not changeset.changes and any(skipped.input_failed for skipped in changeset.skipped)
    if context.saved is None or context.state is None or unseen:
        return None
    given = RawInput(changeset.input.path, context.saved.state)
    old = terraform_state.read(given)
    if old is None:
        return None
    return terraform_state.changed_since(
        old, context.state, frozenset(str(change.address) for change in changeset.changes), context.releases.key
    )


def _unproven(freshness: Freshness) -> Iterator[Gap]:
    if freshness.serial_plan is None:
        yield Gap(
            "freshness of the plan",
            "plan JSON does not tell which state it was made from",
            "give the saved plan too: --saved-plan tfplan",
        )


def _other_state(changeset: TerraformChangeSet, freshness: Freshness, context: PlanContext) -> Iterator[Gap]:
    """A gap where the state holds none of the plan's existing objects, so it is another state."""
    existing = frozenset(
        change.moved_from or str(change.address)
        for change in (*changeset.changes, *changeset.unchanged)
        if change.mode == "managed" and change.action not in _NEW and not change.address.deposed
    )
    if not existing or freshness.serial_plan is not None:
        return
    state = context.state
    if state is None:
        why = "there is no state in this place, and the plan was made from one"
    elif next(state.instances(existing), None) is None:
        why = "holds nothing of what this plan changes: it is another state"
    else:
        return
    yield Gap(
        state.path if state is not None else "state",
        why,
        "give the place of the state that was planned",
        inconclusive=True,
    )


def _evidence(changeset: TerraformChangeSet, context: PlanContext) -> dict[str, str]:
    """Which kinds of evidence are given or missing; none is needed for a release that is created."""
    new = {str(change.address) for change in changeset.changes if change.action is Action.CREATE}
    found: dict[str, str] = {}
    for one in changeset.releases:
        if one.address not in new:
            for kind, word in one.evidence.items():
                found[kind] = "missing" if "missing" in (word, found.get(kind)) else word
    if context.state_read:
        found["state"] = "given"
    return found
