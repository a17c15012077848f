r"""Manifests as Helm splits them: documents as text first, parsed and masked only when something reads them.

Helm splits with `(?:^|\s*\n)---\s*` (SplitManifests in pkg/releaseutil/manifest.go), which knows nothing of YAML; so does this.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections import Counter
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct

from plangate.errors import InputError
from plangate.ingest import yaml
from plangate.ingest.redact.ordinary import SHORTEST, looks_random

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from plangate.ingest.redact.redactor import Redactor
    from plangate.model.values import Value

SOURCE: Final = "# Source: "
HIDDEN: Final = "# HIDDEN: The Secret output has been suppressed"
_JSON_OF: Final = {"kubernetes.io/dockerconfigjson": ".dockerconfigjson", "kubernetes.io/dockercfg": ".dockercfg"}
"""Types of Secrets of which one key holds JSON (ValidateSecret in pkg/apis/core/validation)."""
_NODES: Final = 4
"""Values per character of a document. Aliases alone make more values than there are characters: what is small stays cheap."""
_KEEPS: Final = re.compile(r"[|>][1-9]?\+")
_TEXT_OF: Final = frozenset({"data", "stringData", "binaryData"})


class Document(Struct, frozen=True):
    """One document of a manifest: its text without the `# Source:` line, and the template that line names."""

    text: str
    template: str = ""
    line: int = 0


def split(text: str) -> tuple[list[Document], list[str]]:
    """The documents of a manifest, and the templates of Secrets that were hidden. Documents of comments only are none."""
    found: list[Document] = []
    hidden: list[str] = []
    line = 1
    # How many line breaks end a manifest depends on what printed it.
    for part in ("\n" + text.rstrip("\n")).split("\n---"):
        document = _document(part, line)
        line += part.count("\n") + 1
        if document is None:
            continue
        if document.text.startswith("#") and _only_comments(document.text):
            if HIDDEN in document.text:
                hidden.append(document.template)
            continue
        found.append(document)
    return found, hidden


def _document(part: str, line: int) -> Document | None:
    """A document without what stands around it."""
    body = part.strip()
    if not body:
        return None
    template = ""
    while body.startswith("#"):
        first, _, rest = body.partition("\n")
        if first.startswith(SOURCE):
            template = first[len(SOURCE) :].strip()
        elif first.startswith("# HIDDEN"):
            return Document(HIDDEN, template, line)
        body = rest.lstrip("\n")
    if not body.strip():
        return None
    return Document(body.rstrip() + _kept_breaks(part), template, line)


def _kept_breaks(part: str) -> str:
    """The line breaks at the end of a document that belong to a block of text that keeps them (`|+`): all but the last one."""
    return "\n" * (len(part) - len(part.rstrip("\n"))) if _KEEPS.search(part) else ""


def _only_comments(text: str) -> bool:
    return all(not row.strip() or row.lstrip().startswith("#") for row in text.split("\n"))


def common(old: Sequence[Document], new: Sequence[Document]) -> tuple[list[Document], list[Document], list[Document]]:
    """The documents that are the same bytes in both, those of the old one only, and those of the new one only."""
    counts = Counter(document.text for document in old)
    same: list[Document] = []
    only_new: list[Document] = []
    for document in new:
        if counts[document.text] > 0:
            counts[document.text] -= 1
            same.append(document)
        else:
            only_new.append(document)
    only_old = []
    for document in old:
        if counts[document.text] > 0:
            counts[document.text] -= 1
            only_old.append(document)
    return same, only_old, only_new


class ManifestReader:
    """What the objects of one input share: the redactor, and the place of a document for messages."""

    def __init__(self, redactor: Redactor, where: str, given: frozenset[str] = frozenset()):
        self.redactor = redactor
        self.where = where
        self.given = given
        """Every text among the values that a user gave to Helm."""


class ManifestObject:
    """A `model.KubeObject` over the text of a document, or over an item of a `List`."""

    def __init__(self, document: Document, reader: ManifestReader, raw: Any = None):
        self._document = document
        self._reader = reader
        if raw is not None:
            self.__dict__["raw"] = raw

    def __repr__(self) -> str:
        return f"ManifestObject({self._document.template})"

    @cached_property
    def raw(self) -> dict[str, Any]:
        """The parsed object, not masked: it never leaves ingest. Raises `InputError`."""
        return parse(self._document, self._reader.where)

    @cached_property
    def body(self) -> dict[str, Value]:
        """The masked object."""
        return masked(self.raw, self._reader.redactor)

    @cached_property
    def generated(self) -> frozenset[str]:
        """The keys of a Secret whose values look generated: random, and not among the values that a user gave."""
        raw = as_stored(self.raw)
        if not marks(raw):
            return frozenset()
        return frozenset(
            key for key, value in (raw.get("data") or {}).items() if _is_generated(_decoded(value), self._reader.given)
        )

    @cached_property
    def unreadable(self) -> frozenset[str]:
        """The keys of a Secret whose value no server takes: no base64, or no JSON where its type asks for it."""
        data, type_ = self.raw.get("data"), self.raw.get("type")
        if not marks(self.raw):
            return frozenset()
        found = {key for key, value in (data if isinstance(data, dict) else {}).items() if not _is_base64(value)}
        json_key = _JSON_OF.get(_word(type_))
        whole = as_stored(self.raw).get("data") or {}
        if json_key in whole and json_key not in found and not _is_json(whole[json_key]):
            found.add(json_key)
        return frozenset(found)

    @property
    def text(self) -> str:
        """The text it was read from, not masked; nothing for an item of a list."""
        return "" if _has_list(self._document.text) else self._document.text

    @property
    def template(self) -> str:
        """The template it was rendered from."""
        return self._document.template

    @property
    def api_version(self) -> str:
        """Its `apiVersion`."""
        return _word(self.raw.get("apiVersion"))

    @property
    def kind(self) -> str:
        """Its kind."""
        return _word(self.raw.get("kind"))

    @property
    def name(self) -> str:
        """Its name."""
        return self._reader.redactor.name(_word(_metadata(self.raw).get("name")))

    @property
    def namespace(self) -> str:
        """The namespace it names itself."""
        return _word(_metadata(self.raw).get("namespace"))

    def mentions(self, *words: str) -> bool:
        """Whether its text holds all these words."""
        text = self._document.text
        if not text:
            # An object that came as JSON has no text of its own; it may hold anything.
            return True
        # A loop: this runs for each object and word, and `all` would cost three times as much.
        for word in words:  # noqa: SIM110
            if word not in text:
                return False
        return True


def _word(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _metadata(raw: dict[str, Any]) -> dict[str, Any]:
    metadata = raw.get("metadata")
    return metadata if isinstance(metadata, dict) else {}


def parse(document: Document, where: str) -> dict[str, Any]:
    """The object of a document. Raises `InputError` with the line, for what is not YAML or not an object."""
    try:
        # The line break that ends a document was stripped, and the last block of text in it needs one.
        text = document.text + "\n"
        value = yaml.load(text, budget=yaml.Budget(nodes=1_000 + _NODES * len(text)))
    except yaml.YamlError as error:
        line = document.line + (error.line or 1)
        raise InputError(
            error.message,
            where=where,
            place=": ".join(p for p in (document.template, f"line {line}") if p),
            hint="see what the chart renders there, and make the dry run again",
        ) from None
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise InputError("is not a Kubernetes object", where=where, place=document.template or f"line {document.line}")
    return value


def objects(documents: Iterable[Document], reader: ManifestReader, *, lazily: bool = False) -> Iterator[ManifestObject]:
    """The objects of documents; a `List` is its items (what Helm's resource builder does). Learns their secrets.

    `lazily` leaves everything unparsed that is plainly one object.
    """
    for document in documents:
        one = ManifestObject(document, reader)
        if lazily and not _has_list(document.text):
            if "kind: Secret" in document.text:
                learn(one.raw, reader.redactor)
            yield one
            continue
        raw = one.raw
        items = raw.get("items")
        if _word(raw.get("kind")).endswith("List") and isinstance(items, list):
            for item in items:
                if isinstance(item, dict):
                    learn(item, reader.redactor)
                    yield ManifestObject(document, reader, item)
            continue
        if raw:
            learn(raw, reader.redactor)
            yield one


def _has_list(text: str) -> bool:
    return "List" in text and "items" in text


def marks(raw: dict[str, Any]) -> dict[str, Any]:
    """The tree of sensitivity marks of an object: all data of a Secret."""
    if raw.get("kind") == "Secret" and "/" not in _word(raw.get("apiVersion")):
        return {key: True for key in _TEXT_OF if isinstance(raw.get(key), dict)}
    return {}


def learn(raw: dict[str, Any], redactor: Redactor) -> None:
    """Remember the secrets of an object."""
    secret = marks(raw)
    for key in secret:
        for value in raw[key].values():
            redactor.learn_secret(_decoded(value) if key == "data" else value)
    redactor.learn(raw, secret, "")


def _is_generated(value: Any, given: frozenset[str]) -> bool:
    if not isinstance(value, str) or any(value in text or text in value for text in given if len(text) >= SHORTEST):
        return False
    return "-----BEGIN " in value or looks_random(value)


def _is_base64(value: Any) -> bool:
    """Whether Go's decoder takes it: line breaks are ignored, padding is needed."""
    if value is None or (isinstance(value, str) and value.startswith(("(sensitive", "REDACTED"))):
        # Nothing, or taken out by a tool before it came here.
        return True
    try:
        base64.b64decode(value.replace("\n", "").replace("\r", ""), validate=True)
    except (AttributeError, binascii.Error, ValueError):
        return False
    return True


def _is_json(value: Any) -> bool:
    decoded = _decoded(value)
    try:
        return isinstance(msgspec.json.decode(decoded), dict)
    except (msgspec.DecodeError, TypeError):
        return False


def _decoded(value: Any) -> Any:
    """What a Secret's `data` holds, decoded."""
    if not isinstance(value, str):
        return value
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, ValueError):
        return value


