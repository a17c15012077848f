"""Evidence that may be stored: secrets removed, or replaced by an HMAC so that they can still be compared.

With a key a secret becomes `(hmac:HEX)` of its JSON; without one it becomes `(sensitive)` and is not compared later.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final, TypeGuard

import msgspec

from plangate.ingest.redact.sensitivity import HIDDEN, holds_sensitive
from plangate.model.values import Embedded, Sensitive, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.ingest.redact.redactor import Redactor
    from plangate.model.values import Path

_ENCODER: Final = msgspec.json.Encoder(order="sorted", decimal_format="number")
_PSEUDONYM: Final = r"\(hmac:[0-9a-f]{64}\)"


def is_pseudonym(value: object) -> bool:
    """Whether a value is the pseudonym of a secret."""
    return isinstance(value, str) and re.fullmatch(_PSEUDONYM, value) is not None


def pseudonym(value: Any, key: bytes) -> str:
    """The pseudonym of a secret: `(hmac:HEX)` of its JSON. A number and a text of the same digits differ."""
    import hashlib  # noqa: PLC0415 - for reviews with a key
    import hmac  # noqa: PLC0415

    return f"(hmac:{hmac.new(key, _ENCODER.encode(value), hashlib.sha256).hexdigest()})"


def hidden(value: Any, key: bytes | None) -> str:
    """The pseudonym of a secret; `(sensitive)` without a key."""
    return HIDDEN if key is None else pseudonym(value, key)


def is_same(kept: Any, whole: Any, key: bytes | None) -> bool:
    """Whether a kept value may equal that of the other side. What was removed is not compared; pseudonyms are."""
    if kept == HIDDEN or (is_pseudonym(kept) and key is None):
        return True
    if is_pseudonym(kept) and key is not None:
        return bool(kept == whole) or pseudonym(whole, key) == kept
    if isinstance(kept, dict) and isinstance(whole, dict):
        return kept.keys() == whole.keys() and all(is_same(value, whole[name], key) for name, value in kept.items())
    if isinstance(kept, list) and isinstance(whole, list):
        return len(kept) == len(whole) and all(is_same(*pair, key) for pair in zip(kept, whole, strict=True))
    return bool(kept == whole)


def restored(kept: Any, whole: Any, key: bytes | None) -> Any:
    """A kept value with each placeholder replaced by the value of the other side, where that may be the same."""
    if isinstance(kept, str):
        return whole if is_placeholder(kept) and is_same(kept, whole, key) else kept
    if isinstance(kept, dict) and isinstance(whole, dict):
        return {name: restored(value, whole[name], key) if name in whole else value for name, value in kept.items()}
    if isinstance(kept, list) and isinstance(whole, list) and len(kept) == len(whole):
        return [restored(*pair, key) for pair in zip(kept, whole, strict=True)]
    return kept


def placeholders(kept: Any) -> Iterator[str]:
    """Every placeholder in a kept value."""
    if isinstance(kept, dict):
        for value in kept.values():
            yield from placeholders(value)
    elif isinstance(kept, list):
        for value in kept:
            yield from placeholders(value)
    elif is_placeholder(kept):
        yield kept


def is_placeholder(value: object) -> TypeGuard[str]:
    """Whether a value is a placeholder: `(sensitive)` or a pseudonym."""
    return value == HIDDEN or is_pseudonym(value)


def without_secrets(
    value: Any, redactor: Redactor, key: bytes | None, *, sensitive: Any = False, type_: str = "", path: Path = ()
) -> Any:
    """Plain data with every secret replaced. The rest says where it stands, as `Redactor.mask` takes it."""
    return _replaced(value, redactor.mask(value, sensitive=sensitive, type_=type_, path=path), key)


def _replaced(raw: Any, masked: Value, key: bytes | None) -> Any:
    if isinstance(masked, Sensitive):
        return HIDDEN if key is None else pseudonym(raw, key)
    if isinstance(masked, dict) and isinstance(raw, dict) and len(masked) == len(raw):
        pairs = zip(masked.items(), raw.values(), strict=True)
        return {name: _replaced(below, of_it, key) for (name, of_it), below in pairs}
    if isinstance(masked, list) and isinstance(raw, list) and len(masked) == len(raw):
        return [_replaced(below, of_it, key) for below, of_it in zip(raw, masked, strict=True)]
    if isinstance(masked, Embedded):
        return _embedded(raw, masked, key)
    return raw if isinstance(raw, (str, int, bool)) or raw is None or not isinstance(raw, (dict, list)) else HIDDEN


def _embedded(raw: Any, masked: Embedded, key: bytes | None) -> Any:
    """A text that holds JSON or YAML: as it is while nothing in it is secret, hidden whole otherwise."""
    if not holds_sensitive(masked.value):
        return raw
    return HIDDEN if key is None else pseudonym(raw, key)
