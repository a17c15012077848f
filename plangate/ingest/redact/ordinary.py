"""What is too ordinary to be a secret by itself: words, names made of words, regions, addresses, versions.

The vocabulary is data: `policies/knowledge/secret-ordinary.yaml`.
"""

import functools
import re
from itertools import pairwise

from msgspec import Struct

from plangate import knowledge

SHORTEST = 6
"""Values with fewer characters are never looked for outside of their own place."""
_LONGEST_WORD = 12
_LONGEST_COMPOUND = 20
_LONGEST_NUMBER = 15
_LETTERS = r"[a-z]+|[A-Z][a-z]*|[A-Z]+"
"""One word of one case."""
_RUNS = r"[A-Za-z0-9]+|[^\x00-\x7f]+"
_PARTS = r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|[0-9]+"
_SECRET_STEMS = ("secret", "passw", "token")
_UUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_RANDOM_ALPHABET = r"[A-Za-z0-9+/=_.~-]{16,}"
_FILE_OR_PATH = r"(?:[a-z]+://)?(?:[/~.]{0,2}[\w.@-]+)?(?:/[\w.@%+-]*)+|[\w./-]+\.[a-z]{2,4}"
_HOST = r"(?:[a-z][a-z0-9+.-]*://)?[A-Za-z0-9_-]+(?:\.[A-Za-z0-9_-]+)*\.[A-Za-z]{2,}(?::\d{1,5})?(?:/[\w./-]*)?"
_IMAGE = r"(?P<name>(?:[a-z0-9.-]+(?::\d{1,5})?/)?[a-z0-9]+(?:[._/-]+[a-z0-9]+)*)(?P<tag>:[\w.-]{1,128})?(?P<digest>@sha256:[0-9a-f]{64})?"
_TAG = r"v?\d+(?:\.\d+)*(?:[.-][a-z]+\d*(?:\.\d+)*)*|[a-z]+"
_ROOTS = frozenset(
    [
        "app",
        "bin",
        "boot",
        "certs",
        "config",
        "data",
        "dev",
        "etc",
        "home",
        "lib",
        "media",
        "mnt",
        "opt",
        "proc",
        "root",
        "run",
        "secrets",
        "srv",
        "sys",
        "tmp",
        "tls",
        "usr",
        "var",
        "vault",
    ]
)
_MAIL = r"[\w.+-]{1,64}@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+"


class Vocabulary(Struct, frozen=True):
    """The knowledge document."""

    words: str
    follows: dict[str, str]
    patterns: list[str]


@functools.cache
def _vocabulary() -> tuple[frozenset[str], frozenset[str], re.Pattern[str]]:
    known = knowledge.knowledge("secret-ordinary", Vocabulary)
    pairs = frozenset(first + second for first, others in known.follows.items() for second in others)
    return frozenset(known.words.split()), pairs, re.compile("|".join(known.patterns))


def is_word(text: str) -> bool:
    """Whether it is one dictionary word, or a short run of them (`dbadmin`). Runs that speak of secrets are not."""
    if not re.fullmatch(_LETTERS, text):
        return False
    words = _vocabulary()[0]
    word = text.lower()
    if word in words:
        return True
    return len(word) <= _LONGEST_WORD and not any(stem in word for stem in _SECRET_STEMS) and _is_run(word, words, 3)


def is_dictionary_word(text: str) -> bool:
    """Whether it is one word of the dictionary, in one case."""
    return text.lower() in _vocabulary()[0] and re.fullmatch(_LETTERS, text) is not None


def _is_run(text: str, words: frozenset[str], most: int) -> bool:
    if text in words:
        return True
    if most == 1:
        return False
    return any(text[:cut] in words and _is_run(text[cut:], words, most - 1) for cut in range(3, len(text) - 2))


def is_ordinary(text: str) -> bool:
    """Whether it is too short or too ordinary to be looked for outside of its own place."""
    if len(text) < SHORTEST or (text.isdecimal() and len(text) <= _LONGEST_NUMBER):
        return True
    return is_word(text) or _vocabulary()[2].fullmatch(text) is not None or _is_number(text)


def _is_number(text: str) -> bool:
    return len(text) <= _LONGEST_NUMBER and re.fullmatch(r"-?\d+(?:\.\d+)?", text) is not None


