"""Terraform and OpenTofu state files, version 4: their identity, and single objects out of them.

Only the outermost keys are decoded; resources stay slices until one of them is asked for, so that a state of 50 MB costs a scan.
The layout is that of internal/states/statefile/version4.go in https://github.com/hashicorp/terraform. Older versions, states that
OpenTofu encrypted and cut ones are refused by name.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Raw, Struct

from plangate.errors import InputError
from plangate.ingest.redact import pseudonyms

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.model.input import RawInput

_NULL: Final = Raw(b"null")
_PULL: Final = "terraform state pull > state.json"


class _Top(Struct):
    version: int | None = None
    terraform_version: str | None = None
    serial: int | None = None
    lineage: str | None = None
    resources: list[Raw] | None = None


class _Resource(Struct):
    module: str = ""
    mode: str = "managed"
    type: str = ""
    name: str = ""
    instances: list[Raw] | None = None


class _Keys(Struct):
    mode: str = "managed"
    type: str = ""


class _Step(Struct):
    type: str = ""
    value: Any = None


class _Instance(Struct):
    index_key: str | int | None = None
    status: str | None = None
    deposed: str | None = None
    attributes: Raw = _NULL
    sensitive_attributes: Any = None


_top = msgspec.json.Decoder(_Top)
_outer = msgspec.json.Decoder(dict[str, Raw])
_keys = msgspec.json.Decoder(_Keys)
_resource = msgspec.json.Decoder(_Resource)
_instance = msgspec.json.Decoder(_Instance)


class Instance(Struct, frozen=True):
    """One object of a state: its address, and its attributes as an undecoded slice."""

    address: str
    type: str
    attributes: Raw
    marks: Any = False
    """Its sensitivity marks: false, true, or a tree shaped like the attributes."""
    tainted: bool = False
    deposed: str = ""
    place: tuple[str, str, str, str] = ("", "", "", "")
    """Module, mode, type and name."""
    index: str | int | None = None


class State(Struct, frozen=True):
    """A state: `lineage` says which one it is, `serial` how often it was written."""

    path: str
    sha256: str
    serial: int
    lineage: str
    terraform_version: str
    slices: tuple[Raw, ...] = ()
    """Its resources, undecoded."""

    def instances(
        self, wanted: frozenset[str] | None = None, types: frozenset[str] | None = None
    ) -> Iterator[Instance]:
        """Objects by address or by type, decoded one by one. Raises `InputError` where one has no shape."""
        names = None if wanted is None else {_without_key(address) for address in wanted}
        for slice_ in self.slices:
            try:
                if types is not None and _keys.decode(slice_).type not in types:
                    continue
                resource = _resource.decode(slice_)
                base = _address(resource)
                if names is not None and base not in names:
                    continue
                for raw in resource.instances or ():
                    one = _instance.decode(raw)
                    address = base + _index(one.index_key)
                    if wanted is None or address in wanted:
                        yield Instance(
                            address,
                            resource.type,
                            one.attributes,
                            _marks(one.sensitive_attributes),
                            one.status == "tainted",
                            one.deposed or "",
                            (resource.module, resource.mode, resource.type, resource.name),
                            one.index_key,
                        )
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                raise InputError("holds a resource that cannot be read", where=self.path, hint=_PULL) from None


def read(given: RawInput) -> State | None:
    """Read a state. None for an empty one, which to Terraform is no state at all. Raises `InputError`."""
    where, data = given.path, given.data
    if not data.strip():
        return None
    try:
        top = _top.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise _refusal(given) from None
    if top.version is None:
        raise _refusal(given)
    if top.version != 4:
        age = "older than Terraform 0.12" if top.version < 4 else "newer than this plangate"
        raise InputError(
            f"is a state of version {top.version}, {age}",
            where=where,
            hint="terraform state pull with Terraform 1.x" if top.version < 4 else "use a newer plangate",
        )
    if top.serial is None or top.lineage is None:
        raise InputError("is a state without serial or lineage", where=where, hint=_PULL)
    return State(
        path=where,
        sha256=given.sha256,
        serial=top.serial,
        lineage=top.lineage,
        terraform_version=top.terraform_version or "",
        slices=tuple(top.resources or ()),
    )


def digest(data: bytes) -> str:
    """What the S3 backend writes beside a state, in DynamoDB."""
    return hashlib.md5(data, usedforsecurity=False).hexdigest()


def _refusal(given: RawInput) -> InputError:
    """The error for a text that is no state of version 4: names what it is instead."""
    where, data = given.path, given.data
    try:
        keys = _outer.decode(data).keys()
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        if data.startswith(b"PK"):
            return InputError("is a saved plan, not a state", where=where, hint="give it as INPUT or with --saved-plan")
        cut = data.lstrip()[:1] == b"{"
        return InputError("is cut: its end is missing" if cut else "is not a state", where=where, hint=_PULL)
    if "encrypted_data" in keys:
        return InputError(
            "is a state that OpenTofu encrypted",
            where=where,
            hint="tofu state pull > state.json, then --state state.json",
        )
    if "resource_changes" in keys or "planned_values" in keys:
        return InputError("is a plan, not a state", where=where, hint="give it as INPUT")
    if "values" in keys and "format_version" in keys:
        return InputError("is `terraform show -json` of a state", where=where, hint=_PULL)
    if "modules" in keys:
        return InputError(
            "is a state of version 3 or older", where=where, hint="terraform state pull with Terraform 1.x"
        )
    return InputError("is not a state", where=where, hint=_PULL)


def _address(resource: _Resource) -> str:
    module = f"{resource.module}." if resource.module else ""
    data = "data." if resource.mode == "data" else ""
    return f"{module}{data}{resource.type}.{resource.name}"


def _index(key: str | int | None) -> str:
    if key is None:
        return ""
    return f"[{key}]" if isinstance(key, int) else f"[{msgspec.json.encode(key).decode()}]"


def _without_key(address: str) -> str:
    """An address without its own instance key; those of modules stay."""
    if not address.endswith("]"):
        return address
    module_end = _end_of_modules(address)
    inner = address.find("[", module_end)
    return address[:inner] if inner != -1 else address


def _end_of_modules(address: str) -> int:
    """Where the modules of an address end: behind the last `module.NAME[KEY].` at its start."""
    position = 0
    while address.startswith("module.", position):
        position += len("module.")
        while position < len(address) and address[position] not in ".[":
            position += 1
        if address.startswith('["', position):
            position = _end_of_key(address, position + 2)
        elif address.startswith("[", position):
            position = address.find("]", position) + 1
        position += 1
    return position


def _end_of_key(address: str, position: int) -> int:
    """Behind the `"]` of a quoted key that starts here."""
    while position < len(address) and address[position] != '"':
        position += 2 if address[position] == "\\" else 1
    return position + 2


def _marks(paths: Any) -> Any:
    """The tree of marks of `sensitive_attributes`, a list of paths of steps."""
    tree: Any = False
    for path in paths if isinstance(paths, list) else ():
        try:
            steps = msgspec.convert(path, list[_Step])
        except msgspec.ValidationError:
            # A path of another shape: it cannot be told what it hides.
            return True
        tree = _mark(tree, [step.value["value"] if isinstance(step.value, dict) else step.value for step in steps])
    return tree


def _mark(tree: Any, steps: list[Any]) -> Any:
    if not steps or tree is True:
        return True
    first, rest = steps[0], steps[1:]
    if isinstance(first, str) and (tree is False or isinstance(tree, dict)):
        below = dict(tree or {})
        below[first] = _mark(below.get(first, False), rest)
        return below
    if isinstance(first, (int, str)) and str(first).isdecimal() and (tree is False or isinstance(tree, list)):
        items = list(tree or [])
        items += [False] * (int(first) + 1 - len(items)) if int(first) < 10_000 else []
        if int(first) < len(items):
            items[int(first)] = _mark(items[int(first)], rest)
            return items
    return True


def changed_since(
    old: State, new: State, addresses: frozenset[str], key: bytes | None = None
) -> dict[str, tuple[str, ...]]:
    """The objects at these addresses that differ between two states, with the names of the attributes that differ.

    `key` is the key of the HMACs in the newer one, if it was collected; what was removed from it is not compared.
    """
    before = {one.address: one for one in old.instances(addresses) if not one.deposed}
    after = {one.address: one for one in new.instances(addresses) if not one.deposed}
    found: dict[str, tuple[str, ...]] = {}
    for address in sorted({*before, *after}):
        one, other = before.get(address), after.get(address)
        if one is None or other is None:
            found[address] = ("is there now",) if one is None else ("is gone",)
        elif one.attributes != other.attributes:
            keys = _differing(one.attributes, other.attributes, key)
            if keys:
                found[address] = keys
    return found


def _differing(one: Raw, other: Raw, key: bytes | None) -> tuple[str, ...]:
    try:
        left, right = _plain.decode(one), _plain.decode(other)
    except (msgspec.DecodeError, RecursionError):
        return ("attributes",)
    names = sorted({*left, *right})
    return tuple(name for name in names if not pseudonyms.is_same(right.get(name), left.get(name), key))


_plain = msgspec.json.Decoder(dict[str, Any])
