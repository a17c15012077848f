"""The entrance to redaction: learn every secret of an input, freeze, then mask its values.

A masked value is a `model.Value` in which secrets are `Sensitive`: by mark, type, name or form, or because they are known.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from plangate.ingest.redact import commands, embedded, encoded, formats, pseudonyms, secrets
from plangate.ingest.redact.known_secrets import Fit, KnownSecrets
from plangate.ingest.redact.ordinary import SHORTEST
from plangate.ingest.redact.secret_scan import SecretScanner
from plangate.ingest.redact.secrets import Place
from plangate.ingest.redact.sensitivity import HIDDEN, any_mark, holds_sensitive, mark_of, marks_whole
from plangate.model.values import UNKNOWN, Embedded, Path, Sensitive, Unknown, Value

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

    from plangate.ingest.redact.known_secrets import SearchTerms

_DEEPEST = 100
_DEEPEST_TEXT = 4
_MOST_KEPT = 65_536
_LONGEST_KEPT = 512
_HELM_RELEASE = "helm_release"


class Redactor:
    """The secrets of one input, and the masking of its values. Its `repr` tells nothing."""

    def __init__(self) -> None:
        self._known = KnownSecrets()
        self._scanner = SecretScanner(self._known)
        self._tokens: dict[Hashable, int] = {}
        self._kept: dict[str, Value] = {}
        self._keys: dict[str, str] = {}
        self._plain: set[str] = set()
        """Keys that say nothing of what is under them, and hide nothing themselves."""
        self._nesting = 0
        self._values = False
        """Whether the attribute being masked holds texts of Helm values."""

    def __repr__(self) -> str:
        return "Redactor()"

    # --- learning ---------------------------------------------------------------------------------------------------

    def learn(self, value: Any, sensitive: Any, type_: str) -> None:
        """Remember every secret of an object: by its marks, its type, its names, and the forms of texts in it.

        `value` is plain JSON data, `sensitive` its tree of marks (False, true, or nested).
        """
        self._scanner.learn(value, sensitive, type_)

    def learn_text(self, text: str) -> None:
        """Remember the secrets that a text shows by their form, also of a structure that nobody reads."""
        self._scanner.learn_text(text)

    def learn_secret(self, value: Any) -> None:
        """Remember every leaf of a value that is secret as a whole."""
        self._scanner.learn_all(value)

    def freeze(self, more: Callable[[], SearchTerms] = dict) -> None:
        """End learning; masking may begin. `more` is called when something is first asked: what else to look for."""
        self._scanner.flush()
        self._known.freeze(more)

    def build_matcher(self) -> None:
        """Make ready to find known secrets. Raises what `more` of `freeze` raises, and `RuntimeError` before `freeze`."""
        self._known.build_matcher()

    def knows(self, value: Any) -> bool:
        """Whether an equal value of the same JSON type has been hidden before."""
        return _canonical(value) in self._tokens

    def pseudonyms(self, key: bytes) -> dict[Sensitive, str]:
        """The pseudonym of each hidden value under `key`: the same in every review."""
        return {Sensitive(token): pseudonyms.pseudonym(_plain(known), key) for known, token in self._tokens.items()}

    def from_pseudonym(self, text: str, key: bytes) -> Sensitive:
        """The hidden value with this pseudonym under `key`, if this input holds it; a new one otherwise."""
        for known, token in self._tokens.items():
            if (
                isinstance(known, tuple)
                and known[0] in ("str", "bool", "number")
                and pseudonyms.pseudonym(known[1], key) == text
            ):
                return Sensitive(token)
        return self._sensitive(text)

    # --- masking ----------------------------------------------------------------------------------------------------

    def mask(
        self, value: Any, *, sensitive: Any = False, unknown: Any = False, type_: str = "", path: Path = ()
    ) -> Value:
        """The masked value of one attribute. `path` starts with the attribute's name.

        `sensitive` and `unknown` are its trees of marks. What is unknown is `UNKNOWN`, also where the value leaves it out.
        A tree that does not fit the value hides all of it.
        """
        self._values = type_ == _HELM_RELEASE and path == ("values",)
        rules = secrets.attributes(type_) if type_ else {}
        ruled = rules and (not path or secrets.rule_for(rules, str(path[0])))
        if not (sensitive or unknown or ruled) and self._plain.issuperset(path):
            return self._unmarked(value, 0)
        self._plain.update(part for part in path if isinstance(part, str) and self._says_nothing(part))
        place = Place(rules)
        for part in path:
            if isinstance(part, str):
                place = place.below(part, part)
        return self._mask(value, sensitive, unknown, place, 0)

    def text(self, text: str) -> str:
        """Free text with every secret in it replaced by `(sensitive)`."""
        spans = formats.find(text) + self._known.find(text)
        spans += [(run.start, run.end) for run in encoded.runs(text) if self._hides_run(run)]
        return _replace(text, spans)

    def name(self, text: str) -> str:
        """An address or a name, with tokens of known formats replaced; known secrets in it stay (users' own names)."""
        return _replace(text, formats.find(text, loose=False))

    def names(self, *texts: str) -> list[str]:
        """`name` of each text, in order. Faster than one by one, as nearly always no name holds a token."""
        return [self.name(text) for text in texts] if formats.may_be_in_names("\n".join(texts)) else list(texts)

    def path(self, path: Path) -> Path:
        """A path with secrets in its keys replaced: users put values there too."""
        return path[:1] + tuple(self._key(part, {}) if isinstance(part, str) else part for part in path[1:])

    def _mask(self, value: Any, marks: Any, unknown: Any, place: Place, depth: int) -> Value:
        if unknown is True:
            return UNKNOWN
        if not (marks or unknown or place.rules) and place.grade <= 0 and depth <= _DEEPEST:
            return self._unmarked(value, depth)
        if isinstance(value, (Sensitive, Unknown, Embedded)):
            return value
        if place.rules is True or marks_whole(value, marks) or depth > _DEEPEST:
            if any_mark(unknown):
                return UNKNOWN
            nothing = value is None or (value == "" and not marks)
            return value if nothing else self._sensitive(value, marked=any_mark(marks))
        if unknown and not any_mark(unknown):
            unknown = False
        elif unknown:
            if value is None:
                value = type(unknown)()
            if type(value) is not type(unknown):
                return UNKNOWN
        if isinstance(value, dict):
            return self._dict(value, marks, unknown, place, depth)
        if isinstance(value, list):
            return self._list(value, marks, unknown, place, depth)
        if place.grade > 0 and secrets.hides(place.grade, place.name, value):
            return self._sensitive(value)
        return self._string(value) if type(value) is str else value

    def _unmarked(self, value: Any, depth: int) -> Value:
        """A value of which nothing is said: what `_mask` makes of it, without asking at every key. Most values are such."""
        kind = type(value)
        if kind is str:
            return self._string(value)
        if kind is dict:
            if depth < _DEEPEST and self._plain.issuperset(value) and not secrets.paired(value):
                return {key: self._unmarked(below, depth + 1) for key, below in value.items()}
            self._plain.update(key for key in value if self._says_nothing(key))
            return self._dict(value, None, None, Place({}), depth)
        if kind is list:
            if depth < _DEEPEST and not commands.secrets_in(value):
                return [self._unmarked(below, depth + 1) for below in value]
            return self._list(value, None, None, Place({}), depth)
        other: Value = value
        return other

    def _says_nothing(self, key: str) -> bool:
        return secrets.grade(key) <= 0 and not secrets.is_pair_value(key) and self._key(key, {}) == key

    def _dict(self, value: dict[str, Any], marks: Any, unknown: Any, place: Place, depth: int) -> Value:
        paired = secrets.paired(value)
        absent = [key for key in unknown if key not in value and any_mark(unknown[key])] if unknown else []
        masked: dict[str, Value] = {}
        for key in (*value, *absent):
            its_place = place.below(key, paired.get(key, key))
            masked[self._key(key, masked)] = self._mask(
                value.get(key), mark_of(marks, key), mark_of(unknown, key), its_place, depth + 1
            )
        return masked

    def _list(self, value: list[Any], marks: Any, unknown: Any, place: Place, depth: int) -> Value:
        absent = [i for i in range(len(value), len(unknown)) if any_mark(unknown[i])] if unknown else []
        longer = value + [None] * (absent[-1] + 1 - len(value)) if absent else value
        words = commands.secrets_in(value)
        return [
            self._sensitive(below)
            if i in words
            else self._mask(below, mark_of(marks, i), mark_of(unknown, i), place, depth + 1)
            for i, below in enumerate(longer)
        ]

    def _key(self, key: str, taken: dict[str, Value]) -> str:
        """A key of a map. Users put values there too; a key that is hidden stays different from its neighbours."""
        masked = self._keys.get(key)
        if masked is None:
            masked = HIDDEN if self._known.find(key, Fit.ANYWHERE) else self.name(key)
            if len(self._keys) < _MOST_KEPT:
                self._keys[key] = masked
        if masked == key:
            return key
        number = 1
        while (one := masked if number == 1 else f"{masked} {number}") in taken:
            number += 1
        return one

    def _string(self, text: str) -> Value:
        """A string that no name or mark hides: its structure if it has one, itself if nothing in it is secret."""
        if self._nesting or self._values:
            return self._read(text)
        kept = self._kept.get(text)
        if kept is None:
            kept = self._read(text)
            if len(text) <= _LONGEST_KEPT and len(self._kept) < _MOST_KEPT:
                self._kept[text] = kept
        return kept

    def _read(self, text: str) -> Value:
        values = self._values and not self._nesting
        if len(text) < SHORTEST and not values:
            return text
        parsed = embedded.values(text) if values else embedded.parse(text)
        if parsed is not None:
            return self._structure(text, parsed)
        if formats.find(text) or self._known.find(text) or self._hides_encoded(text):
            return self._sensitive(text)
        return text

    def _structure(self, text: str, parsed: embedded.Parsed) -> Value:
        """The masked structure of a text. Nested too deep, or with a secret that no leaf shows, all of it is hidden."""
        if self._nesting >= _DEEPEST_TEXT:
            return self._sensitive(text)
        self._nesting += 1
        try:
            value = self._mask(parsed.value, None, None, Place({}), 0)
        finally:
            self._nesting -= 1
        if not holds_sensitive(value) and (formats.find(text, loose=False) or self._known.find(text)):
            return self._sensitive(text)
        return Embedded(parsed.kind, value, self._tokens.setdefault(("text", text), len(self._tokens) + 1))

    def _hides_encoded(self, text: str) -> bool:
        """Whether a part of a text is encoded and holds a secret."""
        return any(map(self._hides_run, encoded.runs(text)))

    def _hides_run(self, run: encoded.Run) -> bool:
        if run.text is None or self._nesting >= _DEEPEST_TEXT:
            return True
        self._nesting += 1
        try:
            return holds_sensitive(self._read(run.text))
        finally:
            self._nesting -= 1

    def _sensitive(self, value: Any, *, marked: bool = False) -> Sensitive:
        """The redacted value: equal values of one input get equal tokens, and a token tells nothing else."""
        return Sensitive(self._tokens.setdefault(_canonical(value), len(self._tokens) + 1), marked=marked)


def _canonical(value: Any) -> Hashable:
    """A hashable stand-in: equal for equal JSON values only. `1` equals `1.0`; number, string and bool differ."""
    if isinstance(value, dict):
        return "object", frozenset((key, _canonical(below)) for key, below in value.items())
    if isinstance(value, list):
        return "list", tuple(map(_canonical, value))
    return type(value).__name__ if isinstance(value, (str, bool)) else "number", value


def _plain(known: Any) -> Any:
    """A canonical stand-in as JSON: the same for equal values in every process."""
    kind, value = known
    if kind == "object":
        return [kind, sorted([key, _plain(below)] for key, below in value)]
    if kind == "list":
        return [kind, [_plain(below) for below in value]]
    return [kind, format(Decimal(str(value)).normalize(), "f")] if kind == "number" else [kind, value]


def _replace(text: str, spans: list[tuple[int, int]]) -> str:
    """The text with `(sensitive)` for each span; overlapping ones count as one."""
    if not spans:
        return text
    parts: list[str] = []
    done = 0
    for start, end in sorted(spans):
        if start >= done:
            parts += (text[done:start], HIDDEN)
        done = max(done, end)
    return "".join((*parts, text[done:]))
