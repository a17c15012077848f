"""Policies and their parts: the shipped ones come from the index, others from YAML files."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec
from msgspec import Struct

from plangate import packs
from plangate.errors import PolicyLoadError, UsageError
from plangate.model import Action, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


class Match(Struct, frozen=True, forbid_unknown_fields=True):
    """The cheap pre-filter. Every part that is given has to fit; a list fits when one of its items does."""

    source: Literal["terraform", "helm"]
    actions: tuple[Action, ...] = ()
    types: tuple[str, ...] = ()
    """Types, globs of types, or `@trait`."""
    effects: tuple[str, ...] = ()
    """`name` or `name:kind`."""
    without: tuple[str, ...] = ()
    """Effects that it must not have: another policy speaks of those."""
    traits: tuple[str, ...] = ()
    """Traits, for what holds of a change and not of its whole type."""
    reasons: tuple[str, ...] = ()
    """Terraform's `action_reason` codes."""


class Cases(Struct, frozen=True, forbid_unknown_fields=True):
    """Examples that a policy is tested with: entries of `resource_changes`, as `testing` completes them."""

    violated: tuple[dict[str, Any], ...] = ()
    satisfied: tuple[dict[str, Any], ...] = ()
    unknown: tuple[dict[str, Any], ...] = ()


class Policy(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One policy as its file says it."""

    id: str
    family: Literal["terraform", "helm", "drift", "litellm"]
    severity: Severity
    summary: str
    why: str
    match: Match
    message: str
    remediation: str
    references: tuple[str, ...] = ()
    since: str = ""
    when: str | None = None
    tests: Cases = Cases()


def load(paths: Iterable[Path] = ()) -> tuple[Policy, ...]:
    """The shipped policies and those in `paths` (files, or folders of `*.yaml`), by id.

    Raises `PolicyLoadError` for a file that does not load, and `UsageError` for a path without policies.
    """
    policies = {policy.id: policy for policy in msgspec.json.decode(packs.index().policies, type=tuple[Policy, ...])}
    for path in paths:
        from plangate.policy.file import read

        for file in policy_files(path):
            policy = read(file)
            if policy.id in policies:
                raise PolicyLoadError(f"there is a policy {policy.id} already", where=str(file), place="1:1")
            policies[policy.id] = policy
    return tuple(policies[id_] for id_ in sorted(policies))


def policy_files(path: Path) -> list[Path]:
    """The policy files at a path. Raises `UsageError` when there is none."""
    files = [path] if path.is_file() else sorted(p for end in ("*.yaml", "*.yml") for p in path.rglob(end))
    if not files:
        raise UsageError("holds no policy files" if path.exists() else "does not exist", where=str(path))
    return files


def shipped_files() -> Iterator[Path]:
    """The YAML files of the shipped policies, in order."""
    for family in ("terraform", "helm", "litellm"):
        folder = packs.folder() / family
        if folder.is_dir():
            yield from sorted(folder.glob("*.yaml"))
