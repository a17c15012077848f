"""What expressions can ask of a text: versions, networks, quantities, JSON. Pure functions; `Unclear` is the third answer."""

from __future__ import annotations

import functools
import ipaddress
import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from plangate.lang import moment
from plangate.lang.quantity import read as read_quantity
from plangate.lang.semver import read as read_version

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

_LONGEST = 1 << 16
_LARGEST: Final = 2**63 - 1


class Unclear(Exception):  # noqa: N818 - an answer, not a mistake
    """A text that is not what the function reads: the condition cannot be told."""


def semver(text: str) -> str:
    """A text that sorts as versions do. `1.2` is `1.2.0`; a leading `v` is no part of it."""
    version = read_version(text, partial=True)
    if version is None:
        raise Unclear("a text is not a version")
    return version.sortable


def number(text: str, position: int) -> int:
    """One of the numbers in a text, counted from 0: of `POSTGRES_14` and `14.9` the first is 14."""
    found = re.findall(r"\d{1,18}", text[:1_000])
    if not 0 <= position < len(found):
        raise Unclear("a text has no such number")
    return int(found[position])


def quantity(text: str) -> float:
    """The number of a Kubernetes quantity: `500m` is 0.5, `1Gi` is 1073741824."""
    number = read_quantity(text)
    if number is None:
        raise Unclear("a text is not a quantity")
    return float(number)


def prefix(text: str) -> int:
    """The length of a network's prefix."""
    return _network(text).prefixlen


def holds(network: str, other: str) -> bool:
    """Whether all of a network, or an address, lies in another network."""
    whole, part = _network(network), _network(other)
    return whole.version == part.version and part.subnet_of(whole)  # type: ignore[arg-type]


def holds_any(networks: list[Any], other: str) -> bool:
    """Whether all of a network, or an address, lies in one of several networks."""
    return any(holds(str(network), other) for network in networks)


def overlaps(network: str, other: str) -> bool:
    """Whether two networks have an address in common."""
    one, two = _network(network), _network(other)
    return one.version == two.version and one.overlaps(two)


def addresses(text: str) -> int:
    """How many addresses a network has; the largest number of CEL for a network of IPv6 that has more."""
    return min(_network(text).num_addresses, _LARGEST)


def subnet(text: str, bits: int, position: int) -> str:
    """One of the networks that a network is cut into by so many more bits, as Terraform's `cidrsubnet` does."""
    whole = _network(text)
    length = whole.prefixlen + bits
    if bits < 0 or length > whole.max_prefixlen or not 0 <= position < 1 << bits:
        raise Unclear("a network has no such part")
    first = int(whole.network_address) + (position << (whole.max_prefixlen - length))
    return (
        f"{ipaddress.ip_address(first)}/{length}" if whole.version == 4 else str(ipaddress.IPv6Network((first, length)))
    )


def date(text: str) -> datetime:
    """A day at its first moment, or a moment; UTC where it names no zone."""
    found = moment.read(text)
    if found is None:
        raise Unclear("a text is not a date")
    return found


def days(number: float) -> timedelta:
    """So many days."""
    found = moment.days(number)
    if found is None:
        raise Unclear("a number of days is too large")
    return found


@functools.lru_cache(maxsize=1024)
def _network(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(text.strip(), strict=False)
    except ValueError:
        raise Unclear("a text is not a network") from None


def json(text: str) -> Any:
    """What a JSON text holds."""
    if len(text) > _LONGEST:
        raise Unclear("a JSON text is too long")
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, RecursionError, UnicodeEncodeError):
        raise Unclear("a text is not JSON") from None


def same(value: Any) -> Any:
    """The value itself: what plangate has parsed already."""
    return value


Signature = tuple[str, str, tuple[str, ...], str]
"""Its name, its overload, what it takes, and what it gives."""

OVERLOADS: Final[dict[Signature, Callable[..., Any]]] = {
    ("semver", "semver_text", ("STRING",), "STRING"): semver,
    ("number", "number_text_int", ("STRING", "INT"), "INT"): number,
    ("quantity", "quantity_text", ("STRING",), "DYN"): quantity,
    ("quantity", "quantity_int", ("INT",), "DYN"): float,
    ("quantity", "quantity_double", ("DOUBLE",), "DYN"): same,
    ("cidr", "cidr_text", ("STRING",), "INT"): prefix,
    ("cidr", "cidr_text_text", ("STRING", "STRING"), "BOOL"): holds,
    ("cidr", "cidr_list_text", ("LIST", "STRING"), "BOOL"): holds_any,
    ("overlaps", "overlaps_text_text", ("STRING", "STRING"), "BOOL"): overlaps,
    ("addresses", "addresses_text", ("STRING",), "INT"): addresses,
    ("subnet", "subnet_text_int_int", ("STRING", "INT", "INT"), "STRING"): subnet,
    ("date", "date_text", ("STRING",), "TIMESTAMP"): date,
    ("days", "days_int", ("INT",), "DURATION"): days,
    ("days", "days_double", ("DOUBLE",), "DURATION"): days,
    ("json", "json_text", ("STRING",), "DYN"): json,
    ("json", "json_null", ("NULL",), "DYN"): same,
    ("json", "json_map", ("MAP",), "DYN"): same,
    ("json", "json_list", ("LIST",), "DYN"): same,
}
"""Every function by its overloads. An argument that fits none is an error of the policy: ask for null first."""
