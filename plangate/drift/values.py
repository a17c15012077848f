"""The values of one Helm release on all sides, path by path, and what an apply does to each difference.

Desired is what the plan gives, `before` what the configuration gave at the last apply, recorded what Helm had when the state was
last written, live what Helm has now. All are values that a user gave; the chart's defaults are in none of them. How Helm treats old
values at an upgrade is `reuseValues` in pkg/action/upgrade.go of https://github.com/helm/helm.
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
    """What is known besides the plan. `recorded` is None without a state."""

    live: Maskable | dict[str, Value]
    recorded: Maskable | dict[str, Value] | None = None
    when: str = ""
    """Which revisions brought the live side, in words."""


class Owned(Struct, frozen=True):
    """A path that something else than the configuration is meant to change."""

    path: str
    by: str


def owner_of(path: str, owned: Iterable[Owned]) -> str:
    """Who is meant to change a path, or all that is below one; nothing where nobody is."""
    return next((one.by for one in owned if path == one.path or path.startswith((f"{one.path}.", f"{one.path}["))), "")


def compare_sides(planned: Planned, sides: Sides, owned: tuple[Owned, ...] = ()) -> tuple[Drift, ...]:
    """Every path of a release with its status, clean ones included, sorted by path."""
    return tuple(_Comparison(planned, sides, owned).entries())


def compared(drift: tuple[Drift, ...]) -> tuple[tuple[Drift, ...], tuple[Gap, ...]]:
    """What could be compared, and what is said of live values that were removed when they were collected."""
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
    """The leaves of all sides of one release."""

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
        """The leaves of a side, with what the provider cloaked taken from the configuration of the last apply."""
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
        """What the configuration wants at a path, as far as it can be told."""
        planned = self.planned
        desired = self.desired.get(path, ABSENT)
        if not planned.desired.partly:
            return desired
        before = self.before.get(path, ABSENT)
        if planned.hidden_stay and planned.before.partly and same(desired, before):
            return self._known(path)
        return UNKNOWN if desired is ABSENT else desired

    def _base(self, path: Path) -> Maybe:
        """What was there after the last apply: what its configuration gave, where that can be read."""
        before = self.planned.before
        if before.partly or (not before.tree and self.recorded):
            return self._known(path)
        return self.before.get(path, ABSENT)

    def _known(self, path: Path) -> Maybe:
        """What was recorded at a path, or the configuration of the last apply gave there."""
        if self.recorded is not None:
            return self.recorded.get(path, ABSENT)
        return self.before.get(path, UNKNOWN)

    def _status(self, desired: Maybe, base: Maybe, live: Maybe, after: Maybe) -> DriftStatus:
        if base is UNKNOWN or live is UNKNOWN:
            return DriftStatus.CLEAN if same(desired, live) else DriftStatus.UNKNOWN
        if same(live, base):
            # What cannot be read may change it or not; nobody touched it by hand.
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
    """A side beside a secret one: it is as secret."""
    return value if value is ABSENT or value is UNKNOWN or value is None else Sensitive(0)
