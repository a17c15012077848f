"""The shipped policies and knowledge, read from one generated index.

`policies/` holds YAML for people; `policies/index.json` holds the same as JSON, checked, so that a small review imports no
YAML parser. `python -m plangate.policy.index` writes it; a test checks that it is current.
"""

import functools
from pathlib import Path
from typing import TypeVar

import msgspec

T = TypeVar("T")


class Index(msgspec.Struct, frozen=True):
    """The index file: policies and each knowledge document, still as slices of JSON."""

    policies: msgspec.Raw
    knowledge: dict[str, msgspec.Raw]


def folder() -> Path:
    """The folder of shipped policies: inside the installed package, or the repository's `policies/` in a clone."""
    package = Path(__file__).parent
    installed = package / "shipped"
    return installed if installed.is_dir() else package.parent / "policies"


@functools.cache
def index() -> Index:
    """The index, read once."""
    return msgspec.json.decode((folder() / "index.json").read_bytes(), type=Index)


def knowledge(name: str, shape: type[T]) -> T:
    """The knowledge document `policies/knowledge/<name>.yaml`, decoded as `shape`.

    Raises `msgspec.ValidationError` when the document does not fit: a bug in the package, caught by its tests.
    """
    return msgspec.json.decode(index().knowledge[name], type=shape)
