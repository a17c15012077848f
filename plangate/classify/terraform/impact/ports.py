"""Port ranges: how clouds write them, and what stands behind them."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterator, Sequence
from typing import Final

from msgspec import Struct

from plangate.classify.terraform.impact import exposure
from plangate.lang.wording import joined

_HIGHEST: Final = 65535
_NEARLY_ALL: Final = 10_000
_MOST_NAMED: Final = 4


class Range(Struct, frozen=True, order=True):
    """Ports from `low` to `high`, both included."""

    low: int
    high: int

    def within(self, other: Range) -> bool:
        """Whether the other range holds all of it."""
        return other.low <= self.low and self.high <= other.high

    def __str__(self) -> str:
        return str(self.low) if self.low == self.high else f"{self.low} to {self.high}"


ALL: Final = Range(0, _HIGHEST)

_RANGE: Final = r"\s*(\d{1,5})\s*(?:[-:/]\s*(\d{1,5})\s*)?"


def ranges(spelled: str) -> Iterator[Range]:
    """The ranges in a text such as `22`, `80-90`, `1/65535`, `22, 443`, `*`. What cannot be read counts as all ports."""
    for part in spelled.split(","):
        found = re.fullmatch(_RANGE, part)
        if found is None:
            yield ALL
            continue
        low = int(found[1])
        high = int(found[2]) if found[2] else low
        yield ALL if (low, high) == (0, 0) else Range(min(low, high), max(low, high))


@functools.cache
def _harmless() -> tuple[Range, ...]:
    return tuple(one for text in exposure.knowledge().harmless_ports for one in ranges(text))


def kind_of(ports: Range) -> str:
    """What stands behind a range: `all-ports`, `admin-port`, `data-port`, `world-port`, or nothing to mention."""
    known = exposure.knowledge()
    if any(ports.within(harmless) for harmless in _harmless()):
        return ""
    if ports.high - ports.low >= _NEARLY_ALL:
        return "all-ports"
    if any(ports.low <= port <= ports.high for port in known.admin_ports):
        return "admin-port"
    if any(ports.low <= port <= ports.high for port in known.data_ports):
        return "data-port"
    return "world-port"


def describe(kind: str, opened: Sequence[Range]) -> str:
    """The ranges in words: `port 22 (SSH)`, `ports 3306 (MySQL) and 9000 to 9100`, `all ports`."""
    if any(one.low <= 1 and one.high == _HIGHEST for one in opened):
        return "all ports"
    known = exposure.knowledge()
    names = known.admin_ports if kind == "admin-port" else known.data_ports if kind == "data-port" else {}
    words = [_named(one, names) for one in sorted(set(opened))]
    if len(words) > _MOST_NAMED:
        words = [*words[: _MOST_NAMED - 1], f"{len(words) - _MOST_NAMED + 1} more"]
    plural = len(words) > 1 or opened[0].low != opened[0].high
    return f"{'ports' if plural else 'port'} {joined(words)}"


def _named(one: Range, names: dict[int, str]) -> str:
    held = sorted({names[port] for port in names if one.low <= port <= one.high})
    return f"{one} ({', '.join(held[:3])})" if held else str(one)
