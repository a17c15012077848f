"""Conditions in which what is absent reads as null, and what is null as an empty list or text.

CEL itself raises an error for `null.exists(...)`, `size(null)`, `'a' in null` and the field of a map that has none
(https://github.com/google/cel-spec/blob/master/doc/langdef.md#field-selection). Of resources and objects both are ordinary: a
list that nobody has set is null. So a condition is rewritten before it is compiled: what a macro or `in` ranges over goes
through `items(...)`, the receiver of a function of texts through `text(...)`, and a field or an index becomes `field(...)`. A
value that is unknown or hidden raises before it comes there, and stays unknown.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable

_TOKEN: Final = re.compile(
    r"""
    (?P<text>[rR]?(?:'''.*?'''|\"\"\".*?\"\"\"|'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"))
    |(?P<space>\s+|//[^\n]*)
    |(?P<number>0x[0-9a-fA-F]+|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
    |(?P<name>[A-Za-z_]\w*)
    |(?P<sign>&&|\|\||[<>=!]=|.)
    """,
    re.DOTALL | re.VERBOSE,
)
_RANGES: Final = frozenset({"exists", "all", "exists_one", "filter", "map"})
_OF_TEXTS: Final = frozenset({"contains", "startsWith", "endsWith", "matches"})
_CLOSING: Final = frozenset({")", "]", "}"})


def _read_item(value: object, key: object) -> object:
    """The value of a key of a map, or at a position of a list; null where there is none."""
    if isinstance(value, dict):
        return value.get(key)
    if isinstance(value, list) and isinstance(key, int):
        return value[key] if 0 <= key < len(value) else None
    return None


def _same(value: object) -> object:
    return value


def _no_items(_: None) -> list[object]:
    return []


def _no_text(_: None) -> str:
    return ""


OVERLOADS: Final[dict[tuple[str, str, tuple[str, ...], str], Callable[..., object]]] = {
    **{("items", f"items_{kind.lower()}", (kind,), "DYN"): _same for kind in ("LIST", "MAP", "STRING")},
    ("items", "items_null", ("NULL",), "DYN"): _no_items,
    ("text", "text_string", ("STRING",), "STRING"): _same,
    ("text", "text_null", ("NULL",), "STRING"): _no_text,
    **{
        ("field", f"field_{of}_{key}".lower(), (of, key), "DYN"): _read_item
        for of, key in (
            *(("MAP", "STRING"), ("MAP", "INT"), ("LIST", "INT"), ("NULL", "STRING"), ("NULL", "INT")),
            # What is a text in one document and a map in another, such as a principal, has no field as a text.
            ("STRING", "STRING"),
        )
    },
}
"""The functions that a rewritten condition calls: name, overload, what it takes, what it gives, and what it does."""


def rewrite(condition: str) -> str:
    """The same condition, null-safe. It has to be one that compiles."""
    return _Rewriter(condition).sequence()


class _Rewriter:
    """One pass over the tokens of a condition."""

    def __init__(self, condition: str):
        self._tokens = [(str(found.lastgroup), found.group()) for found in _TOKEN.finditer(condition)]
        self._at = 0

    def sequence(self) -> str:
        """Everything until the bracket that closes this one, or the end."""
        parts: list[str] = []
        ranged = False
        while self._at < len(self._tokens):
            kind, text = self._tokens[self._at]
            if text in _CLOSING and kind == "sign":
                break
            if kind == "name" and text == "in":
                parts.append(text)
                self._at += 1
                ranged = True
            elif kind in ("name", "text", "number") or text in ("(", "[", "{"):
                member = self._member()
                parts.append(_call("items", member) if ranged else member)
                ranged = False
            else:
                parts.append(text)
                self._at += 1
        return "".join(parts)

    def _member(self) -> str:
        """A value, with the fields, indexes and calls that follow it."""
        kind, text = self._next()
        if kind == "sign":
            made = f"{text}{self.sequence()}{self._next()[1]}"
        elif kind == "name" and self._is("("):
            made = _called(text, self._arguments())
        else:
            made = text
        while self._is(".") or self._is("["):
            made = self._followed(made)
        return made

    def _followed(self, receiver: str) -> str:
        """A value with one field, index or call of it."""
        _, opening = self._next()
        if opening == "[":
            index = self.sequence()
            self._next()
            return f"field({receiver}, {index})"
        _, name = self._next()
        if not self._is("("):
            return f"field({receiver}, '{name}')"
        arguments = self._arguments()
        if name == "size" and not arguments.strip():
            return _called("size", receiver)
        if name in _RANGES:
            receiver = _call("items", receiver)
        elif name in _OF_TEXTS:
            receiver = _call("text", receiver)
        return f"{receiver}.{name}({arguments})"

    def _arguments(self) -> str:
        self._next()
        found = self.sequence()
        self._next()
        return found

    def _is(self, text: str) -> bool:
        """Whether the next token, spaces aside, is this sign."""
        at = self._at
        while at < len(self._tokens) and self._tokens[at][0] == "space":
            at += 1
        return at < len(self._tokens) and self._tokens[at] == ("sign", text)

    def _next(self) -> tuple[str, str]:
        while self._tokens[self._at][0] == "space":
            self._at += 1
        self._at += 1
        return self._tokens[self._at - 1]


_ALREADY: Final = re.compile(r"""effects|traits|replace_paths|\[.*|['"].*""", re.DOTALL)
"""What is never null: the lists of facts, and literals."""


def _call(function: str, argument: str) -> str:
    return argument if _ALREADY.fullmatch(argument) else f"{function}({argument})"


def _called(function: str, arguments: str) -> str:
    if function == "has":
        return f"({arguments} != null)"
    return f"size({_call('items', arguments)})" if function == "size" else f"{function}({arguments})"
