"""Helm releases: their objects, their revisions, and what is known of one besides a plan."""

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
        """Its kind, or nothing where it says none."""
        ...

    @property
    def namespace(self) -> str:
        """What it says of its namespace itself; often nothing."""
        ...

    @property
    def name(self) -> str:
        """Its name, or nothing."""
        ...

    @property
    def template(self) -> str:
        """The chart's template it was rendered from, as Helm's `# Source:` line says."""
        ...

    @property
    def body(self) -> dict[str, Value]:
        """All of it, masked."""
        ...

    @property
    def generated(self) -> frozenset[str]:
        """The keys of a Secret whose values look drawn by chance and were given to Helm by nobody."""
        ...

    @property
    def unreadable(self) -> frozenset[str]:
        """The keys of a Secret whose value no server takes: no base64, or no JSON where its type asks for it."""
        ...

    def mentions(self, *words: str) -> bool:
        """Whether its text holds every one of these words, told without parsing it."""
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
    """Values that are masked when they are read. Ingest keeps them to itself until it is told what else is secret."""

    def masked(self, hidden: tuple[Path, ...]) -> dict[str, Value]:
        """The values, with what stands at these paths hidden, whatever it is. Hidden values can still be compared."""
        ...


class ReleaseEvidence(Struct, frozen=True, kw_only=True):
    """What is known of one `helm_release` besides the plan: what the state recorded, and what the cluster runs."""

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
    """Who else than Helm writes to its objects: the object as `Kind/name`, and the field manager, or `release NS/NAME`."""
    gone: bool = False
    """The cluster was asked, and has no such release."""
    evidence: dict[str, str] = {}
    """Kind of evidence to `given` or `missing`."""


class Chart(Struct, frozen=True):
    """A chart as Helm names it. What is not told is empty."""

    name: str = ""
    version: str = ""


class Upgrade(Struct, frozen=True, kw_only=True):
    """What Helm was asked to do with one release, and what is known of the release. Classify turns it into changes."""

    release: str | None = None
    """`namespace/name`."""
    namespace: str = ""
    """Where objects go that name no namespace."""
    name: str = ""
    install: bool = False
    """There is nothing before: every object is created."""
    major: int | None = None
    """Helm's major version, where the input shows it."""
    server_side: bool | None = None
    """Whether objects are applied server-side; None when nothing tells."""
    new: tuple[KubeObject, ...] = ()
    old: tuple[KubeObject, ...] | None = None
    """The deployed revision, without what stays byte for byte the same; None when it was not given."""
    same: tuple[KubeObject, ...] = ()
    """What is byte for byte the same in both."""
    new_hooks: tuple[KubeObject, ...] = ()
    old_hooks: tuple[KubeObject, ...] | None = None
    live: tuple[KubeObject, ...] | None = None
    """What the cluster holds; None when it was not given."""
    crds: tuple[KubeObject, ...] = ()
    """What stands in the chart's `crds/`."""
    hidden: tuple[str, ...] = ()
    """Templates of Secrets whose content the dry run left out."""
    history: tuple[Revision, ...] = ()
    kube_version: tuple[int, int] | None = None
    chart: Chart = Chart()
    old_chart: Chart = Chart()
    values: dict[str, Value] | None = None
    """What a user gives to Helm; None where the input does not tell."""
    old_values: dict[str, Value] | None = None
    """What a user gave to the deployed revision; None where that was not given."""
    origin: int = 0
    """Index of the input it came from."""
    revision: int | None = None
    """The revision that it makes, where the input shows it."""


class ClusterIdentity(Struct, frozen=True, kw_only=True):
    """The identity of a cluster. None for what could not be told."""

    server: str | None = None
    """The API server's address: what differs between two ways to the same cluster."""
    kube_system_uid: str | None = None
    """The uid of its `kube-system` namespace: the same for every way."""
    collected_at: str | None = None
