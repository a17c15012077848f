"""Correlates a plan with the dry run of the same release, where both are given.

The plan says that a release is upgraded; the dry run says what that does to its objects, if both are of the same upgrade.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from msgspec import structs

from plangate.classify.diff import diff
from plangate.classify.terraform.helm_release import unseen, values
from plangate.lang.wording import listed
from plangate.model.change import Action, Gap, HelmChangeSet, TerraformChangeSet
from plangate.model.values import ABSENT, Sensitive, Unknown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plangate.model.change import Change, ChangeSet
    from plangate.model.release import Upgrade
    from plangate.model.values import Side

_MOST = 3
_KEPT = frozenset({Action.CREATE, Action.UPDATE, Action.REPLACE})


def correlate(changesets: Sequence[ChangeSet]) -> list[ChangeSet]:
    """The change sets; the releases of plans refer to their dry runs, with a gap where the two differ."""
    upgrades = [one for one in changesets if isinstance(one, HelmChangeSet)]
    counts = _counts(changesets)
    runs = {one.upgrade.release: one for one in upgrades if one.upgrade.release and counts[one.upgrade.release] == 1}
    if not runs:
        return list(changesets)
    return [_with_dry_runs(one, runs) if isinstance(one, TerraformChangeSet) else one for one in changesets]


def repeated(changesets: Sequence[ChangeSet]) -> list[Gap]:
    """A gap for each release of which several dry runs were given: which of them is applied, and whether all, is not known."""
    return [
        Gap(
            what=f"the dry runs of {release}",
            why=f"{number} were given, and one upgrade makes one of them come true",
            how_to_fix="review one dry run of a release at a time",
            inconclusive=True,
        )
        for release, number in sorted(_counts(changesets).items())
        if number > 1
    ]


def _counts(changesets: Sequence[ChangeSet]) -> Counter[str]:
    upgrades = (one.upgrade for one in changesets if isinstance(one, HelmChangeSet))
    return Counter(one.release for one in upgrades if one.release)


def _with_dry_runs(plan: TerraformChangeSet, runs: dict[str, HelmChangeSet]) -> TerraformChangeSet:
    changes: list[Change] = []
    skipped = list(plan.skipped)
    for change in plan.changes:
        run = runs.get(_release(change)) if change.type == unseen.TYPE and change.mode == "managed" else None
        if run is None or change.after is None or change.action not in _KEPT:
            changes.append(change)
            continue
        skipped = [one for one in skipped if one != unseen.not_rendered(change)]
        differing = list(_differing(change.after, run.upgrade))
        if differing:
            skipped.append(_differs_from_plan(change, run, differing))
        elif run.upgrade.values is None:
            skipped.append(_values_unknown(change, run))
        note = f"what it does to its objects: {run.input.path}"
        changes.append(
            structs.replace(
                change, release=run.upgrade.release, note=f"{change.note}; {note}" if change.note else note, noise=None
            )
        )
    return structs.replace(plan, changes=tuple(changes), skipped=tuple(skipped))


def _release(change: Change) -> str:
    side = change.after
    name, namespace = (None, None) if side is None else (side.get("name"), side.get("namespace"))
    return f"{namespace if isinstance(namespace, str) else 'default'}/{name}" if isinstance(name, str) else ""


def _differing(planned_side: Side, upgrade: Upgrade) -> Iterator[str]:
    """What the plan gives to Helm and the dry run did not get, or the other way round. Secrets of two inputs cannot be compared."""
    version = planned_side.get("version")
    if isinstance(version, str) and upgrade.chart.version and version.lstrip("v") != upgrade.chart.version.lstrip("v"):
        yield f"chart version {upgrade.chart.version} instead of {version}"
    planned = values.of(planned_side)
    if upgrade.values is None:
        return
    for leaf in diff(upgrade.values, planned.tree, ()):
        one_sided = ABSENT in (leaf.before, leaf.after)
        if any(isinstance(side, (Sensitive, Unknown)) for side in (leaf.before, leaf.after)) and not one_sided:
            continue
        if planned.unseen and one_sided:
            continue
        yield leaf.path


def _differs_from_plan(change: Change, run: HelmChangeSet, differences: list[str]) -> Gap:
    return Gap(
        what=run.input.path,
        why=f"is not the dry run of what {change.address} will do: {listed(differences, _MOST)} differ",
        how_to_fix="make the dry run with the chart version and the values of this plan",
        inconclusive=True,
    )


def _values_unknown(change: Change, run: HelmChangeSet) -> Gap:
    return Gap(
        what=run.input.path,
        why=f"does not tell which values it was made with, so that it may not be what {change.address} will do",
        how_to_fix="make the dry run with -o json",
    )
