"""Markdown as GitHub reads it."""

from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

GITHUB = MarkdownIt("commonmark").enable(["table", "strikethrough"])


def tokens(text: str) -> Iterator[Token]:
    """Every token of a Markdown text, the inline ones too."""
    for token in GITHUB.parse(text):
        yield token
        yield from token.children or ()
