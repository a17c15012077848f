"""What `plangate/lang` has one of, nobody writes a second time: a look at the source for the words that a second one needs."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

import pytest

from tests.conftest import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PACKAGE = ROOT / "plangate"

WORDS = {
    "glob.py": r"\bfnmatch\b|re\.escape\([^)]*\)\.replace|re\.split\([^\n]*\\\*|\.split\(\"\*\"\)",
    "quantity.py": r"KMGTPE|[KMGTPE]i\b[^`'\n]*\|[KMGTPE]i\b|\"Ki\":|2\.0 ?\*\* ?10\b",
    "day.py": r"\bcalendar\b|(?:\\d|\[0-9\])\{4\}-(?:\\d|\[0-9\])\{2\}-(?:\\d|\[0-9\])\{2\}(?!T)",
    "wording.py": r"f\" and \{[^}]*\} more\"|\" and more\"|'s' if |\"s\" if |if len\(\w+\) == 1 else f\"\{len\(\w+\)\} \w+s\"",
    "semver.py": r"<=\|>=|>=\|<=|semver\.org/#spec-item-11|isdecimal\(\) else \(|\brc\|alpha",
}
"""Per module, what only it needs to write."""


def sources() -> Iterator[tuple[Path, str]]:
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path, path.read_text("utf-8")


@pytest.mark.parametrize("module", WORDS)
def test_only_the_module_itself_is_written_with_these_words(module: str) -> None:
    pattern = re.compile(WORDS[module])
    own = PACKAGE / "lang" / module
    found = [
        f"{path.relative_to(ROOT)}: {hit[0]}"
        for path, text in sources()
        if path != own
        for hit in pattern.finditer(text)
    ]

    assert pattern.search(own.read_text("utf-8")), "the words do not even find the module itself"
    assert found == []


def cut_digests(tree: ast.AST) -> Iterator[int]:
    """The lines in which a hexadecimal digest is cut short."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Subscript) and isinstance(node.slice, ast.Slice) and isinstance(node.value, ast.Call):
            called = node.value.func
            inner = called.value if isinstance(called, ast.Attribute) and called.attr == "hexdigest" else None
            # A keyed digest is a signature, and no fingerprint.
            if inner is not None and "hmac" not in ast.unparse(inner):
                yield node.lineno


def test_only_a_fingerprint_is_a_digest_cut_short() -> None:
    found = {str(path.relative_to(PACKAGE)) for path, text in sources() if list(cut_digests(ast.parse(text)))}

    assert found == {"lang/fingerprint.py"}
