"""The run that made a plan: tool, version and kind; what a plan cannot show of it; and parts that no tool writes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from plangate.ingest.document import NULL, Top
from plangate.ingest.terraform import wire
from plangate.model.change import Action, Change, Gap

if TYPE_CHECKING:
    from msgspec import Raw

    from plangate.ingest.redact.redactor import Redactor

_NEWEST_MINOR = 2
_NUMBERS = frozenset("0123456789.")
_OBJECT = frozenset(b"{n")
_MARKS = frozenset(b"{tfn")
"""What an object or null begins with, and what marks begin with, which may be a bool too."""
_MODES = frozenset({"managed", "data", "ephemeral", None})
_STATUSES = frozenset({"pass", "fail", "error", "unknown"})
_MOST_UNRECOGNISED = 20


def tool(top: Top, resources: Sequence[wire.WireResource]) -> str:
    """`opentofu` where a provider address shows it, or the lack of `applyable` in a plan that has `errored`; else `terraform`."""
    if any((r.provider_name or "").startswith("registry.opentofu.org/") for r in resources):
        return "opentofu"
    if any(r.provider_name for r in resources):
        return "terraform"
    return "opentofu" if top.errored is not None and top.applyable is None and _version(top) >= (1, 6) else "terraform"


def version(top: Top, redactor: Redactor) -> str | None:
    """The version of the tool, masked unless it is a version number."""
    said = top.terraform_version
    return said if said is None or not set(said) - _NUMBERS else redactor.text(said)


def _version(top: Top) -> tuple[int, ...]:
    parts = (top.terraform_version or "").split("-")[0].split(".")
    return tuple(int(part) for part in parts if part.isdecimal())


def recognised(top: Top, changes: Sequence[Change], *, drifted: bool) -> Iterator[str]:
    """Notes on the kind of run that made the plan, where the plan shows it."""
    major, _, minor = (top.format_version or "").partition(".")
    if major == "1" and minor.isdecimal() and int(minor) > _NEWEST_MINOR:
        yield f"format version {top.format_version} is newer than 1.{_NEWEST_MINOR}; new parts of it are not read"
    if _only_destroys(changes) and not any(wire.state_resources(wire.planned_values.read(top))):
        yield "a destroy plan: everything it manages goes"
    if drifted and top.resource_changes == NULL:
        yield "a refresh-only plan: it changes the state, not the infrastructure"
    if top.complete is False and not top.errored:
        yield "an incomplete plan: -target was used, or changes are put off to another run"


def _only_destroys(changes: Sequence[Change]) -> bool:
    managed = [change for change in changes if change.mode == "managed"]
    return bool(managed) and all(change.action is Action.DESTROY and not change.reason for change in managed)


def limitations(top: Top, changes: Sequence[Change]) -> Iterator[Gap]:
    """A gap for each property of the run that this plan JSON does not record."""
    if not changes:
        return
    yield Gap(
        what="whether the plan was refreshed",
        why="a plan does not say whether it was made with -refresh=false",
        how_to_fix="plan without -refresh=false",
    )
    if top.complete is None and top.errored is not None:
        yield Gap(
            what="whether the plan is partial",
            why="the plan JSON of this tool does not say whether -target or -exclude was used",
            how_to_fix="plan without -target and -exclude",
        )


def unrecognised(
    resources: Sequence[wire.WireResource], checks: Sequence[wire.WireCheck], redactor: Redactor
) -> tuple[Gap, ...]:
    """A gap for each resource and check that no tool writes like this. Each makes the verdict inconclusive."""
    found: list[Gap] = []
    for resource in resources:
        why = _unrecognised_part(resource)
        if why:
            found.append(_not_understood(redactor.name(resource.address) or "an entry of resource_changes", why))
    found += [
        _not_understood(redactor.name(check.address.to_display) or "a check", "its status is not a known one")
        for check in checks
        if check.status not in _STATUSES
    ]
    return tuple(found[:_MOST_UNRECOGNISED])


def contradictory(contradicting: Sequence[tuple[str, str]], redactor: Redactor) -> Iterator[Gap]:
    """What contradicts itself, as what was not understood."""
    for address, why in contradicting[:_MOST_UNRECOGNISED]:
        yield _not_understood(redactor.name(address) or "an entry of resource_changes", why)


def _unrecognised_part(resource: wire.WireResource) -> str:
    change = resource.change or wire.WireChange()
    if not resource.address:
        return "it has no address"
    if not resource.type:
        return "it has no type"
    if resource.mode not in _MODES:
        return "its mode is not a known one"
    if not _first_bytes(change.before, change.after) <= _OBJECT:
        return "one of its sides is not an object"
    if not _first_bytes(change.after_unknown, change.before_sensitive, change.after_sensitive) <= _MARKS:
        return "what it marks as unknown or sensitive is neither a bool nor an object"
    return ""


def _first_bytes(*slices: Raw) -> set[int]:
    return {memoryview(one)[0] for one in slices}


def _not_understood(what: str, why: str) -> Gap:
    return Gap(what, why, "make the plan again with: terraform show -json tfplan > plan.json", inconclusive=True)
