"""Typos in names: one letter added, left out, changed or swapped with its neighbour."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

_SHORTEST = 3


def nearest(word: str, names: Iterable[str]) -> str:
    """The known name that is one typo away from `word`; empty where there is none, or where `word` is known."""
    found = ""
    for name in names:
        if word == name:
            return ""
        if not found and min(len(word), len(name)) >= _SHORTEST and _one_slip(word, name):
            found = name
    return found


def _one_slip(one: str, other: str) -> bool:
    one, other = sorted((one, other), key=len)
    if len(other) - len(one) > 1:
        return False
    at = next((i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b), len(one))
    if len(one) < len(other):
        # A number at the end (`KEY`, `KEY2`) is another name, not a typo.
        return one[at:] == other[at + 1 :] and not other[at].isdigit()
    if one[at + 1 :] == other[at + 1 :]:
        return not (one[at].isdigit() and other[at].isdigit())
    return one[at] == other[at + 1] and one[at + 1] == other[at] and one[at + 2 :] == other[at + 2 :]


def did_you_mean(word: str, known: list[str], alike: float = 0.6) -> str:
    """A clause that suggests a known word close to this one; empty without any. `alike` says how close, up to 1."""
    close = closest(word, known, alike)
    return f"; did you mean {close}?" if close else ""


def closest(word: str, known: list[str], alike: float = 0.6) -> str:
    """The known word that is close to this one; empty without any."""
    import difflib  # noqa: PLC0415 - only where something is misspelt

    return next(iter(difflib.get_close_matches(word, known, n=1, cutoff=alike)), "")
