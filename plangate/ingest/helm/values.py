"""The values of one release outside of Terraform: what its values files and `--set` want, what a state recorded, what Helm has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from plangate.ingest.helm import evidence as helm_evidence
from plangate.ingest.redact.lazy_masked import LazyMasked
from plangate.ingest.redact.redactor import Redactor
from plangate.ingest.terraform import releases
from plangate.model.release import ReleaseEvidence
from plangate.model.values import Value

if TYPE_CHECKING:
    from collections.abc import Callable

    from plangate.ingest.terraform.state import State
    from plangate.model.change import Gap
    from plangate.model.input import Gathered, RawInput


class ReleaseValues(Struct, frozen=True):
    """The desired values, masked; and what is known of the release."""

    desired: dict[str, Value]
    evidence: ReleaseEvidence
    skipped: tuple[Gap, ...] = ()


def values(given: RawInput) -> dict[str, Any]:
    """A file of values as Helm reads it. Raises `InputError`."""
    return helm_evidence.file_of_values(given)


def read(
    release: tuple[str, str],
    desired: Callable[[], dict[str, Any]],
    state: State | None,
    gather: Callable[[str, str], Gathered] | None,
    key: bytes | None = None,
) -> ReleaseValues:
    """Bring the sides of a release together. `desired` gives the merged values, unmasked. Raises `InputError`."""
    redactor = Redactor()
    wanted = desired()
    redactor.learn(wanted, False, "")
    namespace, name = release
    address = _address(state, release) if state is not None else ""
    named = releases.ReleaseName(address, namespace, name)
    reading = releases.Reading(
        releases.ReleaseSources(state=state, gather=gather, one=True, key=key), (named,), redactor
    )
    redactor.freeze()
    (evidence,) = reading.evidence()
    return ReleaseValues(LazyMasked(wanted, redactor).masked(()), evidence, tuple(reading.skipped))


def _address(state: State, release: tuple[str, str]) -> str:
    """Where a state holds a release."""
    for instance in state.instances(types=frozenset({releases.TYPE})):
        found = releases.named(instance.address, instance.attributes)
        if found is not None and (found.namespace, found.name) == release:
            return instance.address
    return ""
