"""Evidence about a Helm release: files named by flags, and a folder that holds many releases.

The folder is laid out as `DIR/<namespace>/<release>/{manifest.yaml,hooks.yaml,values.json,history.json,metadata.json,
live-objects.json}`. A flag overrides the folder.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from plangate.errors import InputError
from plangate.evidence import files

if TYPE_CHECKING:
    from plangate.evidence.files import RawInput
FILES: Final = {
    "manifest": ("manifest.yaml",),
    "hooks": ("hooks.yaml",),
    "values": ("values.json", "values.yaml"),
    "history": ("history.json",),
    "metadata": ("metadata.json",),
    "live_objects": ("live-objects.json", "live-objects.yaml"),
}
"""Each kind of evidence, and its file in the folder of a release."""


_COMMANDS: Final = {
    "manifest": "helm get manifest NAME -n NS --revision DEPLOYED",
    "hooks": "helm get hooks NAME -n NS --revision DEPLOYED",
    "values": "helm get values NAME -n NS -o json",
    "history": "helm history NAME -n NS -o json",
    "metadata": "helm get metadata NAME -n NS -o json",
    "live_objects": "kubectl get KINDS -n NS -o json --show-managed-fields",
}


class EvidenceSources(Struct, frozen=True, kw_only=True):
    """Where evidence may be found, as the command line says."""

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
    """How long one question may take."""

    @property
    def named(self) -> bool:
        """Whether a flag names evidence of one release."""
        return any(getattr(self, kind) is not None for kind in FILES)


def gather(asked: EvidenceSources, namespace: str, name: str) -> files.Gathered:
    """What files tell of one release. Raises `InputError` for a file that is named and cannot be read."""
    found = files.Gathered()
    folder = _release_folder(asked.folder, namespace, name)
    for kind, names in FILES.items():
        path = getattr(asked, kind)
        if path is None and folder is not None:
            path = next((str(folder / one) for one in names if (folder / one).is_file()), None)
        if path is not None:
            found[kind] = _read(kind, path)
    return found


def _read(kind: str, path: str) -> RawInput:
    try:
        return files.read(path)
    except InputError as error:
        raise InputError(error.message, where=error.where, hint=f"it is written by: {_COMMANDS[kind]}") from None


def _release_folder(folder: Path | None, namespace: str, name: str) -> Path | None:
    """The folder of a release; without a name, that of the only release there is."""
    if folder is None:
        return None
    if not folder.is_dir():
        raise InputError("is not a folder of evidence", where=str(folder), hint="plangate collect writes one")
    if name:
        parts = (namespace or "default", name)
        # The names come from the input; a path in them must not lead out of the folder.
        if any(part in (".", "..") or "/" in part or "\0" in part for part in parts):
            raise InputError("names a release that cannot be a folder", where=str(folder))
        return folder.joinpath(*parts)
    known = [one for one in sorted(folder.glob("*/*")) if one.is_dir() and one.parent.name != "state"]
    return known[0] if len(known) == 1 else None
