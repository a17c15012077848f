"""Globs: whether a whole text matches a pattern. There is one function for each dialect.

None of them backtracks: matching takes one pass over the text.
"""

from __future__ import annotations

import fnmatch
import functools
import re
from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_MOST_LEARNED: Final = 512


def fits(pattern: str, text: str) -> bool:
    """Whether a text fits a pattern in which `*` is anything, and nothing else is special. Needs no compilation."""
    first, *rest = pattern.split("*")
    if not rest:
        return text == pattern
    last = rest.pop()
    if len(text) < len(first) + len(last) or not (text.startswith(first) and text.endswith(last)):
        return False
    # Matching each part at its first occurrence leaves the most room for the others.
    position, end = len(first), len(text) - len(last)
    for part in rest:
        found = text.find(part, position, end)
        if found < 0:
            return False
        position = found + len(part)
    return True


def fits_address(pattern: str, text: str) -> bool:
    """As `fits`, with `?` as one character, and neither behind a backslash. Brackets are literal: they are part of addresses."""
    return _compiled(pattern, r"\\[*?]|\*|\?").fits(text)


def fits_arn(pattern: str, text: str) -> bool:
    """As `fits`, with `?` as one character, as IAM has it for actions and resources: there is no escape."""
    return _compiled(pattern, r"\*|\?").fits(text)


def of_address(address: str) -> str:
    """The pattern that fits an address alone."""
    return re.sub(r"[*?]", r"\\\g<0>", address)


def fits_shell(pattern: str, text: str) -> bool:
    """As `fits`, with `?` as one character and classes such as `[abc]`, `[a-z]` and `[!abc]`, like `fnmatch.fnmatchcase`."""
    return _compiled(pattern, r"\*|\?|\[!?+\]?+[^\]]*+\]").fits(text)


def fits_path(pattern: str, text: str) -> bool:
    """Whether a path fits: `*` and `?` are anything but `/`, `**` is anything, `**/` is any folders or none."""
    return _compiled(pattern, r"\*\*/|\*\*|\*|\?", "/").fits(text)


@functools.lru_cache(maxsize=1024)
def _compiled(pattern: str, special: str, stop: str = "") -> _Automaton:
    """The automaton of a pattern. `special` finds its wildcards; `*` and `?` do not match characters in `stop`."""
    states: list[_State] = []
    for position, part in enumerate(re.split(f"({special})", pattern)):
        if position % 2 == 0:
            states += [_State(takes=one.__eq__) for one in part]
        elif part in (r"\*", r"\?"):
            states.append(_State(takes=part[1].__eq__))
        elif part == "?":
            states.append(_State(takes=stop.__ne__))
        elif part == "*":
            states.append(_State(repeats=stop.__ne__, skips=1))
        elif part == "**":
            states.append(_State(repeats=_anything, skips=1))
        elif part == "**/":
            states += [_State(skips=3), _State(repeats=_anything, skips=1), _State(takes="/".__eq__)]
        else:
            states.append(_State(takes=re.compile(fnmatch.translate(part)).match))
    return _Automaton(states)


def _anything(_: str) -> bool:
    return True


def _nothing(_: str) -> bool:
    return False


class _State:
    """A state of the automaton: the characters that lead to the next one, and those that lead back to it.

    `skips` more places on is one that needs no character. With 3, the next one needs none either.
    """

    def __init__(
        self, takes: Callable[[str], Any] = _nothing, repeats: Callable[[str], Any] = _nothing, skips: int = 0
    ):
        self.takes = takes
        self.repeats = repeats
        self.skips = skips


class _Automaton:
    """Simulates all states at once, as the bits of an integer, one step for each character."""

    def __init__(self, states: list[_State]):
        self._states = states
        self._skips = sum(1 << i for i, state in enumerate(states) if state.skips)
        self._folders = sum(1 << i for i, state in enumerate(states) if state.skips == 3)
        self._moves: dict[str, tuple[int, int]] = {}

    def fits(self, text: str) -> bool:
        """Whether the whole text leads from the first state past the last one."""
        here = self._skipped(1)
        for character in text:
            on, back = self._moves.get(character) or self._learned(character)
            here = self._skipped((here & on) << 1 | here & back)
            if not here:
                return False
        return bool(here >> len(self._states))

    def _skipped(self, here: int) -> int:
        """These states and those that are reached from them without a character."""
        while (more := here | (here & self._skips) << 1 | (here & self._folders) << 3) != here:
            here = more
        return here

    def _learned(self, character: str) -> tuple[int, int]:
        """The states that a character advances from, and those that it repeats."""
        on = sum(1 << i for i, state in enumerate(self._states) if state.takes(character))
        back = sum(1 << i for i, state in enumerate(self._states) if state.repeats(character))
        if len(self._moves) < _MOST_LEARNED:
            self._moves[character] = on, back
        return on, back
