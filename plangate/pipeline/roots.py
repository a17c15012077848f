"""The root modules of a repository that a change reaches, from the configuration itself.

A module reads the folders of other modules, and files. Each string of a configuration that could be the path of something that
changed counts as read, whatever it is for: a root too many is planned in vain, one too few is never reviewed.
"""

from __future__ import annotations

import os
import posixpath
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from plangate.errors import InputError
from plangate.evidence import changed_paths

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_CONFIGURATION: Final = (".tf", ".tf.json", ".tofu", ".tofu.json")
_OF_TERRAFORM: Final = (*_CONFIGURATION, ".tfvars", ".tfvars.json", ".hcl")
_SKIPPED: Final = frozenset({".git", ".terraform", "node_modules"})
_STATEFUL = re.compile(rb'^\s*(?:backend\s+"|cloud\s*\{)|"(?:backend|cloud)"\s*:', re.MULTILINE)
"""What only a root module has: where its state is."""

_SOURCE = re.compile(r'^[ \t{]*"?source"?\s*[=:]\s*"(\.[^"\n]*)"|"source"\s*:\s*"(?=\.)([^"\n]*)"', re.MULTILINE)
_IN_CODE = re.compile(r'["{}]')
_IN_STRING = re.compile(r'\\.|"|\$\{|%\{|\n')
_PATTERN = re.compile(r"[\0*?\[{]")
_HOLE: Final = "\0"
"""An interpolation, whose value is not known here."""


class Reached(Struct, frozen=True):
    """The root modules that a change reaches, and the Terraform files that changed and reach none."""

    roots: tuple[str, ...]
    unreached: tuple[str, ...]

    @property
    def is_certain(self) -> bool:
        """Whether this may be relied on: an empty list where Terraform files changed is none."""
        return bool(self.roots) or not self.unreached


class _Module(Struct):
    """The configuration in one folder."""

    strings: set[str]
    links: set[str]
    """What its files are links to, from the top."""
    sources: set[str]
    """The strings that name other modules."""
    stateful: bool = False


def reached(ref: str, below: Sequence[str] = (), folder: Path = Path()) -> Reached:
    """The root modules, from the top of the repository, that differ since a ref, and those that read what differs.

    Without `below`, each module is a root that no other one calls, or that says where its state is. Raises `InputError` where
    git fails or a file cannot be read.
    """
    top = changed_paths.top(folder)
    changed = changed_paths.since(ref, folder)
    for path in changed:
        _printable(path)
    modules = dict(_modules(top))
    touched = {part for path in changed for part in _and_above(path)}
    hit: set[str] = set()
    owners = {path: _owner(path, modules) for path in changed}
    hit.update(owner for owner in owners.values() if owner is not None)
    calls: dict[str, set[str]] = {}
    for name, module in modules.items():
        read = _paths(module.strings, name) | module.links
        real = {_relative(top, os.path.realpath(top / path)) for path in read if (top / path).is_dir()}
        calls[name] = {path for path in (read | real) if path is not None and path in modules and path != name}
        if not touched.isdisjoint(path for path in (read | real) if path):
            hit.add(name)
    # Only what is a module for certain is no root.
    called = {path for name, module in modules.items() for path in _paths(module.sources, name) - {name}}
    found = _callers_of(hit, calls)
    roots = [
        name
        for name in sorted(found)
        if (name not in called or modules[name].stateful) and (not below or _is_below(name, below))
    ]
    used = _callees_of(roots, calls)
    unreached = [p for p in sorted(changed) if p.endswith(_OF_TERRAFORM) and owners[p] not in used]
    return Reached(tuple(_printable(name or ".") for name in roots), tuple(unreached))


# --- the modules --------------------------------------------------------------------------------------------------------


def _modules(top: Path) -> Iterator[tuple[str, _Module]]:
    """Every folder with a configuration, from the top, and what is in it."""
    for path, folders, files in os.walk(top):
        folders[:] = sorted(name for name in folders if name not in _SKIPPED)
        here = [name for name in files if name.endswith(_CONFIGURATION)]
        if not here:
            continue
        module = _Module(set(), set(), set())
        for name in files:
            file = Path(path, name)
            if file.is_symlink() and (target := _relative(top, os.path.realpath(file))):
                module.links.add(target)
            if name in here:
                try:
                    data = file.read_bytes()
                except OSError as error:
                    raise InputError(f"cannot be read: {error.strerror}", where=str(file)) from None
                module.stateful |= _STATEFUL.search(data) is not None
                text = data.decode("utf-8", "surrogateescape")
                module.strings.update(strings(text))
                module.sources.update(found[1] or found[2] for found in _SOURCE.finditer(text))
        yield _relative(top, path) or "", module


