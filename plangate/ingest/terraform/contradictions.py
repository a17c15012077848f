"""What a plan says in two ways that cannot both be true. No tool writes such a plan: it was edited, or it is damaged."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Raw

from plangate.ingest.document import NULL, Top
from plangate.ingest.terraform import wire
from plangate.ingest.terraform.sides import holds_true, marks

if TYPE_CHECKING:
    from plangate.ingest.terraform.wire import WireChange, WireResource, WireStateValues

_KEPT: Final = (["update"], ["no-op"])
_GONE: Final = (["delete"], ["forget"])
_NOTHING: Final = Raw(b"{}")
_OF_DATA: Final = (["read"], ["no-op"])
_MODES: Final = {"data": "data.", "ephemeral": "ephemeral."}

TWICE: Final = "a name stands twice in it"
_CHUNK: Final = 512
_entries = msgspec.json.Decoder(list[Raw])


def in_entries(resources: Sequence[WireResource]) -> Iterator[tuple[str, str]]:
    """The address of each entry that contradicts itself or another one, and why."""
    stood: set[tuple[str, str | bool]] = set()
    once = len({(resource.address, resource.deposed or "") for resource in resources}) == len(resources)
    for resource in resources:
        change = resource.change
        why = "" if change is None else _of_change(change) or _of_names(resource, change)
        if not once:
            place = (resource.address, resource.deposed or "")
            why = why or ("it stands twice among the changes" if place in stood else "")
            stood.add(place)
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
    """The address of each entry that says something of itself twice, and why that matters.

    JSON lets a name stand twice, and readers differ in which of the two they take. What is below the two sides of a change is
    left to `lost`.
    """
    if lost(wire.rough.decode(top.deferred_changes), top.deferred_changes):
        yield "deferred_changes", TWICE
    if not resources or _length(resources) == len(memoryview(top.resource_changes)):
        return
    for resource, raw in zip(resources, _entries.decode(top.resource_changes), strict=True):
        if _compact(msgspec.json.encode(resource)) != _compact(raw) and lost(wire.rough.decode(raw), raw):
            yield resource.address, TWICE


def _length(resources: Sequence[WireResource]) -> int:
    """How long the entries are as Terraform writes them: the length of their text, unless something in it was lost. -1 if unsure.

    Only a number can be longer when it is written again (`1e9`), and make up for something that was lost.
    """
    if any(type(resource.index) is float for resource in resources):
        return -1
    chunks = (resources[i : i + _CHUNK] for i in range(0, len(resources), _CHUNK))
    return 1 + sum(len(msgspec.json.encode(chunk)) - 1 for chunk in chunks)


def _compact(raw: Raw | bytes) -> bytes:
    """A JSON text without white space."""
    return msgspec.json.format(bytes(raw), indent=-1)


def lost(value: Any, raw: Raw) -> bool:
    """Whether a JSON text has a name twice in an object, of which `value`, the decoded text, can hold only one."""
    text = bytes(raw)
    encoded = msgspec.json.encode(value)
    if encoded == text or encoded == _compact(text):
        # Most texts are written as msgspec would.
        return False
    import json  # noqa: PLC0415 - for texts that are not written as msgspec writes them

    objects: list[list[tuple[str, Any]]] = []
    json.loads(text, object_pairs_hook=objects.append, parse_float=str, parse_int=str)
    return any(len(dict(pairs)) != len(pairs) for pairs in objects)


def left_out(values: WireStateValues | None, mentioned: Container[str]) -> Iterator[tuple[str, str]]:
    """The addresses of a state that a complete plan says nothing of, and why that matters."""
    for resource in wire.state_resources(values):
        if resource.mode == "managed" and resource.address and resource.address not in mentioned:
            yield resource.address, "the state has it, and nothing in the plan says what becomes of it"
