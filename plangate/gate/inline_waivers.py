"""Waivers from comments in the code: those that count, and those that the change itself would add."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from plangate.gate.tighten import Weakening
from plangate.gate.waivers import Waiver

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from plangate.model.change import Change, ChangeSet
    from plangate.model.policy import InlineComment


class InlineComments(Protocol):
    """A source of the waiver comments in the configuration."""

    def of(self, change: Change) -> Iterable[InlineComment]:
        """The comments at the block of a change, and at the keys of its values files."""
        ...

    def values_files(self, change: Change) -> Sequence[str]:
        """The values files that the block of a `helm_release` names, as written there."""
        ...


def read(comments: InlineComments, changesets: Sequence[ChangeSet]) -> tuple[tuple[Waiver, ...], tuple[Weakening, ...]]:
    """The waivers of trusted comments at the changes, one for each comment, and a weakening for each untrusted comment."""
    addresses: dict[InlineComment, list[str]] = {}
    for change in (change for changeset in changesets for change in changeset.changes):
        for comment in comments.of(change):
            addresses.setdefault(comment, []).append(str(change.address))
    waivers = tuple(_waiver(comment, found) for comment, found in addresses.items() if comment.trusted)
    return waivers, tuple(_weakening(comment) for comment in addresses if not comment.trusted)


def _waiver(comment: InlineComment, addresses: Sequence[str]) -> Waiver:
    return Waiver(
        policy=comment.policy,
        address=tuple(addresses),
        reason=comment.reason,
        owner=comment.owner or "not said (inline)",
        expires=comment.until,
        file=comment.file,
        line=comment.line,
        inline=True,
        path=comment.path,
    )


def _weakening(comment: InlineComment) -> Weakening:
    what = f"this change would loosen the gate: a waiver of {comment.policy} beside the code"
    return Weakening(what, file=comment.file, line=comment.line)
