"""Secrets in a command that is given as a list of its words: `["mysql", "-px"]`, `["--db-password", "x"]`."""

from __future__ import annotations

from itertools import accumulate
from typing import Any

from plangate.ingest.redact import formats, secrets
from plangate.ingest.redact.secrets import Grade


def may_be_in(text: str) -> bool:
    """Whether a list in a JSON or YAML text may have an option among its words. Never false where one is."""
    return '"-' in text or "- -" in text or "'-" in text or ", -" in text or "[-" in text


def secrets_in(words: list[Any]) -> dict[int, str]:
    """The secrets in a list of words, by the index of the word. None in a list without an option."""
    for word in words:
        if type(word) is str and word[:1] == "-":
            break
    else:
        return {}
    found = {
        i: words[i]
        for i, place in secrets.options(words).items()
        if type(words[i]) is str and secrets.hides(Grade.STRONG, place.name, words[i])
    }
    texts = [word if type(word) is str else "" for word in words]
    line = " ".join(texts)
    spans = formats.find(line)
    if spans:
        starts = [0, *accumulate(len(text) + 1 for text in texts)]
        for i, text in enumerate(texts):
            for start, end in spans:
                inside = line[max(start, starts[i]) : min(end, starts[i] + len(text))]
                if inside and max(start, starts[i]) < min(end, starts[i] + len(text)):
                    found.setdefault(i, inside)
    return found
