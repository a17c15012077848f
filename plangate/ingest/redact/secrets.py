"""Secrets by the name they stand under and by the type of the resource.

Names and types are data: `policies/knowledge/secret-names.yaml` and `secret-attributes.yaml`.
"""

import enum
import functools
import re
import unicodedata
from decimal import Decimal
from itertools import pairwise
from typing import Any, Literal, NamedTuple, TypeAlias

import ahocorasick
from msgspec import Struct

from plangate import knowledge
from plangate.ingest.redact.ordinary import is_identifier, looks_random
from plangate.ingest.redact.plain_values import is_plain
from plangate.lang.glob import fits
from plangate.lang.literals import fold

Rules: TypeAlias = "dict[str, Rules] | Literal[True]"
"""Secret attributes of a type as a tree: True hides all below, an empty one nothing; lists are left out of it."""

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[^\W\d_A-Za-z]+")
_STROKES = str.maketrans({"ł": "l", "Ł": "L", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D", "\u0131": "i", "ß": "ss"})
MOST_KEYS_OF_PAIR = 6
"""Keys of an object that is a pair of a name and a text, and little else."""


class Grade(enum.IntEnum):
    """What a name says of the value under it."""

    PLAIN = -1
    """It speaks of a secret and holds none, such as `secret_name`."""
    NONE = 0
    HINT = 1
    """A secret when the value looks random."""
    WEAK = 2
    """A secret unless the value is plainly an identifier or a word."""
    STRONG = 3
    """A secret unless the value is a reference to one."""


class Level(Struct, frozen=True):
    """The names of one grade: single words, parts of run-together words, pairs of words, and last ones of several."""

    words: list[str]
    parts: list[str] = []
    pairs: list[str] = []
    last: list[str] = []


class Names(Struct, frozen=True):
    """The knowledge document of names."""

    strong: Level
    weak: Level
    hint: Level
    plain_last: list[str]
    plain_first: list[str]
    plain: list[str]
    public: list[str]
    numbers: list[str]
    often_a_name: list[str]
    plain_inside: list[str]
    pair_names: list[str]
    pair_values: list[str]
    pair_texts: list[str]


class Attributes(Struct, frozen=True):
    """The knowledge document of types: type or glob to dotted paths."""

    types: dict[str, list[str]]


class _Level:
    """A `Level` as sets."""

    def __init__(self, level: Level) -> None:
        self.words = frozenset(map(without_accents, level.words))
        self.pairs = frozenset(map(without_accents, level.pairs))
        self.last = frozenset(level.last)
        self.parts = tuple(level.parts)

    def has_pair(self, words: list[str]) -> bool:
        return any(f"{one} {two}" in self.pairs for one, two in pairwise(words))

    def has_word(self, words: list[str]) -> bool:
        return (
            not self.words.isdisjoint(words)
            or any(part in word for word in words for part in self.parts)
            or (words[-1] in self.last and len(words) > 1)
        )


class NameKnowledge:
    """The knowledge document of names as sets."""

    def __init__(self) -> None:
        names = knowledge.knowledge("secret-names", Names)
        self.strong = _Level(names.strong)
        self.lesser = ((Grade.WEAK, _Level(names.weak)), (Grade.HINT, _Level(names.hint)))
        self.plain_last = frozenset(names.plain_last)
        self.plain_first = frozenset(names.plain_first)
        self.plain = frozenset(names.plain)
        self.public = frozenset(names.public)
        self.numbers = frozenset(names.numbers)
        self.often_a_name = frozenset(names.often_a_name)
        self.plain_inside = frozenset(names.plain_inside)
        self.pair_names = frozenset(names.pair_names)
        self.pair_values = frozenset(names.pair_values)
        self.pair_texts = frozenset(names.pair_texts)


@functools.cache
def names() -> NameKnowledge:
    """The knowledge of names, read once."""
    return NameKnowledge()


@functools.cache
def _literals_of_names() -> "ahocorasick.Automaton":
    """Literals of which every key with a grade above `NONE` holds one in lower case, if it is not spelled with escapes."""
    known = names()
    levels = [known.strong, *(level for _, level in known.lesser)]
    words = {word for level in levels for word in (*level.words, *level.parts, *level.last)}
    pairs = {pair for level in levels for pair in level.pairs if not any(word in pair for word in words)}
    automaton = ahocorasick.Automaton()
    for literal in words | {max(pair.split(), key=len) for pair in pairs} | {"\\u", "\\x"}:
        automaton.add_word(literal, True)
    automaton.make_automaton()
    return automaton


def may_name_a_secret(text: str) -> bool:
    """Whether a key in a text may say that a secret stands under it. Never false where one does."""
    return next(_literals_of_names().iter(fold(text)), None) is not None or not text.isascii()


def words_of(name: str) -> list[str]:
    """The lower-case words of a name: `dbPassword1`, `DB_PASSWORD` and `db-password` are `db password`."""
    return [word.lower() for word in _WORDS.findall(without_accents(name))]


def without_accents(text: str) -> str:
    """The text with its letters as they are without accents: `contraseña` is `contrasena`."""
    if text.isascii():
        return text
    apart = unicodedata.normalize("NFKD", text.translate(_STROKES))
    return unicodedata.normalize("NFC", re.sub(r"[\u0300-\u036f]", "", apart))


@functools.lru_cache(maxsize=65536)
def grade(name: str) -> Grade:
    """What a name (attribute, map key, environment variable, path of a Helm value) says of the value under it."""
    words = words_of(name)
    if not words:
        return Grade.NONE
    known = names()
    strong = known.strong
    if "_".join(words) in known.plain:
        return Grade.PLAIN
    if (
        not strong.has_pair(words[-2:])
        and (words[-1] in known.plain_last or words[0] in known.plain_first)
        and words[1:]
    ):
        return Grade.PLAIN
    if strong.has_word(words):
        return Grade.STRONG
    if not known.public.isdisjoint(words):
        return Grade.PLAIN
    if strong.has_pair(words):
        return Grade.STRONG
    for lesser, level in known.lesser:
        if level.has_word(words) or level.has_pair(words):
            return lesser
    return Grade.NONE


@functools.lru_cache(maxsize=65536)
def below(name: str, inherited: Grade) -> Grade:
    """The grade of a key inside an object whose own name has the grade `inherited`."""
    own = grade(name)
    if own is Grade.PLAIN or inherited <= own or inherited <= Grade.NONE:
        return own
    return Grade.NONE if is_plain_inside(name) else inherited


@functools.lru_cache(maxsize=65536)
def is_plain_inside(name: str) -> bool:
    """Whether a key holds nothing secret even inside a secret document (`host`, `username`)."""
    return "_".join(words_of(name)) in names().plain_inside


def hides(grade_: Grade, name: str, value: Any) -> bool:
    """Whether a leaf is a secret by the grade of its name. Booleans and null never are."""
    if isinstance(value, str):
        if grade_ is Grade.STRONG:
            return not is_plain(value)
        if grade_ is Grade.WEAK:
            return not is_plain(value) and not is_identifier(value)
        return grade_ is Grade.HINT and looks_random(value) and not is_plain(value)
    if grade_ is Grade.STRONG and isinstance(value, (int, float, Decimal)) and not isinstance(value, bool):
        return may_be_number(name)
    return False


def may_be_number(name: str) -> bool:
    """Whether a number below a name is a secret."""
    return not names().numbers.isdisjoint(words_of(name))


def is_often_a_name(name: str) -> bool:
    """Whether a secret name often stands over the name of a secret (`secret: db-credentials`)."""
    known = names()
    telling = known.strong.words.intersection(words_of(name))
    return bool(telling) and telling <= known.often_a_name


def paired(value: dict[str, Any]) -> dict[str, str]:
    """For `{name: DB_PASSWORD, value: x}`: each value key with the name that its value belongs to."""
    small = len(value) <= MOST_KEYS_OF_PAIR
    values = [key for key in value if is_pair_value(key) or (small and is_pair_text(key))]
    if not values:
        return {}
    named = [below for key, below in value.items() if isinstance(below, str) and _is_pair_name(key)]
    return dict.fromkeys(values, max(named, key=grade)) if named else {}


@functools.lru_cache(maxsize=65536)
def is_pair_value(key: str) -> bool:
    """Whether what stands under a key may belong to the name that stands beside it."""
    return _last_word(key) in names().pair_values


@functools.lru_cache(maxsize=65536)
def is_pair_text(key: str) -> bool:
    """The same for a key that is often another thing: it counts in an object of `MOST_KEYS_OF_PAIR` keys or fewer."""
    return _last_word(key) in names().pair_texts


@functools.lru_cache(maxsize=65536)
def _is_pair_name(key: str) -> bool:
    return _last_word(key) in names().pair_names


def _last_word(key: str) -> str:
    words = words_of(key)
    return words[-1] if words else ""


@functools.cache
def attributes(type_: str) -> Rules:
    """The secret attributes of a resource or data source type, as a tree."""
    exact, globs = _types()
    rules: dict[str, Rules] = {}
    for paths in exact.get(type_, ()), *(paths for glob, paths in globs if fits(glob, type_)):
        for path in paths:
            _plant(rules, path.split("."))
    return rules


def _plant(rules: dict[str, Rules], path: list[str]) -> None:
    for part in path[:-1]:
        branch = rules.setdefault(part, {})
        if branch is True:
            return
        rules = branch
    rules[path[-1]] = True


@functools.cache
def _types() -> tuple[dict[str, list[str]], list[tuple[str, list[str]]]]:
    types = knowledge.knowledge("secret-attributes", Attributes).types
    return types, [(glob, paths) for glob, paths in types.items() if "*" in glob]


def options(value: list[Any]) -> "dict[int, Place]":
    """The places of what follows an option that takes a secret, in the words of a command (`--password`, `x`)."""
    found: dict[int, Place] = {}
    for i, word in enumerate(value[:-1]):
        if type(word) is str and word[:1] == "-" and "=" not in word and grade(word) is Grade.STRONG:
            found[i + 1] = Place({}, Grade.STRONG, word)
    return found


def rule_for(rules: Rules, key: str) -> Rules:
    """What a tree of secret attributes says of one key; a `*` in it stands for anything."""
    if rules is True or not rules:
        return rules
    found = rules.get(key)
    if found is not None:
        return found
    return True if any(rules[glob] is True and fits(glob, key) for glob in rules if "*" in glob) else {}


class Place(NamedTuple):
    """Where a value stands: what the type says of it, the grade of its name, its name."""

    rules: Rules
    grade: Grade = Grade.NONE
    name: str = ""

    def below(self, key: str, name: str) -> "Place":
        """The place of what stands under `key`; `name` is the key, or the name paired with it."""
        rules = rule_for(self.rules, key) if self.rules else self.rules
        return Place(rules, below(name, self.grade), name)
