"""The one YAML loader: foreign text to plain data, iteratively and within budgets.

Two ways to read. `core` is YAML 1.2's core schema (https://yaml.org/spec/1.2.2/#103-core-schema). `go` is what Helm and the
Kubernetes API read, `sigs.k8s.io/yaml` over go-yaml 2 (resolve.go and decode.go of https://github.com/yaml/go-yaml, branch v2):
`on` and `y` are true, `0o17` and `017` are 15, `1e3` is a number, `12:30` and dates are strings, `!!binary` is decoded, of a key
that stands twice the last counts, and `<<` overwrites what stands before it. Parsers of whole documents crash on deep input;
events do not. `tests/lab/yaml_reader` is the program that this is held against.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from typing import TYPE_CHECKING, Any, Final

import msgspec
from msgspec import Struct

from plangate.ingest import go_scalars

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

BREAKS: Final = "\n\r\x85\u2028\u2029"
"""What ends a line for libyaml and go-yaml."""
_NUMBER = r"[-+]?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][-+]?\d{1,3})?"
_LONGEST_NUMBER = 400
_NOTHING: Final = frozenset(("", "~", "null", "Null", "NULL"))
_TAG: Final = "tag:yaml.org,2002:"
_MERGE: Final = "<<"


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


def load_all(text: str, *, go: bool = True, unique: bool = False, budget: Budget = STRICT) -> list[Any]:
    """Every document of a text. Raises `YamlError`; with `unique`, also for a key that stands twice in one mapping."""
    return list(_documents(text, go=go, unique=unique, budget=budget))


def load(text: str, *, unique: bool = False, budget: Budget = STRICT) -> Any:
    """The only document of a text; None for an empty one. Raises `YamlError`, also where there are several."""
    documents = load_all(text, unique=unique, budget=budget)
    if len(documents) > 1:
        raise YamlError("holds several documents")
    return documents[0] if documents else None


def load_first(text: str, *, budget: Budget = STRICT) -> Any:
    """The first document of a text, as Go's `Unmarshal` reads: what follows is not looked at. Raises `YamlError`.

    libyaml skips a byte order mark at the start of a line, and ends a tag in front of a comma; go-yaml does neither.
    """
    if "\ufeff" in text and re.search(f"(?:\\A|[{BREAKS}])\ufeff", text):
        raise YamlError("has a byte order mark at the start of a line")
    if "!" in text and re.search(r"(?:^|[\s\[{,:])![^\s,\[\]]*[,\[\]]", text):
        raise YamlError("has a tag with no space behind it")
    return next(_documents(text, go=True, unique=False, budget=budget), None)


def _documents(text: str, *, go: bool, unique: bool, budget: Budget) -> Iterator[Any]:
    import yaml  # noqa: PLC0415 - PyYAML; JSON needs none

    if len(text) > budget.characters:
        raise YamlError(f"is larger than {budget.characters} characters")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        events = yaml.parse(text, Loader=loader)
        yield from _Builder(yaml, _GO if go else _CORE, budget, unique=unique).build(events)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark
        raise YamlError("is not YAML", mark.line + 1 if mark else None) from None
    except (yaml.YAMLError, ValueError, RecursionError):
        raise YamlError("is not YAML") from None


class _Reading(Struct, frozen=True):
    """One of the two ways to read: what a scalar is, and how a key is spelled that is no string."""

    scalar: Callable[[Any, _Open | None], Any]
    """From its event, and what it stands in."""
    key: Callable[[Any, str], str]
    """From its value, and its text."""


class _Open:
    """A mapping or a list that has begun."""

    __slots__ = ("anchor", "before", "flow", "items", "key", "keyed", "kinds", "map", "merging")

    def __init__(self, event: Any, *, mapping: bool, before: int):
        self.anchor: str | None = event.anchor
        self.flow: bool = event.flow_style
        self.before = before
        self.items: list[Any] = []
        self.map: dict[str, Any] | None = {} if mapping else None
        self.key = ""
        self.keyed = False
        self.merging = False
        self.kinds: dict[str, type] = {}
        """Of the keys that are no strings: what they are."""


class _Refused(str):
    """A value or a key that JSON cannot hold. It does not matter where a later key of the same name overwrites it."""

    __slots__ = ("line",)
    line: int | None


def _refused(message: str, line: int | None = None) -> _Refused:
    found = _Refused(message)
    found.line = line
    return found


def _check_refused(root: Any) -> None:
    """Raise `YamlError` where something that JSON cannot hold is left in a document."""
    waiting = [root]
    while waiting:
        one = waiting.pop()
        if type(one) is _Refused:
            raise YamlError(str(one), one.line)
        if isinstance(one, dict):
            waiting += one.values()
            waiting += one
        elif isinstance(one, list):
            waiting += one


class _Builder:
    """YAML events to plain data."""

    def __init__(self, yaml: Any, reading: _Reading, budget: Budget, *, unique: bool):
        self.yaml = yaml
        self.reading = reading
        self.budget = budget
        self.unique = unique
        self.nodes = 0
        self.sizes: dict[str, tuple[Any, int] | _Open] = {}
        """What an anchor stands for, and how many values; the mapping or list itself until it ends."""
        self.kinds: dict[int, tuple[Any, dict[str, type]]] = {}
        """By its identity, a mapping that has keys that are no strings."""
        self.refused = False

    def build(self, events: Iterable[Any]) -> Iterator[Any]:
        """The documents. Raises `YamlError`."""
        yaml = self.yaml
        scalar = self.reading.scalar
        built = 0
        root: Any = None
        open_: list[_Open] = []
        for event in events:
            kind = type(event)
            if kind is yaml.ScalarEvent:
                self._count(1, event)
                if event.value == _MERGE and open_ and _merges(open_[-1], event):
                    continue
                value = scalar(event, open_[-1] if open_ else None)
                if type(value) is _Refused:
                    self.refused = True
                if event.anchor:
                    self.sizes[event.anchor] = (value, 1)
            elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
                if len(open_) >= self.budget.depth:
                    raise YamlError("is nested too deeply", _line(event))
                begun = _Open(event, mapping=kind is yaml.MappingStartEvent, before=self.nodes)
                open_.append(begun)
                if event.anchor:
                    self.sizes[event.anchor] = begun
                continue
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                done = open_.pop()
                value = done.items if done.map is None else done.map
                if done.kinds:
                    self.kinds[id(value)] = (value, done.kinds)
                self._count(1, event)
                if done.anchor and self.sizes[done.anchor] is done:
                    self.sizes[done.anchor] = (value, self.nodes - done.before)
            elif kind is yaml.AliasEvent:
                known = self.sizes.get(event.anchor)
                if known is None or isinstance(known, _Open):
                    raise YamlError("has an alias of nothing, or of what it stands in", _line(event))
                value, size = known
                self._count(size, event)
            elif kind is yaml.DocumentEndEvent:
                built += 1
                yield self._built(root, built, event)
                continue
            else:
                continue
            if open_:
                self._put(open_[-1], value, event)
            else:
                root = value

    def _built(self, root: Any, number: int, event: Any) -> Any:
        """A document that has ended. Raises `YamlError`."""
        if number > self.budget.documents:
            raise YamlError("holds too many documents", _line(event))
        self.sizes.clear()
        self.kinds.clear()
        if self.refused:
            _check_refused(root)
        return root

    def _put(self, parent: _Open, value: Any, event: Any) -> None:
        """Put a value into the mapping or list that it stands in."""
        if parent.map is None:
            parent.items.append(value)
        elif parent.keyed:
            parent.map[parent.key] = value
            parent.keyed = False
        elif parent.merging:
            listed = isinstance(value, list) and type(event) is not self.yaml.AliasEvent
            for one in reversed(value) if listed else (value,):
                if not isinstance(one, dict):
                    raise YamlError("merges something that is no mapping", _line(event))
                self._merge(parent, parent.map, one, event)
            parent.merging = False
        else:
            parent.key = self._key(parent, parent.map, value, event)
            parent.keyed = True

    def _merge(self, parent: _Open, before: dict[str, Any], merged: dict[str, Any], event: Any) -> None:
        kinds = self.kinds.get(id(merged), (None, {}))[1]
        if kinds or parent.kinds:
            for key in merged:
                if key in before and parent.kinds.get(key, str) is not kinds.get(key, str):
                    raise YamlError("holds a key twice in one mapping", _line(event))
            parent.kinds.update(kinds)
        before.update(merged)

    def _key(self, parent: _Open, before: dict[str, Any], value: Any, event: Any) -> str:
        key: str = value
        if not isinstance(value, str):
            key = self.reading.key(value, getattr(event, "value", ""))
            if type(key) is _Refused:
                key.line = _line(event)
                self.refused = True
        kind = type(value)
        if key in before and (self.unique or parent.kinds.get(key, str) is not kind):
            # Of two keys that become one only when they are spelled, Go keeps either.
            raise YamlError("holds a key twice in one mapping", _line(event))
        if kind is not str:
            parent.kinds[key] = kind
        return key

    def _count(self, nodes: int, event: Any) -> None:
        self.nodes += nodes
        if self.nodes > self.budget.nodes:
            raise YamlError("holds too many values", _line(event))


def _line(event: Any) -> int:
    line: int = event.start_mark.line
    return line + 1


def _merges(parent: _Open, event: Any) -> bool:
    """Whether `<<` is a key that merges, which is noted; in quotes it is an ordinary key."""
    if parent.map is None or parent.keyed or parent.merging or not (event.implicit[0] or event.tag == f"{_TAG}merge"):
        return False
    parent.merging = True
    return True


def _without_surrogates(text: str) -> str:
    """The text without lone surrogates: YAML can spell them, and no report with them can be encoded."""
    return text if text.isascii() else text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


# --- YAML 1.2 ---------------------------------------------------------------------------------------------------------


def _core_scalar(event: Any, _parent: _Open | None) -> Any:
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


def _core_key(key: Any, _text: str) -> str:
    """A key that is no string, as YAML's writers spell it; a structured one as JSON."""
    if key is None or isinstance(key, bool):
        return {None: "null", True: "true", False: "false"}[key]
    return str(key) if isinstance(key, (int, Decimal)) else msgspec.json.encode(key).decode()


# --- go-yaml 2 --------------------------------------------------------------------------------------------------------


def _go_scalar(event: Any, parent: _Open | None) -> Any:
    """A scalar by go-yaml 2, whose rules decide what the Kubernetes API gets."""
    text = _without_surrogates(event.value)
    if "?" in text and parent is not None and parent.flow and not event.style:
        # For go-yaml, a question mark begins a key there.
        raise YamlError("is not YAML", _line(event))
    if event.tag is not None:
        try:
            value = go_scalars.tagged(event.tag.removeprefix(_TAG), text)
        except ValueError as error:
            raise YamlError(str(error), _line(event)) from None
    else:
        value = go_scalars.resolved(text) if event.implicit[0] else text
    if type(value) is Decimal and not value.is_finite():
        return _refused("holds a number that JSON cannot hold", _line(event))
    return value


def _go_key(key: Any, text: str) -> str:
    """A key that is no string. Raises `YamlError` for one that nothing can overwrite."""
    if isinstance(key, (dict, list)):
        raise YamlError("has a mapping or a list as a key")
    return go_scalars.spelled(key, text) or _refused("has a key that is no text")


_CORE: Final = _Reading(_core_scalar, _core_key)
_GO: Final = _Reading(_go_scalar, _go_key)
