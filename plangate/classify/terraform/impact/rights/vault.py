"""Policies of Vault and OpenBao.

https://developer.hashicorp.com/vault/docs/concepts/policies
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from plangate.classify.terraform.impact.rights import hcl
from plangate.classify.terraform.impact.rights.knowledge import PolicyDocument, knowledge
from plangate.classify.terraform.impact.rights.right import EVERYTHING, WIDE, Right
from plangate.classify.terraform.impact.values import fields, items, plain
from plangate.lang.glob import fits_path

if TYPE_CHECKING:
    from plangate.classify.terraform.impact.values import Maybe, Readable


def rights(_document: PolicyDocument, policy: Maybe, _side: Readable) -> Iterator[Right]:
    """What a holder of a policy may do."""
    value = plain(policy)
    read: Any = hcl.read(value) if isinstance(value, str) else value
    if not isinstance(read, dict):
        yield Right(EVERYTHING, "has a policy that cannot be read", certain=False)
        return
    for path, rule in _rules(read.get("path")):
        may = {str(word) for word in items(fields(rule).get("capabilities"))} | _old(fields(rule).get("policy"))
        if "deny" in may:
            continue
        yield from _of_path(path.strip("/") if path != "/" else path, may)


def _rules(paths: Any) -> Iterator[tuple[str, Any]]:
    """The rules of a policy: an object by path, or in JSON a list of such objects."""
    for one in items(paths):
        for path, rule in fields(one).items():
            for each in items(rule):
                yield path, each


def _old(word: Any) -> set[str]:
    """The capabilities that stood for one word before there were capabilities."""
    return {
        "read": {"read", "list"},
        "write": {"create", "read", "update", "delete", "list"},
        "sudo": {"create", "read", "update", "delete", "list", "sudo"},
        "deny": {"deny"},
    }.get(word if isinstance(word, str) else "", set())


def _of_path(path: str, may: set[str]) -> Iterator[Right]:
    known = knowledge().vault
    pattern = "/".join("*" if part == "+" else part for part in path.split("/"))
    pattern = f"{pattern}*" if pattern.endswith("*") else pattern
    writes = bool(may & known.writes)
    if fits_path(pattern, "~/~/~"):
        if writes:
            yield Right(EVERYTHING, f'may do everything in Vault (path "{path}")')
        elif may & {"read", "list"}:
            yield Right(WIDE, f'may read everything in Vault (path "{path}")')
    elif writes and any(fits_path(pattern, one) for one in known.paths):
        yield Right(EVERYTHING, f'may change who may do what in Vault (path "{path}")')
    elif "sudo" in may:
        yield Right(WIDE, f'may call what only administrators may (path "{path}", sudo)')
    elif may & {"read", "update", "create"}:
        mount, _, rest = pattern.partition("/")
        if rest.strip("*") in ("", "/", "data/", "/data/") and rest.endswith("*") and mount.strip("*"):
            yield Right(WIDE, f'may use all of one engine (path "{path}")')
