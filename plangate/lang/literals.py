"""Computes which literals a text must contain for a regular expression to match in it.

Each requirement is a list of literals of which one must occur, as in Rust's `regex-syntax`. A part that is not understood makes
no requirement, so that no match is ever missed. Expressions are analysed when the index is built, never during a review.
"""

from __future__ import annotations

import re
import sys
from functools import cache, reduce
from re import _constants as op
from re import _parser as parser
from typing import TYPE_CHECKING, Any, NamedTuple

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable

_MOST_LITERALS = 64
_LARGEST_CLASS = 8
_LIKE_ASCII = str.maketrans("\u0130\u0131\u017f\u212a", "iisk")
"""Letters beyond ASCII that an expression that ignores case takes for one of ASCII."""


class Requirement(Struct, frozen=True):
    """Literals of which a text must contain one. `folded`: they are in lower case, and sought in what `fold` returns."""

    literals: tuple[str, ...]
    folded: bool = False


def fold(text: str) -> str:
    """The text in lower case, as an expression that ignores case compares it with ASCII letters."""
    return text.lower() if text.isascii() else text.translate(_LIKE_ASCII).lower()


def requirements(expression: str, *, ignore_case: bool = False) -> list[Requirement]:
    """Every requirement that a match has: all of them hold wherever the expression matches.

    Empty where nothing is required. Raises `re.error` for what is no expression.
    """
    tree = parser.parse(expression, re.IGNORECASE if ignore_case else 0)
    found = list(dict.fromkeys(_all_of(_sequence(tree, ignore_case=bool(tree.state.flags & re.IGNORECASE)))))
    return [one for one in found if not any(_implies(other, one) for other in found if other is not one)]


def _implies(one: Requirement, other: Requirement) -> bool:
    return one.folded is other.folded and all(any(o in literal for o in other.literals) for literal in one.literals)


class _Strings(NamedTuple):
    """A finite set of strings, compared without regard to case if `folded`."""

    members: frozenset[str]
    folded: bool = False

    def then(self, other: _Strings) -> _Strings:
        return _Strings(frozenset(a + b for a in self.members for b in other.members), self.folded or other.folded)

    def either(self, other: _Strings) -> _Strings:
        return _Strings(self.members | other.members, self.folded or other.folded)

    def requirement(self) -> Requirement | None:
        """The requirement that one of these occurs; None where it is always met or a mere space."""
        if not any(member.strip() for member in self.members) or "" in self.members:
            return None
        members = {member.lower() for member in self.members} if self.folded else self.members
        shortest = (m for m in members if not any(other in m for other in members if other != m))
        return Requirement(tuple(sorted(shortest)), self.folded)


_EMPTY = _Strings(frozenset({""}))


class _Part(NamedTuple):
    """A part of an expression: `exact` is all it can match, None if that is not finite; `prefixes` is how it begins."""

    exact: _Strings | None
    prefixes: _Strings = _EMPTY
    inner: tuple[Requirement, ...] = ()


_ANYTHING = _Part(None)


def _all_of(part: _Part) -> list[Requirement]:
    if part.exact is None:
        return list(part.inner)
    requirement = part.exact.requirement()
    return [] if requirement is None else [requirement]


def _sequence(items: Iterable[tuple[Any, Any]], *, ignore_case: bool) -> _Part:
    """The concatenation of parts: finite ones are joined to literals that are as long as possible."""
    found: list[Requirement] = []
    prefixes: _Strings | None = None
    run = _EMPTY
    for operator, argument in items:
        part = _part(operator, argument, ignore_case=ignore_case)
        if part.exact is not None and len(run.members) * len(part.exact.members) <= _MOST_LITERALS:
            run = run.then(part.exact)
            continue
        if part.exact is None and len(run.members) * len(part.prefixes.members) <= _MOST_LITERALS:
            run, then = run.then(part.prefixes), _EMPTY
        else:
            then = _EMPTY if part.exact is None else part.exact
        prefixes = prefixes or run
        found += [r for r in (run.requirement(), *part.inner) if r is not None]
        run = then
    if prefixes is None:
        return _Part(run, run)
    last = run.requirement()
    return _Part(None, prefixes, tuple(found if last is None else [*found, last]))


