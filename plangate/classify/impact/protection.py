"""Deletion guards and other protection: what `policies/knowledge/protection.yaml` knows."""

from __future__ import annotations

import functools

from msgspec import Struct

from plangate import packs
from plangate.classify.impact.lookup import Lookup
from plangate.classify.impact.values import Test


class Refused(Struct, frozen=True, forbid_unknown_fields=True):
    """What the state shows where the provider or the API refuses a delete; not `certain`: it depends on live facts."""

    types: tuple[str, ...]
    when: Test
    certain: bool = True
    because: str = ""


class Guard(Struct, frozen=True, forbid_unknown_fields=True):
    """A setting that protects: it is on while the test holds.

    `computed`: where it is not configured, the provider decides, and the plan shows it as unknown.
    """

    types: tuple[str, ...]
    kind: str
    on: Test
    because: str = ""
    computed: bool = False


class GuardResource(Struct, frozen=True, forbid_unknown_fields=True):
    """A resource that protects another one, named by the attributes `of`.

    `when`: only these. `moot`: it means nothing once the object that it guards goes too.
    """

    types: tuple[str, ...]
    kind: str
    because: str
    of: tuple[str, ...] = ()
    when: tuple[Test, ...] = ()
    moot: bool = False


class ProtectionKnowledge(Struct, frozen=True, forbid_unknown_fields=True):
    """The document. `words` finishes the sentence for each kind of guard; `{path}` is the setting."""

    refuses: tuple[Refused, ...]
    words: dict[str, str]
    guards: tuple[Guard, ...]
    guard_resources: tuple[GuardResource, ...]


@functools.cache
def knowledge() -> ProtectionKnowledge:
    """The document."""
    return packs.knowledge("protection", ProtectionKnowledge)


@functools.cache
def refusals() -> Lookup[Refused]:
    """What refuses to be deleted, by type."""
    return Lookup((type_, entry) for entry in knowledge().refuses for type_ in entry.types)


@functools.cache
def guards() -> Lookup[Guard]:
    """Settings that protect, by type."""
    return Lookup((type_, entry) for entry in knowledge().guards for type_ in entry.types)


@functools.cache
def guard_resources() -> Lookup[GuardResource]:
    """Resources that protect, by type."""
    return Lookup((type_, entry) for entry in knowledge().guard_resources for type_ in entry.types)
