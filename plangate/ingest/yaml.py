"""The one YAML loader: foreign text to plain data, iteratively and within budgets.

Two ways to read scalars. `core` is YAML 1.2's core schema (https://yaml.org/spec/1.2.2/#103-core-schema). `go` is what Helm and
the Kubernetes API read, `sigs.k8s.io/yaml` over go-yaml 2 (resolve.go): `on` and `y` are true, `0o17` and `017` are 15, `1e3` is
a number, `12:30` and dates are strings. Numbers are exact. Parsers of whole documents crash on deep input; events do not.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_NUMBER = r"[-+]?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d{1,3})?"
_GO_INTEGER = r"[-+]?(?:0[xX][0-9a-fA-F]+|0[bB][01]+|0[oO]?[0-7]+|0|[1-9]\d*)"
_GO_FLOAT = r"[-+]?(?:\.\d+|\d+(?:\.\d*)?)(?:[eE][-+]?\d{1,3})?"
_LONGEST_NUMBER = 400
_NOTHING: Final = frozenset(("", "~", "null", "Null", "NULL"))
_GO_BOOLS: Final = {
    form: value
    for words, value in (("y yes true on", True), ("n no false off", False))
    for word in words.split()
    for form in (word, word.capitalize(), word.upper())
}


class YamlError(Exception):
    """A text that is not sound YAML, or beyond a budget. `line` counts from 1; the message quotes nothing."""

    def __init__(self, message: str, line: int | None = None):
        super().__init__(message)
        self.message = message
        self.line = line


class Budget(Struct, frozen=True):
    """How much a text may hold. Nodes count again wherever an alias repeats them."""

    depth: int = 100
    nodes: int = 2_000_000
    documents: int = 10_000
    characters: int = 256 * 1024 * 1024


STRICT: Final = Budget()


def load_all(text: str, *, go: bool = True, unique: bool = True, budget: Budget = STRICT) -> list[Any]:
    """Every document of a text. Raises `YamlError`; with `unique`, also for a key that stands twice in one mapping."""
    import yaml

    if len(text) > budget.characters:
        raise YamlError(f"is larger than {budget.characters} characters")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        return _Builder(yaml, _go_scalar if go else _core_scalar, budget, unique=unique).build(
            yaml.parse(text, Loader=loader)
        )
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise YamlError("is not YAML", mark.line + 1 if mark else None) from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise YamlError("is not YAML") from None


def load(text: str, *, go: bool = True, unique: bool = True, budget: Budget = STRICT) -> Any:
    """The only document of a text; None for an empty one. Raises `YamlError`, also where there are several."""
    documents = load_all(text, go=go, unique=unique, budget=budget)
    if len(documents) > 1:
        raise YamlError("holds several documents")
    return documents[0] if documents else None


class _Open:
    """A mapping or a list that has begun."""

    __slots__ = ("anchor", "before", "items", "keys", "mapping")

    def __init__(self, *, mapping: bool, anchor: str | None, before: int):
        self.mapping = mapping
        self.anchor = anchor
        self.before = before
        self.items: list[Any] = []
        self.keys: set[str] = set()


class _Builder:
    """YAML events to plain data."""

    def __init__(self, yaml: Any, scalar: Callable[[Any], Any], budget: Budget, *, unique: bool):
        self.yaml = yaml
        self.scalar = scalar
        self.budget = budget
        self.unique = unique
        self.nodes = 0
        self.sizes: dict[str, tuple[Any, int]] = {}

    def build(self, events: Iterable[Any]) -> list[Any]:
        """The documents. Raises `YamlError`."""
        yaml = self.yaml
        documents: list[Any] = []
        open_: list[_Open] = []
        for event in events:
            kind = type(event)
            if kind is yaml.ScalarEvent:
                value = self.scalar(event)
                self._count(1, event)
                if event.anchor:
                    self.sizes[event.anchor] = (value, 1)
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                if len(open_) >= self.budget.depth:
                    raise YamlError("is nested too deeply", event.start_mark.line + 1)
                open_.append(_Open(mapping=kind is yaml.MappingStartEvent, anchor=event.anchor, before=self.nodes))
                continue
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                done = open_.pop()
                value = _mapping(done.items) if done.mapping else done.items
                self._count(1, event)
                if done.anchor:
                    self.sizes[done.anchor] = (value, self.nodes - done.before)
            elif kind is yaml.AliasEvent:
                value, size = self.sizes.get(event.anchor, (None, 1))
                self._count(size, event)
            else:
                continue
            if not open_:
                documents.append(value)
                if len(documents) > self.budget.documents:
                    raise YamlError("holds too many documents", event.start_mark.line + 1)
                continue
            parent = open_[-1]
            if self.unique and parent.mapping and not len(parent.items) % 2:
                self._check_unique(parent, value, event)
            parent.items.append(value)
        return documents

    def _check_unique(self, parent: _Open, key: Any, event: Any) -> None:
        name = key if isinstance(key, str) else _spelled(key)
        if name in parent.keys and name != "<<":
            raise YamlError("holds a key twice in one mapping", event.start_mark.line + 1)
        parent.keys.add(name)

    def _count(self, nodes: int, event: Any) -> None:
        self.nodes += nodes
        if self.nodes > self.budget.nodes:
            raise YamlError("holds too many values", event.start_mark.line + 1)


def _mapping(items: list[Any]) -> dict[str, Any]:
    pairs = list(zip(items[::2], items[1::2], strict=True))
    merged: dict[str, Any] = {}
    for key, value in pairs:
        if key == "<<":
            for one in reversed(value) if isinstance(value, list) else (value,):
                merged.update(one if isinstance(one, dict) else {})
    merged.update((key if isinstance(key, str) else _spelled(key), value) for key, value in pairs if key != "<<")
    return merged


def _spelled(key: Any) -> str:
    """A key that is no string, as YAML's writers spell it; a structured one as JSON."""
    if key is None or isinstance(key, bool):
        return {None: "null", True: "true", False: "false"}[key]
    return str(key) if isinstance(key, (int, Decimal)) else msgspec.json.encode(key).decode()


