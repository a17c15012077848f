"""The effects of a release's drift on its change: what an apply reverts, and how the release itself was changed."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from plangate import knowledge as shipped
from plangate.drift.wording import when
from plangate.lang import semver
from plangate.lang.wording import few, several
from plangate.model.change import Action, DriftStatus, Effect, EffectName
from plangate.model.values import ABSENT

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plangate.model.change import Drift
    from plangate.model.release import ReleaseEvidence

_UNDONE: Final = (DriftStatus.WILL_BE_REVERTED, DriftStatus.CONFLICT, DriftStatus.DROPPED)
_REUSABLE: Final = ("uninstalled", "uninstalling")
"""Statuses of a newest revision whose name an install may take again, with `replace` or after its history is gone."""
_NOT_BY_HAND: Final = (DriftStatus.CLEAN, DriftStatus.INTENDED, DriftStatus.CONVERGED)
_WITHOUT_EFFECT: Final = ("newer", "older", "failed", "managers")
"""Facts that an upgrade has no effect for."""
_UPGRADES: Final = (Action.UPDATE, Action.REPLACE)
_NAMED: Final = 3
_ROLLBACK: Final = r"Rollback to (\d+)"


class Knowledge(Struct, frozen=True):
    """`policies/knowledge/drift.yaml`."""

    image: frozenset[str]
    security: frozenset[str]
    opening: frozenset[str]
    managers: dict[str, str]
    """Field managers that bring whole objects to what is written elsewhere, and how people call them."""


@functools.cache
def knowledge() -> Knowledge:
    """The shipped knowledge about names of values."""
    return shipped.knowledge("drift", Knowledge)


def undone_effects(drift: Sequence[Drift], moment: str) -> Iterator[Effect]:
    """The effects of an apply on values that were changed by hand, one for each kind, worst first."""
    by_kind: dict[str, list[Drift]] = {}
    for entry in drift:
        if entry.status in _UNDONE:
            by_kind.setdefault(_kind(entry), []).append(entry)
    for kind in ("image", "security", "conflict", "values"):
        entries = by_kind.get(kind)
        if entries:
            yield Effect(
                EffectName.REVERTS_LIVE,
                _because(kind, entries, moment),
                kind,
                tuple(f"values.{entry.path}" for entry in entries),
            )


def import_effects(drift: Sequence[Drift]) -> Iterator[Effect]:
    """The effect of an import that changes values of the imported release at once, if it does."""
    changed = tuple(entry.path for entry in drift if entry.status in (DriftStatus.INTENDED, *_UNDONE))
    if changed:
        because = (
            f"is imported and changed at once: {several(len(changed), 'value')} of what runs ({few(changed, _NAMED)})"
        )
        yield Effect(EffectName.REVERTS_LIVE, because, "import", tuple(f"values.{path}" for path in changed))


def _because(kind: str, entries: Sequence[Drift], moment: str) -> str:
    many, paths = several(len(entries), "change"), few([entry.path for entry in entries], 3)
    made = f"made by hand ({moment})" if moment else "made by hand"
    what = {
        "image": f"sets an image back that was changed by hand{f' ({moment})' if moment else ''}",
        "security": f"undoes {many} of a security setting {made}",
        "conflict": f"overwrites {many} {made} with something else again",
        "values": f"undoes {many} {made}",
    }[kind]
    return f"{what}: {paths}"


def _kind(entry: Drift) -> str:
    parts = [part.strip('"') for part in re.split(r"[.\[\]]+", entry.path) if part]
    if not knowledge().security.isdisjoint(parts) and not _is_weak(entry, parts[-1]):
        return "security"
    if parts and parts[-1] in knowledge().image and not _is_newer(entry):
        return "image"
    return "conflict" if entry.status is DriftStatus.CONFLICT else "values"


def _is_weak(entry: Drift, name: str) -> bool:
    """Whether the live value is the insecure one, so that reverting it is an improvement."""
    if entry.live is ABSENT:
        return True
    return entry.live is (name in knowledge().opening)


def _is_newer(entry: Drift) -> bool:
    """Whether the desired version is newer than the one that was set by hand."""
    if not isinstance(entry.desired, str) or not isinstance(entry.live, str):
        return False
    wanted, live = semver.in_tag(entry.desired), semver.in_tag(entry.live)
    return wanted is not None and live is not None and wanted > live


def existing_release_effects(evidence: ReleaseEvidence, *, uninstalled: bool) -> Iterator[Effect]:
    """The effect of an install of a release that exists. `uninstalled`: the same plan uninstalls it."""
    if not evidence.history or evidence.live_status in _REUSABLE:
        return
    there = f"exists already at revision {evidence.live_revision} ({evidence.live_status})"
    if uninstalled:
        because = (
            f"{there}: Helm refuses the name unless this plan has uninstalled it before, and nothing orders the two"
        )
        yield Effect(EffectName.MAY_FAIL, because, "release-exists", certain=True)
    else:
        yield Effect(EffectName.FAILS, f"{there}: Helm refuses the name; import it instead", "release-exists")


def moved_release_effects(evidence: ReleaseEvidence, action: Action, version: str) -> Iterator[Effect]:
    """The effects of an upgrade of a release that was changed outside. `version` is the chart's after the apply."""
    if action not in _UPGRADES:
        return
    for kind, because, _ in _facts(evidence):
        if kind == "rollback":
            yield Effect(EffectName.REVERTS_LIVE, f"{because}, and this apply upgrades it again", "rollback")
        elif kind == "pending":
            yield Effect(EffectName.FAILS, because, "release-pending")
        elif kind == "gone":
            yield Effect(EffectName.MAY_FAIL, f"{because}: there is nothing to upgrade", "release-gone")
    live = _chart_version(evidence.live_version)
    if version and live and live not in (version, _chart_version(evidence.recorded_version)):
        yield Effect(
            EffectName.REVERTS_LIVE, f"runs chart version {live} by hand, and this apply sets it to {version}", "chart"
        )


