"""Secrets that show by their form: tokens with known prefixes, private keys, connection strings, assignments in text.

The forms are data: `policies/knowledge/secret-formats.yaml`. One pass of an Aho-Corasick automaton over the literals
decides which expressions are tried at all; most texts need none.
"""

import functools
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from plangate import knowledge
from plangate.ingest.redact.ordinary import is_word

if TYPE_CHECKING:
    import ahocorasick


class Format(Struct, frozen=True):
    """One form. `any`: literals, one of which it holds. `learn`, `loose`, `words`: see the knowledge document."""

    name: str
    any: list[str]
    regex: str
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


class Hit(NamedTuple):
    """A secret in a text, by position. `learn`: it is to be hidden everywhere else too."""

    start: int
    end: int
    learn: bool


@functools.cache
def _knowledge() -> Knowledge:
    known: Knowledge = knowledge.knowledge("secret-formats", Knowledge)
    return known


@functools.cache
def _literals() -> "ahocorasick.Automaton":
    import ahocorasick

    users: dict[str, list[int]] = {}
    for index, format_ in enumerate(_knowledge().formats):
        for literal in format_.any:
            spellings = (
                {literal, literal.lower(), literal.upper(), literal.title()} if format_.ignore_case else {literal}
            )
            for spelling in spellings:
                users.setdefault(spelling, []).append(index)
    automaton = ahocorasick.Automaton()
    for literal, indexes in users.items():
        automaton.add_word(literal, tuple(indexes))
    automaton.make_automaton()
    return automaton


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


def find(text: str, *, loose: bool = True) -> list[Hit]:
    """Where secrets stand in a text. Without `loose` only forms that no name or address has by chance."""
    hits: list[Hit] = []
    candidates = {index for _, indexes in _literals().iter(text) for index in indexes}
    for index in candidates:
        hits.extend(_hits(index, text, loose=loose))
    if loose and (whole := _whole().get(len(text))) is not None and _is_whole(text, *whole):
        hits.append(Hit(0, len(text), learn=False))
    return hits


def may_hold(text: str) -> bool:
    """Whether a text has a literal of any form, without which none of them is in it. Forms of whole values have none."""
    return next(_literals().iter(text), None) is not None


def holds(text: str) -> bool:
    """Whether a secret stands in a text."""
    return bool(find(text))


def _hits(index: int, text: str, *, loose: bool) -> Iterator[Hit]:
    format_ = _knowledge().formats[index]
    if format_.loose and not loose:
        return
    for match in _expression(index).finditer(text):
        start, end = _secret_span(match)
        secret = text[start:end]
        if match.re.groups and (is_plain(secret) or (not format_.words and _says_little(secret))):
            continue
        yield Hit(start, end, format_.learn)


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
    """Whether a value under a secret name holds none: empty, a switch, a reference to a secret, the public half of a key."""
    stripped = value.strip()
    if not stripped or stripped.lower() in _plain_words() or _references().match(stripped):
        return True
    return stripped.startswith(tuple(_knowledge().plain_values.public)) and "PRIVATE KEY" not in stripped