def _without_surrogates(text: str) -> str:
    """The text without lone surrogates: YAML can spell them, and no report with them can be encoded."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _core_scalar(event: Any) -> Any:
    """A scalar by YAML 1.2."""
    text = _without_surrogates(event.value)
    if event.style or event.tag is not None:
        return text
    if text in _NOTHING:
        return None
    if text.lower() in ("true", "false") and text in (text.lower(), text.capitalize(), text.upper()):
        return text.lower() == "true"
    if len(text) <= _LONGEST_NUMBER and re.fullmatch(_NUMBER, text):
        try:
            return int(text) if text.lstrip("+-").isdecimal() else Decimal(text)
        except InvalidOperation:
            return text
    return text


def _go_scalar(event: Any) -> Any:
    """A scalar by go-yaml 2, whose rules decide what the Kubernetes API gets."""
    text = _without_surrogates(event.value)
    if event.style or (event.tag is not None and event.tag == "tag:yaml.org,2002:str"):
        return text
    if text in _NOTHING:
        return None
    if text in _GO_BOOLS:
        return _GO_BOOLS[text]
    if text[0] not in "0123456789+-." or len(text) > _LONGEST_NUMBER:
        return text
    plain = text.replace("_", "")
    if re.fullmatch(_GO_INTEGER, plain):
        return _integer(plain)
    if re.fullmatch(_GO_FLOAT, plain):
        number = Decimal(plain)
        return int(number) if number == number.to_integral_value() and abs(number) < 10**15 else number
    return text


def _integer(text: str) -> int:
    """A whole number in Go's spelling: `0x1F`, `0b1`, `0o17` and `017`."""
    sign = -1 if text.startswith("-") else 1
    digits = text.lstrip("+-").lower()
    for prefix, base in (("0x", 16), ("0b", 2), ("0o", 8)):
        if digits.startswith(prefix):
            return sign * int(digits[2:], base)
    return sign * int(digits, 8 if len(digits) > 1 and digits[0] == "0" else 10)
