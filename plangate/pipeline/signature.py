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
    """The verdict with its signature. One that is not bound to a plan gets none.

    Raises `UnicodeEncodeError` for one that holds half characters: JSON cannot, so it would be read back as another one.
    """
    if document.binding is UNSET:
        return document
    bound = structs.replace(document.binding, signature=_signature(document, key))
    return structs.replace(document, binding=bound)


def is_signed(document: wire.Verdict, key: bytes) -> bool | None:
    """Whether the gate wrote all of this verdict; None where it is not signed."""
    if document.binding is UNSET or document.binding.signature is UNSET:
        return None
    return hmac.compare_digest(_signature(document, key), document.binding.signature)


def _signature(document: wire.Verdict, key: bytes) -> str:
    binding: Any = document.binding
    bare = structs.replace(document, binding=structs.replace(binding, signature=UNSET))
    return hmac.new(key, b"plangate/verdict/v1\0" + _SORTED.encode(bare), hashlib.sha256).hexdigest()
