"""Secrets that show by their form: tokens with known prefixes, private keys, connection strings, commands, assignments in text.

The forms are data: `policies/knowledge/secret-formats.yaml`. One pass over a text, for the literals that the expressions
cannot match without, decides which of them are tried at all; most texts need none. The literals are read off the
expressions when the knowledge is packed, so that there is no second list that could know less. What a name in a text says
of the value behind it is what the same name says as a key of a map (`secrets.grade`).
"""

import functools
import re
from collections.abc import Iterable, Iterator
from typing import Final, NamedTuple

import ahocorasick
from msgspec import Struct

from plangate import knowledge
from plangate.ingest.redact import secrets
from plangate.ingest.redact.ordinary import is_dictionary_word
from plangate.ingest.redact.plain_values import is_plain
from plangate.ingest.redact.secrets import Grade
from plangate.lang.literals import Requirement, fold

_SHORTEST_NUMBER = 10
_MOST_SETS = 4096
_NONE: Final[frozenset[int]] = frozenset()


class Format(Struct, frozen=True):
    """One form. `requires`: what a text must contain to hold it, all of them, by number. The rest: see the knowledge document."""

    name: str
    regex: str
    requires: list[int]
    ignore_case: bool = False
    loose: bool = False
    words: bool = True


class Whole(Struct, frozen=True):
    """A form of a whole value: its length and alphabet. `mixed`: it has digits and letters of both cases."""

    name: str
    length: int
    regex: str
    mixed: bool = False


class Knowledge(Struct, frozen=True):
    """The part of the knowledge document that is about forms."""

    formats: list[Format]
    requirements: list[Requirement]
    """What formats require. Many require the same: any name of a secret."""
    whole: list[Whole]


@functools.cache
def _knowledge() -> Knowledge:
    known: Knowledge = knowledge.knowledge("secret-formats", Knowledge)
    return known


class _Sought(NamedTuple):
    """A format and what a text must meet to hold it: literals that the pass finds, by number, and what is looked up after."""

    format: int
    numbers: set[int]
    others: tuple[Requirement, ...]

    def is_met(self, text: str, folded: str) -> bool:
        for requirement in self.others:
            within = folded if requirement.folded else text
            for literal in requirement.literals:
                if literal in within:
                    break
            else:
                return False
        return True


class _Prefilter:
    """Which of several formats a text may hold: those whose every requirement it meets."""

    def __init__(self, formats: Iterable[tuple[int, Format]], requirements: list[Requirement]) -> None:
        # One character is met too often to pass over the text for it.
        passed = {i for i, one in enumerate(requirements) if min(map(len, one.literals)) > 1}
        wanted: set[int] = set()
        self._sought: list[_Sought] = []
        for index, format_ in formats:
            # The pass disregards case; where case matters it is looked up again.
            others = tuple(requirements[i] for i in format_.requires if i not in passed or not requirements[i].folded)
            self._sought.append(_Sought(index, passed.intersection(format_.requires), others))
            wanted.update(passed.intersection(format_.requires))
        users: dict[str, set[int]] = {}
        for number in wanted:
            for literal in requirements[number].literals:
                users.setdefault(fold(literal), set()).add(number)
        self._by_met: dict[frozenset[int], list[_Sought]] = {}
        """Formats by the numbers that a text meets: a few sets of them come again and again."""
        self._literals = ahocorasick.Automaton()
        for literal, using in users.items():
            self._literals.add_word(literal, frozenset(using))
        self._literals.make_automaton()

    def candidates(self, text: str) -> list[int]:
        """The formats that the text may hold, by their indexes, in order."""
        folded = fold(text)
        if not text.isascii():
            # Names are compared without accents.
            folded = f"{folded}\0{fold(secrets.without_accents(text))}"
        met: frozenset[int] = _NONE.union(*{numbers for _, numbers in self._literals.iter(folded)})
        sought = self._by_met.get(met)
        if sought is None:
            sought = [one for one in self._sought if one.numbers <= met]
            if len(self._by_met) < _MOST_SETS:
                self._by_met[met] = sought
        return [one.format for one in sought if one.is_met(text, folded)] if sought else []


