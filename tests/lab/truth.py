"""What an upgrade did, told from the objects before and after it."""

from __future__ import annotations

import copy
from typing import Any

_SERVER_OWNED = (
    "uid", "resourceVersion", "generation", "creationTimestamp", "managedFields", "deletionTimestamp", "deletionGracePeriodSeconds",
)  # fmt: skip
_REVISION = "deployment.kubernetes.io/revision"


class Snapshot:
    """The objects of a scenario at one moment. What only a finalizer holds is gone."""

    def __init__(self, objects: list[dict[str, Any]], namespace: str):
        self.bodies: dict[str, dict[str, Any]] = {}
        self.uids: dict[str, str] = {}
        for one in objects:
            metadata = one["metadata"]
            if metadata.get("deletionTimestamp") or (one["kind"], metadata["name"]) == ("ServiceAccount", "default"):
                continue
            key = f"{one['kind']}/{metadata.get('namespace', '-')}/{metadata['name']}".replace(namespace, "NS")
            self.bodies[key] = _meant(one)
            self.uids[key] = metadata["uid"]


def _meant(one: dict[str, Any]) -> dict[str, Any]:
    """The object without what the server and its controllers write into it."""
    body = copy.deepcopy(one)
    body.pop("status", None)
    metadata = body["metadata"]
    for key in _SERVER_OWNED:
        metadata.pop(key, None)
    metadata.get("annotations", {}).pop(_REVISION, None)
    if not metadata.get("annotations", True):
        metadata.pop("annotations")
    return body


def truth(before: Snapshot, after: Snapshot, error: str | None, namespace: str) -> dict[str, Any]:
    """The difference, and the error of an upgrade that failed."""
    both = sorted(before.bodies.keys() & after.bodies.keys())
    recreated = [key for key in both if before.uids[key] != after.uids[key]]
    changed = [key for key in both if before.bodies[key] != after.bodies[key]]
    specs = {key: (before.bodies[key].get("spec") or {}, after.bodies[key].get("spec") or {}) for key in changed}
    workloads = {
        key: pair for key, pair in specs.items() if key.startswith(("Deployment/", "StatefulSet/", "DaemonSet/"))
    }
    return {
        "upgrade_ok": error is None,
        "error": None if error is None else error.strip().replace(namespace, "NS"),
        "created": sorted(after.bodies.keys() - before.bodies.keys()),
        "deleted": sorted(before.bodies.keys() - after.bodies.keys()),
        "recreated": recreated,
        "changed": changed,
        "unchanged": [key for key in both if key not in changed],
        "rollout": [key for key, (was, will) in workloads.items() if was.get("template") != will.get("template")],
        "scaled": [
            [key, was.get("replicas"), will.get("replicas")]
            for key, (was, will) in workloads.items()
            if was.get("replicas") != will.get("replicas")
        ],
    }
