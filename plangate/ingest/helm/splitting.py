"""Manifests as texts: split into documents as Helm's resource builder splits them, and compared before anything is parsed.

What a release stores was split by Helm once (SplitManifests in pkg/releaseutil/manifest.go), and is split by
k8s.io/apimachinery/pkg/util/yaml again before it is applied. Both know nothing of YAML: neither does this.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, structs

from plangate.errors import InputError
from plangate.ingest import yaml

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

SOURCE: Final = "# Source: "
HIDDEN: Final = "# HIDDEN: The Secret output has been suppressed"
_BYTE_ORDER_MARK: Final = "\ufeff"
_ODD_BREAK: Final = re.compile("[\r\x85\u2028\u2029]")
"""What ends a line for YAML, and not for what splits a text into documents."""
_MARK: Final = re.compile(rf"(?:\A|[{yaml.BREAKS}])(?:---|\.\.\.|%)")
_KEEPS: Final = re.compile(r"[|>][1-9]?\+")
_ONLY_COMMENTS: Final = re.compile(
    r"(?: *(?:#[\t -~\xa0-\u2027\u202a-\ud7ff]*)?\n)*(?: *#[\t -~\xa0-\u2027\u202a-\ud7ff]*)?"
)
"""Comments of ordinary characters. All others are left to the parser."""
_TOP_LINES: Final = re.compile(r"(?m)^[^ #\n-].*")
_PLAIN_KEY: Final = re.compile(r"([A-Za-z][A-Za-z0-9]*):(?: .*)?")
_PLAIN_START: Final = re.compile(r"(?:#.*\n|\n)*[A-Za-z]")
_PLAIN_KIND: Final = re.compile(r"(?m)^kind: ([A-Za-z]+) *(?=\n[A-Za-z#]|\Z)")
_DISGUISED: Final = re.compile(r"\\[xuU\n\r\x85\u2028\u2029]|!<|!!binary|![^!\s]*![a-z]|yaml\.org")
"""How YAML spells a word otherwise than by its letters."""


class Document(Struct, frozen=True):
    """One document of a manifest: its text without the `# Source:` line, and the template that line names."""

    text: str
    template: str = ""
    line: int = 0
    """How many lines stand before it."""
    json: bool = False
    """Whether it is a value of a JSON stream."""
    dashed: bool = False
    """Whether a line of dashes stands before it, and another could end it: nothing is read then."""

    ending: int = 1
    """How many line breaks stand at its end, where a block of text may keep them."""

    @property
    def content(self) -> tuple[str, bool, bool, int]:
        """What it is read from: two documents of the same content are read alike."""
        return self.text, self.json, self.dashed, self.ending

    @property
    def disguised(self) -> bool:
        """Whether words may be spelled in it otherwise than by their letters."""
        return _DISGUISED.search(self.text) is not None

    def may_hold(self, word: str) -> bool:
        """Whether a word stands in it, or may without being seen."""
        return word in self.text or self.disguised


def split(text: str, where: str = "", *, hooks: bool = False) -> tuple[list[Document], list[str]]:
    """The documents of a manifest, and the templates of Secrets that were hidden. Documents of comments only are none.

    With `hooks`, each of them is a stream of its own. Raises `InputError` for a line of dashes that ends no document.
    """
    # How many line breaks end a manifest depends on what printed it.
    text = text.removeprefix(_BYTE_ORDER_MARK).rstrip("\n") + "\n"
    if "\r" in text:
        text = text.replace("\r\n", "\n")
    if _starts_json(text):
        return _json_stream(Document(text), where), []
    found, hidden = _split(text, where, 0)
    return (streams(found, where) if hooks else found), hidden


def streams(documents: Iterable[Document], where: str) -> list[Document]:
    """The documents of hooks: Helm hands each to the resource builder alone, which takes JSON values one after the other."""
    found: list[Document] = []
    for document in documents:
        one = structs.replace(document, text=document.text.removeprefix(_BYTE_ORDER_MARK))
        found += _json_stream(one, where) if _starts_json(one.text) else [one]
    return found


def _split(text: str, where: str, line: int) -> tuple[list[Document], list[str]]:
    found: list[Document] = []
    hidden: list[str] = []
    for part, before in _parts(text, where):
        document = _document(part, line + before)
        if document is None:
            continue
        if document.text[0] in "# " and _ONLY_COMMENTS.fullmatch(document.text):
            if document.text == HIDDEN:
                hidden.append(document.template)
            continue
        found.append(document)
    return found, hidden


def _parts(text: str, where: str) -> Iterator[tuple[str, int]]:
    """The parts between lines of dashes, and how many lines stand before each (YAMLReader of apimachinery/pkg/util/yaml).

    A line of dashes ends what stands before it; where nothing does, it is a line of what follows.
    """
    first, *others = ("\n" + text).split("\n---")
    part, before, filled = first[1:], 0, first != ""
    line = first.count("\n")
    for other in others:
        dashes, newline, body = other.partition("\n")
        said = dashes.strip()
        if said and said[0] != "#":
            raise InputError("has a line that begins with --- and goes on", where=where, place=f"line {line + 1}")
        if filled:
            yield f"{part}\n", before
            part, before, filled = body, line + 1, newline != ""
        else:
            part, before, filled = f"---{other}", line, True
        line += other.count("\n") + 1
    yield part, before


def _document(part: str, line: int) -> Document | None:
    """A document without what stands around it."""
    dashed = False
    if part.startswith("---") and part[3:4] in ("", " ", "\t", "\n"):
        whole = part
        part, line = _without_line(part, line)
        dashed = part is not whole and _MARK.search(part) is not None
    body = part.lstrip("\n")
    line += len(part) - len(body)
    template = ""
    if body.startswith(SOURCE):
        rest, line_ = _without_line(body, line)
        if rest is not body:
            template = body[len(SOURCE) : len(body) - len(rest)].strip()
            body = rest.lstrip("\n")
            line = line_ + len(rest) - len(body)
    text = body.rstrip("\n")
    if not text.strip(" "):
        return None
    breaks = len(body) - len(text)
    ending = breaks if breaks > 1 and _KEEPS.search(text) else 1
    return Document(text, template, line, dashed=dashed, ending=ending)


def _without_line(text: str, line: int) -> tuple[str, int]:
    """A text without its first line; as it is, where YAML sees several lines in it."""
    first, _, rest = text.partition("\n")
    return (text, line) if _ODD_BREAK.search(first) else (rest, line + 1)


def _starts_json(text: str) -> bool:
    """Whether the resource builder tries JSON first (IsJSONBuffer of apimachinery/pkg/util/yaml)."""
    return text[:4096].lstrip()[:1] == "{"


def _json_stream(document: Document, where: str) -> list[Document]:
    """The values of a JSON stream. What is no JSON behind the first, or instead of it, is read as YAML (YAMLOrJSONDecoder)."""
    text, at, counted, line = document.text, 0, 0, document.line
    found: list[Document] = []
    while True:
        start = at
        while start < len(text) and text[start] in " \t\r\n":
            start += 1
        if start == len(text):
            return found
        line += text.count("\n", counted, start)
        counted = start
        end = _json_end(text, start)
        if end is None:
            break
        found.append(Document(text[start:end], document.template, line, json=True))
        at = end
    if len(found) > 1:
        raise InputError("is not JSON behind its first objects", where=where, place=f"line {line + 1}")
    skipped = re.match(r"[^\S\n]*\n?", text[at:])
    at += skipped.end() if skipped else 0
    rest, _ = _split(text[at:], where, document.line + text.count("\n", 0, at))
    return found + [structs.replace(one, template=one.template or document.template) for one in rest]


def _json_end(text: str, start: int) -> int | None:
    """Where the JSON value that starts here ends; None where there is none."""
    try:
        end: int = _values.raw_decode(text, start)[1]
    except (ValueError, RecursionError):
        return None
    return end


def common(old: Sequence[Document], new: Sequence[Document]) -> tuple[list[Document], list[Document], list[Document]]:
    """The documents that are the same bytes in both, those of the old one only, and those of the new one only."""
    counts = Counter(document.content for document in old)
    same: list[Document] = []
    only_new: list[Document] = []
    for document in new:
        if counts[document.content] > 0:
            counts[document.content] -= 1
            same.append(document)
        else:
            only_new.append(document)
    only_old = []
    for document in old:
        if counts[document.content] > 0:
            counts[document.content] -= 1
            only_old.append(document)
    return same, only_old, only_new


def plain_kind(document: Document) -> str | None:
    """The kind of a document that is plainly one object, told without parsing it. None where parsing has to tell.

    Plain is: block style, whose top-level keys begin their lines, each a word without quotes; a kind that is one word; no
    `items`. Every other way to spell a key of the object begins a line otherwise.
    """
    text = document.text
    if (
        document.json
        or not _PLAIN_START.match(text)
        or (not text.isascii() and _ODD_BREAK.search(text))
        or "\r" in text
    ):
        return None
    keys: set[str] = set()
    kind = None
    for line in _TOP_LINES.findall(text):
        found = _PLAIN_KEY.fullmatch(line)
        if found is None or found[1] in keys:
            return None
        keys.add(found[1])
        if found[1] == "kind":
            # Of a line that goes on in the next one, the kind is more than one word.
            told = _PLAIN_KIND.search(text)
            kind = told[1] if told else None
    return None if "items" in keys else kind


def _no_constant(_: str) -> Any:
    raise ValueError


_values = json.JSONDecoder(parse_constant=_no_constant, parse_int=str, parse_float=str)
"""Finds the ends of JSON values."""
