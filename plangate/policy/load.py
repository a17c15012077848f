"""Policies and their parts: the shipped ones come from the index, others from YAML files."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Literal

import msgspec
from msgspec import Struct

from plangate import knowledge
from plangate.errors import PolicyLoadError, UsageError
from plangate.model.change import Action
from plangate.model.verdict import Severity


class Match(Struct, frozen=True, forbid_unknown_fields=True):
    """The cheap pre-filter. Every part that is given has to fit; a list fits when one of its items does."""

    source: Literal["terraform", "helm"] | None = None
    """The tool. One that names a view needs none."""
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
    view: str = ""
    """A pack's own picture of a change, such as `litellm`: `before()` and `after()` read that one then."""
    notices: tuple[str, ...] = ()
    """Kinds of what the pack found. Without any, the policy looks once at each picture."""


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
    params: dict[str, Any] = {}
    """Values that `param(name)` gives inside `when`, and that configuration may change."""
    tests: Cases = Cases()


def load(paths: Iterable[Path] = (), texts: Iterable[tuple[str, str]] = ()) -> tuple[Policy, ...]:
    """The shipped policies, those in `paths` (files, or folders of `*.yaml`), and those of `texts` (name, text), by id.

    Raises `PolicyLoadError` for a file that does not load, and `UsageError` for a path without policies.
    """
    policies = {
        policy.id: policy for policy in msgspec.json.decode(knowledge.index().policies, type=tuple[Policy, ...])
    }
    given = [file for path in paths for file in policy_files(path)]
    every: list[Path | tuple[str, str]] = [*given, *texts]
    for one in every:
        from plangate.policy import file

        policy = file.read(one) if isinstance(one, Path) else file.parse(*one)
        if policy.id in policies:
            where = str(one) if isinstance(one, Path) else one[0]
            raise PolicyLoadError(f"there is a policy {policy.id} already", where=where, place="1:1")
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
    for family in ("terraform", "helm", "drift", "litellm"):
        folder = knowledge.folder() / family
        if folder.is_dir():
            yield from sorted(folder.glob("*.yaml"))
