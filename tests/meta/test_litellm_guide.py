"""The guide's page is current, complete, and names only what exists."""

from __future__ import annotations

import importlib.util
import sys
from types import ModuleType

import pytest

from plangate.policy import load
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def guide() -> ModuleType:
    spec = importlib.util.spec_from_file_location("litellm_guide", ROOT / "docs" / "litellm_guide.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def test_every_statement_is_there(guide: ModuleType) -> None:
    assert list(guide.statements()) == [f"S{number}" for number in range(1, 138)]


def test_the_page_is_what_the_statements_and_policies_say(guide: ModuleType) -> None:
    assert guide.PAGE.read_text("utf-8") == guide.page()


def test_what_is_not_simply_true_names_its_source(guide: ModuleType) -> None:
    doubted = {number for number, one in guide.statements().items() if one.holds in ("wrong", "partly", "unverified")}

    assert {number for number in doubted if not guide.statements()[number].source.startswith("https://")} == set()


def test_each_policy_of_the_pack_names_a_source_and_why() -> None:
    pack = [policy for policy in load.load() if policy.family == "litellm"]

    assert [
        policy.id for policy in pack if not (policy.references and policy.why and policy.remediation and policy.since)
    ] == []
