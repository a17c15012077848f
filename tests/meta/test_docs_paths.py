"""The pages about the source name files and folders that are there."""

from __future__ import annotations

import re

import pytest

from tests.conftest import ROOT

PAGES = ("docs/architecture.md", "docs/recipes.md", ".github/CONTRIBUTING.md")
PATH = re.compile(r"`((?:plangate|policies|tests|fixtures|docs|\.github|\.ci)/[\w./-]*)`")


@pytest.mark.parametrize("page", PAGES)
def test_every_path_is_there(page: str) -> None:
    named = PATH.findall((ROOT / page).read_text("utf-8"))

    assert named
    assert [path for path in named if not (ROOT / path).exists()] == []
