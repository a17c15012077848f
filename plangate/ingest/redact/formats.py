"""Secrets that show by their form: tokens with known prefixes, private keys, connection strings, assignments in text.

The forms are data: `policies/knowledge/secret-formats.yaml`. One pass over a text, for the literals that the expressions
cannot match without, decides which of them are tried at all; most texts need none. The literals are read off the
expressions when the knowledge is packed, so that there is no second list that could know less.
"""

import functools
import re
from collections.abc import Iterable, Iterator
from typing import NamedTuple

import ahocorasick
from msgspec import Struct

from plangate import knowledge
from plangate.ingest.redact.ordinary import is_file, is_word
from plangate.lang.literals import Requirement, fold


class Format(Struct, frozen=True):
    """One form. `requires`: what a text must contain to hold it, all of them. The rest: see the knowledge document."""

    name: str
    regex: str
    requires: list[Requirement]
    ignore_case: bool = False
    learn: bool = False
    loose: bool = False
    words: bool = True


class Whole(Struct, frozen=True):
    """A form of a whole value: its length and alphabet. `mixed`: it has digits and letters of both cases."""

    name: str
    length: int
    regex: str
    mixed: bool = False


class PlainValues(Struct, frozen=True):
    """What holds no secret even under a secret name: switches, and beginnings of public halves of keys."""

    words: list[str]
    public: list[str]


class Knowledge(Struct, frozen=True):
    """The knowledge document."""

    formats: list[Format]
    whole: list[Whole]
    references: list[str]
    plain_values: PlainValues


@functools.cache
def _knowledge() -> Knowledge:
    known: Knowledge = knowledge.knowledge("secret-formats", Knowledge)
    return known


class _Sought(NamedTuple):
    """A format and what a text must meet to hold it: literals that the pass finds, by number, and what is looked up after."""

    format: int
    numbers: frozenset[int]
    others: tuple[Requirement, ...]

    def is_met(self, text: str, folded: str, met: set[int]) -> bool:
        return self.numbers <= met and all(
            any(literal in (folded if requirement.folded else text) for literal in requirement.literals)
            for requirement in self.others
        )


class _Prefilter:
    """Which of several formats a text may hold: those whose every requirement it meets."""

    def __init__(self, formats: Iterable[tuple[int, Format]]) -> None:
        numbers: dict[Requirement, int] = {}
        users: dict[str, set[int]] = {}
        self._by_number: dict[int, list[_Sought]] = {}
        self._always: list[_Sought] = []
        """Formats without a literal to pass over the text for: one character is met too often."""
        for index, format_ in formats:
            passed = [one for one in format_.requires if min(map(len, one.literals)) > 1]
            for requirement in passed:
                number = numbers.setdefault(requirement, len(numbers))
                for literal in requirement.literals:
                    users.setdefault(fold(literal), set()).add(number)
            # The pass disregards case; where case matters it is looked up again.
            others = tuple(one for one in format_.requires if one not in passed or not one.folded)
            sought = _Sought(index, frozenset(numbers[one] for one in passed), others)
            filed = self._by_number.setdefault(min(sought.numbers), []) if sought.numbers else self._always
            filed.append(sought)
        self._literals = ahocorasick.Automaton()
        for literal, using in users.items():
            self._literals.add_word(literal, tuple(using))
        self._literals.make_automaton()

    def candidates(self, text: str) -> list[int]:
        """The formats that the text may hold, by their indexes, in order."""
        folded = fold(text)
        met = {number for _, numbers in self._literals.iter(folded) for number in numbers} if self._by_number else set()
        if not (met or self._always):
            return []
        filed = [*self._always, *(sought for number in met for sought in self._by_number.get(number, ()))]
        return sorted(sought.format for sought in filed if sought.is_met(text, folded, met))


@functools.cache
def _prefilter(*, loose: bool = True, learned: bool = False) -> _Prefilter:
    """The prefilter of all formats; without `loose`, or only of `learned` ones."""
    formats = enumerate(_knowledge().formats)
    return _Prefilter((i, one) for i, one in formats if (loose or not one.loose) and (one.learn or not learned))


@functools.cache
def _expression(index: int) -> re.Pattern[str]:
    format_ = _knowledge().formats[index]
    return re.compile(format_.regex, re.IGNORECASE if format_.ignore_case else 0)


@functools.cache
def _whole() -> dict[int, tuple[Whole, re.Pattern[str]]]:
    return {whole.length: (whole, re.compile(whole.regex)) for whole in _knowledge().whole}


@functools.cache
def _references() -> re.Pattern[str]:
    return re.compile("|".join(f"(?:{reference})" for reference in _knowledge().references))


@functools.cache
def _plain_words() -> frozenset[str]:
    return frozenset(_knowledge().plain_values.words)


def find(text: str, *, loose: bool = True) -> list[tuple[int, int]]:
    """Where secrets stand in a text: start and end. Without `loose` only forms that no name or address has by chance."""
    found = [span for index in _prefilter(loose=loose).candidates(text) for span in _spans(index, text)]
    if loose and (whole := _whole().get(len(text))) is not None and _is_whole(text, *whole):
        found.append((0, len(text)))
    return found


def learnable(text: str) -> list[str]:
    """The secrets in a text that are to be hidden everywhere else too."""
    candidates = _prefilter(learned=True).candidates(text)
    return [text[start:end] for index in candidates for start, end in _spans(index, text)]


def may_be_in_names(text: str) -> bool:
    """Whether `find` without `loose` may find anything in a text, or in a part of it. Never false where it does."""
    return bool(_prefilter(loose=False).candidates(text))


def may_be_learnable(text: str) -> bool:
    """Whether `learnable` may find anything in a text, or in a part of it. Never false where it does."""
    return bool(_prefilter(learned=True).candidates(text))


def _spans(index: int, text: str) -> Iterator[tuple[int, int]]:
    """Where one format stands in a text, without what is plain or a word."""
    format_ = _knowledge().formats[index]
    for match in _expression(index).finditer(text):
        start, end = _secret_span(match)
        secret = text[start:end]
        if match.re.groups and (is_plain(secret) or (not format_.words and _says_little(secret))):
            continue
        yield start, end


def _secret_span(match: re.Match[str]) -> tuple[int, int]:
    for name in match.re.groupindex:
        if match[name] is not None:
            return match.span(name)
    return match.span()


def _says_little(secret: str) -> bool:
    return is_word(secret) or (secret.isdecimal() and len(secret) < 10)


def _is_whole(text: str, whole: Whole, expression: re.Pattern[str]) -> bool:
    mixed = any(map(str.isdecimal, text)) and any(map(str.islower, text)) and any(map(str.isupper, text))
    return (mixed or not whole.mixed) and expression.fullmatch(text) is not None


def is_plain(value: str) -> bool:
    """Whether a value under a secret name holds none: empty, a switch, a file, a reference to a secret, the public half of a key."""
    stripped = value.strip()
    if not stripped or stripped.lower() in _plain_words() or _references().match(stripped) or is_file(stripped):
        return True
    return stripped.startswith(tuple(_knowledge().plain_values.public)) and "PRIVATE KEY" not in stripped
