"""Objects that were collected without their secrets, beside objects that still have them.

A secret that was replaced by its HMAC is compared by it. One that was removed is taken to be the same, and reported as not compared.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plangate.ingest.helm import manifests
from plangate.ingest.redact import pseudonyms
from plangate.lang.wording import few
from plangate.model.change import Gap

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from plangate.ingest.helm.manifests import ManifestObject
    from plangate.ingest.redact.redactor import Redactor

_NAMED: Final = 3


def restore(
    kept: Iterable[ManifestObject], whole: Iterable[ManifestObject], key: bytes | None, redactor: Redactor
) -> list[str]:
    """Fill in place what was taken out of collected objects; returns the names of those that were not compared."""
    collected = [
        one for one in kept if any(mark in one.text for mark in ("(hmac:", pseudonyms.REMOVED)) or not one.text
    ]
    collected = [one for one in collected if next(pseudonyms.placeholders(one.raw), None) is not None]
    if not collected:
        return []
    others = {_identity(one): one for one in whole}
    uncompared = []
    for one in collected:
        marks = list(pseudonyms.placeholders(one.raw))
        if any(mark == pseudonyms.REMOVED or key is None for mark in marks):
            uncompared.append(f"{one.kind} {one.name}")
        other = others.get(_identity(one))
        if other is not None:
            one.raw = pseudonyms.restored(manifests.as_stored(one.raw), manifests.as_stored(other.raw), key)
        for mark in pseudonyms.placeholders(one.raw):
            # What differs is a secret all the same, and its HMAC is nobody's business.
            redactor.learn_secret(mark)
    return list(dict.fromkeys(uncompared))


def gaps(uncompared: Sequence[str], release: str) -> list[Gap]:
    """One gap that names the objects whose secrets were not compared; none where all were."""
    if not uncompared:
        return []
    names = few(uncompared, _NAMED)
    why = f"not compared, because they were removed when they were collected: {names}"
    return [Gap(f"secret values of {release}", why, "collect and review with the same PLANGATE_KEY")]


def _identity(one: ManifestObject) -> tuple[str, str, str]:
    return one.api_version.rpartition("/")[0], one.kind, one.name
