"""Helm releases: their objects, revisions, and evidence."""

from __future__ import annotations

from typing import Protocol

from msgspec import Struct

from plangate.model.values import Path, Value


class KubeObject(Protocol):
    """One Kubernetes object of a manifest or a cluster. Its text is parsed and masked when something reads it."""

    @property
    def api_version(self) -> str:
        """`v1`, `apps/v1`, ..."""
        ...

    @property
    def kind(self) -> str:
        """Its kind, or empty."""
        ...

    @property
    def namespace(self) -> str:
        """The namespace in its metadata, often empty."""
        ...

    @property
    def name(self) -> str:
        """Its name, or empty."""
        ...

    @property
    def template(self) -> str:
        """The chart's template it was rendered from, as Helm's `# Source:` line says."""
        ...

    @property
    def body(self) -> dict[str, Value]:
        """The whole object, masked."""
        ...

    @property
    def generated(self) -> frozenset[str]:
        """The keys of a Secret whose values look random and are not among the values given to Helm."""
        ...

    @property
    def unreadable(self) -> frozenset[str]:
        """The keys of a Secret whose value an API server refuses: no base64, or no JSON where its type requires it."""
        ...

    def mentions(self, *words: str) -> bool:
        """Whether its text contains all of these words. Does not parse it."""
        ...


class Revision(Struct, frozen=True):
    """One revision of a release as `helm history` lists it."""

    number: int
    status: str
    chart: str = ""
    app_version: str = ""
    description: str = ""
    updated: str = ""
    """When it was made, as Helm writes it."""


class Maskable(Protocol):
    """Values that are masked when they are read, so that paths that are found to be secret later are masked too."""

    def masked(self, hidden: tuple[Path, ...]) -> dict[str, Value]:
        """The masked values, with whatever is at these paths hidden. Hidden values can still be compared."""
        ...


class ReleaseEvidence(Struct, frozen=True, kw_only=True):
    """Evidence about one `helm_release`: what the state recorded, and what the cluster runs."""

    address: str
    """Terraform's address."""
    release: str
    """`namespace/name`."""
    recorded: Maskable | None = None
    """The values that Helm had when Terraform last wrote the state."""
    recorded_revision: int | None = None
    recorded_version: str = ""
    live: Maskable | None = None
    """The values that Helm has now."""
    live_revision: int | None = None
    live_status: str = ""
    live_version: str = ""
    history: tuple[Revision, ...] = ()
    writers: tuple[tuple[str, str], ...] = ()
    """Other writers of its objects than Helm, as (`Kind/name`, field manager or `release NS/NAME`)."""
    gone: bool = False
    """Whether the cluster was queried and has no such release."""
    evidence: dict[str, str] = {}
    """Kind of evidence to `given` or `missing`."""


class Chart(Struct, frozen=True):
    """A chart as Helm names it. Unknown fields are empty."""

    name: str = ""
    version: str = ""


class Upgrade(Struct, frozen=True, kw_only=True):
    """An upgrade of one release with its evidence, which classify turns into changes."""

    release: str | None = None
    """`namespace/name`."""
    namespace: str = ""
    """The namespace of objects that name none."""
    name: str = ""
    install: bool = False
    """Whether this is an install, which creates every object."""
    major: int | None = None
    """Helm's major version, where the input shows it."""
    server_side: bool | None = None
    """Whether objects are applied server-side; None when unknown."""
    new: tuple[KubeObject, ...] = ()
    old: tuple[KubeObject, ...] | None = None
    """The objects of the deployed revision that are not byte for byte the same in the new one; None when not given."""
    same: tuple[KubeObject, ...] = ()
    """The objects that are byte for byte the same in both revisions."""
    new_hooks: tuple[KubeObject, ...] = ()
    old_hooks: tuple[KubeObject, ...] | None = None
    live: tuple[KubeObject, ...] | None = None
    """The live objects; None when not given."""
    crds: tuple[KubeObject, ...] = ()
    """The objects in the chart's `crds/`."""
    hidden: tuple[str, ...] = ()
    """Templates of Secrets whose content the dry run left out."""
    history: tuple[Revision, ...] = ()
    kube_version: tuple[int, int] | None = None
    chart: Chart = Chart()
    old_chart: Chart = Chart()
    values: dict[str, Value] | None = None
    """The user-supplied values; None where the input does not contain them."""
    old_values: dict[str, Value] | None = None
    """The user-supplied values of the deployed revision; None when not given."""
    origin: int = 0
    """Index of the input it came from."""
    revision: int | None = None
    """The revision that it makes, where the input shows it."""


class ClusterIdentity(Struct, frozen=True, kw_only=True):
    """The identity of a cluster. Unknown fields are None."""

    server: str | None = None
    """The address of the API server. One cluster can have several."""
    kube_system_uid: str | None = None
    """The uid of its `kube-system` namespace, the same for every address."""
    collected_at: str | None = None
