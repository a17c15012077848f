"""What holds no secret, also where a name or a form says that one stands there: switches, references, public keys.

They are data: `references` and `plain_values` of `policies/knowledge/secret-formats.yaml`.
"""

import functools
import re

from msgspec import Struct

from plangate import knowledge
from plangate.ingest.redact.ordinary import is_file


class PlainValues(Struct, frozen=True):
    """Values that hold no secret: switches, and beginnings of public halves of keys."""

    words: list[str]
    public: list[str]


class Knowledge(Struct, frozen=True):
    """The part of the knowledge document that is about plain values."""

    references: list[str]
    plain_values: PlainValues


@functools.cache
def _knowledge() -> tuple[re.Pattern[str], frozenset[str], tuple[str, ...]]:
    known: Knowledge = knowledge.knowledge("secret-formats", Knowledge)
    references = re.compile("|".join(f"(?:{reference})" for reference in known.references))
    return references, frozenset(known.plain_values.words), tuple(known.plain_values.public)


def is_plain(value: str) -> bool:
    """Whether a value under a secret name holds none: empty, a switch, a file, a reference to a secret, the public half of a key."""
    references, words, public = _knowledge()
    stripped = value.strip()
    if not stripped or stripped.lower() in words or references.match(stripped) or is_file(stripped):
        return True
    return stripped.startswith(public) and "PRIVATE KEY" not in stripped
