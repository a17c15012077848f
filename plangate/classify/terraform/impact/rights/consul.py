"""Rules of Consul and Nomad.

https://developer.hashicorp.com/consul/docs/reference/acl/rule
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from plangate.classify.terraform.impact.rights import hcl
from plangate.classify.terraform.impact.rights.knowledge import PolicyDocument, knowledge
from plangate.classify.terraform.impact.rights.right import EVERYTHING, Right
from plangate.classify.terraform.impact.values import fields, items, plain

if TYPE_CHECKING:
    from plangate.classify.terraform.impact.values import Maybe, Readable


def rights(document: PolicyDocument, policy: Maybe, _side: Readable) -> Iterator[Right]:
    """What a holder of these rules may do."""
    value = plain(policy)
    read: Any = hcl.read(value) if isinstance(value, str) else value
    if not isinstance(read, dict):
        yield Right(EVERYTHING, "has rules that cannot be read", certain=False)
        return
    yield from dict.fromkeys(_of(read, document.language))


def _of(rules: dict[str, Any], language: str) -> Iterator[Right]:
    known = [rule for rule in knowledge().rules if rule.language == language]
    for name, below in rules.items():
        for rule in known:
            if rule.name != name:
                continue
            if rule.label is None:
                given = below if isinstance(below, str) else fields(below).get("policy")
            else:
                given = fields(fields(below).get(rule.label)).get("policy")
            if any(word in rule.policy for word in items(given)):
                yield Right(rule.kind, rule.because)
        if isinstance(below, dict) and name in ("namespace", "namespace_prefix", "partition", "partition_prefix"):
            for inner in below.values():
                if isinstance(inner, dict) and language == "consul":
                    yield from _of(inner, language)
