"""Address ranges that hold everybody."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from typing import Final

EVERYBODY: Final = frozenset({"*", "any", "internet", "all", "0.0.0.0", "::", "<nw>/0"})
"""How security rules of different clouds name everybody, lower case."""

_V4: Final = frozenset("0123456789abcdefx.")
"""The characters of an address of IPv4, in every base."""

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
        return int(prefix) <= _WIDE_V6 or _is_mapped_world(source)
    # An address that is spelled oddly (`0x0.0.0.0/0`) is none that a wide range may hide behind.
    return int(prefix) <= _WIDE_V4 and address[:1].isdecimal() and _V4.issuperset(address)


def _is_mapped_world(source: str) -> bool:
    """Whether a range of IPv6 holds a large part of IPv4, mapped into it: `::ffff:0:0/96`."""
    try:
        network = ipaddress.IPv6Network(source, strict=False)
    except ValueError:
        return False
    return network.network_address.ipv4_mapped is not None and 96 <= network.prefixlen <= 96 + _WIDE_V4


_LARGE_V4: Final = 2 ** (32 - _WIDE_V4)
_LARGE_V6: Final = 2 ** (128 - _WIDE_V6)
_NARROWEST: Final = 16


def together_world(sources: Iterable[str]) -> bool:
    """Whether ranges together are a large part of everybody: 256 ranges of `/8` are `0.0.0.0/0` in parts."""
    networks = [network for network in map(_network, sources) if network is not None]
    v4 = [network for network in networks if isinstance(network, ipaddress.IPv4Network)]
    v6 = [network for network in networks if isinstance(network, ipaddress.IPv6Network)]
    return (
        sum(network.num_addresses for network in ipaddress.collapse_addresses(v4)) >= _LARGE_V4
        or sum(network.num_addresses for network in ipaddress.collapse_addresses(v6)) >= _LARGE_V6
    )


def _network(source: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network | None:
    """A range that is large enough for adding up, and not of a private network."""
    address, slash, prefix = source.strip().partition("/")
    if not slash or not prefix.isdecimal() or int(prefix) > _NARROWEST:
        return None
    try:
        network = ipaddress.ip_network(f"{address}/{prefix}", strict=False)
    except ValueError:
        return None
    return None if network.is_private else network
