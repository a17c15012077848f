"""Address ranges that hold everybody."""

from __future__ import annotations

from typing import Final

EVERYBODY: Final = frozenset({"*", "any", "internet", "all", "0.0.0.0", "::", "<nw>/0"})
"""How security rules of different clouds name everybody, lower case."""

_WIDE_V4: Final = 4
_WIDE_V6: Final = 3


def is_world(source: str) -> bool:
    """Whether a source of traffic is everybody, or a large part of it: `0.0.0.0/0`, but also `0.0.0.0/1`, `2000::/3`.

    Half of the addresses twice is a known way around a check for `/0`.
    """
    source = source.strip().lower()
    if source in EVERYBODY:
        return True
    address, slash, prefix = source.rpartition("/")
    if not slash or not prefix.isdecimal() or len(prefix) > 3:
        return False
    if ":" in address:
        return int(prefix) <= _WIDE_V6
    return int(prefix) <= _WIDE_V4 and address.replace(".", "").isdecimal()
