"""A Terraform state that may be stored: its identity, and its objects without secrets.

Version 4 of the format stays, so that it is read like any other state; outputs and what providers keep for themselves are left out.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from plangate.ingest.redact import pseudonyms
from plangate.ingest.redact.redactor import Redactor
from plangate.ingest.redact.sensitivity import opened

if TYPE_CHECKING:
    from plangate.ingest.terraform.state import Instance, State

_RELEASE: Final = "helm_release"


def without_secrets(state: State, key: bytes | None) -> dict[str, Any]:
    """The state as plain data, with every secret of any object removed from all.

    Raises `InputError` where an object of the state has no shape.
    """
    redactor = Redactor()
    objects = [(one, _decode(one.attributes)) for one in state.instances()]
    for one, attributes in objects:
        redactor.learn(attributes, opened(one.marks, one.type), one.type)
    redactor.freeze()
    resources: dict[tuple[str, str, str, str], list[dict[str, Any]]] = {}
    for one, attributes in objects:
        resources.setdefault(one.place, []).append(_instance(one, attributes, redactor, key))
    return {
        "version": 4,
        "terraform_version": state.terraform_version,
        "serial": state.serial,
        "lineage": state.lineage,
        "outputs": {},
        "resources": [
            {"module": module, "mode": mode, "type": type_, "name": name, "instances": instances}
            for (module, mode, type_, name), instances in resources.items()
        ],
    }


def _instance(one: Instance, attributes: Any, redactor: Redactor, key: bytes | None) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if one.index is not None:
        found["index_key"] = one.index
    if one.tainted:
        found["status"] = "tainted"
    if one.deposed:
        found["deposed"] = one.deposed
    found["attributes"] = _attributes(one, attributes, redactor, key)
    return found


def _attributes(one: Instance, attributes: Any, redactor: Redactor, key: bytes | None) -> Any:
    if not isinstance(attributes, dict):
        return {}
    found = {}
    for name, value in attributes.items():
        tree = opened(one.marks, one.type)
        marks = tree.get(name, False) if isinstance(tree, dict) else tree
        clean = pseudonyms.without_secrets(value, redactor, key, sensitive=marks, type_=one.type, path=(name,))
        found[name] = _metadata(value, clean, redactor, key) if one.type == _RELEASE and name == "metadata" else clean
    return found


def _metadata(metadata: Any, clean: Any, redactor: Redactor, key: bytes | None) -> Any:
    """The facts of a release, the secrets in its values replaced one by one: the rest is compared path by path."""
    if isinstance(metadata, list) and isinstance(clean, list):
        return [_metadata(*pair, redactor, key) for pair in zip(metadata, clean, strict=True)]
    text = metadata.get("values") if isinstance(metadata, dict) and isinstance(clean, dict) else None
    if not isinstance(text, str):
        return clean
    try:
        values = pseudonyms.without_secrets(msgspec.json.decode(text), redactor, key)
    except (msgspec.DecodeError, RecursionError):
        return clean
    return {**clean, "values": msgspec.json.encode(values).decode()}


def _decode(raw: msgspec.Raw) -> Any:
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError):
        return None
