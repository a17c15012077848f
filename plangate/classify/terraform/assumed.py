"""What hangs on a value that only the apply will know, and what somebody says of it: `--assume ADDRESS=current`.

One unknown inside of `yamlencode()` or `templatefile()` blanks the whole text. With the assumption that what it comes from stays as
it is, the text is taken as it is now. That is always said: another part of the same text may change, and nobody has seen it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import structs

from plangate.model.change import Action, Gap, base
from plangate.model.values import ABSENT, UNKNOWN, Absent, within

if TYPE_CHECKING:
    from collections.abc import Iterable

    from plangate.model.change import Change, TerraformChangeSet
    from plangate.model.values import Path, Side, Value

_STEADY: Final = frozenset({Action.NO_OP, Action.FORGET, Action.DESTROY})


class Overlaid:
    """A `model.Side` with some attributes replaced."""

    def __init__(self, side: Side, over: dict[str, Value]):
        self._side = side
        self._over = over

    def keys(self) -> tuple[str, ...]:
        """The attribute names of the side below."""
        return self._side.keys()

    def get(self, key: str) -> Value | Absent:
        """The replaced value, or that of the side below."""
        return self._over[key] if key in self._over else self._side.get(key)

    def at(self, path: Path) -> Value | Absent:
        """The same, at a path."""
        if not path or path[0] not in self._over:
            return self._side.at(path)
        return within(self._over[str(path[0])], path[1:])


def reasons(changeset: TerraformChangeSet, change: Change, attribute: str) -> tuple[str, ...]:
    """What an unknown attribute comes from: of all that it refers to, what this plan changes; else everything."""
    named = changeset.arguments.get(base(str(change.address)), {}).get(attribute, ())
    moving = {base(str(one.address)) for one in changeset.changes if one.action not in _STEADY}
    # What a local value hangs on is not told by a plan.
    return tuple(one for one in named if one in moving or ".local." in f".{one}") or named


def assume(changeset: TerraformChangeSet, addresses: Iterable[str]) -> TerraformChangeSet:
    """The plan with what hangs on these addresses taken as it is now, each time said. An address that nothing hangs on is said too."""
    wanted = {base(address) for address in addresses}
    if not wanted:
        return changeset
    used: set[str] = set()
    changes: list[Change] = []
    skipped: list[Gap] = []
    for change in changeset.changes:
        over: dict[str, Value] = {}
        if change.before is not None and change.after is not None and change.action is Action.UPDATE:
            for attribute in change.differing:
                causes = set(reasons(changeset, change, attribute))
                if not causes or not causes <= wanted:
                    continue
                now, then = change.before.get(attribute), change.after.get(attribute)
                filled = _filled(then, now)
                if filled is not then:
                    over[attribute] = filled
                    used |= causes
                    skipped.append(_said(change, attribute, causes))
        changes.append(_overlaid(change, over) if over else change)
    skipped += [
        Gap(f"--assume {address}=current", "nothing of this plan hangs on it", "leave it out, or correct the address")
        for address in sorted(wanted - used)
    ]
    notes = (f"assumed: {', '.join(sorted(used))} stays as it is (--assume)",) if used else ()
    return structs.replace(
        changeset,
        changes=tuple(changes),
        skipped=(*changeset.skipped, *skipped),
        notes=(*changeset.notes, *notes),
    )


def told(change: Change) -> Change:
    """A compared change, with the assumption said: what it leaves must not look like nothing."""
    if not isinstance(change.after, Overlaid):
        return change
    note = "what is known only after apply was assumed to stay as it is (--assume)"
    return structs.replace(change, noise=None, note=note)


def _overlaid(change: Change, over: dict[str, Value]) -> Change:
    assert change.before is not None  # noqa: S101 - what is overlaid has both sides
    assert change.after is not None  # noqa: S101
    after = Overlaid(change.after, over)
    equal = {key for key in over if change.before.get(key) == over[key]}
    return structs.replace(change, after=after, differing=tuple(key for key in change.differing if key not in equal))


def _filled(then: Value | Absent, now: Value | Absent) -> Value:
    """A value with what is unknown taken from another one; the value itself where nothing could be taken."""
    if isinstance(then, Absent):
        return None
    if then is UNKNOWN:
        return UNKNOWN if isinstance(now, Absent) else now
    if isinstance(then, dict) and isinstance(now, dict):
        below = {key: _filled(value, now.get(key, ABSENT)) for key, value in then.items()}
        return then if all(below[key] is then[key] for key in then) else below
    if isinstance(then, list) and isinstance(now, list) and len(then) == len(now):
        items = [_filled(value, old) for value, old in zip(then, now, strict=True)]
        return then if all(one is other for one, other in zip(items, then, strict=True)) else items
    return then


def _said(change: Change, attribute: str, causes: set[str]) -> Gap:
    names = ", ".join(sorted(causes))
    return Gap(
        what=f"{attribute} of {change.address}",
        why=f"is known only after apply and was assumed to stay as it is (--assume {names}=current): "
        "what else changes in the same value was not seen",
        how_to_fix=f"apply {names} first and plan again",
    )
