"""The policy of a tailnet, which is JSON with comments.

https://tailscale.com/kb/1337/policy-syntax
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Final

from plangate.classify.terraform.impact.rights.knowledge import PolicyDocument
from plangate.classify.terraform.impact.rights.right import EVERYTHING, WIDE, Right
from plangate.classify.terraform.impact.values import fields, items, plain

if TYPE_CHECKING:
    from plangate.classify.terraform.impact.values import Maybe, Readable

_EVERYBODY: Final = frozenset(
    {"*", "autogroup:member", "autogroup:members", "autogroup:danger-all", "autogroup:shared"}
)
_TOKEN: Final = re.compile(
    r'("(?:[^"\\]|\\.)*+"?)|//[^\n]*|/\*.*?(?:\*/|\Z)|,(?=(?:\s|//[^\n]*\n|/\*.*?\*/)*[\]}])', re.DOTALL
)


def rights(_document: PolicyDocument, policy: Maybe, _side: Readable) -> Iterator[Right]:
    """Who reaches what."""
    value = plain(policy)
    read: Any = _loose_json(value) if isinstance(value, str) else value
    if not isinstance(read, dict):
        yield Right(EVERYTHING, "has a policy that cannot be read", certain=False)
        return
    for acl in items(read.get("acls")):
        rule = fields(acl)
        targets = [*items(rule.get("dst")), *items(rule.get("ports"))]
        if rule.get("action") == "accept" and any(_everywhere(one) for one in targets):
            yield from _reaches([*items(rule.get("src")), *items(rule.get("users"))])
    for grant in items(read.get("grants")):
        rule = fields(grant)
        if any(_everywhere(one) for one in items(rule.get("dst"))) and "*" in items(rule.get("ip")):
            yield from _reaches(items(rule.get("src")))
    for entry in items(read.get("ssh")):
        rule = fields(entry)
        if _EVERYBODY & _texts(rule.get("src")) and not _texts(rule.get("dst")) <= {"autogroup:self"}:
            yield Right(WIDE, "lets every user of the tailnet log in with SSH")
    for tag, owners in fields(read.get("tagOwners")).items():
        if _EVERYBODY & _texts(owners):
            yield Right(WIDE, f"lets every user of the tailnet make devices {tag}")


def _reaches(sources: list[Any]) -> Iterator[Right]:
    if _EVERYBODY & _texts(sources):
        yield Right(WIDE, "lets every device of the tailnet reach every port of every other")


def _texts(value: Any) -> set[str]:
    return {one for one in items(value) if isinstance(one, str)}


def _everywhere(target: Any) -> bool:
    return isinstance(target, str) and target in ("*", "*:*", "*:0-65535", "*:1-65535")


def _loose_json(text: str) -> Any:
    """JSON that may have comments and a comma too many; None for anything else."""
    try:
        return json.loads(_TOKEN.sub(lambda match: match[1] or "", text))
    except (ValueError, RecursionError):
        return None
