"""What a change of a `helm_release` means: any of it is a real `helm upgrade`, whatever its values do."""

from __future__ import annotations

from typing import Final

from msgspec import structs

from plangate.classify.diff import diff, same
from plangate.classify.terraform.helm_release import values
from plangate.model.change import Action, AttributeChange, Change, Noise
from plangate.model.values import ABSENT, UNKNOWN, Sensitive, Side, spell

TYPE: Final = "helm_release"

_COMPUTED: Final = frozenset({"id", "metadata", "manifest", "resources", "status"})
"""What the provider works out; it differs at every update."""


def compare(change: Change) -> Change:
    """Show a release's values as Helm gets them, path by path, and say what the rest of the change does."""
    if change.before is None or change.after is None or not change.values_known:
        return change
    before, after = values.of(change.before), values.of(change.after)
    others = [leaf for leaf in change.attributes if _head(leaf) not in values.ATTRIBUTES]
    shown = [*_unseen(change.before, change.after, after), *_seen(before, after)]
    attributes = tuple(sorted((*shown, *others), key=lambda leaf: leaf.path))
    if change.action is not Action.UPDATE:
        return structs.replace(change, attributes=attributes)
    note, noise = _said(change, before, after, telling=any(_head(leaf) not in _COMPUTED for leaf in attributes))
    return structs.replace(change, attributes=attributes, noise=noise, note=note)


def _seen(before: values.Values, after: values.Values) -> list[AttributeChange]:
    """The changed leaves of the values. Where a part cannot be read, what seems to come or go may stand in that part."""
    hidden = {"removed" if after.unseen else "", "added" if before.unseen else ""}
    return [leaf for leaf in diff(before.tree, after.tree, ("values",)) if leaf.kind not in hidden]


def _unseen(before: Side, after: Side, merged: values.Values) -> list[AttributeChange]:
    """One leaf for each part of the values that is hidden, where it changes."""
    leaves: list[AttributeChange] = []
    for path in merged.unseen:
        old, new = before.at(path), after.at(path)
        if not same(old, new) or new is UNKNOWN:
            leaves.append(AttributeChange(spell(path), "added" if old in (ABSENT, None) else "changed", old, new))
    return leaves


def _said(
    change: Change, before: values.Values, after: values.Values, *, telling: bool
) -> tuple[str | None, Noise | None]:
    """The note and the noise of an update."""
    if after.unseen and change.after is not None:
        why = (
            "sensitive"
            if all(isinstance(change.after.at(path), Sensitive) for path in after.unseen)
            else "not known yet"
        )
        return f"{', '.join(map(spell, after.unseen))} is {why}: only the rest of the values has been compared", None
    resets = change.after is not None and change.after.get("reset_values") is True
    if before.tree and not after.tree and not before.unseen and not resets:
        return "no values are given any more, and Helm then reuses the old ones: nothing changes in the cluster", None
    if telling:
        return None, None
    return "the values stay the same: still a new revision whose hooks run again, and nothing else", Noise.FORMAT


def _head(leaf: AttributeChange) -> str:
    return leaf.path.partition(".")[0].partition("[")[0]
