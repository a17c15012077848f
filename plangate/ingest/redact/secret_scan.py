"""The first step of redaction: find every secret of an input and remember it, before anything is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plangate.ingest.redact import embedded, formats, secrets
from plangate.ingest.redact.known_secrets import leaves
from plangate.ingest.redact.secrets import Grade, Place
from plangate.ingest.redact.sensitivity import mark_of, marks_whole

if TYPE_CHECKING:
    from collections.abc import Collection

    from plangate.ingest.redact.known_secrets import KnownSecrets

_DEEPEST_TEXT = 4


class Learner:
    """Teaches a `Taint` the secrets of the values it is shown."""

    def __init__(self, known: KnownSecrets) -> None:
        self._known = known
        self._grades: dict[str, Grade] = {}
        self._plain: set[str] = set()

    def __repr__(self) -> str:
        return "Learner()"

    def learn(self, value: Any, marks: Any, type_: str) -> None:
        """Remember every secret of an object: by its marks, its type, its names, and connection strings in it."""
        texts: list[str] = []
        rules = secrets.attributes(type_)
        if marks or rules:
            self._marked(value, marks, Place(rules), texts)
        else:
            self._named(value, Grade.NONE, "", texts)
        # Asking of all texts at once is cheap, and nearly always enough.
        if _may_hold("\n".join(texts)):
            for text in [t for t in texts if "=" in t or ":" in t or "@" in t or "-u " in t or "--" in t]:
                if _may_tell(text):
                    self._text(text, 0)

    def learn_all(self, value: Any, name: str = "") -> None:
        """Remember every leaf of a value that is secret as a whole."""
        for leaf, key in leaves(value, name):
            if isinstance(leaf, str):
                self._known.learn(leaf, key)

    def _marked(self, value: Any, marks: Any, place: Place, texts: list[str]) -> None:
        """Learn where marks or rules of the type are left; below that, names decide."""
        if place.rules is True or marks_whole(value, marks):
            self.learn_all(value, place.name)
        elif isinstance(value, dict):
            told = _told(value, marks, place.rules)
            if told:
                paired = secrets.paired(value)
                for key in told:
                    self._marked(value[key], mark_of(marks, key), place.below(key, paired.get(key, key)), texts)
                value = {key: below for key, below in value.items() if key not in told}
            self._named(value, place.grade, place.name, texts)
        elif isinstance(value, list) and (marks or place.rules):
            for i, below in enumerate(value):
                self._marked(below, mark_of(marks, i), place, texts)
        else:
            self._named(value, place.grade, place.name, texts)

    def _named(self, value: Any, grade: Grade, name: str, texts: list[str]) -> None:
        """Learn by names alone, and collect the texts. The hot path: every string of the input comes by."""
        kind = type(value)
        if kind is dict:
            if grade <= 0 and self._plain.issuperset(value):
                self._unnamed(value.values(), texts)
            else:
                self._keys(value, grade, texts)
        elif kind is list and grade <= 0:
            self._unnamed(value, texts)
        elif kind is list:
            for below in value:
                self._named(below, grade, name, texts)
        elif grade > 0 and secrets.hides(grade, name, value):
            if kind is str:
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
                every += below
            elif kind is dict:
                if plain(below):
                    every += below.values()
                else:
                    self._keys(below, Grade.NONE, texts)
        texts += [below for below in every if type(below) is str]

    def _keys(self, value: dict[str, Any], grade: Grade, texts: list[str]) -> None:
        """Learn below keys of which one says something, or is new."""
        paired = secrets.paired(value)
        for key, below in value.items():
            name = paired.get(key, key)
            its_grade = secrets.below(name, grade)
            if its_grade <= 0 and grade <= 0 and not secrets.is_pair_value(key):
                self._plain.add(key)
            self._named(below, its_grade, name, texts)

    def _text(self, text: str, depth: int) -> None:
        """Learn what a string holds: structure with secret names, connection strings, assignments."""
        parsed = embedded.parse(text) if depth < _DEEPEST_TEXT else None
        if parsed is not None:
            texts: list[str] = []
            self._named(parsed.value, Grade.NONE, "", texts)
            for inner in texts:
                self._text(inner, depth + 1)
            return
        for hit in formats.find(text):
            if hit.learn:
                self._known.learn(text[hit.start : hit.end])


def _told(value: dict[str, Any], marks: Any, rules: secrets.Rules) -> set[str]:
    """The keys that marks or rules of the type say something of."""
    told: set[str] = set()
    if isinstance(marks, dict):
        told.update(key for key, mark in marks.items() if mark and key in value)
    if isinstance(rules, dict):
        told.update(key for key in rules if key in value)
        if any("*" in key for key in rules):
            told.update(key for key in value if secrets.rule_for(rules, key))
    return told


def _may_tell(text: str) -> bool:
    """Whether a text may hold a secret to learn: a sign of a form that `secret-formats.yaml` says to learn.

    Nearly every text says no, and must say so fast: so no loop, and what assigns nothing is not looked through.
    """
    if "@" in text and ("://" in text or "@tcp(" in text or "@unix(" in text):
        return True
    if _assigns(text):
        return _names_secret(text.lower())
    return "-u " in text or ("--" in text and _takes_secret(text))


def _may_hold(text: str) -> bool:
    """Whether a text has anything that `_may_tell` would look at."""
    return _assigns(text) or "@" in text or ("-" in text and ("--" in text or "-u " in text))


def _assigns(text: str) -> bool:
    # One letter is found ten times as fast as two.
    return "=" in text or (":" in text and (": " in text or ('"' in text and '":' in text)))


def _takes_secret(text: str) -> bool:
    """Whether a command line has an option that takes a secret."""
    return (
        "--pass" in text or "--pw" in text or "--user" in text or "token" in text or "secret" in text or "key " in text
    )


def _names_secret(low: str) -> bool:
    return (
        "pass" in low
        or "secret" in low
        or "token" in low
        or "key=" in low
        or "key:" in low
        or 'key"' in low
        or "key'" in low
        or "_key" in low
        or "-key" in low
        or "apikey" in low
        or "masterkey" in low
        or "sharedaccess" in low
        or "pwd" in low
        or "_pw" in low
        or "--pw" in low
        or "_salt" in low
        or "_dsn" in low
        or "credential" in low
        or "bearer" in low
        or "basic " in low
        or "authorization" in low
        or "-u " in low
        or "--user" in low
        or "sig=" in low
        or "auth=" in low
        or "code=" in low
        or "signature=" in low
    )
