"""The values of one release outside of Terraform: what its values files and `--set` want, what a state recorded, what Helm has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from plangate.ingest import helm_evidence, terraform_releases
from plangate.ingest.redact import Redactor
from plangate.ingest.veil import Veil
from plangate.model import ReleaseEvidence, Value

if TYPE_CHECKING:
    from collections.abc import Callable

    from plangate.evidence.files import Gathered, Given
    from plangate.ingest.terraform_state import State
    from plangate.model import Skipped


class Sides(Struct, frozen=True):
    """The desired values, masked; and what is known of the release."""

    desired: dict[str, Value]
    evidence: ReleaseEvidence
    skipped: tuple[Skipped, ...] = ()


def values(given: Given) -> dict[str, Any]:
    """A file of values as Helm reads it. Raises `InputError`."""
    return helm_evidence.values(given)


def read(
    release: tuple[str, str],
    desired: Callable[[], dict[str, Any]],
    state: State | None,
    gather: Callable[[str, str], Gathered] | None,
    key: bytes | None = None,
) -> Sides:
    """Bring the sides of a release together. `desired` gives the merged values, unmasked. Raises `InputError`."""
    redactor = Redactor()
    wanted = desired()
    redactor.learn(wanted, False, "")
    namespace, name = release
    address = _address(state, release) if state is not None else ""
    named = terraform_releases.Named(address, namespace, name)
    reading = terraform_releases.Reading(
        terraform_releases.Beside(state=state, gather=gather, one=True, key=key), (named,), redactor
    )
    redactor.seal()
    (evidence,) = reading.evidence()
    return Sides(Veil(wanted, redactor).masked(()), evidence, tuple(reading.skipped))


def _address(state: State, release: tuple[str, str]) -> str:
    """Where a state holds a release."""
    for instance in state.instances(types=frozenset({terraform_releases.TYPE})):
        found = terraform_releases.named(instance.address, instance.attributes)
        if found is not None and (found.namespace, found.name) == release:
            return instance.address
    return ""
