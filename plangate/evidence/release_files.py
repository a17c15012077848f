"""Evidence about a Helm release: files named by flags, and a folder that holds many releases.

The folder is laid out as `DIR/<namespace>/<release>/{manifest.yaml,hooks.yaml,values.json,history.json,metadata.json,
live-objects.json}`. A flag overrides the folder.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from plangate.errors import InputError
from plangate.evidence import files
from plangate.model.input import EvidenceSources, Gathered, RawInput

if TYPE_CHECKING:
    from plangate.model.input import RawInput
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


def gather(sources: EvidenceSources, namespace: str, name: str) -> Gathered:
    """The evidence of one release in files. Raises `InputError` for a named file that cannot be read."""
    found = Gathered()
    folder = _release_folder(sources.folder, namespace, name)
    for kind, names in FILES.items():
        path = getattr(sources, kind)
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
    """The folder of a release; without a name, that of the only release, else None."""
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
