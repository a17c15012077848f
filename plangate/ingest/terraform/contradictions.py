"""What a plan says in two ways that cannot both be true. No tool writes such a plan: it was edited, or it is damaged."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Raw

from plangate.ingest.document import NULL, Top
from plangate.ingest.terraform import wire
from plangate.ingest.terraform.sides import holds_true, marks

if TYPE_CHECKING:
    from plangate.ingest.terraform.wire import WireChange, WireResource

_KEPT: Final = (["update"], ["no-op"])
_GONE: Final = (["delete"], ["forget"])
_NOTHING: Final = Raw(b"{}")
_OF_DATA: Final = (["read"], ["no-op"])
_MODES: Final = {"data": "data.", "ephemeral": "ephemeral."}

_ONCE: Final = (b'"change"', b'"actions"', b'"before"', b'"after"')
"""The names that every entry has once, or none of the plan has."""
_LETTERS: Final = re.compile(rb"\\u00[4-7]")
"""A letter that is written as a number: no tool does that, and a name can hide behind it."""
_entries = msgspec.json.Decoder(list[Raw])


def in_entries(resources: Sequence[WireResource]) -> Iterator[tuple[str, str]]:
    """The address of each entry that contradicts itself or another one, and why."""
    seen: set[tuple[str, str | bool]] = set()
    for resource in resources:
        change = resource.change
        if change is None:
            continue
        why = _of_change(change) or _of_names(resource, change)
        if (resource.address, resource.deposed or "") in seen:
            why = why or "it stands twice among the changes"
        seen.add((resource.address, resource.deposed or ""))
        if why:
            yield resource.address, why


def _of_change(change: WireChange) -> str:
    """What an action says against the sides."""
    actions = change.actions
    gone = change.after == NULL
    if actions in _KEPT and (change.before == NULL) is not gone and change.importing is None:
        if not (gone and holds_true(marks(change.after_unknown))):
            return "it is said to stay, and one of its sides is null"
    elif actions in _GONE and not gone:
        return "it is said to go, and something is left after it"
    elif actions == ["create"] and change.before not in (NULL, _NOTHING):
        return "it is said to be new, and there is something before it"
    elif actions == ["no-op"] and change.before != change.after and change.importing is None:
        return "nothing is said to change, and its two sides differ"
    return ""


def _of_names(resource: WireResource, change: WireChange) -> str:
    """What the parts of an entry say against its address."""
    address, type_, name = resource.address, resource.type, resource.name
    if resource.mode == "data" and change.actions not in _OF_DATA:
        return "it is said to be a data source, and those are only read"
    if not (address and type_ and name):
        return ""
    own = f"{_MODES.get(resource.mode or '', '')}{type_}.{name}"
    if resource.module_address:
        own = f"{resource.module_address}.{own}"
    elif address.startswith("module."):
        # A plan that was shortened by hand may lack the module.
        address = own + address.rpartition(f".{own}")[2] if f".{own}" in address else address
    if address != own and not address.startswith(f"{own}["):
        return "its address is not that of its module, mode, type and name"
    return ""


def names_twice(top: Top, resources: Sequence[WireResource]) -> Iterator[tuple[str, str]]:
    """The address of each entry in which a name stands twice, at any depth of what changes, and why that matters.

    JSON lets a name stand twice, and readers differ in which of the two they take.
    """
    section = bytes(top.resource_changes)
    escaped = section.find(b"\\u00")
    if twice(top.deferred_changes):
        yield "deferred_changes", "a name stands twice in it"
    doubtful = any(section.count(name) not in (0, len(resources)) for name in _ONCE) or (
        escaped >= 0 and _LETTERS.search(section, escaped) is not None
    )
    for resource, raw in zip(resources, _entries.decode(section), strict=True) if doubtful else ():
        if twice(raw):
            yield resource.address, "a name stands twice in it"
    for resource in () if doubtful else resources:
        change = resource.change
        if change is not None and change.actions != ["no-op"] and any(map(twice, (change.before, change.after))):
            yield resource.address, "a name stands twice in it"


def twice(raw: Raw) -> bool:
    """Whether an object in a JSON text has a name twice."""
    text = bytes(raw)
    if msgspec.json.encode(wire.rough.decode(raw)) == text:
        # Nothing got lost: most texts are written as msgspec would.
        return False
    objects: list[list[tuple[str, Any]]] = []
    json.loads(text, object_pairs_hook=objects.append, parse_float=str, parse_int=str)
    return any(len(dict(pairs)) != len(pairs) for pairs in objects)


def left_out(top: Top, mentioned: Iterable[str]) -> Iterator[str]:
    """The addresses of a state that a complete plan says nothing of."""
    prior = wire.prior_state.read(top) if top.complete else None
    if prior is None:
        return
    known = set(mentioned)
    for resource in wire.state_resources(prior.values):
        if resource.mode == "managed" and resource.address and resource.address not in known:
            yield resource.address
