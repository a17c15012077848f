"""The little of HCL that policies of Vault, Consul and Nomad are written in, as the JSON that they take in its place.

A block is an object under its name, and under its labels: `path "a" { b = ["c"] }` is `{"path": {"a": {"b": ["c"]}}}`.
"""

from __future__ import annotations

import json
import re
from typing import Any, Final

_TOKEN: Final = re.compile(
    r'\s+|(?:\#|//)[^\n]*|/\*.*?\*/|(?P<text>"(?:[^"\\]|\\.)*")|(?P<word>[\w.-]+)|(?P<mark>[{}\[\]=,:])', re.DOTALL
)
_DEEPEST: Final = 20


class _Tokens:
    def __init__(self, text: str):
        self._found: list[tuple[str, str]] = []
        position = 0
        while position < len(text):
            match = _TOKEN.match(text, position)
            if match is None:
                raise ValueError(text)
            position = match.end()
            if match.lastgroup:
                self._found.append((match.lastgroup, match[0]))
        self._found.append(("end", ""))
        self._at = 0

    @property
    def next(self) -> tuple[str, str]:
        return self._found[self._at]

    def take(self) -> tuple[str, str]:
        token = self._found[self._at]
        if token[0] == "end":
            raise ValueError(token)
        self._at += 1
        return token

    def skip(self, mark: str) -> bool:
        if self.next == ("mark", mark):
            self._at += 1
            return True
        return False


def read(text: str) -> dict[str, Any] | None:
    """What a text says; None where it is not of this kind."""
    try:
        tokens = _Tokens(text)
        found = _body(tokens, 0)
        return found if tokens.next[0] == "end" else None
    except (ValueError, RecursionError):
        return None


def _body(tokens: _Tokens, depth: int) -> dict[str, Any]:
    if depth > _DEEPEST:
        raise ValueError(depth)
    found: dict[str, Any] = {}
    while tokens.next[0] in ("word", "text"):
        names = [_text(tokens.take())]
        while tokens.next[0] in ("word", "text"):
            names.append(_text(tokens.take()))
        if tokens.skip("{"):
            place = found
            for name in names[:-1]:
                place = place.setdefault(name, {})
            inner = _body(tokens, depth + 1)
            if not tokens.skip("}"):
                raise ValueError(names)
            earlier = place.get(names[-1])
            place[names[-1]] = {**earlier, **inner} if isinstance(earlier, dict) else inner
        elif len(names) == 1 and (tokens.skip("=") or tokens.skip(":")):
            found[names[0]] = _value(tokens, depth + 1)
        else:
            raise ValueError(names)
        tokens.skip(",")
    return found


def _value(tokens: _Tokens, depth: int) -> Any:
    if depth > _DEEPEST:
        raise ValueError(depth)
    if tokens.skip("["):
        found = []
        while not tokens.skip("]"):
            found.append(_value(tokens, depth + 1))
            tokens.skip(",")
        return found
    if tokens.skip("{"):
        inner = _body(tokens, depth + 1)
        if not tokens.skip("}"):
            raise ValueError(inner)
        return inner
    return _text(tokens.take())


def _text(token: tuple[str, str]) -> str:
    kind, text = token
    if kind == "text":
        return str(json.loads(text, strict=False))
    if kind == "word":
        return text
    raise ValueError(token)