def _part(operator: Any, argument: Any, *, ignore_case: bool) -> _Part:
    if operator is op.LITERAL:
        return _literal(argument, ignore_case=ignore_case)
    if operator is op.IN:
        return _class(argument, ignore_case=ignore_case)
    if operator is op.SUBPATTERN:
        _, added, removed, inside = argument
        return _sequence(
            inside, ignore_case=(ignore_case or bool(added & re.IGNORECASE)) and not removed & re.IGNORECASE
        )
    if operator is op.ATOMIC_GROUP:
        return _sequence(argument, ignore_case=ignore_case)
    if operator is op.BRANCH:
        return _branch([_sequence(branch, ignore_case=ignore_case) for branch in argument[1]])
    if operator in (op.MAX_REPEAT, op.MIN_REPEAT, op.POSSESSIVE_REPEAT):
        least, most, inside = argument
        return _repeat(_sequence(inside, ignore_case=ignore_case), int(least), most)
    # Anchors and lookarounds have no width: the parts before and after them are adjacent.
    return _Part(_EMPTY) if operator in (op.AT, op.ASSERT, op.ASSERT_NOT) else _ANYTHING


def _literal(code: int, *, ignore_case: bool) -> _Part:
    char = chr(code)
    if not ignore_case or not char.isalpha():
        exact = _Strings(frozenset({char}))
    elif char.isascii():
        exact = _Strings(frozenset({char.lower()}), folded=True)
    else:
        return _ANYTHING
    return _Part(exact, exact)


def _class(members: list[tuple[Any, Any]], *, ignore_case: bool) -> _Part:
    """A small set of characters, or whitespace."""
    if members == [(op.CATEGORY, op.CATEGORY_SPACE)]:
        return _spaces()
    codes: list[int] = []
    for kind, argument in members:
        if kind is op.LITERAL:
            codes.append(argument)
        elif kind is op.RANGE and argument[1] - argument[0] < _LARGEST_CLASS:
            codes += range(argument[0], argument[1] + 1)
        else:
            return _ANYTHING
    if len(codes) > _LARGEST_CLASS:
        return _ANYTHING
    return _branch([_literal(code, ignore_case=ignore_case) for code in codes])


@cache
def _spaces() -> _Part:
    """One character of whitespace. All of Unicode is asked for it, once."""
    spaces = _Strings(frozenset(char for char in map(chr, range(sys.maxunicode)) if char.isspace()))
    return _Part(spaces, spaces)


def _branch(parts: list[_Part]) -> _Part:
    """The alternation of parts, which requires one of their most selective requirements."""
    exact = [part.exact for part in parts if part.exact is not None]
    if len(exact) == len(parts):
        together = reduce(_Strings.either, exact)
        if len(together.members) <= _MOST_LITERALS:
            return _Part(together, together)
    best = [max(_all_of(part), key=_selectivity, default=None) for part in parts]
    required = [_Strings(frozenset(one.literals), one.folded) for one in best if one is not None]
    inner = reduce(_Strings.either, required).requirement() if len(required) == len(parts) else None
    prefixes = reduce(_Strings.either, (part.prefixes for part in parts))
    if len(prefixes.members) > _MOST_LITERALS or "" in prefixes.members:
        prefixes = _EMPTY
    return _Part(None, prefixes, () if inner is None else (inner,))


def _selectivity(requirement: Requirement) -> tuple[int, int]:
    return min(map(len, requirement.literals)), -len(requirement.literals)


def _repeat(part: _Part, least: int, most: Any) -> _Part:
    if least == 0:
        either = part.exact.either(_EMPTY) if most == 1 and part.exact is not None else None
        return _ANYTHING if either is None else _Part(either, either)
    if part.exact is None:
        return part
    times = part.exact
    for _ in range(least - 1):
        if len(times.members) * len(part.exact.members) > _MOST_LITERALS:
            break
        times = times.then(part.exact)
    else:
        if most == least:
            return _Part(times, times)
    requirement = times.requirement()
    return _Part(None, times, () if requirement is None else (requirement,))
