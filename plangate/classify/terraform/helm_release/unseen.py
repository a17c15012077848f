"""What a plan cannot say of a `helm_release`: values that are not known yet, secrets that Terraform forgets, and what is rendered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import structs

from plangate.classify import release_view
from plangate.classify.terraform.assumed import reasons
from plangate.classify.terraform.helm_release import values
from plangate.model.change import Action, Gap, Noise, Notice, base
from plangate.model.values import ABSENT, Sensitive, Unknown, spell

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plangate.model.change import Change, TerraformChangeSet
    from plangate.model.values import Path, Side, Value

TYPE: Final = "helm_release"

_UPGRADES: Final = frozenset({Action.UPDATE, Action.CREATE, Action.REPLACE})
DRY_RUN: Final = "helm upgrade {name} CHART -n {namespace} -f VALUES --dry-run=server -o json > dry-run.json, and give it beside the plan"


def tell(changeset: TerraformChangeSet, release_words: Callable[[str], frozenset[str]]) -> TerraformChangeSet:
    """Complete the releases of a plan: what is to be said of each, and what was not examined.

    `release_words` gives, for a chart, the words that mean a release in its versions (`semver.read`).
    """
    skipped: list[Gap] = []
    changes = []
    for change in changeset.changes:
        if change.type != TYPE or change.mode != "managed" or not change.values_known:
            changes.append(change)
            continue
        changes.append(release_view.with_notices(change, _notices(change, changeset, release_words)))
        skipped += _unseen(change, changeset)
        if change.action in _UPGRADES and change.noise is not Noise.FORMAT:
            skipped.append(not_rendered(change))
    return structs.replace(changeset, changes=tuple(changes), skipped=(*changeset.skipped, *skipped))


def _notices(
    change: Change, changeset: TerraformChangeSet, release_words: Callable[[str], frozenset[str]]
) -> Iterator[Notice]:
    who, before, after = str(change.address), change.before, change.after
    if change.action not in _UPGRADES or after is None:
        return
    plain = sorted(map(spell, _secrets(after) - _secrets(before)))
    if plain:
        paths = tuple(f"values.{path}" for path in plain)
        yield Notice(
            "secret-in-plain-values", f"{who} gets a secret among its plain values ({', '.join(paths)})", paths
        )
    if change.action is not Action.UPDATE or before is None:
        return
    hidden = [path for path in _unknown(change) if path[0] == "values"]
    if hidden:
        causes = reasons(changeset, change, "values")
        because = f" (because of {', '.join(causes)})" if causes else ""
        yield Notice(
            "values-unseen",
            f"{who} gets values that are known only after apply{because}: what changes in them was not reviewed",
            tuple(map(spell, hidden)),
        )
    masked = [path for path in values.of(after).unseen if path[0] == "values" and _hidden_anew(before, after, path)]
    if masked and not hidden:
        why = "marked as sensitive" if _marked(after, masked[0]) else "masked, as they may hold secrets"
        yield Notice(
            "values-unseen",
            f"{who} gets other values, and all of them are {why}: what changes in them was not reviewed",
            tuple(map(spell, masked)),
        )
    if _emptied(before, after):
        yield Notice(
            "values-emptied", f"{who} gives no values any more, and Helm goes on with the old ones", ("values",)
        )
    arguments = changeset.arguments.get(base(who), {})
    same = before.get("set_wo_revision") == after.get("set_wo_revision")
    if "set_wo" in arguments and same and after.get("reuse_values") is not True:
        because = f"{who} is updated without its write-only values: set_wo_revision stays the same"
        yield Notice("write-only-values-lost", because, ("set_wo_revision",))
    old, new = before.get("version"), after.get("version")
    if isinstance(new, Unknown):
        because = f"{who} gets a version of its chart that is known only after apply"
        yield Notice("chart-major", because, ("version",), certain=False)
    chart = after.get("chart")
    words = release_words(chart if isinstance(chart, str) else "")
    yield from release_view.chart_notices(
        who, old if isinstance(old, str) else "", new if isinstance(new, str) else "", words
    )


def _hidden_anew(before: Side, after: Side, path: Path) -> bool:
    """Whether a whole document is hidden, and is not the one that was hidden before."""
    value = after.at(path)
    return isinstance(value, Sensitive) and value != before.at(path)


def _marked(side: Side, path: Path) -> bool:
    value = side.at(path)
    return isinstance(value, Sensitive) and value.marked


def _emptied(before: Side, after: Side) -> bool:
    """Whether all values go, and nothing changes by it: Helm reuses the old ones where none are given."""
    old, new = values.of(before), values.of(after)
    resets = after.get("reset_values") is True
    return bool(old.tree) and not new.tree and not old.unseen and not new.unseen and not resets


def _secrets(side: Side | None) -> set[Path]:
    """Where secrets stand among the plain values."""
    return set() if side is None else set(_hidden(values.of(side, plain=True).tree, ()))


def _hidden(value: Value, path: Path) -> Iterator[Path]:
    if isinstance(value, Sensitive):
        yield path
    elif isinstance(value, dict):
        for key, below in value.items():
            # Charts name a Secret that exists already in this way: it is masked, as any name with "secret" in it, and holds none.
            if not key.lower().startswith("existing"):
                yield from _hidden(below, (*path, key))
    elif isinstance(value, list):
        for position, below in enumerate(value):
            yield from _hidden(below, (*path, position))


def _unknown(change: Change) -> list[Path]:
    """Where the values are not known yet."""
    if change.after is None or change.action not in _UPGRADES:
        return []
    return [path for path in values.of(change.after).unseen if isinstance(change.after.at(path), Unknown)]


def _unseen(change: Change, changeset: TerraformChangeSet) -> Iterator[Gap]:
    for path in _unknown(change):
        if change.action is Action.CREATE and path[0] != "values":
            continue
        causes = reasons(changeset, change, str(path[0]))
        because = f", because of {', '.join(causes)}" if causes else ""
        once = f"apply {' and '.join(causes)} first" if causes else "apply what it hangs on first"
        assume = " ".join(f"--assume {cause}=current" for cause in causes)
        yield Gap(
            what=f"{spell(path)} of {change.address}",
            why=f"is known only after apply{because}: what changes in it was not reviewed, the rest was",
            how_to_fix=f"{once}, or {assume} where it stays as it is" if assume and change.before is not None else once,
        )


def not_rendered(change: Change) -> Gap:
    """That a plan does not tell what the chart makes of the values."""
    side = change.after
    name, namespace = (side.get(key) if side is not None else None for key in ("name", "namespace"))
    return Gap(
        what=f"the objects of {change.address}",
        why="a plan shows values and not what the chart makes of them: pods and other objects were not examined",
        how_to_fix=DRY_RUN.format(
            name=name if isinstance(name, str) else "NAME",
            namespace=namespace if isinstance(namespace, str) else "default" if namespace in (None, ABSENT) else "NS",
        ),
    )
