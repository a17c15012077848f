"""The objects of manifests: parsed and masked only when something reads them."""

from __future__ import annotations

import base64
import binascii
from decimal import Decimal
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final

import msgspec

from plangate.errors import InputError
from plangate.ingest import yaml
from plangate.ingest.helm.splitting import Document, plain_kind
from plangate.ingest.redact.ordinary import SHORTEST, looks_random

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plangate.ingest.redact.redactor import Redactor
    from plangate.model.values import Value

RENDER_AGAIN: Final = "see what the chart renders there, and make the dry run again"
_JSON_OF: Final = {"kubernetes.io/dockerconfigjson": ".dockerconfigjson", "kubernetes.io/dockercfg": ".dockercfg"}
"""Types of Secrets of which one key holds JSON (ValidateSecret in pkg/apis/core/validation)."""
_NODES: Final = 4
"""Values per character of a document. Aliases alone make more values than there are characters: what is small stays cheap."""
_TEXT_OF: Final = frozenset({"data", "stringData", "binaryData"})


class ManifestReader:
    """What the objects of one input share: the redactor, and the place of a document for messages."""

    def __init__(self, redactor: Redactor, where: str, given: frozenset[str] = frozenset(), hint: str = RENDER_AGAIN):
        self.redactor = redactor
        self.where = where
        self.hint = hint
        self.given = given
        """Every text among the values that a user gave to Helm."""


class ManifestObject:
    """A `model.KubeObject` over the text of a document, or over an item of a `List`."""

    def __init__(self, document: Document, reader: ManifestReader, raw: Any = None, *, listed: bool = False):
        self._document = document
        self._reader = reader
        self._listed = listed
        if raw is not None:
            self.__dict__["raw"] = raw

    def __repr__(self) -> str:
        return f"ManifestObject({self._document.template})"

    @cached_property
    def raw(self) -> dict[str, Any]:
        """The parsed object, not masked: it never leaves ingest. Raises `InputError`."""
        return parse(self._document, self._reader.where, self._reader.hint) or {}

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
        return "" if self._listed else self._document.text

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
        for word in words:
            if word not in text:
                return self._disguised
        return True

    @cached_property
    def _disguised(self) -> bool:
        """Whether its text may hold words that are not to be seen in it."""
        return self._document.disguised


def _word(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)


def _metadata(raw: dict[str, Any]) -> dict[str, Any]:
    metadata = raw.get("metadata")
    return metadata if isinstance(metadata, dict) else {}


def parse(document: Document, where: str, hint: str = RENDER_AGAIN) -> dict[str, Any] | None:
    """The object of a document, None for one of nothing. Raises `InputError` with the line, for what is not YAML or not an object."""
    try:
        text = document.text + "\n" * document.ending
        text = f"---\n{text}" if document.dashed else text
        value = json_value(text) if document.json else yaml.load_first(text, budget=_budget(text))
    except yaml.YamlError as error:
        line = document.line + (error.line or 1)
        raise InputError(error.message, where=where, place=_place(document, line), hint=hint) from None
    except (msgspec.DecodeError, RecursionError):
        raise InputError("is not JSON", where=where, place=_place(document, document.line + 1), hint=hint) from None
    if value is not None and not isinstance(value, dict):
        raise _no_object(document, where, hint)
    return value


def _budget(text: str) -> yaml.Budget:
    return yaml.Budget(nodes=1_000 + _NODES * len(text))


def _place(document: Document, line: int) -> str:
    return ": ".join(part for part in (document.template, f"line {line}") if part)


def _no_object(document: Document, where: str, hint: str) -> InputError:
    return InputError(
        "holds something that is not a Kubernetes object",
        where=where,
        place=_place(document, document.line + 1),
        hint=hint,
    )


def objects(documents: Iterable[Document], reader: ManifestReader, *, lazily: bool = False) -> Iterator[ManifestObject]:
    """The objects of documents; a list is its items (what Helm's resource builder does). Learns their secrets.

    `lazily` leaves everything unparsed that is plainly one object and no Secret: of its text is learned what shows by its form.
    Raises `InputError`.
    """
    for document in documents:
        one = ManifestObject(document, reader)
        if lazily and (plain_kind(document) or "Secret").lower() != "secret":
            reader.redactor.learn_text(document.text)
            yield one
            continue
        parsed = parse(document, reader.where, reader.hint)
        if parsed is None:
            continue
        if "items" not in parsed:
            if not _text(parsed, "kind"):
                raise _no_object(document, reader.where, reader.hint)
            one.raw = parsed
            learn(parsed, reader.redactor)
            yield one
            continue
        for item in _items(parsed):
            if item is None or not _text(item, "kind"):
                raise _no_object(document, reader.where, reader.hint)
            learn(item, reader.redactor)
            yield ManifestObject(document, reader, item, listed=True)


def _text(raw: dict[str, Any], key: str) -> str:
    """The text of a key; empty for everything else, which the Kubernetes libraries take for nothing."""
    value = raw.get(key)
    return value if isinstance(value, str) else ""


def _items(parsed: dict[str, Any]) -> Iterator[dict[str, Any] | None]:
    """The objects of a list; None for what is none, or is a list again, which the resource builder refuses.

    Whatever has `items` at its top is a list, and hands its kind and version to items without both (decodeToList in
    apimachinery/pkg/apis/meta/v1/unstructured/helpers.go).
    """
    items = parsed["items"]
    if not _text(parsed, "kind") or not isinstance(items, list | None):
        yield None
        return
    kind, version = _text(parsed, "kind").removesuffix("List"), _text(parsed, "apiVersion")
    for item in items or ():
        one = {} if item is None else item
        if not isinstance(one, dict) or isinstance(one.get("items"), list):
            yield None
        elif _text(one, "kind") or _text(one, "apiVersion"):
            yield one
        else:
            yield {**one, "kind": kind, "apiVersion": version}


def marks(raw: dict[str, Any]) -> dict[str, Any]:
    """The tree of sensitivity marks of an object: all data of a Secret."""
    if _word(raw.get("kind")).strip().lower() == "secret":
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