def strings(text: str) -> Iterator[str]:
    r"""The strings of a configuration, each interpolation as one `\0`, and the strings in them. Comments count too."""
    open_: list[list[str] | int] = []
    position = 0
    while True:
        inner = open_[-1] if open_ else 0
        found = (_IN_STRING if isinstance(inner, list) else _IN_CODE).search(text, position)
        if found is None:
            return
        token = found[0]
        if isinstance(inner, list):
            inner.append(text[position : found.start()])
            if token in {"${", "%{"}:
                inner.append(_HOLE)
                open_.append(0)
            elif token == '"':
                yield "".join(inner)
                open_.pop()
            elif token == "\n":
                # No string goes over a line: this was a quotation mark of a comment or of a long text.
                open_.pop()
            else:
                inner.append(token[1:])
        elif token == '"':
            open_.append([])
        elif open_:
            # Inside of an interpolation.
            depth = inner + (1 if token == "{" else -1)
            if depth < 0:
                open_.pop()
            else:
                open_[-1] = depth
        position = found.end()


def _paths(texts: Iterable[str], folder: str) -> set[str]:
    return {path for text in texts if (path := _resolved(text, folder)) is not None}


def _resolved(text: str, folder: str) -> str | None:
    """The path from the top that a string of a module means, up to its first part that is not fixed; None for none."""
    text = text.removeprefix(f"{_HOLE}/")
    odd = _PATTERN.search(text)
    if odd is not None:
        text = text[: odd.start()].rpartition("/")[0]
    if not text or text.startswith("/") or "\n" in text or len(text) > 1_000:
        return None
    path = posixpath.normpath(posixpath.join(folder, text))
    if path == ".":
        return ""
    return None if path == ".." or path.startswith("../") else path


def _relative(top: Path, path: str) -> str | None:
    """A path from the top; empty for the top itself, None outside of it."""
    relative = os.path.relpath(path, os.path.realpath(top)).replace(os.sep, "/")
    if relative == ".":
        return ""
    return None if relative == ".." or relative.startswith("../") else relative


# --- the graph ----------------------------------------------------------------------------------------------------------


def _and_above(path: str) -> Iterator[str]:
    while path:
        yield path
        path = posixpath.dirname(path)


def _owner(path: str, modules: dict[str, _Module]) -> str | None:
    """The module whose folder a file is in, or the nearest one above."""
    folder = posixpath.dirname(path)
    while folder not in modules:
        if not folder:
            return None
        folder = posixpath.dirname(folder)
    return folder


def _callers_of(hit: set[str], calls: dict[str, set[str]]) -> set[str]:
    """The modules that were hit, and all that call them, over any number of steps."""
    by: dict[str, list[str]] = {}
    for name, called in calls.items():
        for one in called:
            by.setdefault(one, []).append(name)
    return _closure(hit, by)


def _callees_of(roots: Sequence[str], calls: dict[str, set[str]]) -> set[str | None]:
    return set(_closure(set(roots), {name: sorted(called) for name, called in calls.items()}))


def _closure(start: set[str], edges: dict[str, list[str]]) -> set[str]:
    found, left = set(start), list(start)
    while left:
        for following in edges.get(left.pop(), ()):
            if following not in found:
                found.add(following)
                left.append(following)
    return found


def _is_below(name: str, folders: Sequence[str]) -> bool:
    wanted = [posixpath.normpath(folder) for folder in folders]
    return any(folder in {".", name} or name.startswith(f"{folder}/") for folder in wanted)


def _printable(path: str) -> str:
    try:
        path.encode()
    except UnicodeEncodeError:
        raise InputError(
            "a path that changed is not UTF-8", where=path.encode("utf-8", "backslashreplace").decode()
        ) from None
    return path
