"""The lines of a configuration that changes come from: block headers of `.tf` files, found without parsing HCL.

A full parse takes a hundred times as long and fails on the first construct that it does not know; a header is one line by
Terraform's own formatting. What cannot be found stays without a line: generated files (`.tf.json`) and modules that are not in
the repository. Of the latter the call is named, as it is what one would edit.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import Struct, structs

from plangate.model.change import Action, Location
from plangate.model.verdict import Decision

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.model.change import Change
    from plangate.model.verdict import Verdict

_MOST_FILES: Final = 500
"""In one module."""

_MOST_BYTES: Final = 4 * 1024 * 1024
_DEEPEST: Final = 50

_HEADER = re.compile(r'\s*(resource|data|ephemeral|module)\s+"([^"]{1,300})"(?:\s+"([^"]{1,300})")?\s*\{')
_SOURCE = re.compile(r'\bsource\s*=\s*"([^"]{1,500})"')
_HEREDOC = re.compile(r"<<[-~]?\s*([A-Za-z_][A-Za-z0-9_-]*)\s*$")
_STEP = re.compile(r'module\.([A-Za-z0-9_-]+)(?:\[(?:"(?:[^"\\]|\\.)*"|\d+)\])?(?:\.|$)')
_MODES: Final = {"managed": "resource", "data": "data", "ephemeral": "ephemeral"}

_MOST_NOTES: Final = 5
_GENERATED: Final = (
    "some of the configuration is generated (.tf.json) and has no lines: what is found in it stands at the plan"
)

_Name = tuple[str, str, str]
"""Kind of block, and its labels."""


class _Module(Struct, frozen=True):
    """One folder of configuration: where each block starts, and where the modules it calls come from."""

    folder: str
    blocks: dict[_Name, Location]
    sources: dict[str, str]
    generated: bool = False
    """Whether there are `.tf.json` files, in which nobody edits a line."""


class Lines:
    """The lines of one root module. Folders are read on demand, each once."""

    def __init__(self, folder: Path):
        self._root = str(folder)
        self._read: dict[str, _Module] = {}
        self.notes: dict[str, None] = {}
        """Notes about changes without a line of their own, each once, in order."""

    def of(self, change: Change) -> Location | None:
        """The place of a change's block, else of the call of its module, else None."""
        kind = _MODES.get(change.mode)
        steps = _steps(change.module)
        if kind is None or steps is None or change.source != "terraform":
            return None
        module, call = self._module(self._root), None
        for name in steps:
            call = module.blocks.get(("module", name, ""))
            source = module.sources.get(name, "")
            if call is None or not source.startswith(("./", "../")):
                if call is not None:
                    self._note(
                        f"the module {name} is not in this repository: what is found in it stands where it is called"
                    )
                else:
                    self._missing(change, module)
                return call
            module = self._module(os.path.normpath(Path(module.folder) / source))
        found = module.blocks.get((kind, change.type, change.name))
        if found is None:
            self._missing(change, module)
        return found or call

    def calls(self, change: Change) -> list[tuple[str, str, str]]:
        """File, name and source of each module call that a change comes through, from the root."""
        module, found = self._module(self._root), []
        for name in _steps(change.module) or ():
            call, source = module.blocks.get(("module", name, "")), module.sources.get(name, "")
            if call is None:
                break
            found.append((call.file, name, source))
            module = self._module(os.path.normpath(Path(module.folder) / source))
        return found

    def _missing(self, change: Change, module: _Module) -> None:
        """Add a note for a block that must be in a generated file. Destroyed objects have no block any more."""
        if module.generated and change.action not in (Action.DESTROY, Action.FORGET):
            self._note(_GENERATED)

    def _note(self, words: str) -> None:
        if len(self.notes) < _MOST_NOTES:
            self.notes[words] = None

    def _module(self, folder: str) -> _Module:
        if folder not in self._read:
            self._read[folder] = _scan(folder)
        return self._read[folder]


def locate(verdict: Verdict, folder: Path) -> Verdict:
    """The verdict with locations for findings that have none."""
    lines = Lines(folder)
    found: dict[int, Location] = {}
    for finding in verdict.findings:
        if finding.change is None or finding.location is not None or finding.decision is Decision.PASS:
            continue
        location = verdict.changes[finding.change].location or lines.of(verdict.changes[finding.change])
        if location is not None:
            found[finding.change] = location
    if not found and not lines.notes:
        return verdict
    return structs.replace(
        verdict,
        notes=tuple(dict.fromkeys((*verdict.notes, *lines.notes))),
        changes=tuple(
            structs.replace(change, location=found[i]) if i in found else change
            for i, change in enumerate(verdict.changes)
        ),
        findings=tuple(
            structs.replace(finding, location=found[finding.change]) if finding.change in found else finding
            for finding in verdict.findings
        ),
    )


def _steps(address: str) -> list[str] | None:
    """The names of the modules in a module address, from the root; None for an address that is not understood."""
    names: list[str] = []
    position = 0
    while position < len(address):
        step = _STEP.match(address, position)
        if step is None or len(names) == _DEEPEST:
            return None
        names.append(step[1])
        position = step.end()
    return names


def _scan(folder: str) -> _Module:
    blocks: dict[_Name, Location] = {}
    sources: dict[str, str] = {}
    shown = os.path.relpath(folder)
    try:
        inside = not shown.startswith("..")
        every = sorted(Path(folder).iterdir()) if inside else []
    except OSError:
        every = []
    files = [path for path in every if path.suffix in (".tf", ".tofu")]
    generated = any(path.name.endswith((".tf.json", ".tofu.json")) for path in every)
    for file in files[:_MOST_FILES]:
        name = os.path.normpath(Path(shown) / file.name).replace(os.sep, "/")
        for line, block, source in _headers(file):
            blocks.setdefault(block, Location(name, line))
            if source:
                sources.setdefault(block[1], source)
    return _Module(folder, blocks, sources, generated)


def _headers(file: Path) -> Iterator[tuple[int, _Name, str]]:
    try:
        if file.is_file() and file.stat().st_size <= _MOST_BYTES:
            yield from headers(file.read_text("utf-8", "replace"))
    except OSError:
        return


def headers(text: str) -> Iterator[tuple[int, _Name, str]]:
    """Line, block and module source of each header. Comments and here-documents are skipped."""
    end, module = "", None
    for number, line in enumerate(text.splitlines(), 1):
        if end:
            end = "" if line.strip() == end or (end == "*/" and "*/" in line) else end
            continue
        header = _HEADER.match(line)
        if header is not None:
            module = (number, (header[1], header[2], header[3] or "")) if header[1] == "module" else None
            if header[1] != "module":
                yield number, (header[1], header[2], header[3] or ""), ""
            else:
                yield number, ("module", header[2], ""), ""
        source = _SOURCE.search(line) if module is not None else None
        if module is not None and source is not None:
            yield module[0], module[1], source[1]
            module = None
        heredoc = _HEREDOC.search(line)
        if heredoc is not None:
            end = heredoc[1]
        elif line.lstrip().startswith("/*") and "*/" not in line:
            end = "*/"
