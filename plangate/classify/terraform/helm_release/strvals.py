"""Helm's language of `--set`: `a.b=1,c[0]=x,d={y,z}`.

As Helm reads it (https://github.com/helm/helm/blob/main/pkg/strvals/parser.go): `true`, `false`, `null` and whole numbers without a
leading zero are typed, everything else is a string; a backslash takes the next character as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from plangate.model.values import Path, Value

_WORDS: Final = {"true": True, "false": False, "null": None}
_MOST_INDEX: Final = 65_536
_LARGEST: Final = 2**63


class StrvalsError(Exception):
    """Helm would refuse the text."""


def parse(text: str, *, strings: bool = False) -> list[tuple[Path, Value]]:
    """The assignments of a text, in order. With `strings` no value is typed. Raises `StrvalsError`."""
    reader = _Reader(text)
    return list(reader.assignments(strings=strings))


def parse_key(text: str) -> Path:
    """The path that a name means. Raises `StrvalsError`."""
    reader = _Reader(f"{text}=")
    path = reader.key()
    if not reader.at_end():
        raise StrvalsError("a name with more than a path")
    return path


def typed(text: str) -> Value:
    """A value as Helm types it."""
    if text.lower() in _WORDS:
        return _WORDS[text.lower()]
    if text == "0":
        return 0
    digits = text[1:] if text[:1] in ("-", "+") else text
    if not text.startswith("0") and digits.isascii() and digits.isdecimal() and len(digits) < 20:
        number = int(text)
        return number if -_LARGEST <= number < _LARGEST else text
    return text


class _Reader:
    """A text, read from the left."""

    def __init__(self, text: str):
        self._text = text
        self._position = 0

    def at_end(self) -> bool:
        return self._position >= len(self._text)

    def assignments(self, *, strings: bool) -> Iterator[tuple[Path, Value]]:
        while not self.at_end():
            path = self.key()
            yield path, self._value(strings=strings)

    def key(self) -> Path:
        """A path, up to and with its `=`."""
        parts: list[str | int] = []
        while True:
            name, stop = self._until(".[=,")
            if stop in ("", ","):
                raise StrvalsError("a name without a value")
            if name or not parts or stop == ".":
                parts.append(name)
            while stop == "[":
                parts.append(self._index())
                stop = self._take()
                if stop not in (".", "[", "="):
                    raise StrvalsError("text behind an index")
            if stop == "=":
                return tuple(parts)

    def _index(self) -> int:
        digits, stop = self._until("]")
        if stop != "]" or not (digits.isascii() and digits.isdecimal()) or int(digits) > _MOST_INDEX:
            raise StrvalsError("an index that is none")
        return int(digits)

    def _value(self, *, strings: bool) -> Value:
        if self._text.startswith("{", self._position):
            self._position += 1
            return self._list(strings=strings)
        text, _ = self._until(",")
        return text if strings else typed(text)

    def _list(self, *, strings: bool) -> Value:
        items: list[Value] = []
        while True:
            text, stop = self._until(",}")
            if stop == "":
                raise StrvalsError("a list without its end")
            if text or stop == "," or items:
                items.append(text if strings else typed(text))
            if stop == "}":
                if not self.at_end() and self._take() != ",":
                    raise StrvalsError("text behind a list")
                return items

    def _take(self) -> str:
        if self.at_end():
            return ""
        self._position += 1
        return self._text[self._position - 1]

    def _until(self, stops: str) -> tuple[str, str]:
        """The text up to one of the stops, escapes undone, and the stop; empty at the end."""
        taken: list[str] = []
        while (letter := self._take()) != "":
            if letter == "\\":
                taken.append(self._take())
            elif letter in stops:
                return "".join(taken), letter
            else:
                taken.append(letter)
        return "".join(taken), ""
