"""Cases of Helm policies: one object before and after, turned into a dry run and its evidence.

A case has `before`, `after`, or both: whole Kubernetes objects. More keys: `with` are other objects that change (each with
`before` and `after`), `same` are objects that stay, `live` is what the cluster holds, `hooks` and `old_hooks` are hooks, `chart`
and `old_chart` are versions of the chart, `values` and `old_values` what a user gives and gave. A case without `before` and
`after` is about its hooks.
"""

from __future__ import annotations

from typing import Any, Final

import msgspec
from msgspec import Struct

from plangate.policy.case import ASKED, CaseError, refuse_unknown

_KEYS: Final = frozenset(
    ["before", "after", "with", "same", "live", "hooks", "old_hooks", "chart", "old_chart", "values", "old_values"]
)
_NAME: Final = "web"
_NAMESPACE: Final = "prod"
_HOOKS: Final = "templates/hook.yaml"


class UpgradeCase(Struct, frozen=True):
    """A case, ready for the pipeline: the dry run, its evidence, and the end of the address it is about."""

    dry_run: bytes
    evidence: dict[str, bytes]
    kind: str
    name: str
    of_hooks: bool = False
    """Whether it is about the hooks."""


def upgrade(case: dict[str, Any]) -> UpgradeCase:
    """Build it. Raises `CaseError` for a key that no case has."""
    refuse_unknown(case, _KEYS | ASKED.keys())
    hooks = case.get("hooks") or case.get("old_hooks") or [None]
    about = case.get("after") or case.get("before") or hooks[0]
    if not isinstance(about, dict):
        raise CaseError("a case needs before or after, each a Kubernetes object, or hooks")
    changing = [case, *case.get("with", ())]
    same = list(case.get("same", ()))
    release = {
        "name": _NAME,
        "namespace": _NAMESPACE,
        "version": 2,
        "info": {"status": "pending-upgrade", "deleted": ""},
        "chart": {"metadata": {"name": "web", "version": case.get("chart", "1.0.0")}},
        "config": case.get("values", {}),
        "manifest": _manifest([one["after"] for one in changing if one.get("after")] + same),
        "hooks": [{"path": _HOOKS, "manifest": _text(hook)} for hook in case.get("hooks", ())],
    }
    evidence = {"manifest": _manifest([one["before"] for one in changing if one.get("before")] + same).encode()}
    if "old_hooks" in case:
        evidence["hooks"] = _manifest(case["old_hooks"]).replace("---\n", f"---\n# Source: {_HOOKS}\n").encode()
    if "old_chart" in case:
        metadata = {"name": _NAME, "namespace": _NAMESPACE, "chart": "web", "version": case["old_chart"], "revision": 1}
        evidence["metadata"] = msgspec.json.encode(metadata)
    if "old_values" in case:
        evidence["values"] = msgspec.json.encode(case["old_values"])
    if "live" in case:
        evidence["live_objects"] = msgspec.json.encode({"kind": "List", "items": [*case["live"], *same]})
    of_hooks = not (case.get("after") or case.get("before"))
    kind, name = ("", "") if of_hooks else (str(about.get("kind")), str(about.get("metadata", {}).get("name")))
    return UpgradeCase(msgspec.json.encode(release), evidence, kind, name, of_hooks)


def of_manifests(
    new: list[dict[str, Any]],
    new_hooks: list[dict[str, Any]],
    old: list[dict[str, Any]] | None,
    old_hooks: list[dict[str, Any]],
) -> UpgradeCase:
    """A case of whole manifests; without an old one it is an install."""
    status = "pending-upgrade" if old is not None else "pending-install"
    release = {
        "name": _NAME,
        "namespace": _NAMESPACE,
        "version": 2 if old is not None else 1,
        "info": {"status": status, "deleted": ""},
        "chart": {"metadata": {"name": "web", "version": "1.0.0"}},
        "manifest": _manifest(new),
        "hooks": [{"path": _HOOKS, "manifest": _text(hook)} for hook in new_hooks],
    }
    evidence = {} if old is None else {"manifest": _manifest(old).encode(), "hooks": _manifest(old_hooks).encode()}
    return UpgradeCase(msgspec.json.encode(release), evidence, "", "")


def _manifest(objects: list[dict[str, Any]]) -> str:
    """A manifest as Helm writes one; JSON is YAML."""
    return "".join(f"---\n{_text(one)}\n" for one in objects)


def _text(one: dict[str, Any]) -> str:
    return msgspec.json.encode(one).decode()
