"""The classes of resource types: `policies/knowledge/types/<provider>.yaml` for people, `policies/types.tsv` for reviews."""

from __future__ import annotations

from typing import TYPE_CHECKING, NoReturn

import yaml

from plangate.errors import PolicyLoadError
from plangate.model.resource_type import Class, Consequence

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

ANY = "any"
"""The file of the patterns that hold for every provider."""


def build(folder: Path) -> bytes:
    """A line for each type, `type<TAB>class<TAB>consequence<TAB>what`, in order; patterns come first.

    Raises `PolicyLoadError` for what is no class or consequence, for a type twice, and for one in another provider's file.
    """
    lines: dict[str, str] = {}
    for file in sorted((folder / "knowledge" / "types").glob("*.yaml")):
        for name, class_, consequence, what in _entries(file):
            if name.value in lines:
                _refuse(file, name, f"{name.value} has a class already")
            if file.stem not in (ANY, name.value.partition("_")[0]):
                _refuse(file, name, f"{name.value} belongs to another provider")
            lines[name.value] = f"{name.value}\t{class_}\t{consequence}\t{what}\n"
    return "".join(lines[name] for name in sorted(lines, key=lambda name: ("*" not in name, name))).encode()


def _entries(file: Path) -> Iterator[tuple[yaml.ScalarNode, Class, Consequence, str]]:
    root = yaml.compose(file.read_text("utf-8"), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    for class_, consequences in _pairs(file, root):
        if class_.value not in list(Class):
            _refuse(file, class_, f"{class_.value} is no class: {', '.join(Class)}")
        for consequence, types in _pairs(file, consequences):
            if consequence.value not in list(Consequence):
                _refuse(file, consequence, f"{consequence.value} is no consequence: {', '.join(Consequence)}")
            for name, what in _pairs(file, types):
                if not isinstance(what, yaml.ScalarNode) or set("\t\n") & set(what.value):
                    _refuse(file, what, "what goes is one line of text")
                yield name, Class(class_.value), Consequence(consequence.value), what.value


def _pairs(file: Path, node: yaml.Node | None) -> list[tuple[yaml.ScalarNode, yaml.Node]]:
    if not isinstance(node, yaml.MappingNode):
        _refuse(file, node, "is no mapping")
    return list(node.value)


def _refuse(file: Path, node: yaml.Node | None, why: str) -> NoReturn:
    place = f"{node.start_mark.line + 1}:{node.start_mark.column + 1}" if node is not None else "1:1"
    raise PolicyLoadError(why, where=str(file), place=place)
