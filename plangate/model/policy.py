"""Families and policies as their files say them."""

from typing import Any, Literal

from msgspec import Struct

from plangate.model.change import Action
from plangate.model.input import Source
from plangate.model.verdict import Severity


class Family(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A folder of policies. Everything but its name, which is the folder's, stands in its `family.yaml`."""

    name: str
    title: str
    summary: str
    source: Source | None = None
    """The tool whose changes it is about; None where it is not about one tool."""
    view: str = ""
    """The picture of a change that its policies may match, such as `litellm`."""
    builtin: bool = False
    """Whether plangate's own code finds what its policies say. Such a family is always on."""


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


class Description(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every policy says of itself."""

    id: str
    family: str
    severity: Severity
    summary: str
    why: str
    message: str
    remediation: str
    references: tuple[str, ...] = ()
    since: str = ""


class Policy(Description, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A policy that is held against changes."""

    match: Match
    when: str | None = None
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


class CommandCase(Struct, frozen=True, forbid_unknown_fields=True):
    """An example of what the command is given. A mapping or list among the files is written as JSON, or as a zip to `*.tfplan`."""

    run: str
    """The arguments of the command."""
    files: dict[str, Any]
    """What stands in the folder, by path."""
    trusted: dict[str, Any] = {}
    """What stood there in the commit `trusted`."""
    conftest: Any = None
    """What `conftest` prints."""


class CommandCases(Struct, frozen=True, forbid_unknown_fields=True):
    """Examples that have the finding, and examples that come close and have it not."""

    violated: tuple[CommandCase, ...] = ()
    satisfied: tuple[CommandCase, ...] = ()


class BuiltinPolicy(Description, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A policy without a condition: plangate's own code finds what it says."""

    found_by: Literal["verdict", "gate", "drift", "pipeline"]
    """The part of plangate that finds it."""
    waivable: bool = True
    """Whether it can be waived, and changed by configuration."""
    tests: CommandCases = CommandCases()
