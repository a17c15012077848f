"""Values that are masked when they are read, because more of what is secret in them is known only then."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plangate.ingest.redact import pseudonyms
from plangate.model.values import UNKNOWN

if TYPE_CHECKING:
    from plangate.ingest.redact.redactor import Redactor
    from plangate.model.values import Path, Value


class LazyMasked:
    """A `model.Maskable` over plain data. Its `repr` tells nothing."""

    __slots__ = ("_key", "_raw", "_redactor")

    def __init__(self, raw: dict[str, Any], redactor: Redactor, key: bytes | None = None):
        self._raw = raw
        self._redactor = redactor
        self._key = key

    def __repr__(self) -> str:
        return "LazyMasked()"

    def masked(self, hidden: tuple[Path, ...]) -> dict[str, Value]:
        """The masked values. What stands at these paths is hidden too."""
        marks: Any = False
        for path in hidden:
            marks = _marked(marks, path)
        raw = self._raw
        for path in hidden:
            raw = self._spelled(raw, path)
        masked = self._redactor.mask(raw, sensitive=marks)
        resolved = self._resolved(raw, masked)
        return resolved if isinstance(resolved, dict) else {}

    def _resolved(self, raw: Any, masked: Value) -> Value:
        """The values with what was removed when they were collected: `UNKNOWN`, or the secret whose HMAC stands there."""
        if isinstance(raw, dict) and isinstance(masked, dict) and len(raw) == len(masked):
            pairs = zip(masked.items(), raw.values(), strict=True)
            return {name: self._resolved(below, value) for (name, value), below in pairs}
        if isinstance(raw, list) and isinstance(masked, list) and len(raw) == len(masked):
            return [self._resolved(below, value) for below, value in zip(raw, masked, strict=True)]
        if raw == pseudonyms.REMOVED or (pseudonyms.is_pseudonym(raw) and self._key is None):
            return UNKNOWN
        if pseudonyms.is_pseudonym(raw) and self._key is not None:
            return self._redactor.from_pseudonym(raw, self._key)
        return masked

    def _spelled(self, value: Any, path: Path) -> Any:
        """The value with the scalar at a path as text, where the other sides know it as text only.

        `set_sensitive` gives a text and Helm keeps the number or the switch that it reads in it.
        """
        if path:
            if not isinstance(value, dict) or path[0] not in value:
                return value
            return {**value, path[0]: self._spelled(value[path[0]], path[1:])}
        if isinstance(value, (str, list, dict)) or value is None or self._redactor.knows(value):
            return value
        text = str(value).lower() if isinstance(value, bool) else str(value)
        return text if self._redactor.knows(text) else value


def _marked(tree: Any, path: Path) -> Any:
    """A tree of marks with one more path in it."""
    if not path or tree is True:
        return True
    first, rest = path[0], path[1:]
    if isinstance(first, str) and not isinstance(tree, list):
        below = dict(tree or {})
        below[first] = _marked(below.get(first, False), rest)
        return below
    if isinstance(first, int) and not isinstance(tree, dict):
        items = [*(tree or []), *[False] * (first + 1 - len(tree or []))]
        items[first] = _marked(items[first], rest)
        return items
    return True
