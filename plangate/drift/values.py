"""Compares the values of one Helm release path by path: desired, recorded, live, and after the apply.

`desired` values are the plan's, `before` those of the configuration at the last apply, `recorded` those of Helm when the state was
last written, `live` those of Helm now. All are user-supplied values, without the chart's defaults. How Helm treats old values at
an upgrade is `reuseValues` in pkg/action/upgrade.go of https://github.com/helm/helm.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import Struct

from plangate.drift.compare import Leaves, Maybe, coalesced, differ_only_in_type, hidden, leaves, same
from plangate.drift.wording import note
from plangate.lang.wording import few
from plangate.model.change import Action, Drift, DriftStatus, Gap
from plangate.model.values import ABSENT, UNKNOWN, Path, Sensitive, Value, spell

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plangate.model.release import Maskable

_PROVIDER_MASK: Final = "(sensitive value)"
"""What the provider writes into `metadata.values` where `set_sensitive` gave a value (cloakSetValue)."""

_NAMED: Final = 3
_NO_UPGRADE: Final = frozenset({Action.NO_OP, Action.MOVE, Action.IMPORT, Action.READ, Action.FORGET})
"""Actions that run no upgrade."""


class ValuesSide(Struct, frozen=True):
    """The values of one side of a plan. `partly` says that some of them cannot be read."""

    tree: dict[str, Value] = {}
    partly: bool = False


class Planned(Struct, frozen=True, kw_only=True):
    """What a plan does with one release."""

    address: str
    release: str
    action: Action
    desired: ValuesSide
    before: ValuesSide
    hidden_stay: bool = True
    """Whether the parts that cannot be read are the same on both sides."""
    reuse: bool = False
    reset: bool = False
    write_only: bool = False
    """Whether some values are write-only: Helm has them, and no plan or state shows them."""


class Sides(Struct, frozen=True):
    """The live and recorded values. `recorded` is None without a state."""

    live: Maskable | dict[str, Value]
    recorded: Maskable | dict[str, Value] | None = None
    when: str = ""
    """Which revisions brought the live side, in words."""


class Owned(Struct, frozen=True):
    """A path that something other than the configuration is meant to change."""

    path: str
    by: str


def owner_of(path: str, owned: Iterable[Owned]) -> str:
    """Who is meant to change a path or its parent; empty where nobody is."""
    return next((one.by for one in owned if path == one.path or path.startswith((f"{one.path}.", f"{one.path}["))), "")


def compare_sides(planned: Planned, sides: Sides, owned: tuple[Owned, ...] = ()) -> tuple[Drift, ...]:
    """The drift of every path of a release, clean ones included, sorted by path."""
    return tuple(_Comparison(planned, sides, owned).entries())


def compared(drift: tuple[Drift, ...]) -> tuple[tuple[Drift, ...], tuple[Gap, ...]]:
    """The entries that could be compared, and a gap for live values that were removed when they were collected."""
    removed = [entry for entry in drift if entry.live is UNKNOWN]
    if not removed:
        return drift, ()
    paths = few([entry.path for entry in removed], _NAMED)
    gap = Gap(
        f"secret values of {removed[0].release}",
        f"not compared, because they were removed when they were collected: {paths}",
        "collect and review with the same PLANGATE_KEY",
    )
    return tuple(entry for entry in drift if entry.live is not UNKNOWN), (gap,)


class _Comparison:
    """Compares the sides of one release."""

    def __init__(self, planned: Planned, sides: Sides, owned: tuple[Owned, ...]):
        self.planned = planned
        self.sides = sides
        self.owned = owned
        secret = tuple(dict.fromkeys((*hidden(planned.desired.tree), *hidden(planned.before.tree))))
        live = _masked(sides.live, secret)
        recorded = None if sides.recorded is None else _masked(sides.recorded, secret)
        self.desired: Leaves = dict(leaves(planned.desired.tree))
        self.before: Leaves = dict(leaves(planned.before.tree))
        self.live = self._unmasked(live)
        self.recorded = None if recorded is None else self._unmasked(recorded)
        self.after: Leaves | None = self._after(live)

    def _unmasked(self, tree: dict[str, Value]) -> Leaves:
        """The leaves of a side, with values that the provider masked taken from the configuration of the last apply."""
        return {
            path: self.before.get(path, UNKNOWN) if value == _PROVIDER_MASK else value for path, value in leaves(tree)
        }

    def _after(self, live: dict[str, Value]) -> Leaves | None:
        """The leaves after the apply; None where they are the desired ones."""
        planned = self.planned
        nothing = not planned.desired.tree and not planned.desired.partly
        if planned.action in _NO_UPGRADE or (planned.action is Action.UPDATE and nothing and not planned.reset):
            return self.live
        if planned.action is Action.UPDATE and planned.reuse and not planned.reset:
            return self._unmasked(coalesced(planned.desired.tree, live))
        return None

    def entries(self) -> Iterator[Drift]:
        """One entry per path."""
        paths = {*self.desired, *self.live, *self.before, *(self.recorded or {})}
        for path in sorted(paths, key=spell):
            desired = self._desired(path)
            base, live = self._base(path), self.live.get(path, ABSENT)
            after = desired if self.after is None else self.after.get(path, ABSENT)
            recorded = base if self.recorded is None else self.recorded.get(path, ABSENT)
            status = self._status(desired, base, live, after)
            yield self._entry(path, status, (desired, recorded, live, after))

    def _desired(self, path: Path) -> Maybe:
        """The desired value at a path; `UNKNOWN` where it cannot be determined."""
        planned = self.planned
        desired = self.desired.get(path, ABSENT)
        if not planned.desired.partly:
            return desired
        before = self.before.get(path, ABSENT)
        if planned.hidden_stay and planned.before.partly and same(desired, before):
            return self._known(path)
        return UNKNOWN if desired is ABSENT else desired

    def _base(self, path: Path) -> Maybe:
        """The value after the last apply: the configuration's where it can be read, else the recorded one."""
        before = self.planned.before
        if before.partly or (not before.tree and self.recorded):
            return self._known(path)
        return self.before.get(path, ABSENT)

    def _known(self, path: Path) -> Maybe:
        """The recorded value at a path, or the last configuration's without a state."""
        if self.recorded is not None:
            return self.recorded.get(path, ABSENT)
        return self.before.get(path, UNKNOWN)

    def _status(self, desired: Maybe, base: Maybe, live: Maybe, after: Maybe) -> DriftStatus:
        if base is UNKNOWN or live is UNKNOWN:
            return DriftStatus.CLEAN if same(desired, live) else DriftStatus.UNKNOWN
        if same(live, base):
            # An unknown value after the apply may differ or not; the live one was not changed by hand.
            return DriftStatus.CLEAN if after is UNKNOWN or same(after, live) else DriftStatus.INTENDED
        if after is UNKNOWN or (self.planned.write_only and desired is ABSENT):
            return DriftStatus.UNKNOWN
        if same(after, live):
            return DriftStatus.CONVERGED if same(desired, live) else DriftStatus.STAYS
        if not same(after, base):
            return DriftStatus.CONFLICT
        return DriftStatus.DROPPED if base is ABSENT else DriftStatus.WILL_BE_REVERTED

    def _entry(self, path: Path, status: DriftStatus, sides: tuple[Maybe, Maybe, Maybe, Maybe]) -> Drift:
        spelled = spell(path)
        type_only = differ_only_in_type(sides[2], sides[1])
        if any(isinstance(side, Sensitive) for side in sides):
            sides = tuple(map(_as_sensitive, sides))  # type: ignore[assignment]
        desired, recorded, live, after = sides
        text = note(
            status,
            path,
            live=live,
            after=after,
            when=self.sides.when,
            no_upgrade=self.planned.action in _NO_UPGRADE,
            type_only=type_only,
            owner=owner_of(spelled, self.owned),
        )
        return Drift(
            address=self.planned.address,
            path=spelled,
            desired=desired,
            recorded=recorded,
            live=live,
            status=status,
            note=text,
            release=self.planned.release,
            since=self.sides.when if text is not None else "",
        )


def _masked(side: Maskable | dict[str, Value], secret: tuple[Path, ...]) -> dict[str, Value]:
    return side if isinstance(side, dict) else side.masked(secret)


def _as_sensitive(value: Maybe) -> Maybe:
    """The value as a secret one: its other side is secret."""
    return value if value is ABSENT or value is UNKNOWN or value is None else Sensitive(0)
