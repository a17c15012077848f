"""What a plan cannot say of a `helm_release`: values that are not known yet, secrets that Terraform forgets, and what is rendered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import structs

from plangate.classify.assumed import base, reasons
from plangate.classify.helm_release import values
from plangate.model import ABSENT, Action, Noise, Sensitive, Skipped, Unknown, spell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.model import Change, ChangeSet, Path, Side, Value

TYPE: Final = "helm_release"
UNSEEN: Final = "values-unseen"
"""A whole document of values is not known yet, in an update: anything in it may change."""
FORGOTTEN: Final = "write-only-values-lost"
EMPTIED: Final = "values-emptied"
PLAIN: Final = "secret-in-plain-values"

_UPGRADES: Final = frozenset({Action.UPDATE, Action.CREATE, Action.REPLACE})
DRY_RUN: Final = "helm upgrade {name} CHART -n {namespace} -f VALUES --dry-run=server -o json > dry-run.json, and give it beside the plan"


def tell(changeset: ChangeSet) -> ChangeSet:
    """Complete the releases of a plan: traits, and what was not examined."""
    skipped: list[Skipped] = []
    changes = []
    for change in changeset.changes:
        if change.type != TYPE or change.mode != "managed" or not change.values_known:
            changes.append(change)
            continue
        found = frozenset(_traits(change, changeset))
        changes.append(structs.replace(change, traits=change.traits | found) if found else change)
        skipped += _unseen(change, changeset)
        if change.action in _UPGRADES and change.noise is not Noise.FORMAT:
            skipped.append(_not_rendered(change))
    return structs.replace(changeset, changes=tuple(changes), skipped=(*changeset.skipped, *skipped))


def _traits(change: Change, changeset: ChangeSet) -> Iterator[str]:
    if change.action in _UPGRADES and change.after is not None and _secrets(change.after) - _secrets(change.before):
        yield PLAIN
    if change.action is not Action.UPDATE or change.before is None or change.after is None:
        return
    before, after = values.of(change.before), values.of(change.after)
    if any(_whole_document(path) for path in _unknown(change)):
        yield UNSEEN
    resets = change.after.get("reset_values") is True
    if before.tree and not after.tree and not before.unseen and not after.unseen and not resets:
        yield EMPTIED
    written = changeset.written.get(base(str(change.address)), {})
    same = change.before.get("set_wo_revision") == change.after.get("set_wo_revision")
    if "set_wo" in written and same and change.after.get("reuse_values") is not True:
        yield FORGOTTEN


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


def _whole_document(path: Path) -> bool:
    return path[0] == "values"


def _unknown(change: Change) -> list[Path]:
    """Where the values are not known yet."""
    if change.after is None or change.action not in _UPGRADES:
        return []
    return [path for path in values.of(change.after).unseen if isinstance(change.after.at(path), Unknown)]


def _unseen(change: Change, changeset: ChangeSet) -> Iterator[Skipped]:
    for path in _unknown(change):
        if change.action is Action.CREATE and not _whole_document(path):
            continue
        causes = reasons(changeset, change, str(path[0]))
        because = f", because of {', '.join(causes)}" if causes else ""
        once = f"apply {' and '.join(causes)} first" if causes else "apply what it hangs on first"
        assume = " ".join(f"--assume {cause}=current" for cause in causes)
        yield Skipped(
            what=f"{spell(path)} of {change.address}",
            why=f"is known only after apply{because}: what changes in it was not reviewed, the rest was",
            how_to_fix=f"{once}, or {assume} where it stays as it is" if assume and change.before is not None else once,
        )


def _not_rendered(change: Change) -> Skipped:
    side = change.after
    name, namespace = (side.get(key) if side is not None else None for key in ("name", "namespace"))
    return Skipped(
        what=f"the objects of {change.address}",
        why="a plan shows values and not what the chart makes of them: pods and other objects were not examined",
        how_to_fix=DRY_RUN.format(
            name=name if isinstance(name, str) else "NAME",
            namespace=namespace if isinstance(namespace, str) else "default" if namespace in (None, ABSENT) else "NS",
        ),
    )