def facts(evidence: ReleaseEvidence, *, changes_listed: bool = False) -> tuple[str, ...]:
    """What happened to a release outside of Terraform, in words. `changes_listed`: its changed values are listed elsewhere."""
    name = evidence.address or evidence.release
    return tuple(
        f"{name} {because}" for kind, because, _ in _facts(evidence) if not (changes_listed and kind == "newer")
    )


def notes(evidence: ReleaseEvidence, action: Action, drift: Sequence[Drift]) -> Iterator[str]:
    """The notes of a review about a release: every fact where the plan does not change it."""
    by_hand = [entry.path for entry in drift if entry.status not in _NOT_BY_HAND]
    if action is Action.NO_OP:
        yield from facts(evidence, changes_listed=bool(by_hand))
        staying = [entry.path for entry in drift if entry.status is DriftStatus.STAYS]
        if staying:
            many = f"{several(len(staying), 'value')} {'was' if len(staying) == 1 else 'were'}"
            yield f"{evidence.address}: {many} changed by hand, and Terraform cannot see this: {few(staying, _NAMED)}"
    elif action in _UPGRADES and not by_hand:
        yield from (f"{evidence.address} {because}" for kind, because, _ in _facts(evidence) if kind in _WITHOUT_EFFECT)


def _facts(evidence: ReleaseEvidence) -> Iterator[tuple[str, str, int]]:
    newest = evidence.live_revision or 0
    if evidence.live_status.startswith("pending-"):
        yield "pending", f"is {evidence.live_status} (revision {newest}): Helm refuses another upgrade", newest
    elif evidence.live_status == "failed":
        yield "failed", f"has failed at revision {newest}", newest
    if evidence.gone and evidence.recorded_revision is not None:
        yield (
            "gone",
            f"is in the state at revision {evidence.recorded_revision}, and the cluster has no such release",
            0,
        )
    last = evidence.history[-1] if evidence.history else None
    back = re.fullmatch(_ROLLBACK, last.description) if last is not None else None
    if last is not None and back and (evidence.recorded_revision is None or last.number > evidence.recorded_revision):
        moment = when(evidence.history, last.number - 1)
        yield "rollback", f"was rolled back by hand to revision {back.group(1)} ({moment})", newest
    elif evidence.recorded_revision is not None and newest > evidence.recorded_revision:
        moment = when(evidence.history, evidence.recorded_revision) or f"revision {newest}"
        yield (
            "newer",
            f"was upgraded outside of Terraform: {moment}, and the state knows revision {evidence.recorded_revision}",
            newest,
        )
    elif evidence.recorded_revision is not None and 0 < newest < evidence.recorded_revision:
        yield (
            "older",
            f"is at revision {newest}, and the state knows revision {evidence.recorded_revision} already: "
            "it was installed anew, or this is another cluster",
            newest,
        )
    yield from _competing_managers(evidence)
    live, recorded = _chart_version(evidence.live_version), _chart_version(evidence.recorded_version)
    if live and recorded and live != recorded:
        yield "chart", f"runs chart version {live}, and the state knows {recorded}", newest


def _competing_managers(evidence: ReleaseEvidence) -> Iterator[tuple[str, str, int]]:
    """Facts about objects that another field manager keeps changing."""
    by_manager: dict[str, list[str]] = {}
    for subject, manager in evidence.writers:
        name = manager if manager.startswith("release ") else knowledge().managers.get(manager)
        if name is not None:
            by_manager.setdefault(name, []).append(subject)
    for name, subjects in by_manager.items():
        because = f"has objects that {name} manages too, and the two undo each other: {few(subjects, _NAMED)}"
        yield "managers", because, 0


def _chart_version(text: str) -> str:
    """The chart version of a text such as `1.2.3` or `web-1.2.3`; empty where there is none."""
    found = re.search(r"(?:^|-)v?(\d+\.\d+\.\d+(?:[-+].*)?)$", text)
    return found.group(1) if found else ""
