"""Known secrets, found again anywhere else: as they are, encoded, or as a part of something longer.

What is looked for. Each sensitive string, its lines of 16 characters or more, the leaves of JSON or YAML inside it, what it
decodes to when it is base64, and the password part of connection strings inside it. Each as it is, in base64 (at every
alignment), percent-encoded, escaped for JSON and HTML, and as a plain hash: a guessable secret can be guessed from its hash.

What is not: values that are too short or too ordinary (`ordinary.is_ordinary`), and references of images.

Where it counts. A value that does not read like words counts anywhere, even in the middle of other letters. One that is made
of words and short numbers counts where it stands by itself: `prod-1` is not in `prod-123`, `my-prod-1` or `prod-1.internal`, but is in
`user:prod-1@host`. Several words of 12 characters or more are a part of something else only beside letters and digits.
"""

from __future__ import annotations

import enum
import hashlib
import re
from base64 import b64encode
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import ahocorasick

from plangate.ingest.redact import embedded, encoded, formats, secrets
from plangate.ingest.redact.ordinary import (
    SHORTEST,
    is_identifier,
    is_image,
    is_location,
    is_ordinary,
    reads_like_words,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SHORTEST_LINE = 16
_LONG_NAME = 12
_LONGEST_WORD = 16
_DEEPEST = 4
_SHORTEST_CORE = 8
_LONGEST = 4096
_CHUNK = 1024
"""A longer secret is looked for in pieces: the automaton that finds it is as deep as its longest word, and breaks."""
_HASHES = ("md5", "sha1", "sha256", "sha512")
_LETTERS = r"[A-Za-z]+"
_USER_AND_PASSWORD = r"[^\s:/]{1,64}:([^\s/]\S{0,255})"
"""What basic authentication, htpasswd and chpasswd hold."""
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.~")


class Fit(enum.IntEnum):
    """Where a known secret counts; the widest wins."""

    ALONE = 0
    """Not beside a letter, a digit, `-`, `_`, or a dot that joins."""
    WHOLE = 1
    """Not beside a letter or a digit."""
    ANYWHERE = 2


SearchTerms: TypeAlias = dict[str, int]
"""What is looked for, with the number of its `Fit`: plain data, which another process can return."""


def merge(terms: SearchTerms, more: SearchTerms) -> None:
    """Add `more` to `terms`. The wider fit of a term that is in both wins."""
    for term, fit in more.items():
        terms[term] = max(fit, terms.get(term, Fit.ALONE.value))


class KnownSecrets:
    """The known secrets of one input."""

    def __init__(self) -> None:
        self._terms: SearchTerms = {}
        self._seen: set[tuple[str, str]] = set()
        self._automaton: ahocorasick.Automaton | None = None
        self._more: Callable[[], SearchTerms] = dict
        self._frozen = False
        self._ready = False

    def __repr__(self) -> str:
        return "KnownSecrets()"

    def learn(self, text: str, name: str = "", *, named: bool = False) -> None:
        """Remember a secret and all that is inside it. `name` is the key it stands under.

        `named`: only its name makes it a secret, so that under names that often hold the name of a secret
        (`secret: db-credentials`) words are not remembered, and host names under none.
        """
        if (text, name) in self._seen:
            return
        self._seen.add((text, name))
        if named and (_is_host(text) or (secrets.is_often_a_name(name) and is_identifier(text))):
            return
        for piece in _pieces(_Piece(text, name)):
            if piece.text:
                self._remember(piece)

    def terms(self) -> SearchTerms:
        """What is looked for so far."""
        return self._terms

    def _remember(self, piece: _Piece) -> None:
        if is_ordinary(piece.text) or is_image(piece.text) or _is_harmless(piece):
            return
        if len(piece.text) > _LONGEST:
            chunks = (piece.text[start : start + _CHUNK] for start in range(0, len(piece.text), _CHUNK))
            merge(self._terms, dict.fromkeys((c for c in chunks if len(c) >= _SHORTEST_LINE), Fit.ANYWHERE.value))
            return
        merge(self._terms, _terms_of(piece.text, _fit(piece.text)))

    def freeze(self, more: Callable[[], SearchTerms] = dict) -> None:
        """End learning; asking may begin. `more` is called when the first question comes: what else to look for."""
        self._more = more
        self._frozen = True

    def build_matcher(self) -> None:
        """Make ready for being asked. Raises what `more` raises, and `RuntimeError` before `freeze`."""
        if self._ready:
            return
        if not self._frozen:
            # What is asked too early would be shown.
            raise RuntimeError("asked for secrets before all of them were learned")
        merge(self._terms, self._more())
        if self._terms:
            automaton = ahocorasick.Automaton()
            for term, fit in self._terms.items():
                automaton.add_word(term, (len(term), fit))
            automaton.make_automaton()
            self._automaton = automaton
        self._terms = {}
        self._seen.clear()
        self._more = dict
        self._ready = True

    def find(self, text: str, least: Fit = Fit.ALONE) -> list[tuple[int, int]]:
        """Where known secrets of at least that fit stand in a text. Raises `RuntimeError` before `freeze`."""
        if not self._ready:
            self.build_matcher()
        if self._automaton is None or len(text) < SHORTEST:
            return []
        found = []
        for last, (length, fit) in self._automaton.iter(text):
            start, end = last - length + 1, last + 1
            if fit >= least and (fit == Fit.ANYWHERE or _stands_alone(text, start, end, fit)):
                found.append((start, end))
        return found


def _is_host(text: str) -> bool:
    """Whether it is a host name made of words, with or without a port."""
    return "/" not in text and is_location(text) and reads_like_words(text)


def _is_harmless(piece: _Piece) -> bool:
    """Whether a part of a secret document is an ordinary setting beside the secrets.

    Under keys that hold nothing secret (`host`, `username`) names and locations are; in YAML (the values of a Helm
    release, marked whole for one secret in them) also under keys that say nothing. What looks random never is.
    """
    if secrets.is_plain_inside(piece.name):
        return is_location(piece.text) or reads_like_words(piece.text)
    return piece.in_yaml and secrets.grade(piece.name) <= 0 and is_identifier(piece.text)


def _fit(text: str) -> Fit:
    if not reads_like_words(text):
        return Fit.ANYWHERE
    is_one_word = text.isalpha() and len(text) <= _LONGEST_WORD
    return Fit.ALONE if is_one_word or len(text) < _LONG_NAME else Fit.WHOLE


def _stands_alone(text: str, start: int, end: int, fit: int) -> bool:
    before, after = text[max(start - 2, 0) : start][::-1], text[end : end + 2]
    return not _joins(before, text[start], fit) and not _joins(after, text[end - 1], fit)


def _joins(beside: str, edge: str, fit: int) -> bool:
    """Whether what is beside a word (nearest first) makes it a part of a longer one."""
    if not beside or not edge.isalnum():
        return False
    if beside[0].isalnum():
        return True
    return fit == Fit.ALONE and (beside[0] in "-_" or (beside[0] == "." and beside[1:].isalnum()))


class _Piece(NamedTuple):
    """A part of a secret, the key it stands under, and whether it stands in a YAML document."""

    text: str
    name: str
    in_yaml: bool = False


def _pieces(piece: _Piece, depth: int = 0) -> Iterator[_Piece]:
    """A secret and what is inside it."""
    yield piece
    if depth >= _DEEPEST:
        return
    text = piece.text.strip()
    if text != piece.text:
        yield piece._replace(text=text)
    parsed = embedded.parse(text)
    if parsed is not None:
        for leaf, key in leaves(parsed.value, piece.name):
            if isinstance(leaf, str):
                yield from _pieces(_Piece(leaf, key, parsed.kind == "yaml"), depth + 1)
    elif "\n" in text:
        for line in map(str.strip, text.splitlines()):
            if _is_distinctive(line):
                yield piece._replace(text=line)
            of_user = re.fullmatch(_USER_AND_PASSWORD, line)
            if of_user is not None:
                yield piece._replace(text=of_user[1])
    yield from (_Piece(secret, "") for secret in formats.secrets_of(text))
    of_user = re.fullmatch(_USER_AND_PASSWORD, text)
    if of_user is not None:
        yield piece._replace(text=of_user[1])
    for run in encoded.runs(text):
        if run.text is not None:
            yield from _pieces(piece._replace(text=run.text), depth + 1)


def leaves(value: Any, name: str = "") -> Iterator[tuple[Any, str]]:
    """Every leaf of a value, with the key it stands under."""
    waiting: list[tuple[Any, str]] = [(value, name)]
    while waiting:
        current, key = waiting.pop()
        if isinstance(current, dict):
            paired = secrets.paired(current)
            waiting.extend((below, paired.get(key) or key) for key, below in current.items())
        elif isinstance(current, list):
            waiting.extend((below, key) for below in current)
        else:
            yield current, key


def _is_distinctive(line: str) -> bool:
    """Whether a line of a longer secret is worth finding: long, and not only words or a frame of PEM."""
    if len(line) < _SHORTEST_LINE or line.startswith("-----"):
        return False
    return any(c.isdecimal() for c in line) or not all(
        len(w) <= 3 or reads_like_words(w) for w in re.findall(_LETTERS, line)
    )


def _terms_of(text: str, fit: Fit) -> SearchTerms:
    """A secret in every spelling in which it is looked for."""
    import json  # noqa: PLC0415 - many plans hold no secret

    escaped = json.dumps(text, ensure_ascii=False)[1:-1]
    raw = text.encode("utf-8", "surrogatepass")
    spellings = {
        escaped,
        json.dumps(text)[1:-1],
        json.dumps(escaped, ensure_ascii=False)[1:-1],
        json.dumps(json.dumps(text)[1:-1])[1:-1],
        escaped.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e"),
        text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;"),
        text.replace("&", "&amp;")
        .replace("<", "&lt;")
        .replace(">", "&gt;")
        .replace('"', "&#34;")
        .replace("'", "&#39;"),
        _percent(raw, _UNRESERVED),
        _percent(raw, _UNRESERVED | {ord("/")}),
        _percent(raw, _UNRESERVED).replace("%20", "+"),
        re.sub("%..", lambda code: code[0].lower(), _percent(raw, _UNRESERVED)),
    }
    terms = dict.fromkeys((text, *spellings), fit.value)
    if fit is Fit.ANYWHERE:
        for core in _base64_cores(raw):
            merge(terms, dict.fromkeys((core, core.replace("+", "-").replace("/", "_")), fit.value))
    else:
        merge(terms, {b64encode(raw).decode().rstrip("="): Fit.WHOLE.value})
    for algorithm in _HASHES:
        digest = hashlib.new(algorithm, raw, usedforsecurity=False)
        merge(
            terms,
            dict.fromkeys((digest.hexdigest(), b64encode(digest.digest()).decode().rstrip("=")), Fit.ANYWHERE.value),
        )
    return terms


def _percent(raw: bytes, safe: frozenset[int]) -> str:
    return "".join(chr(byte) if byte in safe else f"%{byte:02X}" for byte in raw)


def _base64_cores(raw: bytes) -> Iterator[str]:
    """What base64 of a longer text surely has where it holds `raw`, for each of the three alignments."""
    for offset, lost in ((0, 0), (1, 2), (2, 3)):
        whole = (offset + len(raw)) * 8 // 6
        core = b64encode(bytes(offset) + raw).decode()[lost:whole]
        if len(core) >= _SHORTEST_CORE:
            yield core
