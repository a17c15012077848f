"""Stages meet only in the shared modules: which package may import which."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.conftest import ROOT

PACKAGE = ROOT / "plangate"
SHARED = {"model", "lang", "knowledge", "errors"}
"""What every stage may use."""

ALLOWED = {
    "model": {"errors"},
    "errors": set(),
    "lang": {"errors", "model"},
    "knowledge": {"lang"},
    "applications": SHARED | {"classify", "policy"},
    "evidence": SHARED,
    "ingest": SHARED,
    "classify": SHARED,
    "drift": SHARED,
    "policy": SHARED,
    "verdict": SHARED,
    "report": SHARED,
    "publish": SHARED,
}
"""Per stage, what it may import besides itself. Who is not named here (the engine, the command) may import all."""

FOR_TYPES = {("ingest", "plangate.evidence.files")}
"""What a stage may name in its annotations only."""

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

PURE = ("applications", "classify", "drift", "ingest", "model", "policy", "report", "verdict")
"""The core that has none of them."""

MODULES = sorted(PACKAGE.rglob("*.py"))


def stage_of(path: Path) -> str:
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


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


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_stage_imports_no_other_stage(path: Path) -> None:
    stage = stage_of(path)
    if stage not in ALLOWED:
        return
    for line, name, typing_only in imports(path):
        if typing_only and (stage, name) in FOR_TYPES:
            continue
        if name.startswith("plangate.") and name != "plangate.__version__":
            other = name.split(".")[1]
            assert other in ALLOWED[stage] | {stage}, f"{path.relative_to(ROOT)}:{line} imports {name}"


@pytest.mark.parametrize(
    "path", [path for path in MODULES if stage_of(path) in PURE], ids=lambda path: str(path.relative_to(ROOT))
)
def test_the_core_has_no_clock_no_chance_and_no_network(path: Path) -> None:
    for line, name, typing_only in imports(path):
        assert typing_only or name not in OUTSIDE, f"{path.relative_to(ROOT)}:{line} imports {name}"


def test_modules_and_functions_stay_small() -> None:
    for path in MODULES:
        source = path.read_text("utf-8")
        assert len(source.splitlines()) <= 450 or path.name == "change.py", path
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.FunctionDef):
                assert (node.end_lineno or 0) - node.lineno <= 80, f"{path}:{node.lineno} {node.name}"
