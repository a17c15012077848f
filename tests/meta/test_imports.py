"""Who may import whom: stages meet only in `model`, `lang` and `knowledge`, and only `pipeline` calls several of them."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = ROOT / "plangate"

SHARED = {"model", "lang", "knowledge", "findings", "errors"}
"""What every stage may use."""

STAGES = {"evidence", "ingest", "classify", "drift", "policy", "verdict", "report", "publish"}

ALLOWED = {
    "__init__": set(),
    "__main__": {"cli"},
    "errors": set(),
    "model": {"errors", "lang"},
    "lang": {"errors"},
    "knowledge": {"model", "lang"},
    "findings": {"model", "knowledge", "lang"},
    **dict.fromkeys(STAGES, SHARED),
    # A pack describes one application to two stages: what its objects do, and how the cases of its policies are built.
    "applications": SHARED | {"classify", "policy"},
    "gate": SHARED,
    "pipeline": SHARED | STAGES | {"applications", "gate"},
    # `report` for what is written, `gate` for its types.
    "cli": SHARED | {"pipeline", "report", "gate"},
}
"""For every package and module at the top what it may import besides itself."""

SEVERAL_STAGES = {"pipeline", "applications"}
"""Who imports more than one stage: the pipeline, and the packs for the reason above."""

TYPES_ONLY = {("cli", "gate")}
"""What is imported for annotations, and never to be called."""

OUTSIDE = {
    "boto3",
    "datetime",
    "os",
    "random",
    "secrets",
    "socket",
    "subprocess",
    "tempfile",
    "time",
    "urllib.request",
    "urllib3",
}
"""Files, clock, environment, chance and network."""

PURE = ("applications", "classify", "drift", "ingest", "lang", "model", "policy", "report", "verdict")
"""The core that has none of them."""

MODULES = sorted(PACKAGE.rglob("*.py"))


def room_of(path: Path, package: Path = PACKAGE) -> str:
    """The package or module at the top that a file belongs to."""
    return path.relative_to(package).parts[0].removesuffix(".py")


def imports(path: Path) -> list[tuple[int, str, bool]]:
    """Every import of a module: line, full name, and whether it is for types only."""
    tree = ast.parse(path.read_bytes())
    typing_only = {
        id(inner)
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
        for inner in ast.walk(node)
    }
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found += [(node.lineno, alias.name, id(node) in typing_only) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            module = node.module or ""
            names = [f"{module}.{alias.name}" for alias in node.names] if module == "plangate" else [module]
            found += [(node.lineno, name, id(node) in typing_only) for name in names]
    return found


def unlisted(package: Path) -> set[str]:
    """What stands at the top and is not in the list of who may import whom."""
    return {room_of(path, package) for path in package.rglob("*.py")} - ALLOWED.keys()


def trespasses(path: Path, package: Path = PACKAGE) -> Iterator[str]:
    """The imports of a module that the list does not allow."""
    room = room_of(path, package)
    for line, name, typing_only in imports(path):
        if not name.startswith("plangate.") or name == "plangate.__version__":
            continue
        other = name.split(".")[1]
        called = not typing_only and (room, other) in TYPES_ONLY
        if called or other not in ALLOWED.get(room, set()) | {room}:
            yield f"{path.relative_to(package)}:{line} imports {name}"


def test_every_package_and_module_is_listed() -> None:
    assert unlisted(PACKAGE) == set()
    assert {
        room for room in ALLOWED if not (PACKAGE / room).is_dir() and not (PACKAGE / f"{room}.py").is_file()
    } == set()


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_module_imports_what_its_package_may(path: Path) -> None:
    assert list(trespasses(path)) == []


def test_only_the_pipeline_imports_several_stages() -> None:
    assert {room for room, allowed in ALLOWED.items() if len((allowed | {room}) & STAGES) > 1} == SEVERAL_STAGES
    assert "pipeline" not in PURE


@pytest.mark.parametrize(
    ("file", "text", "found"),
    [
        ("utils/__init__.py", "import os\n", {"utils"}),
        ("helpers.py", "import os\n", {"helpers"}),
        ("report/helpers.py", "import os\n", set()),
    ],
)
def test_a_package_that_is_not_listed_is_found(tmp_path: Path, file: str, text: str, found: set[str]) -> None:
    (tmp_path / file).parent.mkdir(exist_ok=True)
    (tmp_path / file).write_text(text)
    assert unlisted(tmp_path) == found


@pytest.mark.parametrize(
    ("file", "text", "found"),
    [
        ("drift/new.py", "from plangate.policy import load\n", ["drift/new.py:1 imports plangate.policy"]),
        (
            "drift/new.py",
            "def f():\n    import plangate.report.text\n",
            ["drift/new.py:2 imports plangate.report.text"],
        ),
        ("drift/new.py", "from plangate import report\n", ["drift/new.py:1 imports plangate.report"]),
        ("cli/new.py", "from plangate.evidence import files\n", ["cli/new.py:1 imports plangate.evidence"]),
        ("cli/new.py", "from plangate.gate import config\n", ["cli/new.py:1 imports plangate.gate"]),
        ("helpers.py", "from plangate.model import change\n", ["helpers.py:1 imports plangate.model"]),
        ("cli/new.py", "if TYPE_CHECKING:\n    from plangate.gate.config import Config\n", []),
        ("drift/new.py", "from plangate.model import change\nfrom plangate import __version__\n", []),
        ("pipeline/new.py", "from plangate.policy import load\nfrom plangate.drift import values\n", []),
        ("pipeline/new.py", "from plangate.cli import main\n", ["pipeline/new.py:1 imports plangate.cli"]),
    ],
)
def test_an_import_that_is_not_allowed_is_found(tmp_path: Path, file: str, text: str, found: list[str]) -> None:
    path = tmp_path / file
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    assert list(trespasses(path, tmp_path)) == found


@pytest.mark.parametrize(
    "path", [path for path in MODULES if room_of(path) in PURE], ids=lambda path: str(path.relative_to(ROOT))
)
def test_the_core_has_no_clock_no_chance_and_no_network(path: Path) -> None:
    for line, name, typing_only in imports(path):
        # Values of time are read from texts in one module, which has no clock either.
        value = name == "datetime" and path == PACKAGE / "lang" / "moment.py"
        assert typing_only or value or name not in OUTSIDE, f"{path.relative_to(ROOT)}:{line} imports {name}"
    assert not re.search(r"\.(now|utcnow|today)\(", path.read_text("utf-8")), path


def test_modules_and_functions_stay_small() -> None:
    for path in MODULES:
        source = path.read_text("utf-8")
        assert len(source.splitlines()) <= 450 or path.name == "change.py", path
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef):
                assert (node.end_lineno or 0) - node.lineno <= 80, f"{path}:{node.lineno} {node.name}"