@functools.cache
def _prefilter(*, loose: bool = True) -> _Prefilter:
    """The prefilter of all formats, or of those that are not `loose`."""
    known = _knowledge()
    return _Prefilter(((i, one) for i, one in enumerate(known.formats) if loose or not one.loose), known.requirements)


@functools.cache
def _expression(index: int) -> re.Pattern[str]:
    format_ = _knowledge().formats[index]
    return re.compile(format_.regex, re.IGNORECASE if format_.ignore_case else 0)


@functools.cache
def _whole() -> dict[int, tuple[Whole, re.Pattern[str]]]:
    return {whole.length: (whole, re.compile(whole.regex)) for whole in _knowledge().whole}


def find(text: str, *, loose: bool = True) -> list[tuple[int, int]]:
    """Where secrets stand in a text: start and end. Without `loose` only forms that no name or address has by chance."""
    found = [span for index in _prefilter(loose=loose).candidates(text) for span in _spans(index, text)]
    if loose and (whole := _whole().get(len(text))) is not None and _is_whole(text, *whole):
        found.append((0, len(text)))
    return found


def secrets_of(text: str) -> list[str]:
    """The secrets in a text."""
    return [text[start:end] for start, end in find(text)]


def may_be_in_names(text: str) -> bool:
    """Whether `find` without `loose` may find anything in a text, or in a part of it. Never false where it does."""
    return bool(_prefilter(loose=False).candidates(text))


def may_be_in(text: str) -> bool:
    """Whether `find` may find anything but a `whole` in a text, or in a part of it. Never false where it does."""
    return bool(_prefilter().candidates(text))


def may_be_whole(text: str) -> bool:
    """Whether a text has the length of a form of whole values."""
    return len(text) in _whole()


def _spans(index: int, text: str) -> Iterator[tuple[int, int]]:
    """Where one format stands in a text, without what is plain or a word, or stands behind a name that says nothing."""
    format_ = _knowledge().formats[index]
    expression = _expression(index)
    named = "name" in expression.groupindex
    match = expression.search(text)
    while match is not None:
        start, end = _secret_span(match)
        counts = not expression.groups or _counts(format_, match, text[start:end])
        if counts:
            yield start, end
        # A value may hold another name: `JAVA_OPTS="-Dpassword=x"`.
        again = match.end() if counts or not named or match.start("name") > start else match.end("name")
        match = expression.search(text, again if again > match.start() else match.start() + 1)


def _counts(format_: Format, match: re.Match[str], secret: str) -> bool:
    if is_plain(secret) or (not format_.words and _says_little(secret)):
        return False
    return "name" not in match.re.groupindex or _is_secret_name(match["name"], secret)


def _is_secret_name(name: str, secret: str) -> bool:
    """Whether a name in a text is that of a secret. Short numbers are secrets only behind some names, as in maps."""
    if secret.isdecimal() and len(secret) < _SHORTEST_NUMBER and not secrets.may_be_number(name):
        return False
    grade = secrets.grade(name)
    return grade is Grade.STRONG or (grade is Grade.NONE and secrets.grade(name.lower()) is Grade.STRONG)


def _secret_span(match: re.Match[str]) -> tuple[int, int]:
    for name in match.re.groupindex:
        if name != "name" and match[name] is not None:
            return match.span(name)
    return match.span()


def _says_little(secret: str) -> bool:
    return is_dictionary_word(secret) or (secret.isdecimal() and len(secret) < _SHORTEST_NUMBER)


def _is_whole(text: str, whole: Whole, expression: re.Pattern[str]) -> bool:
    mixed = any(map(str.isdecimal, text)) and any(map(str.islower, text)) and any(map(str.isupper, text))
    return (mixed or not whole.mixed) and expression.fullmatch(text) is not None
