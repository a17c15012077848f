"""The signature of a saved verdict: an HMAC under the gate's key over all of it."""

from __future__ import annotations

import hashlib
import hmac
from typing import Any, Final

import msgspec
from msgspec import UNSET, structs

from plangate.report import wire

_SORTED: Final = msgspec.json.Encoder(decimal_format="number", order="sorted")


def signed(document: wire.Verdict, key: bytes) -> wire.Verdict:
    """The verdict with its signature; unchanged where it is not bound to a plan.

    Raises `UnicodeEncodeError` for a verdict with lone surrogates: JSON cannot hold them, so another one would be read back.
    """
    if document.binding is UNSET:
        return document
    bound = structs.replace(document.binding, signature=_signature(document, key))
    return structs.replace(document, binding=bound)


def is_signed(document: wire.Verdict, key: bytes) -> bool | None:
    """Whether the signature fits the verdict and the key; None where the verdict is not signed."""
    if document.binding is UNSET or document.binding.signature is UNSET:
        return None
    return hmac.compare_digest(_signature(document, key), document.binding.signature)


def _signature(document: wire.Verdict, key: bytes) -> str:
    binding: Any = document.binding
    unsigned = structs.replace(document, binding=structs.replace(binding, signature=UNSET))
    return hmac.new(key, b"plangate/verdict/v1\0" + _SORTED.encode(unsigned), hashlib.sha256).hexdigest()
