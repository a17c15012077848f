"""A policy that is changed in a small way fails one of its own cases, or the reason why not is written down."""

import pytest

from plangate.gate.config import packs
from tests.meta.mutate import Run


@pytest.mark.parametrize("family", packs())
def test_every_change_of_a_policy_is_noticed_by_one_of_its_cases(family):
    assert Run([family]).wrong == []
