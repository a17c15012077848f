"""What is known of the `helm_release` resources of a plan besides the plan: the recorded side from a state, the live side from Helm.

All of it is read before masking begins, so that a secret known to any side is hidden on every side.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct

from plangate.errors import EvidenceError, InputError
from plangate.ingest.redact.lazy_masked import LazyMasked
from plangate.ingest.redact.sensitivity import opened
from plangate.model.change import Gap
from plangate.model.release import ReleaseEvidence

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from plangate.ingest.redact.redactor import Redactor
    from plangate.ingest.terraform.state import Instance, State
    from plangate.model.input import Gathered, RawInput

TYPE: Final = "helm_release"
WANTED: Final = ("values", "history", "metadata")
"""The evidence that the live side is made of."""


class ReleaseSources(Struct, frozen=True):
    """The evidence of releases that was given besides a plan."""

    state: State | None = None
    gather: Callable[[str, str], Gathered] | None = None
    """What there is about the release of a namespace and a name."""
    one: bool = False
    """Whether what is gathered comes from flags, which name the evidence of one release."""
    key: bytes | None = None
    """The key of the HMACs in collected evidence."""
    assuming: bool = False
    """Whether somebody assumes something of what is known only after apply."""


NOTHING: Final = ReleaseSources()
"""Only the plan itself was given."""


class ReleaseName(Struct, frozen=True):
    """A release as the plan names it."""

    address: str
    namespace: str
    name: str


class _Metadata(Struct):
    name: str = ""
    namespace: str = ""
    revision: int | None = None
    version: str | None = None
    values: str | None = None


class _Attributes(Struct):
    metadata: list[_Metadata] | _Metadata | None = None


class _Names(Struct):
    name: Any = None
    namespace: Any = None


_rough = msgspec.json.Decoder()


def named(address: str, *sides: msgspec.Raw) -> ReleaseName | None:
    """The release of a `helm_release` resource, from the first side that has its name; None while that is not known."""
    for side in sides:
        try:
            found = msgspec.json.decode(side, type=_Names)
        except msgspec.DecodeError:
            continue
        if isinstance(found.name, str) and found.name:
            return ReleaseName(address, found.namespace if isinstance(found.namespace, str) else "default", found.name)
    return None


class Reading:
    """Gathers the evidence of all releases of one plan."""

    def __init__(self, beside: ReleaseSources, releases: Iterable[ReleaseName], redactor: Redactor):
        self._redactor = redactor
        self._key = beside.key
        self.skipped: list[Gap] = []
        self._releases = tuple(dict.fromkeys(releases))
        self._recorded = self._learn_state(beside.state)
        self._given = {one: self._gather(beside, one) for one in self._releases}
        self._live = {one: self._learn_live(given, f"{one.namespace}/{one.name}") for one, given in self._given.items()}

    def evidence(self) -> tuple[ReleaseEvidence, ...]:
        """The evidence of each release."""
        return tuple(self._evidence(one) for one in self._releases)

    # --- the recorded side --------------------------------------------------------------------------------------------

    def _learn_state(self, state: State | None) -> dict[str, _Metadata]:
        """The metadata of each release in the state, by address. Learns the secrets of the releases."""
        if state is None or not self._releases:
            return {}
        found: dict[str, _Metadata] = {}
        for instance in state.instances(types=frozenset({TYPE})):
            if instance.deposed:
                continue
            self._redactor.learn(_rough.decode(instance.attributes), opened(instance.marks, TYPE), TYPE)
            found[instance.address] = _recorded(instance)
        return found

    # --- the live side ------------------------------------------------------------------------------------------------

    def _gather(self, beside: ReleaseSources, one: ReleaseName) -> Mapping[str, RawInput]:
        if beside.gather is None:
            return {}
        try:
            given = beside.gather(one.namespace, one.name)
            for error in given.failed:
                self._failed(error)
            if not beside.one or not given:
                return given
            return given if self._is_about(given, one) else {}
        except InputError as error:
            self._failed(error)
            return {}

    def _is_about(self, given: Gathered, one: ReleaseName) -> bool:
        """Whether evidence named by flags is that of this release."""
        from plangate.ingest.helm import evidence as helm_evidence

        if "metadata" not in given or "metadata" in given.told:
            if len(self._releases) == 1:
                return True
            self._say(
                Gap(
                    next(iter(given.values())).path,
                    "does not tell which of the releases of this plan it belongs to",
                    f"give --metadata too ({helm_evidence.COMMANDS['metadata']}), or a folder with --evidence",
                    inconclusive=True,
                )
            )
            return False
        metadata = helm_evidence.metadata(given["metadata"])
        about = (metadata.namespace or one.namespace, metadata.name or one.name)
        if about == (one.namespace, one.name):
            return True
        if about not in {(other.namespace, other.name) for other in self._releases}:
            self._say(
                Gap(
                    given["metadata"].path,
                    f"is about the release {'/'.join(about)}, which this plan does not have",
                    helm_evidence.COMMANDS["metadata"].format(name=one.name, namespace=one.namespace, revision=""),
                    inconclusive=True,
                )
            )
        return False

    def _learn_live(self, given: Mapping[str, RawInput], release: str) -> dict[str, Any]:
        """The evidence of a release, by kind. Learns its secrets."""
        if not given:
            return {}
        from plangate.ingest.helm import evidence as helm_evidence

        readers = {"values": helm_evidence.values, "history": helm_evidence.history, "metadata": helm_evidence.metadata}
        found: dict[str, Any] = {}
        for kind, read in readers.items():
            if kind in given:
                try:
                    found[kind] = read(given[kind])
                except InputError as error:
                    self._failed(error)
        if "live_objects" in given:
            from plangate.ingest.helm import field_managers, manifests

            reader = manifests.ManifestReader(self._redactor, given["live_objects"].path)
            try:
                found["writers"] = field_managers.writers(helm_evidence.live(given["live_objects"], reader), release)
            except InputError as error:
                self._failed(error)
        if found.get("values"):
            self._redactor.learn(found["values"], False, "")
        return found

    def _failed(self, error: InputError) -> None:
        hint = error.hint or "make it again"
        # What could not be asked is no input that is wrong: nobody can tell.
        asked = isinstance(error, EvidenceError)
        self._say(Gap(error.where or "evidence", error.message, hint, inconclusive=asked, input_failed=not asked))

    def _say(self, skipped: Gap) -> None:
        if skipped not in self.skipped:
            self.skipped.append(skipped)

    def _evidence(self, one: ReleaseName) -> ReleaseEvidence:
        recorded, live = self._recorded.get(one.address), self._live[one]
        metadata = live.get("metadata")
        history = live.get("history", ())
        newest = history[-1] if history else None
        gone = "history" in live and newest is None
        values = None if recorded is None else _object(recorded.values)
        return ReleaseEvidence(
            address=self._redactor.name(one.address),
            release=f"{one.namespace}/{one.name}",
            recorded=None if values is None else LazyMasked(values, self._redactor, self._key),
            recorded_revision=None if recorded is None else recorded.revision,
            recorded_version="" if recorded is None else recorded.version or "",
            live=LazyMasked(live["values"], self._redactor, self._key) if "values" in live else None,
            live_revision=newest.number if newest is not None else metadata.revision if metadata is not None else None,
            live_status=newest.status if newest is not None else metadata.status if metadata is not None else "",
            live_version=metadata.version if metadata is not None else newest.chart if newest is not None else "",
            history=history,
            writers=live.get("writers", ()),
            gone=gone,
            evidence={kind: "given" if kind in live or gone else "missing" for kind in WANTED},
        )


def _recorded(instance: Instance) -> _Metadata:
    """The `metadata` of a release in a state: a list of one in version 2 of the provider, an object in version 3."""
    try:
        metadata = msgspec.json.decode(instance.attributes, type=_Attributes).metadata
    except msgspec.DecodeError:
        return _Metadata()
    if isinstance(metadata, list):
        return metadata[0] if metadata else _Metadata()
    return metadata or _Metadata()


def _object(text: str | None) -> dict[str, Any] | None:
    """The object in a JSON text; empty where it holds none."""
    from plangate.ingest.helm.manifests import json_value

    if not text:
        return None
    try:
        value = json_value(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    return {} if value is None else value if isinstance(value, dict) else None
