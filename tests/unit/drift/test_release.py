"""What has happened to a release itself, and what an apply meets because of it."""

from __future__ import annotations

from typing import Any

import pytest

from plangate.drift import release
from plangate.model.change import Action, Drift, DriftStatus, EffectName
from plangate.model.release import ReleaseEvidence, Revision

ADDRESS = "helm_release.web"


def revision(number: int, status: str = "deployed", description: str = "Upgrade complete") -> Revision:
    return Revision(number, status, "web-1.0.0", "", description, f"2026-01-0{number}T10:00:00Z")


def evidence(*history: Revision, **more: Any) -> ReleaseEvidence:
    newest = history[-1] if history else None
    given = {
        "recorded_revision": 1,
        "live_revision": newest.number if newest else None,
        "live_status": newest.status if newest else "",
        "recorded_version": "1.0.0",
        "live_version": "1.0.0",
    }
    return ReleaseEvidence(address=ADDRESS, release="prod/web", history=history, **{**given, **more})


FACTS = {
    "as it was": (evidence(revision(1)), []),
    "upgraded by hand": (
        evidence(revision(1, "superseded"), revision(2)),
        ["was upgraded outside of Terraform: revision 2, 2 Jan 10:00 UTC, and the state knows revision 1"],
    ),
    "rolled back by hand": (
        evidence(revision(1, "superseded"), revision(2, description="Rollback to 1")),
        ["was rolled back by hand to revision 1 (revision 2, 2 Jan 10:00 UTC)"],
    ),
    "pending": (
        evidence(revision(1), revision(2, "pending-upgrade"), recorded_revision=2),
        ["is pending-upgrade (revision 2): Helm refuses another upgrade"],
    ),
    "failed": (evidence(revision(1), revision(2, "failed"), recorded_revision=2), ["has failed at revision 2"]),
    "gone": (evidence(gone=True), ["is in the state at revision 1, and the cluster has no such release"]),
    "installed anew": (
        evidence(revision(1), recorded_revision=7),
        [
            "is at revision 1, and the state knows revision 7 already: it was installed anew, or this is another cluster",
        ],
    ),
    "two owners of one object": (
        evidence(
            revision(1),
            writers=(
                ("Deployment/web", "argocd-controller"),
                ("Deployment/web", "kube-controller-manager"),
                ("Service/web", "argocd-controller"),
                ("Secret/s", "release prod/other"),
            ),
        ),
        [
            "has objects that Argo CD manages too, and the two undo each other: Deployment/web, Service/web",
            "has objects that release prod/other manages too, and the two undo each other: Secret/s",
        ],
    ),
    "another chart version": (
        evidence(revision(1), live_version="web-1.2.0"),
        ["runs chart version 1.2.0, and the state knows 1.0.0"],
    ),
}


@pytest.mark.parametrize("case", FACTS)
def test_facts(case: str) -> None:
    given, expected = FACTS[case]
    assert release.facts(given) == tuple(f"{ADDRESS} {text}" for text in expected)


def entry(path: str, status: DriftStatus) -> Drift:
    return Drift(ADDRESS, path, 3, 3, 6, status, None, "prod/web")


def test_an_upgrade_by_hand_is_told_once() -> None:
    """The values that it changed tell more than that there was one."""
    given = evidence(revision(1, "superseded"), revision(2))
    assert release.facts(given, changes_listed=True) == ()
    assert list(release.notes(given, Action.NO_OP, [entry("a", DriftStatus.STAYS)])) == [
        f"{ADDRESS}: 1 value was changed by hand, and Terraform cannot see this: a"
    ]
    assert list(release.notes(given, Action.UPDATE, [])) == [
        f"{ADDRESS} was upgraded outside of Terraform: revision 2, 2 Jan 10:00 UTC, and the state knows revision 1"
    ]
    assert list(release.notes(given, Action.UPDATE, [entry("a", DriftStatus.WILL_BE_REVERTED)])) == []


EFFECTS = {
    "pending": (EffectName.FAILS, "release-pending"),
    "gone": (EffectName.MAY_FAIL, "release-gone"),
    "rolled back by hand": (EffectName.REVERTS_LIVE, "rollback"),
}


@pytest.mark.parametrize("case", EFFECTS)
def test_what_an_upgrade_meets(case: str) -> None:
    (effect,) = release.moved_release_effects(FACTS[case][0], Action.UPDATE, "1.0.0")
    assert (effect.name, effect.kind) == EFFECTS[case]
    assert list(release.moved_release_effects(FACTS[case][0], Action.NO_OP, "1.0.0")) == []


def test_what_an_install_meets_where_the_release_is_there() -> None:
    (effect,) = release.existing_release_effects(evidence(revision(1)), uninstalled=False)
    assert (effect.name, effect.because) == (
        EffectName.FAILS,
        "exists already at revision 1 (deployed): Helm refuses the name; import it instead",
    )
    (effect,) = release.existing_release_effects(evidence(revision(1)), uninstalled=True)
    assert effect.name is EffectName.MAY_FAIL
    assert list(release.existing_release_effects(evidence(revision(1, "uninstalled")), uninstalled=False)) == []
    assert list(release.existing_release_effects(evidence(), uninstalled=False)) == []


def test_an_import_names_the_values_that_it_changes() -> None:
    entries = [entry("a", DriftStatus.INTENDED), entry("b", DriftStatus.CLEAN)]
    (effect,) = release.import_effects(entries)
    assert effect.because == "is imported and changed at once: 1 value of what runs (a)"
    assert list(release.import_effects(entries[1:])) == []
