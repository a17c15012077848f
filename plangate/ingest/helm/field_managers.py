"""The field managers that write to the objects of a release besides Helm, from `kubectl get --show-managed-fields`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plangate.ingest.helm.manifests import ManifestObject

_HELM: Final = ("helm", "")
_NAME: Final = "meta.helm.sh/release-name"
_NAMESPACE: Final = "meta.helm.sh/release-namespace"


def writers(live: Iterable[ManifestObject], release: str) -> tuple[tuple[str, str], ...]:
    """Each object with each of its other managers, and with the release that says that it owns it, where it is another one."""
    return tuple(dict.fromkeys(pair for one in live for pair in _of(one, release)))


def _of(one: ManifestObject, release: str) -> Iterator[tuple[str, str]]:
    subject = f"{one.kind}/{one.name}"
    metadata = one.raw.get("metadata")
    if not isinstance(metadata, dict):
        return
    for entry in _list(metadata.get("managedFields")):
        manager = entry.get("manager") if isinstance(entry, dict) else None
        if isinstance(manager, str) and manager not in _HELM and entry.get("subresource") != "status":
            yield subject, manager
    annotations = metadata.get("annotations")
    if isinstance(annotations, dict) and isinstance(annotations.get(_NAME), str):
        owner = f"{annotations.get(_NAMESPACE, '')}/{annotations[_NAME]}"
        if owner != release:
            yield subject, f"release {owner}"


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