def reads_like_words(text: str) -> bool:
    """Whether it is made of words and short numbers, such as `prod-1` or `AppServer2`.

    One or two letters are a part only between signs (`rg-web`): cut out of mixed case they say nothing. Words make up at
    least half of it.
    """
    parts = [part for run in re.findall(_RUNS, text) for part in _parts_of_run(run)]
    if not all(map(_reads_like_word, parts)) or sum(map(str.isdecimal, parts)) > 2:
        return False
    return sum(len(part) for part in parts if len(part) > 2 and part.isalpha()) * 2 >= len(text) > 0


def _parts_of_run(run: str) -> list[str]:
    parts = re.findall(_PARTS, run)
    return [run] if len(run) <= 2 or not all(len(part) > 2 or part.isdecimal() for part in parts) else parts


def _reads_like_word(part: str) -> bool:
    if part.isdecimal():
        return len(part) <= 4
    word = part.lower()
    words, pairs, _ = _vocabulary()
    if len(word) <= 2 or word in words:
        return True
    if not re.fullmatch(_LETTERS, part) or len(word) < 4:
        return False
    if len(word) <= _LONGEST_COMPOUND and _is_pronounceable(word, pairs):
        return True
    cuts = range(4, min(len(word) - 3, _LONGEST_COMPOUND))
    return any(
        (word[:cut] in words and _is_pronounceable(word[cut:], pairs))
        or (word[cut:] in words and _is_pronounceable(word[:cut], pairs))
        for cut in cuts
    )


def _is_pronounceable(word: str, pairs: frozenset[str]) -> bool:
    """Whether a word can be pronounced: enough vowels, and no pair of letters that English does not have."""
    vowels = sum(letter in "aeiouy" for letter in word)
    return 0.2 <= vowels / len(word) <= 0.7 and all(word[i : i + 2] in pairs for i in range(len(word) - 1))


def looks_random(text: str) -> bool:
    """Whether it looks like a generated key: long, of one alphabet, letters and digits mixed, no identifier or path."""
    if not re.fullmatch(_RANDOM_ALPHABET, text) or re.fullmatch(_UUID, text) or not any(c.isdecimal() for c in text):
        return False
    if "." in text and (re.fullmatch(_FILE_OR_PATH, text) or re.fullmatch(_HOST, text)):
        return False
    turns = sum(_alphabet(a) != _alphabet(b) for a, b in pairwise(text))
    return turns * 5 >= len(text) and not reads_like_words(text)


def _alphabet(letter: str) -> int:
    return 0 if letter.isdecimal() else 1 if letter.islower() else 2 if letter.isupper() else 3


def is_identifier(text: str) -> bool:
    """Whether it is an identifier, a host, a path, an e-mail address or words: nothing that opens a door."""
    return (
        is_ordinary(text)
        or reads_like_words(text)
        or re.fullmatch(_UUID, text) is not None
        or is_location(text)
        or is_image(text)
        or (text[:1] in "/.~" and re.fullmatch(_FILE_OR_PATH, text) is not None)
    )


def is_image(text: str) -> bool:
    """Whether it is the reference of a container image: a name made of words, and a digest or a tag that is a version or a word."""
    found = re.fullmatch(_IMAGE, text)
    if found is None or not (found["tag"] or found["digest"]) or not reads_like_words(found["name"]):
        return False
    tag = found["tag"] or ""
    return re.fullmatch(_TAG, tag[1:]) is not None if tag else True


def is_file(text: str) -> bool:
    """Whether it is an absolute path made of words, below a directory that systems and images have or with an extension."""
    if text[:1] != "/" or re.fullmatch(_FILE_OR_PATH, text) is None:
        return False
    first, *rest = text[1:].split("/")
    pieces = (piece for part in (first, *rest) for piece in re.split(r"[._-]", part) if piece)
    if not rest or not all(reads_like_words(piece) or re.fullmatch(r"[a-z]{1,4}", piece) for piece in pieces):
        return False
    return first in _ROOTS or re.search(r"\.[a-z]{2,4}$", rest[-1]) is not None


def is_location(text: str) -> bool:
    """Whether it is a host name, a URL without a user, or an e-mail address."""
    return re.fullmatch(_HOST, text) is not None or re.fullmatch(_MAIL, text) is not None
