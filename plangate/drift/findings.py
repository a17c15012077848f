"""What live drift asks for where it is the question itself, as in `plangate drift`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plangate.drift.release import facts
from plangate.drift.values import owner_of
from plangate.lang import fingerprint
from plangate.lang.wording import listed, several
from plangate.model.change import DriftStatus
from plangate.model.verdict import Finding, Outcome, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plangate.drift.values import Owned
    from plangate.model.change import Drift
    from plangate.model.release import ReleaseEvidence

QUIET: Final = (DriftStatus.CLEAN, DriftStatus.INTENDED)
_NAMED: Final = 4


def of(drift: Sequence[Drift], releases: Sequence[ReleaseEvidence], owned: Sequence[Owned] = ()) -> Iterator[Finding]:
    """One finding for each object that somebody changed outside, and one for each release that has moved.

    What is `owned` is meant to be changed by something else: it is listed, and no finding.
    """
    by_object: dict[tuple[str, str | None], list[Drift]] = {}
    for entry in drift:
        if entry.noise is None and entry.status not in QUIET and not owner_of(entry.path, owned):
            by_object.setdefault((entry.release or entry.address or "", entry.release), []).append(entry)
    for (subject, release), entries in by_object.items():
        yield _changed(subject, release, entries)
    for one in releases:
        for text in facts(one, told=any(entries[0].release == one.release for entries in by_object.values())):
            yield Finding(
                policy="release-moved",
                severity=Severity.MEDIUM,
                outcome=Outcome.VIOLATED,
                message=text,
                why="The release is not the one that the state knows.",
                remediation="See helm history, and bring state and release together with a plan and an apply.",
                address=one.address or None,
                release=one.release,
                fingerprint=fingerprint.of("release-moved", one.release),
            )


def _changed(subject: str, release: str | None, entries: Sequence[Drift]) -> Finding:
    if entries[0].path == "":
        message = f"{subject} was deleted outside of Terraform"
    else:
        many, paths = several(len(entries), "value"), listed([entry.path for entry in entries], _NAMED)
        message = f"{subject} differs from what is configured in {many}: {paths}"
    return Finding(
        policy="live-drift",
        severity=Severity.MEDIUM,
        outcome=Outcome.VIOLATED,
        message=message,
        why=next((entry.note for entry in entries if entry.note), "Somebody changed it outside of its configuration."),
        remediation="Put what runs into the configuration, or apply the configuration again.",
        address=entries[0].address,
        release=release,
        evidence=tuple(entry.path for entry in entries),
        fingerprint=fingerprint.of("live-drift", subject),
    )
