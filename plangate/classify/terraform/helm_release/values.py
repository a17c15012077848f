"""The values that a `helm_release` gives to Helm: `values` merged in order, then `set`, `set_list` and `set_sensitive`.

As the provider does it (hashicorp/terraform-provider-helm, `getValues` in helm/resource_helm_release.go). Works on masked values: a
secret is one leaf whatever Helm would make of its text, and what is unknown stays unknown.
"""

from __future__ import annotations

import itertools
from typing import Final, TypeAlias

from msgspec import Struct

from plangate.classify.terraform.helm_release import strvals
from plangate.model.values import ABSENT, Absent, Embedded, Path, Sensitive, Side, Unknown, Value

ATTRIBUTES: Final = ("values", "set", "set_list", "set_sensitive", "set_string")
"""The attributes that values come from."""

Tree: TypeAlias = "dict[str, Value]"


class Values(Struct, frozen=True):
    """The merged values. `unseen` says where a part of them could not be read: an attribute, or one item of it."""

    tree: Tree
    unseen: tuple[Path, ...] = ()


def of(side: Side, *, plain: bool = False) -> Values:
    """The values that one side of a release gives; with `plain` without those that it marks as secret."""
    tree: Tree = {}
    unseen: list[Path] = []
    documents = side.get("values")
    for i, document in enumerate(documents if isinstance(documents, list) else [documents]):
        if isinstance(document, Embedded) and isinstance(document.value, dict):
            merge(tree, document.value)
        elif isinstance(document, (Unknown, Sensitive)) or (isinstance(document, str) and document.strip()):
            unseen.append(("values", i))
    for attribute in ("set", "set_list", "set_string") if plain else ("set", "set_list", "set_sensitive", "set_string"):
        entries = side.get(attribute)
        if isinstance(entries, (Unknown, Sensitive)):
            unseen.append((attribute,))
        for i, entry in enumerate(entries if isinstance(entries, list) else ()):
            if not _set(tree, entry, attribute):
                unseen.append((attribute, i))
    return Values(tree, tuple(unseen))


def merge(base: Tree, over: Tree) -> None:
    """Lay one tree over another: maps merge, everything else replaces."""
    for key, value in over.items():
        below = base.get(key)
        if isinstance(value, dict) and isinstance(below, dict):
            merge(below, value)
        else:
            base[key] = _copied(value)


def assign(tree: Tree, text: str, *, strings: bool = False) -> None:
    """Lay the assignments of a `--set` (or, with `strings`, a `--set-string`) over a tree. Raises `StrvalsError`."""
    for path, typed in strvals.parse(text, strings=strings):
        _put(tree, path, typed)


def _copied(value: Value) -> Value:
    """A tree that can be changed without changing where it came from."""
    if isinstance(value, dict):
        return {key: _copied(below) for key, below in value.items()}
    return [_copied(below) for below in value] if isinstance(value, list) else value


def _set(tree: Tree, entry: Value, attribute: str) -> bool:
    """Apply one block. False when it cannot be read, or Helm would refuse it."""
    if not isinstance(entry, dict):
        return False
    name, value, kind = entry.get("name"), entry.get("value"), entry.get("type")
    if not isinstance(name, str):
        return False
    if kind == "literal":
        tree[name] = value.value if isinstance(value, Embedded) else value
        return True
    try:
        if attribute == "set_list":
            _set_list(tree, name, value)
        elif isinstance(value, str):
            strings = kind == "string" or attribute == "set_string"
            for path, typed in strvals.parse(f"{name}={value}", strings=strings):
                _put(tree, path, typed)
        else:
            # A secret, an unknown or a document inside the text is one leaf: what Helm makes of its commas cannot be shown.
            _put(tree, strvals.parse_key(name), value)
    except strvals.StrvalsError:
        return False
    return True


def _set_list(tree: Tree, name: str, value: Value | Absent) -> None:
    """A list as the provider gives it to Helm, `name={a,b}`: a comma in an item makes two. Raises `StrvalsError`."""
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        for path, typed in strvals.parse(f"{name}={{{','.join(map(str, value))}}}"):
            _put(tree, path, typed)
        return
    items = (
        [strvals.typed(item) if isinstance(item, str) else item for item in value] if isinstance(value, list) else None
    )
    _put(tree, strvals.parse_key(name), value if isinstance(value, (Unknown, Sensitive)) else items)


def _put(tree: Tree, path: Path, value: Value) -> None:
    """Set one path, making maps and lists on the way as Helm does."""
    holder: dict[str, Value] | list[Value] = tree
    for part, following in itertools.pairwise(path):
        below = _get(holder, part)
        if isinstance(following, int) and not isinstance(below, list):
            below = []
        elif isinstance(following, str) and not isinstance(below, dict):
            below = {}
        _assign(holder, part, below)
        holder = below  # type: ignore[assignment]
    _assign(holder, path[-1], value)


def _get(holder: dict[str, Value] | list[Value], part: str | int) -> Value | Absent:
    if isinstance(holder, dict) and isinstance(part, str):
        return holder.get(part, ABSENT)
    if isinstance(holder, list) and isinstance(part, int) and part < len(holder):
        return holder[part]
    return ABSENT


def _assign(holder: dict[str, Value] | list[Value], part: str | int, value: Value | Absent) -> None:
    if isinstance(value, Absent):
        return
    if isinstance(holder, dict) and isinstance(part, str):
        holder[part] = value
    elif isinstance(holder, list) and isinstance(part, int):
        holder.extend([None] * (part + 1 - len(holder)))
        holder[part] = value
