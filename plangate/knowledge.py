"""The shipped families, policies and knowledge, read from one generated index.

`policies/` holds YAML for people; `policies/index.json` holds the same as JSON, checked, so that a small review imports no
YAML parser. `python -m plangate.policy.index` writes it; a test checks that it is current.
"""

import functools
from pathlib import Path
from typing import TypeVar

import msgspec

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
