"""Whether the address of a waiver names something: one that fits nearly everything covers what nobody has looked at."""

from __future__ import annotations

import re
from typing import Final

_INDEX = re.compile(r'\["(?:[^"\\]|\\.)*"\]|\[[^\]]*\]')
_WILD = re.compile(r"(?<!\\)[*?]")
_EVERYWHERE: Final = frozenset(
    {"module", "data", "main", "this", "that", "default", "self", "resource", "the", "-", ""}
)
"""Words that stand in nearly every address, or that nearly every module calls something."""
_KIND_OF_TYPE = re.compile(r"[a-z0-9]+_[a-z0-9]{2,}")
"""The start of a type that tells more than its provider."""
_MODULE: Final = 2
"""The fewest characters of a module's name that tell it."""


def is_too_broad(address: str) -> bool:
    """Whether a glob of addresses has wildcards and no part that names a type, a module, an object or a kind."""
    if not _WILD.search(address):
        return False
    return not (_names_object(address.split("/")) if "/" in _INDEX.sub("", address) else _names_resource(address))


def _names_resource(address: str) -> bool:
    """Terraform: a whole type or name, the start of a type behind its provider, or the start of a module's name."""
    parts = _INDEX.sub("", address).split(".")
    return any(_tells(part, before) for before, part in zip(("", *parts), parts, strict=False))


def _tells(part: str, before: str) -> bool:
    start, wild = _WILD.split(part, maxsplit=1)[0], _WILD.search(part)
    if before == "module":
        return len(start) >= _MODULE
    return part.lower() not in _EVERYWHERE if wild is None else _KIND_OF_TYPE.match(start) is not None


def _names_object(parts: list[str]) -> bool:
    """Kubernetes (`group/Kind/namespace/name`): a whole kind, which starts with a capital letter, or a whole name."""
    whole = [part for part in parts[1:-1] if part[:1].isupper() and not _WILD.search(part)]
    name = parts[-1]
    return bool(whole) or (not _WILD.search(name) and name.lower() not in _EVERYWHERE)
