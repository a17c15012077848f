"""Inputs as given, and the sources of evidence and state."""

from __future__ import annotations

import enum
import hashlib
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from plangate.errors import InputError


class Source(enum.StrEnum):
    """What the changes of an input are about: Terraform's resources, or objects that Helm applies."""

    TERRAFORM = "terraform"
    HELM = "helm"


class Kind(enum.StrEnum):
    """The kinds of input that are understood. Everything else is refused by name."""

    TERRAFORM_PLAN = "terraform-plan"
    TERRAFORM_STREAM = "terraform-stream"
    TERRAFORM_PLANFILE = "terraform-planfile"
    HELM_DRY_RUN = "helm-dry-run"
    """`helm upgrade --dry-run` as text, JSON or YAML; also its refusal."""
    HELM_MANIFEST = "helm-manifest"
    """`helm template`, or plain Kubernetes documents."""
    HELM_VALUES = "helm-values"
    """The desired values of one release. They show drift only."""

    @property
    def source(self) -> Source:
        """What inputs of this kind are about."""
        return _SOURCES[self]


_SOURCES: Final = {
    Kind.TERRAFORM_PLAN: Source.TERRAFORM,
    Kind.TERRAFORM_STREAM: Source.TERRAFORM,
    Kind.TERRAFORM_PLANFILE: Source.TERRAFORM,
    Kind.HELM_DRY_RUN: Source.HELM,
    Kind.HELM_MANIFEST: Source.HELM,
    Kind.HELM_VALUES: Source.HELM,
}


class Facts(Struct, frozen=True):
    """The tool's own facts about its plan. None where the tool does not write one: OpenTofu has only `errored`."""

    errored: bool | None = None
    complete: bool | None = None
    applyable: bool | None = None


class InputRecord(Struct, frozen=True):
    """One input as it was read: `sha256` is of the bytes given, before any decoding."""

    kind: Kind
    path: str
    sha256: str
    tool: str | None = None
    tool_version: str | None = None
    facts: Facts = Facts()


EVIDENCE: Final = ("manifest", "hooks", "values", "history", "metadata", "live_objects")
"""The kinds of evidence about a Helm release."""

_WORTH_A_THREAD = 1024 * 1024


class RawInput:
    """One input as given: its path (`-` for standard input), its bytes, and their SHA-256 in hex."""

    def __init__(self, path: str, data: bytes):
        self.path = path
        self.data = data
        self._digest = ""
        self._hashing: threading.Thread | None = None
        if len(data) >= _WORTH_A_THREAD:
            # Hashing releases the interpreter lock, so a large input is hashed while it is parsed.
            self._hashing = threading.Thread(target=self._hash)
            self._hashing.start()

    def __repr__(self) -> str:
        return f"RawInput({self.path!r}, {len(self.data)} bytes)"

    @property
    def sha256(self) -> str:
        """The SHA-256 of the bytes as given, in hex."""
        if self._hashing is not None:
            self._hashing.join()
        if not self._digest:
            self._hash()
        return self._digest

    def _hash(self) -> None:
        self._digest = hashlib.sha256(self.data).hexdigest()


class Gathered(dict[str, RawInput]):
    """Evidence by kind, and in `failed` the errors for kinds that could not be obtained."""

    def __init__(
        self,
        found: Mapping[str, RawInput] | None = None,
        failed: Iterable[InputError] = (),
        from_cluster: Iterable[str] = (),
    ):
        super().__init__(found or {})
        self.failed = tuple(failed)
        self.from_cluster = frozenset(from_cluster)
        """The kinds that come from the cluster and not from a file."""


class EvidenceSources(Struct, frozen=True, kw_only=True):
    """The sources of evidence that the command line names."""

    folder: Path | None = None
    manifest: str | None = None
    hooks: str | None = None
    values: str | None = None
    history: str | None = None
    metadata: str | None = None
    live_objects: str | None = None
    live: bool = False
    """Whether the cluster is asked for what neither a flag nor the folder gives."""
    seconds: float = 30.0
    """The time limit of one query."""

    @property
    def named(self) -> bool:
        """Whether a flag names evidence of one release."""
        return any(getattr(self, kind) is not None for kind in EVIDENCE)


class StateSource(Struct, frozen=True, kw_only=True):
    """The source of the state that the command line names."""

    location: str | None = None
    """A file, or `s3://bucket/key`."""
    backend_config: tuple[str, ...] = ()
    """Files of `key = value`, as `terraform init -backend-config` takes them."""
    role_arn: str | None = None
    tf_dir: Path | None = None
    """Where the `backend "s3"` block stands, if it is asked for."""
    live: bool = False
    """Whether S3 is asked too where only the backend block in `tf_dir` names the state."""

    @property
    def is_named(self) -> bool:
        """Whether a flag names a state."""
        return self.location is not None or bool(self.backend_config)
