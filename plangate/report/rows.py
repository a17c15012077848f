"""Groups changes into rows: the same small change of many resources is one row, and noise is only counted."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from plangate.lang.wording import several
from plangate.model.change import Action, AttributeChange, Change, EffectName
from plangate.model.values import ABSENT, UNKNOWN
from plangate.report import wording
from plangate.report.diffs import is_long
from plangate.report.values import pair, spelled

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

_FEW: Final = 12
"""Up to so many changes, only larger groups are put together: a small plan shows each address."""

_SMALL_GROUP: Final = 4
_SHOWN_PATHS: Final = 3
_ENDINGS: Final = frozenset({Action.DESTROY, Action.REPLACE})
_RANK: Final = {
    action: rank
    for rank, action in enumerate(
        (
            Action.UNKNOWN,
            Action.DESTROY,
            Action.REPLACE,
            Action.FORGET,
            Action.UPDATE,
            Action.CREATE,
            Action.IMPORT,
            Action.MOVE,
            Action.READ,
            Action.NO_OP,
        )
    )
}
_ORDER: Final = {name: rank for rank, name in enumerate(EffectName)}


class Delta(Struct, frozen=True):
    """One attribute that changes: its path, and its sides where they are the same for the whole row."""

    path: str
    kind: str
    """`added`, `removed` or `changed`."""
    before: str | None = None
    after: str | None = None
    remark: str = ""


class Row(Struct, frozen=True, kw_only=True):
    """One row: what happens to `count` objects. All text is foreign and not escaped yet."""

    action: str
    count: int
    subject: str
    """The address of the only object; else what they have in common."""
    only: bool
    """Whether `deltas` are all that changes."""
    deltas: tuple[Delta, ...] = ()
    more: int = 0
    """Changed attributes that are not among `deltas`."""
    effects: tuple[str, ...] = ()
    remark: str = ""
    long: tuple[AttributeChange, ...] = ()
    """The attributes of the only object whose values take more than a line: what `diffs.of` shows."""


class Rows(Struct, frozen=True):
    """The rows, worst first, and how much noise of each kind was left out of them."""

    rows: tuple[Row, ...]
    noise: dict[str, int]
    reads: int
    """Data sources that are read during the apply: counted, not shown."""


def group(changes: Iterable[Change], *, everything: bool = False) -> Rows:
    """Put changes in rows. `everything` gives each its own row, noise and reads too."""
    noise: Counter[str] = Counter()
    reads = 0
    meant: list[Change] = []
    for change in changes:
        if not everything and change.noise is not None:
            noise[change.noise.value] += 1
        elif not everything and change.action is Action.READ:
            reads += 1
        else:
            meant.append(change)
    groups: dict[Hashable, list[Change]] = {}
    for i, change in enumerate(meant):
        groups.setdefault(i if everything else _sameness(change), []).append(change)
    least = _SMALL_GROUP if len(meant) <= _FEW else 2
    together: list[list[Change]] = []
    for members in groups.values():
        together += [members] if len(members) >= least else [[member] for member in members]
    together.sort(key=lambda members: _worst_first(members[0]))
    return Rows(tuple(_row(members, everything=everything) for members in together), dict(sorted(noise.items())), reads)


def folded(grouped: Rows) -> list[str]:
    """What the rows leave out, in words."""
    parts = [several(count, wording.NOISE[kind]) for kind, count in grouped.noise.items()]
    if grouped.reads:
        parts.append(f"{several(grouped.reads, 'data source')} read during the apply")
    return parts


def _sameness(change: Change) -> Hashable:
    """The key by which changes share a row: their attributes, where there are any, else the type."""
    effects = frozenset(effect.name for effect in change.effects if effect.certain)
    shape = tuple((a.path, a.kind) for a in change.attributes)
    # A move is shown with both addresses, and an unclassified change is never grouped.
    alone = change.address if change.moved_from is not None or change.action is Action.UNKNOWN else None
    return change.action, effects, shape or change.type, change.reason, change.import_id is None, alone


def _worst_first(change: Change) -> tuple[int, int]:
    certain = any(effect.certain for effect in change.effects)
    if change.action is Action.UNKNOWN or (change.action in _ENDINGS and certain):
        tier = 0
    elif certain:
        tier = 1
    else:
        tier = 3 if "routine" in change.traits else 2
    return tier, _RANK[change.action]


def _row(members: list[Change], *, everything: bool) -> Row:
    first = members[0]
    most = len(first.attributes) if everything else _SHOWN_PATHS
    # Values known only after apply come last; the others keep the order of the plan.
    shown = sorted(range(len(first.attributes)), key=lambda i: first.attributes[i].after is UNKNOWN)[:most]
    effects = {effect.name for effect in first.effects if effect.certain}
    return Row(
        action=first.action.value,
        count=len(members),
        subject=str(first.address) if len(members) == 1 else _common(members),
        only=first.action is Action.UPDATE and len(first.attributes) <= most,
        deltas=tuple(
            one for i in shown for one in _each_line(_shared(i, members), first.attributes[i], wanted=everything)
        ),
        more=max(0, len(first.attributes) - most),
        effects=tuple(name.value for name in sorted(effects, key=_ORDER.__getitem__)),
        remark=_remark(first, members),
        long=tuple(filter(is_long, first.attributes)) if len(members) == 1 else (),
    )


def _common(members: Sequence[Change]) -> str:
    """A description of several objects: by resource, by type, or by number alone."""
    resources = {(change.module, change.type, change.name) for change in members}
    first = members[0]
    if len(resources) == 1 and first.name:
        module = f"{first.module}." if first.module else ""
        return f"{module}{'data.' if first.mode == 'data' else ''}{first.type}.{first.name}[…]"
    types = Counter(change.type for change in members)
    return first.type if len(types) == 1 else f"resources of {several(len(types), 'type')}"


def _shared(index: int, members: Sequence[Change]) -> Delta:
    attribute = members[0].attributes[index]
    same = len(members) == 1 or all(
        member.attributes[index].before == attribute.before and member.attributes[index].after == attribute.after
        for member in members
    )
    if not same:
        return Delta(attribute.path, attribute.kind)
    return delta(attribute)


def _each_line(told: Delta, attribute: AttributeChange, *, wanted: bool) -> Iterator[Delta]:
    """One for each line that differs where a text of several lines changes, if that is `wanted` and the row shows its sides."""
    before, after = attribute.before, attribute.after
    both = isinstance(before, str) and isinstance(after, str) and told.before is not None
    if not (wanted and both and isinstance(before, str) and isinstance(after, str) and "\n" in before + after):
        yield told
        return
    old, new = before.split("\n"), after.split("\n")
    start = next((i for i, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    most = min(len(old), len(new)) - start
    ends = zip(reversed(old), reversed(new), strict=False)
    end = next((i for i, (a, b) in enumerate(ends) if a != b or i == most), most)
    gone, come = old[start : len(old) - end], new[start : len(new) - end]
    if len(gone) != len(come):
        stays = Counter(gone) & Counter(come)
        gone, come = ([line for line in lines if line not in stays] for lines in (gone, come))
        yield from (Delta(attribute.path, "removed", before=spelled(line)) for line in gone)
        yield from (Delta(attribute.path, "added", after=spelled(line)) for line in come)
        return
    for a, b in zip(gone, come, strict=True):
        if a != b:
            yield Delta(attribute.path, "changed", *pair(a, b))


def delta(attribute: AttributeChange, remark: str = "") -> Delta:
    """Both sides of one attribute, shortened; an absent side is None."""
    before, after = pair(attribute.before, attribute.after)
    return Delta(
        attribute.path,
        attribute.kind,
        None if attribute.before is ABSENT else before,
        None if attribute.after is ABSENT else after,
        remark,
    )


def _remark(first: Change, members: Sequence[Change]) -> str:
    """What else is to be said of a row: where from, why, and what classify noted."""
    parts = []
    if first.moved_from is not None:
        parts.append(f"from {first.moved_from}")
    if first.import_id is not None:
        parts.append(f"imported by {first.import_id}" if len(members) == 1 else "imported")
    if first.action is Action.UNKNOWN:
        parts.append(f"actions: {', '.join(first.actions) or 'none'}")
    elif first.reason is not None and first.action is not Action.READ:
        parts.append(wording.REASONS.get(first.reason, first.reason))
    if first.note is not None and len(members) == 1:
        parts.append(first.note)
    return "; ".join(parts)
