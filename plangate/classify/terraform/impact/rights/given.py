"""The rights that a change brings: those after it that were not there before."""

from __future__ import annotations

import functools
import importlib
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from plangate.classify.terraform.impact.rights.knowledge import PolicyDocument, documents
from plangate.classify.terraform.impact.rights.right import ANYONE, EVERYTHING, Reader, Right
from plangate.classify.terraform.impact.values import UNSURE, Readable, head, leaves, plain, spelled
from plangate.model.change import Action, Effect, EffectName
from plangate.model.values import UNKNOWN

if TYPE_CHECKING:
    from plangate.classify.terraform.impact.plan_index import PlanIndex, Subject

READERS: Final = {
    "aws-identity": "aws.identity",
    "aws-resource": "aws.resource",
    "aws-trust": "aws.trust",
    "aws-boundary": "aws.boundary",
    "azure-role": "azure.rights",
    "consul": "consul.rights",
    "google-role": "google.rights",
    "kubernetes-role": "kubernetes.role",
    "kubernetes-binding": "kubernetes.binding",
    "kubernetes-manifest": "kubernetes.manifest",
    "nomad": "consul.rights",
    "oracle": "oracle.rights",
    "tailscale": "tailscale.rights",
    "vault": "vault.rights",
}
"""What reads each language: a function of a module beside this one, loaded for the first document in it."""

_HIDDEN_KIND: Final = {"aws-trust": ANYONE, "aws-resource": ""}
_DENYING: Final = frozenset({"aws-identity", "aws-resource", "aws-boundary"})


@functools.cache
def reader(language: str) -> Reader:
    """What reads documents in a language. Raises `KeyError` for one that nothing reads."""
    module, _, name = READERS[language].partition(".")
    found: Reader = getattr(importlib.import_module(f"{__package__}.{module}"), name)
    return found


def opened(subject: Subject, _scene: PlanIndex) -> Iterator[Effect]:
    """What the documents of a resource allow after, and did not before."""
    if subject.change.action is Action.DESTROY or subject.after is None:
        return
    for document in documents(subject.type):
        if not subject.touched(head(document.path)):
            continue
        paths = (spelled(document.path),)
        before = set(_rights(document, subject.old))
        open_before = {right.because for right in before if right.certain}
        for right in dict.fromkeys(_rights(document, subject.after, subject.old)):
            if right not in before and right.because not in open_before:
                yield Effect(EffectName.EXPOSES, right.because, right.kind, paths, certain=right.certain)
        if document.language in _DENYING and _undenied(document, subject):
            because = "no longer denies what its policy denied"
            yield Effect(EffectName.EXPOSES, because, "denial-removed", paths)


def _rights(document: PolicyDocument, side: Readable | None, old: Readable | None = None) -> Iterator[Right]:
    if side is None:
        return
    for value in leaves(side, document.path):
        found = plain(value)
        if not isinstance(found, UNSURE):
            yield from reader(document.language)(document, value, side)
        elif not (found is UNKNOWN and document.computed and not leaves(old, document.path)):
            kind = _HIDDEN_KIND.get(document.language, EVERYTHING) or document.kind
            yield Right(kind, "has a policy that cannot be seen", certain=False, hidden=found)


def _undenied(document: PolicyDocument, subject: Subject) -> bool:
    """Whether a policy that stays denies less."""
    old, new = leaves(subject.old, document.path), leaves(subject.after, document.path)
    if not old or not new or any(isinstance(plain(value), UNSURE) for value in (*old, *new)):
        return False
    from plangate.classify.terraform.impact.rights import aws  # noqa: PLC0415 - for documents that can deny

    return any(all(aws.undenied(one, other) for other in new) for one in old)
