"""Evidence that may be kept: secrets removed, or replaced by an HMAC so that they can still be compared.

With a key a secret becomes `(hmac:HEX)` of its JSON; without one it becomes `(sensitive)` and is not compared later.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from plangate.model import Embedded, Sensitive, Value

if TYPE_CHECKING:
    from plangate.ingest.redact import Redactor

REMOVED: Final = "(sensitive)"
_ENCODER: Final = msgspec.json.Encoder(order="sorted", decimal_format="number")
_SEALED: Final = r"\(hmac:[0-9a-f]{64}\)"


def is_sealed(value: object) -> bool:
    """Whether a value stands for a secret that was replaced by its HMAC."""
    return isinstance(value, str) and re.fullmatch(_SEALED, value) is not None


def seal(value: Any, key: bytes) -> str:
    """What stands for a secret. Numbers and texts of the same digits are different secrets."""
    import hashlib
    import hmac

    return f"(hmac:{hmac.new(key, _ENCODER.encode(value), hashlib.sha256).hexdigest()})"


def without_secrets(value: Any, redactor: Redactor, key: bytes | None) -> Any:
    """Plain data with every secret replaced."""
    return _replaced(value, redactor.mask(value), key)


def _replaced(raw: Any, masked: Value, key: bytes | None) -> Any:
    if isinstance(masked, Sensitive):
        return REMOVED if key is None else seal(raw, key)
    if isinstance(masked, dict) and isinstance(raw, dict) and len(masked) == len(raw):
        pairs = zip(masked.items(), raw.values(), strict=True)
        return {name: _replaced(below, of_it, key) for (name, of_it), below in pairs}
    if isinstance(masked, list) and isinstance(raw, list) and len(masked) == len(raw):
        return [_replaced(below, of_it, key) for below, of_it in zip(raw, masked, strict=True)]
    if isinstance(masked, Embedded):
        return _embedded(raw, masked, key)
    return raw if isinstance(raw, (str, int, bool)) or raw is None or not isinstance(raw, (dict, list)) else REMOVED


def _embedded(raw: Any, masked: Embedded, key: bytes | None) -> Any:
    """A text that holds JSON or YAML: as it is while nothing in it is secret, hidden whole otherwise."""
    if not _holds_secret(masked.value):
        return raw
    return REMOVED if key is None else seal(raw, key)


def _holds_secret(value: Value) -> bool:
    if isinstance(value, Embedded):
        return _holds_secret(value.value)
    if isinstance(value, dict):
        return REMOVED in value or any(map(_holds_secret, value.values()))
    return any(map(_holds_secret, value)) if isinstance(value, list) else isinstance(value, Sensitive)
