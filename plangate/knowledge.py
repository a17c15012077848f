"""The shipped families, policies and knowledge, read from one generated index.

`policies/` holds YAML for people; `policies/index.json` and `policies/types.tsv` hold the same, checked, so that a small
review imports no YAML parser. `python -m plangate.policy.index` writes both; a test checks that they are current.
"""

import functools
from pathlib import Path
from typing import TypeVar

import msgspec

from plangate.lang.glob import fits
from plangate.model.policy import BuiltinPolicy, Family

T = TypeVar("T")


class Index(msgspec.Struct, frozen=True):
    """The index file: families, policies, and each built-in policy and knowledge document, still as slices of JSON."""

    builtin: dict[str, msgspec.Raw]
    families: msgspec.Raw
    knowledge: dict[str, msgspec.Raw]
    policies: msgspec.Raw


def folder() -> Path:
    """The folder of shipped policies: inside the installed package, or the repository's `policies/` in a clone."""
    package = Path(__file__).parent
    installed = package / "shipped"
    return installed if installed.is_dir() else package.parent / "policies"


@functools.cache
def index() -> Index:
    """The index, read once."""
    return msgspec.json.decode((folder() / "index.json").read_bytes(), type=Index)


@functools.cache
def families() -> dict[str, Family]:
    """The shipped families by name, sorted."""
    return {one.name: one for one in msgspec.json.decode(index().families, type=tuple[Family, ...])}


@functools.cache
def builtin(id_: str) -> BuiltinPolicy:
    """The built-in policy of that id. Raises `KeyError`."""
    return msgspec.json.decode(index().builtin[id_], type=BuiltinPolicy)


def builtins() -> tuple[BuiltinPolicy, ...]:
    """Every built-in policy, by id."""
    return tuple(builtin(id_) for id_ in index().builtin)


def knowledge(name: str, shape: type[T]) -> T:
    """The knowledge document `policies/knowledge/<name>.yaml`, decoded as `shape`.

    Raises `msgspec.ValidationError` when the document does not fit: a bug in the package, caught by its tests.
    """
    return msgspec.json.decode(index().knowledge[name], type=shape)


def resource_type(name: str) -> tuple[str, str, str] | None:
    """The class of a resource type, its consequence and what goes, as `policies/types.tsv` has them; None without one.

    The line of an exact name beats that of a pattern. Only the lines that are looked at are decoded.
    """
    lines, names = _types()
    found = _line(lines, names, name.encode())
    if found is None:
        patterns = (line.split("\t") for line in lines[:names].decode().splitlines())
        found = next((fields for fields in patterns if fits(fields[0], name)), None)
    return (found[1], found[2], found[3]) if found is not None else None


def types_of(provider: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The types of a provider that are known by name, and the patterns of more; both empty for a provider that is not known."""
    lines, names = _types()
    prefix = f"{provider}_".encode()
    patterns = (line.partition(b"\t")[0] for line in lines[:names].splitlines())
    start = names if lines.startswith(prefix, names) else lines.find(b"\n" + prefix, names) + 1
    if not start:
        return (), ()
    end = start
    found = []
    while lines.startswith(prefix, end):
        found.append(lines[end : lines.index(b"\t", end)].decode())
        end = lines.index(b"\n", end) + 1
    return tuple(found), tuple(one.decode() for one in patterns if one.startswith(prefix))


def _line(lines: bytes, low: int, name: bytes) -> list[str] | None:
    """The fields of the line of a name, found by halving what is sorted."""
    high = len(lines)
    while low < high:
        start = lines.rfind(b"\n", low, (low + high) // 2) + 1 or low
        end = lines.index(b"\n", start)
        here = lines[start : lines.index(b"\t", start, end)]
        if here == name:
            return lines[start:end].decode().split("\t")
        low, high = (end + 1, high) if here < name else (low, start)
    return None


@functools.cache
def _types() -> tuple[bytes, int]:
    """The file, and where the names begin behind the patterns."""
    lines = (folder() / "types.tsv").read_bytes()
    last = lines.rfind(b"*")
    return lines, lines.index(b"\n", last) + 1 if last >= 0 else 0
