"""Families of policies: a folder with a `family.yaml` is one, and its name is the folder's."""

from __future__ import annotations

from pathlib import PurePath
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from plangate.errors import PolicyLoadError
from plangate.lang.located_yaml import LocatedYaml
from plangate.model.policy import Family
from plangate.policy import file

if TYPE_CHECKING:
    from pathlib import Path

FILE: Final = "family.yaml"
_KNOWLEDGE: Final = "knowledge"
_YAML: Final = (".yaml", ".yml")


class Folder(Struct, frozen=True):
    """A family and its policy files, sorted."""

    family: Family
    files: tuple[Path, ...]


def is_family(name: str) -> bool:
    """Whether a file of that name or path says what a family is."""
    return PurePath(name).name == FILE


def parse(name: str, text: str) -> Family:
    """Check the text of a `family.yaml`. Raises `PolicyLoadError`, which names the file `name`."""
    marked = LocatedYaml(name, text)
    # A file of a commit is named REF:PATH, and no ref has a colon.
    folder = PurePath(name.rpartition(":")[2]).parent.name
    if not folder:
        raise PolicyLoadError("a family has a folder of its own, which names it", where=name, place="1:1")
    if not isinstance(marked.data, dict):
        raise PolicyLoadError("is not a family: a mapping with title and summary", where=name, place="1:1")
    if "name" in marked.data:
        marked.fail(f"the name of a family is its folder's, {folder}", ("name",), of_key=True)
    return marked.convert({"name": folder, **marked.data}, Family, {(): Family})


def read(top: Path) -> tuple[Folder, ...]:
    """The families below a folder, by name. Raises `PolicyLoadError` for YAML there that belongs to none."""
    folders = [
        Folder(
            parse(str(path), file.text(path)),
            tuple(sorted(one for one in path.parent.glob("*.yaml") if one.name != FILE)),
        )
        for path in sorted(top.glob(f"*/{FILE}"))
    ]
    known = {path for one in folders for path in (*one.files, top / one.family.name / FILE)}
    for path in sorted(top.rglob("*")):
        if path.suffix.lower() in _YAML and path not in known and path.relative_to(top).parts[0] != _KNOWLEDGE:
            hint = f"policies stand in a folder that has a {FILE}, as ID.yaml"
            raise PolicyLoadError(f"belongs to no family ({hint})", where=str(path))
    return tuple(folders)
