"""The view `release` of a change: notices on the chart's version and the values that a user gave.

It is on one change: the `helm_release` of a plan, the first changed object of a dry run. Secrets in plain text are on the object.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import structs

from plangate.lang import semver
from plangate.lang.wording import listed
from plangate.model.change import Action, Gap, Notice, View
from plangate.model.values import ABSENT, Embedded, Sensitive, spell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from plangate.model.change import Change, HelmChangeSet
    from plangate.model.release import Upgrade
    from plangate.model.values import Absent, Path, Value

VIEW: Final = "release"
_MAX_LISTED: Final = 4


def with_notices(change: Change, notices: Iterable[Notice]) -> Change:
    """The change with notices added to its view `release`; the same change where there are none."""
    found = tuple(notices)
    if not found:
        return change
    earlier = change.views[VIEW].notices if VIEW in change.views else ()
    view = View(before=change.before, after=change.after, attributes=change.attributes, notices=(*earlier, *found))
    return structs.replace(change, views={**change.views, VIEW: view})


def classify(changeset: HelmChangeSet, release_words: Callable[[str], frozenset[str]]) -> HelmChangeSet:
    """The change set of an upgrade with the views, notes and gaps of its release.

    `release_words` gives, for the name of a chart, the words that mean a release in its versions (`semver.read`).
    """
    upgrade = changeset.upgrade
    listed = len(changeset.changes)
    changes = [with_notices(change, _plain_secrets(change)) for change in changeset.judged]
    # A release without any change gets no notices.
    nothing = (Action.NO_OP, Action.UNKNOWN)
    first = next((i for i, change in enumerate(changes) if change.action not in nothing), None)
    if first is not None:
        words = release_words(upgrade.chart.name or upgrade.old_chart.name)
        of_chart = chart_notices(upgrade.name, upgrade.old_chart.version, upgrade.chart.version, words)
        changes[first] = with_notices(changes[first], (*of_chart, *_values_notices(upgrade)))
    return structs.replace(
        changeset,
        changes=tuple(changes[:listed]),
        hook_changes=tuple(changes[listed:]),
        notes=(*changeset.notes, *_notes(upgrade)),
        skipped=(*changeset.skipped, *_gaps(upgrade)),
    )


def chart_notices(who: str, old: str, new: str, release_words: frozenset[str]) -> Iterator[Notice]:
    """The notices on a move from one chart version to another; none where either is no version."""
    before, after = (semver.read(text, release_words=release_words) for text in (old, new))
    if before is None or after is None:
        return
    far, both = semver.step(before, after), f"{old} → {new}"
    if far == "major":
        yield Notice("chart-major", f"{who} moves to a new major version of its chart ({both})", ("version",))
    if far == "older":
        yield Notice("chart-downgraded", f"{who} goes back to an older version of its chart ({both})", ("version",))
    if after.is_prerelease and not before.is_prerelease:
        yield Notice("chart-prerelease", f"{who} moves to a prerelease of its chart ({both})", ("version",))


def _values_notices(upgrade: Upgrade) -> Iterator[Notice]:
    """The notices on values that are reset or dropped."""
    old, new = upgrade.old_values, upgrade.values
    if old is None or new is None or not old:
        return
    if not new:
        because = f"{upgrade.name} is upgraded without values: those of the deployed revision are reset to the defaults of the chart"
        yield Notice("values-reset", because)
        return
    dropped = [spell(path) for path in _leaves(old, ()) if not _has(new, path)]
    if dropped:
        because = f"{upgrade.name} no longer gets {listed(dropped, _MAX_LISTED)}: the defaults of the chart take {'its' if len(dropped) == 1 else 'their'} place"
        yield Notice("values-dropped", because, tuple(dropped))


def _plain_secrets(change: Change) -> Iterator[Notice]:
    """The notice on a change that adds secrets to a ConfigMap or a pod template."""
    if change.after is None or change.action not in (Action.CREATE, Action.UPDATE) or change.views.keys() - {VIEW}:
        # An application's view has policies of its own for this.
        return
    roots: tuple[Path, ...] = (("data",),) if change.type == "core/ConfigMap" else (("spec",),)
    if change.type != "core/ConfigMap" and change.after.at(("spec", "template", "spec")) is ABSENT:
        return
    new = {path for root in roots for path in _secret_paths(change.after.at(root), root)}
    old = set() if change.before is None else {p for root in roots for p in _secret_paths(change.before.at(root), root)}
    paths = tuple(sorted(new - old))
    if paths:
        because = f"{change.address} holds a secret in plain text ({', '.join(paths[:_MAX_LISTED])})"
        yield Notice("secret-in-plain-text", because, paths)


def _secret_paths(value: Value | Absent, path: Path) -> Iterator[str]:
    """The paths of secrets. List items are spelled by their name where they have one, so that another order is no change."""
    if isinstance(value, Embedded):
        value = value.value
    if isinstance(value, Sensitive):
        yield spell(path)
    elif isinstance(value, dict):
        for key, below in value.items():
            yield from _secret_paths(below, (*path, key))
    elif isinstance(value, list):
        for position, below in enumerate(value):
            name = below.get("name") if isinstance(below, dict) else None
            yield from _secret_paths(below, (*path, name if isinstance(name, str) else position))


def _notes(upgrade: Upgrade) -> Iterator[str]:
    old, new = upgrade.old_chart, upgrade.chart
    if old.version and new.version and old.version != new.version:
        yield f"chart {new.name or old.name} {old.version} → {new.version}"
    if upgrade.values and upgrade.values == upgrade.old_values:
        yield "the values are those of the deployed revision, given again or reused"


def _gaps(upgrade: Upgrade) -> Iterator[Gap]:
    if (
        upgrade.install
        or upgrade.old is None
        or upgrade.major is None
        or (upgrade.values is not None and upgrade.old_values is not None)
    ):
        return
    if upgrade.values is None:
        why, how = "a dry run as text does not tell its values", "make the dry run with -o json, or with --debug"
    else:
        command = f"helm get values {upgrade.name} -n {upgrade.namespace} -o json > values.json"
        why, how = "the values of the deployed revision were not given", f"{command}, then --live-values values.json"
    yield Gap(f"which values of {upgrade.name} are reused, reset or dropped", why, how)


def _leaves(value: Value, path: Path) -> Iterator[Path]:
    if isinstance(value, dict) and value:
        for key, below in value.items():
            yield from _leaves(below, (*path, key))
    elif path:
        yield path


def _has(values: Value, path: Path) -> bool:
    """Whether values have a path, or a scalar above it."""
    for part in path:
        if not isinstance(values, dict):
            return True
        if part not in values:
            return False
        values = values[str(part)]
    return True
