"""Where a state is: a file, or an object in S3."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from plangate.evidence import files

if TYPE_CHECKING:
    from plangate.evidence.files import Given
    from plangate.model import Lock

S3: Final = "s3://"


class StateAsked(Struct, frozen=True, kw_only=True):
    """Where the state may be found, as the command line says."""

    location: str | None = None
    """A file, or `s3://bucket/key`."""
    backend_config: tuple[str, ...] = ()
    """Files of `key = value`, as `terraform init -backend-config` takes them."""
    role_arn: str | None = None
    tf_dir: Path | None = None
    """Where the `backend "s3"` block stands, if it is asked for."""

    @property
    def asked(self) -> bool:
        """Whether anything names a state."""
        return self.location is not None or bool(self.backend_config)


class StateGiven(Struct, frozen=True):
    """A state as it was read: `given` is None where there is none."""

    given: Given | None
    lock: Lock | None = None
    digest: str | None = None
    """What the backend noted beside it."""
    unsure: str = ""
    """Why it cannot be told whether the state is locked."""


def read(asked: StateAsked) -> StateGiven:
    """Read a state. Raises `InputError` for a file that cannot be read, `EvidenceError` for S3."""
    if asked.location is not None and not asked.location.startswith(S3):
        return StateGiven(files.read(asked.location))
    from plangate.evidence import s3

    return s3.read(asked)
