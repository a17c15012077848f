"""A policy as its file says it."""

from typing import Any, Literal

from msgspec import Struct

from plangate.model.change import Action
from plangate.model.input import Source
from plangate.model.verdict import Severity


class Match(Struct, frozen=True, forbid_unknown_fields=True):
    """The cheap pre-filter. Every part that is given has to fit; a list fits when one of its items does."""

    source: Source | None = None
    """The tool. One that names a view needs none."""
    actions: tuple[Action, ...] = ()
    types: tuple[str, ...] = ()
    """Types, globs of types, or `@trait`."""
    effects: tuple[str, ...] = ()
    """`name` or `name:kind`."""
    without: tuple[str, ...] = ()
    """Effects that another policy speaks of: they are none of `effects`. Without `effects`, the change must have none of them."""
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
    follows_consequence: bool = False
    """Whether a finding is as severe as the type's consequence, where an effect has one, instead of `severity`."""
    params: dict[str, Any] = {}
    """Values that `param(name)` gives inside `when`, and that configuration may change."""
    tests: Cases = Cases()


class InlineComment(Struct, frozen=True):
    """A comment `# plangate: ignore[policy] until=... reason=... owner=...` as it is written: each part may be missing."""

    policy: str
    until: str
    reason: str
    owner: str
    file: str
    line: int
    path: str = ""
    """The attribute that it is for, such as `values.image.tag`; empty for all of the block."""
    trusted: bool = True
    """Whether it stands at the same place in the trusted version of the file."""
