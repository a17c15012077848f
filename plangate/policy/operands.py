"""The parts of a condition: what stands between the `&&` or `||` of its top level."""

from __future__ import annotations

import re
from typing import Final

_TOKEN: Final = re.compile(
    r"""r?'''.*?'''|r?\"\"\".*?\"\"\"|r?'(?:[^'\\]|\\.)*+'?|r?"(?:[^"\\]|\\.)*+"?|//[^\n]*|&&|\|\||[<>=!]=|[()\[\]{}?:,<>!]|.""",
    re.DOTALL,
)
_NO_NAMES: Final = re.compile(
    r"""r?'''.*?'''|r?\"\"\".*?\"\"\"|r?'(?:[^'\\]|\\.)*+'?|r?"(?:[^"\\]|\\.)*+"?|//[^\n]*""", re.DOTALL
)
_NAME: Final = re.compile(r"(?<![.\w])[A-Za-z_]\w*")
_OPENING: Final = frozenset("([{")
_CLOSING: Final = frozenset(")]}")


def tokens(text: str) -> list[tuple[str, int, int]]:
    """The tokens of an expression, each with its position and the depth of brackets that it stands at."""
    found = []
    depth = 0
    for match in _TOKEN.finditer(text):
        token = match.group()
        if token in _CLOSING:
            depth -= 1
        found.append((token, match.start(), depth))
        if token in _OPENING:
            depth += 1
    return found


def top(text: str) -> list[str]:
    """The operands of the top level; an expression that has none there is one operand.

    `a && b || c` are `a && b` and `c`: `||` binds less (https://github.com/google/cel-spec/blob/master/doc/langdef.md#syntax).
    """
    text = text.strip()
    here = [(token, at) for token, at, depth in tokens(text) if depth == 0]
    if any(token == "?" for token, _ in here):
        return [text]
    for operator in ("||", "&&"):
        places = [at for token, at in here if token == operator]
        if places:
            edges = [0, *(edge for at in places for edge in (at, at + 2)), len(text)]
            return [text[start:end].strip() for start, end in zip(edges[::2], edges[1::2], strict=True)]
    return [text]


def names(text: str) -> frozenset[str]:
    """The names that stand in an expression, without its texts and comments."""
    return frozenset(_NAME.findall(_NO_NAMES.sub(" ", text)))
