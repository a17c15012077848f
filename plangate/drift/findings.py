"""What live drift asks for where it is the question itself, as in `plangate drift`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plangate.drift.release import facts
from plangate.drift.values import owner_of
from plangate.findings import make
from plangate.lang.wording import listed, several
from plangate.model.change import DriftStatus

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plangate.drift.values import Owned
    from plangate.model.change import Drift
    from plangate.model.release import ReleaseEvidence
    from plangate.model.verdict import Finding

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
            yield make(
                "release-moved", one.release, fields={"what": text}, address=one.address or None, release=one.release
            )


def _changed(subject: str, release: str | None, entries: Sequence[Drift]) -> Finding:
    return make(
        "live-drift",
        subject,
        fields={"subject": subject, "difference": _difference(entries)},
        why=next((entry.note for entry in entries if entry.note), ""),
        address=entries[0].address,
        release=release,
        evidence=tuple(entry.path for entry in entries),
    )


def _difference(entries: Sequence[Drift]) -> str:
    if entries[0].path == "":
        return "was deleted outside of Terraform"
    many, paths = several(len(entries), "value"), listed([entry.path for entry in entries], _NAMED)
    return f"differs from what is configured in {many}: {paths}"
