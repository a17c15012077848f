"""The first step of redaction: find every secret of an input, before anything of it is shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from plangate.ingest.redact import commands, embedded, encoded, formats, secrets
from plangate.ingest.redact.known_secrets import KnownSecrets, leaves
from plangate.ingest.redact.secrets import Grade, Place
from plangate.ingest.redact.sensitivity import mark_of, marks_whole

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from plangate.ingest.redact.known_secrets import SearchTerms

_DEEPEST_TEXT = 4
_MOST_KEPT = 16_384
_MOST_LINES = 500_000
_SHORTEST_KEY = 12
"""Characters of a key in which a secret can stand beside what tells it."""
_TOGETHER = 1000
"""Texts that are asked of at once."""
_LONGEST_KEPT = 1024
_SEPARATOR = "\0"
"""No part of any structure, so that lines of different texts make none together."""


class SensitiveObject(NamedTuple):
    """Plain JSON data, its tree of marks (False, true, or nested like the value), and the type of its resource."""

    value: Any
    marks: Any
    type: str


def scan(objects: Iterable[SensitiveObject]) -> SearchTerms:
    """What to look for so that the secrets of these objects are found wherever they stand. Plain data."""
    known = KnownSecrets()
    scanner = SecretScanner(known)
    for one in objects:
        scanner.learn(one.value, one.marks, one.type)
    scanner.flush()
    return known.terms()


class SecretScanner:
    """Adds the secrets of the values it is shown to `known`."""

    def __init__(self, known: KnownSecrets) -> None:
        self._known = known
        self._plain: set[str] = set()
        """Keys that say nothing of what is under them, if they are not in `_texts_of_pairs` of a small object."""
        self._texts_of_pairs: set[str] = set()
        self._lines: set[str] = set()
        """Lines of texts that were learned from by form."""
        self._harmless: set[str] = set()
        """Texts that hold nothing to learn: most stand in many objects."""
        self._waiting: list[str] = []
        """Texts of several objects, to be asked of together."""

    def __repr__(self) -> str:
        return "SecretScanner()"

    def learn(self, value: Any, marks: Any, type_: str) -> None:
        """Learn every secret of an object: by its marks, its type, its names, and the forms of texts in it."""
        texts = self._waiting
        rules = secrets.attributes(type_)
        if marks or rules:
            self._marked(value, marks, Place(rules), texts)
        else:
            self._named(value, Grade.NONE, "", texts)
        if len(texts) > _TOGETHER:
            self.flush()

    def flush(self) -> None:
        """Learn from the texts that wait. Call it when everything was shown."""
        texts, self._waiting = self._waiting, []
        self._texts(texts, 0)

    def learn_text(self, text: str) -> None:
        """Learn by form alone what a text holds, whatever structure it has.

        What most texts of an input have in common is looked at once: a line that was seen before only with a new line beside it.
        """
        lines = text.split("\n")
        seen = self._lines
        new = [line not in seen for line in lines]
        if len(seen) < _MOST_LINES:
            seen.update(lines)
        beside = zip(new, (*new[1:], False), (False, *new), lines, strict=False)
        text = "\n".join([line for here, below, above, line in beside if here or below or above])
        if formats.may_be_in(text) or encoded.may_be_in(text):
            self._learn_text(text, 0)

    def learn_all(self, value: Any, name: str = "") -> None:
        """Learn every text in a value that is secret as a whole. `name` is the key it stands under."""
        for leaf, key in leaves(value, name):
            if isinstance(leaf, str):
                self._known.learn(leaf, key)

    def _marked(self, value: Any, marks: Any, place: Place, texts: list[str]) -> None:
        """Learn where marks or rules of the type are left; below that, names decide."""
        if place.rules is True or marks_whole(value, marks):
            self.learn_all(value, place.name)
        elif isinstance(value, dict):
            told = _keys_with_marks_or_rules(value, marks, place.rules)
            if told:
                paired = secrets.paired(value)
                for key in told:
                    self._marked(value[key], mark_of(marks, key), place.below(key, paired.get(key, key)), texts)
                value = {key: below for key, below in value.items() if key not in told}
            self._named(value, place.grade, place.name, texts)
        elif isinstance(value, list) and (marks or place.rules):
            self._command(value)
            for i, below in enumerate(value):
                self._marked(below, mark_of(marks, i), place, texts)
        else:
            self._named(value, place.grade, place.name, texts)

    def _named(self, value: Any, grade: Grade, name: str, texts: list[str]) -> None:
        """Learn by names alone, and collect the texts. The hot path: every string of the input comes by."""
        kind = type(value)
        if kind is dict:
            if grade <= 0 and self._plain.issuperset(value) and not self._may_be_pair(value):
                self._unnamed(value.values(), texts)
            else:
                self._keys(value, grade, texts)
        elif kind is list:
            self._command(value)
            if grade <= 0:
                self._unnamed(value, texts)
            else:
                for below in value:
                    self._named(below, grade, name, texts)
        elif grade > 0 and secrets.hides(grade, name, value):
            # A weaker name hides its own value and no other one: what stands there is often no secret. The encoded user and
            # password of a registry (`auth`) are.
            if kind is str and (grade is Grade.STRONG or ":" in (encoded.unbase64(value) or "")):
                self._known.learn(value, name, named=True)
        elif kind is str:
            texts.append(value)

    def _unnamed(self, values: Collection[Any], texts: list[str]) -> None:
        """Learn below keys that say nothing: only what is nested is looked into."""
        plain = self._plain.issuperset
        every = list(values)
        for below in every:  # and what is added on the way
            kind = type(below)
            if kind is str or not below:
                continue
            if kind is list:
                if len(below) > 1:
                    self._command(below)
                every += below
            elif kind is dict:
                if plain(below) and not self._may_be_pair(below):
                    every += below.values()
                else:
                    self._keys(below, Grade.NONE, texts)
        texts += [below for below in every if type(below) is str]

    def _may_be_pair(self, value: dict[str, Any]) -> bool:
        return len(value) <= secrets.MOST_KEYS_OF_PAIR and not self._texts_of_pairs.isdisjoint(value)

    def _keys(self, value: dict[str, Any], grade: Grade, texts: list[str]) -> None:
        """Learn below keys of which one says something, or is new."""
        paired = secrets.paired(value)
        for key, below in value.items():
            if len(key) >= _SHORTEST_KEY and key not in self._plain:
                # Users put values there too.
                texts.append(key)
            name = paired.get(key, key)
            its_grade = secrets.below(name, grade)
            if its_grade <= 0 and grade <= 0 and not secrets.is_pair_value(key):
                self._plain.add(key)
                if secrets.is_pair_text(key):
                    self._texts_of_pairs.add(key)
            self._named(below, its_grade, name, texts)

    def _command(self, words: list[Any]) -> None:
        """Learn the secrets of a command that is a list of its words."""
        for secret in commands.secrets_in(words).values():
            self._known.learn(secret)

    def _texts(self, texts: list[str], depth: int) -> None:
        """Learn what texts hold. Asking of all of them at once is cheap, and nearly always enough."""
        harmless = self._harmless
        new = [text for text in dict.fromkeys(texts) if text not in harmless]
        if len(harmless) > _MOST_KEPT:
            harmless.clear()
        if not new:
            return
        for text in new:
            if formats.may_be_whole(text):
                self._learn_forms(text)
        suspicious = _suspicious(new)
        harmless.update({text for text in new if len(text) < _LONGEST_KEPT}.difference(suspicious))
        for text in suspicious:
            self._text(text, depth)

    def _text(self, text: str, depth: int) -> None:
        """Learn what a text holds: by names where it has structure, by form where it has none."""
        parsed = embedded.parse(text) if depth < _DEEPEST_TEXT else None
        if parsed is not None:
            inner: list[str] = []
            self._named(parsed.value, Grade.NONE, "", inner)
            self._texts(inner, depth + 1)
            return
        self._learn_text(text, depth)

    def _learn_text(self, text: str, depth: int) -> None:
        self._learn_forms(text)
        if depth < _DEEPEST_TEXT:
            self._texts([run.text for run in encoded.runs(text) if run.text], depth + 1)

    def _learn_forms(self, text: str) -> None:
        for secret in formats.secrets_of(text):
            self._known.learn(secret)


def _suspicious(texts: list[str]) -> list[str]:
    """The texts that may hold a secret to learn. Asking of many at once is cheap, and hardly any does."""
    if not texts or not _may_hold_secrets(_SEPARATOR.join(texts)):
        return []
    if len(texts) == 1:
        return texts
    half = len(texts) // 2
    return [*_suspicious(texts[:half]), *_suspicious(texts[half:])]


def _may_hold_secrets(text: str) -> bool:
    """Whether a text, or one of several joined by `_SEPARATOR`, may hold a secret to learn. Never false where one does."""
    return (
        formats.may_be_in(text)
        or (embedded.may_parse(text) and (secrets.may_name_a_secret(text) or commands.may_be_in(text)))
        or encoded.may_be_in(text)
    )


def _keys_with_marks_or_rules(value: dict[str, Any], marks: Any, rules: secrets.Rules) -> set[str]:
    """The keys that marks or rules of the type say something of."""
    told: set[str] = set()
    if isinstance(marks, dict):
        told.update(key for key, mark in marks.items() if mark and key in value)
    if isinstance(rules, dict):
        told.update(key for key in rules if key in value)
        if any("*" in key for key in rules):
            told.update(key for key in value if secrets.rule_for(rules, key))
    return told
