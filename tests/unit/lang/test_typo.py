"""One slip of the finger is told, another name is not."""

from __future__ import annotations

import pytest

from plangate.lang.typo import nearest

NAMES = ("rpm", "tpm", "api_base", "AZURE_API_KEY")


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("rmp", "rpm"),
        ("rpmm", "rpm"),
        ("api_bse", "api_base"),
        ("api_basee", "api_base"),
        ("api_bade", "api_base"),
        ("AZURE_API_KEYY", "AZURE_API_KEY"),
        ("AZURE_API_KEY2", ""),
        ("rpm", ""),
        ("tp", ""),
        ("AZURE_EU_API_KEY", ""),
        ("api_version", ""),
        ("", ""),
    ],
)
def test_the_name_that_was_meant(word: str, meant: str) -> None:
    assert nearest(word, NAMES) == meant


def test_numbers_tell_names_apart() -> None:
    assert not nearest("KEY_1", ["KEY_2"])