def masked(raw: dict[str, Any], redactor: Redactor) -> dict[str, Value]:
    """The masked object: every key of a Secret's data stays, every value goes. `stringData` is what `data` becomes."""
    raw = as_stored(raw)
    secret = marks(raw)
    found: dict[str, Value] = {}
    for key, value in raw.items():
        if key in secret:
            # Key by key, so that it can be told which one changes.
            found[key] = {
                name: redactor.mask(_decoded(below), sensitive=True, path=(key, name)) for name, below in value.items()
            }
        else:
            found[key] = redactor.mask(value, path=(key,))
    return found


def as_stored(raw: dict[str, Any]) -> dict[str, Any]:
    """A Secret as the API stores it: `stringData` overwrites `data`."""
    if not marks(raw) or not isinstance(raw.get("stringData"), dict):
        return raw
    data = raw.get("data") if isinstance(raw.get("data"), dict) else {}
    plain = {
        key: base64.b64encode(_word(value).encode("utf-8", "surrogatepass")).decode()
        for key, value in raw["stringData"].items()
    }
    return {**{k: v for k, v in raw.items() if k != "stringData"}, "data": {**(data or {}), **plain}}


_json = msgspec.json.Decoder(float_hook=Decimal)


def json_value(text: str) -> Any:
    """Any JSON value, with exact numbers. Raises `msgspec.DecodeError`."""
    return _json.decode(text)
