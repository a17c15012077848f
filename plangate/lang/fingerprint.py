"""A short digest that identifies findings, targets and objects. Not for adversarial input."""

from __future__ import annotations

import hashlib


def of(*parts: str) -> str:
    """The fingerprint of some texts in their order: 16 hex digits, which are 64 bits."""
    return of_bytes("\0".join(parts).encode("utf-8", "surrogatepass"))


def of_bytes(data: bytes) -> str:
    """The fingerprint of some bytes: 16 hex digits, which are 64 bits."""
    return hashlib.sha256(data).hexdigest()[:16]
