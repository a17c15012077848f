"""Families and policies as read from their files."""

from typing import Any, Literal

from msgspec import Struct

from plangate.model.change import Action
from plangate.model.input import Source
from plangate.model.verdict import Severity


class Family(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A folder of policies. Its name is the folder's; everything else is in its `family.yaml`."""

    name: str
    title: str
    summary: str
    source: Source | None = None
    """The tool whose changes it is about; None where it is not about one tool."""
    view: str = ""
    """The view of a change that its policies may match, such as `litellm`."""
    builtin: bool = False
    """Whether plangate's own code makes the findings of its policies. Such a family is always on."""


class Match(Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """The pre-filter of a policy. Every given field must match; a list matches when one of its items does."""

    source: Source | None = None
    """The tool. One that names a view needs none."""
    actions: tuple[Action, ...] = ()
    types: tuple[str, ...] = ()
    """Types, globs of types, or `@trait`."""
    effects: tuple[str, ...] = ()
    """`name` or `name:kind`."""
    without: tuple[str, ...] = ()
    """Effects that another policy covers, excluded from `effects`. Without `effects`, the change must have none of them."""
    unlisted_types: tuple[str, ...] = ()
    """Types that the lists of plangate do not have yet; they fit as `types` do."""
    traits: tuple[str, ...] = ()
    """Traits of the change itself, not of its type."""
    reasons: tuple[str, ...] = ()
    """Terraform's `action_reason` codes."""
    view: str = ""
    """The view that `before()` and `after()` read, such as `litellm`."""
    notices: tuple[str, ...] = ()
    """Kinds of the pack's notices. Without any, the policy is evaluated once for each view."""


class Cases(Struct, frozen=True, forbid_unknown_fields=True):
    """Examples that a policy is tested with: entries of `resource_changes`, as `testing` completes them."""

    violated: tuple[dict[str, Any], ...] = ()
    satisfied: tuple[dict[str, Any], ...] = ()
    unknown: tuple[dict[str, Any], ...] = ()


class Description(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The fields that every policy has."""

    id: str
    family: str
    severity: Severity
    summary: str
    why: str
    message: str
    remediation: str
    references: tuple[str, ...] = ()
    since: str = ""


class Policy(Description, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """A policy that is evaluated on changes."""

    match: Match
    when: str | None = None
    introduced: bool = False
    """Whether it is violated only where the old side was not: `when` is held against both."""
    each: tuple[str, ...] = ()
    """Paths of lists or maps whose items `when` is held against one by one."""
    follows_consequence: bool = False
    """Whether a finding is as severe as the type's consequence, where an effect has one, instead of `severity`."""
    params: dict[str, Any] = {}
    """Values that `param(name)` gives inside `when`, and that configuration may change."""
    tests: Cases = Cases()


class InlineComment(Struct, frozen=True):
    """A comment `# plangate: ignore[policy] until=... reason=... owner=...` as written; each part may be missing."""

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


class CommandCase(Struct, frozen=True, forbid_unknown_fields=True):
    """An invocation of the command with its files. A mapping or list is written as JSON, or as a zip to `*.tfplan`."""

    run: str
    """The arguments of the command."""
    files: dict[str, Any]
    """What stands in the folder, by path."""
    trusted: dict[str, Any] = {}
    """What stood there in the commit `trusted`."""
    conftest: Any = None
    """What `conftest` prints."""


class CommandCases(Struct, frozen=True, forbid_unknown_fields=True):
    """Cases with the finding, and similar cases without it."""

    violated: tuple[CommandCase, ...] = ()
    satisfied: tuple[CommandCase, ...] = ()


class BuiltinPolicy(Description, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A policy without a condition: plangate's own code makes its findings."""

    found_by: Literal["verdict", "gate", "drift", "pipeline"]
    """The part of plangate that finds it."""
    waivable: bool = True
    """Whether it can be waived, and changed by configuration."""
    tests: CommandCases = CommandCases()
