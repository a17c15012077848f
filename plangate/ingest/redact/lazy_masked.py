"""Values that are kept as they are until it is known what else in them is secret, and masked when they are read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from plangate.ingest.redact import pseudonyms
from plangate.model.values import UNKNOWN

if TYPE_CHECKING:
    from plangate.ingest.redact.redactor import Redactor
    from plangate.model.values import Path, Value


class LazyMasked:
    """A `model.Veiled` over plain data. Its `repr` tells nothing."""

    __slots__ = ("_key", "_raw", "_redactor")

    def __init__(self, raw: dict[str, Any], redactor: Redactor, key: bytes | None = None):
        self._raw = raw
        self._redactor = redactor
        self._key = key

    def __repr__(self) -> str:
        return "Veil()"

    def masked(self, hidden: tuple[Path, ...]) -> dict[str, Value]:
        """The values, with what stands at these paths hidden."""
        marks: Any = False
        for path in hidden:
            marks = _marked(marks, path)
        raw = self._raw
        for path in hidden:
            raw = self._spelled(raw, path)
        masked = self._redactor.mask(raw, sensitive=marks)
        opened = self._opened(raw, masked)
        return opened if isinstance(opened, dict) else {}

    def _opened(self, raw: Any, masked: Value) -> Value:
        """The values with what was removed or sealed when they were collected: compared by its HMAC, or unknown."""
        if isinstance(raw, dict) and isinstance(masked, dict) and len(raw) == len(masked):
            pairs = zip(masked.items(), raw.values(), strict=True)
            return {name: self._opened(below, value) for (name, value), below in pairs}
        if isinstance(raw, list) and isinstance(masked, list) and len(raw) == len(masked):
            return [self._opened(below, value) for below, value in zip(raw, masked, strict=True)]
        if raw == pseudonyms.REMOVED or (pseudonyms.is_sealed(raw) and self._key is None):
            return UNKNOWN
        if pseudonyms.is_sealed(raw) and self._key is not None:
            return self._redactor.unsealed(raw, self._key)
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
