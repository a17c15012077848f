"""Trees of marks beside a value: true, false, or nested like the value. Only what says something counts, in doubt as a mark."""

from __future__ import annotations

from typing import Any, Final

from plangate.model.values import Embedded, Sensitive, Value

HIDDEN: Final = "(sensitive)"
"""What stands in place of a secret, in keys and in text."""

_OF_BLOCKS: Final = {"helm_release": ("set_sensitive", "set_wo")}
"""Attributes that are sets of blocks in one version of a provider. Terraform marks a set as a whole where anything in it is
marked; only `value` is a secret, and `name` says where it goes."""
_ENTRY: Final = [{"value": True}] * 256
"""The marks of such a set. What is beyond it stays marked whole."""


MANIFESTS: Final = {"kubectl_manifest": frozenset({"yaml_body", "yaml_incluster", "live_manifest_incluster"})}
"""Attributes that a provider marks whatever they hold."""
_RIGHTS: Final = {
    "ClusterRole": "kubernetes_cluster_role_v1",
    "ClusterRoleBinding": "kubernetes_cluster_role_binding_v1",
    "Role": "kubernetes_role_v1",
    "RoleBinding": "kubernetes_role_binding_v1",
}
"""Kinds of Kubernetes that have no field for a secret, and what is native of them: who may do what has to be seen."""


def of_rights(marks: Any, type_: str, kind: object) -> tuple[Any, str]:
    """The marks and the type that a manifest is masked by: those of the native type where `kind` holds no secret."""
    native = _RIGHTS.get(kind) if type_ in MANIFESTS and isinstance(kind, str) else None
    if native is None:
        return marks, type_
    own = (
        {key: mark for key, mark in marks.items() if key not in MANIFESTS[type_]} if isinstance(marks, dict) else marks
    )
    return own, native


def opened(marks: Any, type_: str) -> Any:
    """The marks of an object, with those of whole sets of blocks moved to the secret inside of each block."""
    names = _OF_BLOCKS.get(type_)
    if names is None or not isinstance(marks, dict) or not any(marks.get(name) is True for name in names):
        return marks
    return {key: _ENTRY if key in names and mark is True else mark for key, mark in marks.items()}


def any_mark(marks: Any) -> bool:
    """Whether anything in a tree is marked. What is neither a bool nor nested counts as a mark when it is truthy."""
    if isinstance(marks, dict):
        return any(map(any_mark, marks.values()))
    if isinstance(marks, list):
        return any(map(any_mark, marks))
    return bool(marks)


def marks_whole(value: Any, marks: Any) -> bool:
    """Whether a tree marks all of a value: it says so, or it does not fit the value's shape and marks something."""
    if not marks:
        return False
    if isinstance(marks, (dict, list)):
        return value is not None and type(marks) is not type(value) and any_mark(marks)
    return True


def mark_of(marks: Any, part: str | int) -> Any:
    """The tree below one key or index. A list of marks shorter than its value marks the rest, if it marks anything."""
    if isinstance(marks, dict):
        return marks.get(part)
    if not isinstance(marks, list) or not isinstance(part, int):
        return None
    return marks[part] if part < len(marks) else any_mark(marks)


def holds_sensitive(value: Value) -> bool:
    """Whether anything in a masked value is hidden, a key of a map included."""
    if isinstance(value, Embedded):
        return holds_sensitive(value.value)
    if isinstance(value, dict):
        return HIDDEN in value or any(map(holds_sensitive, value.values()))
    if isinstance(value, list):
        return any(map(holds_sensitive, value))
    return isinstance(value, Sensitive)
