"""What the refresh found changed outside of Terraform, and what this plan does to each difference.

Terraform lists it in `resource_drift`, most of it provider noise; what a plan does about it is nowhere in the plan and is
worked out here, path by path.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import structs

from plangate.classify.diff import diff, same
from plangate.classify.noise import read_back
from plangate.classify.terraform.impact import risk, traits, updates
from plangate.model.change import Action, AttributeChange, Change, Drift, DriftStatus, Noise, TerraformChangeSet
from plangate.model.values import ABSENT, UNKNOWN, spell

if TYPE_CHECKING:
    from collections.abc import Iterator


_MATTERS: Final = frozenset({"stateful", "foundation"})


def recorded_drift(changeset: TerraformChangeSet) -> tuple[Drift, ...]:
    """The differences that the refresh found, one per path, with what this plan does to them."""
    planned = {change.address: change for change in changeset.changes}
    rivals = _rivals(changeset)
    relied = {(resource, spell(path)) for resource, path in changeset.relevant}
    return tuple(
        _by_rival(_relied_on(entry, relied), rivals.get(found.address.text, ""))
        for found in changeset.recorded_drift
        for entry in _entries(found, planned.get(found.address))
    )


def _rivals(changeset: TerraformChangeSet) -> dict[str, str]:
    """For each address that manages the same object as another one, by type, provider and id, that other one."""
    holders: dict[tuple[str, str, str], set[str]] = {}
    for change in (*changeset.changes, *changeset.recorded_drift) if changeset.recorded_drift else ():
        id_ = change.before.get("id") if change.before is not None and change.mode == "managed" else None
        if isinstance(id_, str) and id_ and not change.address.deposed:
            holders.setdefault((change.type, change.provider, id_), set()).add(change.address.text)
    shared = (sorted(addresses) for addresses in holders.values() if len(addresses) > 1)
    return {
        address: next(other for other in addresses if other != address) for addresses in shared for address in addresses
    }


def _by_rival(entry: Drift, rival: str) -> Drift:
    """Say of a difference that another resource of the plan made it."""
    if not rival or not entry.path or entry.noise is not None:
        return entry
    note = f"{rival} manages the same object: each apply of one undoes the other"
    return structs.replace(entry, note=note, noise=Noise.READ_BACK, rival=rival)


def _relied_on(entry: Drift, relied: set[tuple[str, str]]) -> Drift:
    """Say of a difference that stays that other values of this plan were worked out from it."""
    if entry.status is not DriftStatus.STAYS or (entry.address, entry.path) not in relied:
        return entry
    return structs.replace(entry, note=f"{entry.note}; this plan relies on it")


def changed_leaves(change: Change) -> tuple[AttributeChange, ...]:
    """Every changed leaf between the two sides of a change."""
    before, after = change.before, change.after
    if before is None or after is None:
        return ()
    return tuple(leaf for key in change.differing for leaf in diff(before.get(key), after.get(key), (key,)))


def _entries(found: Change, planned: Change | None) -> Iterator[Drift]:
    address = str(found.address)
    if found.action is Action.DESTROY:
        again = planned is not None and planned.action in (Action.CREATE, Action.REPLACE)
        yield Drift(
            address=address,
            path="",
            desired="(exists)" if again else ABSENT,
            recorded="(exists)",
            live=ABSENT,
            status=DriftStatus.WILL_BE_REVERTED if again else DriftStatus.CONVERGED,
            note="deleted outside of Terraform; this apply creates it again"
            if again
            else "deleted outside of Terraform; this apply leaves it so",
            lost=not again and not _MATTERS.isdisjoint(traits.of_type(found.type)),
        )
        return
    if found.action is not Action.UPDATE:
        return
    leaves = changed_leaves(found)
    ours = {leaf.path: leaf for leaf in planned.attributes} if planned is not None else {}
    for leaf in leaves:
        mine = ours.get(leaf.path)
        entry = _leaf(address, leaf, mine, gone=planned is not None and _gone(planned))
        by_itself = mine is None and _upgraded_itself(found, leaf)
        yield structs.replace(entry, noise=Noise.READ_BACK) if by_itself else entry


def _upgraded_itself(found: Change, leaf: AttributeChange) -> bool:
    """Whether a service has moved to a later version by itself, as it was told to: nobody did that by hand."""
    told = found.before is not None and found.before.get("auto_minor_version_upgrade") is True
    old, new = leaf.before, leaf.after
    versions = isinstance(old, str) and isinstance(new, str) and leaf.path in risk.no_way_back(found.type)
    return told and versions and updates.is_older(str(new), str(old))


def _gone(planned: Change) -> bool:
    return planned.action in (Action.DESTROY, Action.FORGET)


def _leaf(address: str, leaf: AttributeChange, ours: AttributeChange | None, *, gone: bool) -> Drift:
    noise = Noise.READ_BACK if read_back(leaf) else None
    recorded, live = leaf.before, leaf.after
    desired = ABSENT if gone else live if ours is None else ours.after
    if gone:
        status, note = DriftStatus.STAYS, "changed outside of Terraform, and goes with this apply"
    elif ours is None:
        status, note = DriftStatus.STAYS, "changed outside of Terraform; this apply leaves it so"
    elif same(desired, recorded):
        status, note = DriftStatus.WILL_BE_REVERTED, "changed outside of Terraform; this apply sets it back"
    elif desired is UNKNOWN:
        status, note = (
            DriftStatus.UNKNOWN,
            "changed outside of Terraform; what this apply sets is known only after apply",
        )
    else:
        status, note = DriftStatus.CONFLICT, "changed outside of Terraform; this apply sets it to something else again"
    return Drift(
        address=address,
        path=leaf.path,
        desired=desired,
        recorded=recorded,
        live=live,
        status=status,
        note=note,
        noise=noise,
    )
