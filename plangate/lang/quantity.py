"""Quantities of Kubernetes, as `resource.Quantity` of apimachinery reads them (pkg/api/resource/quantity.go)."""

from __future__ import annotations

import re
from decimal import ROUND_UP, Context, Decimal
from typing import Any, Final

_QUANTITY: Final = re.compile(
    r"(?P<number>[+-]?(?:[0-9]{1,64}(?:\.[0-9]{0,64})?|\.[0-9]{1,64}))"
    r"(?:[eE](?P<exponent>[+-]?[0-9]{1,2})|(?P<suffix>[numkMGTPE]|[KMGTPE]i|))"
)
"""Longer numbers and exponents are no amount of anything, and would cost more than their text."""
_FACTORS: Final = {
    "": Decimal(1),
    **{suffix: Decimal(1000) ** -power for power, suffix in enumerate("mun", 1)},
    **{suffix: Decimal(1000) ** power for power, suffix in enumerate("kMGTPE", 1)},
    **{f"{letter}i": Decimal(1024) ** power for power, letter in enumerate("KMGTPE", 1)},
}
_EXACT: Final = Context(prec=300)
_FINEST: Final = Decimal("1e-9")
_LARGEST_BINARY: Final = Decimal(2**63 - 1)


def read(value: Any) -> Decimal | None:
    """The exact value of a quantity; None for an invalid one. `500m` is 0.5, `1Ki` is 1024, `.5` and `5.` are valid.

    As in apimachinery, what is finer than nano is rounded away from zero, and a binary suffix gives 2**63-1 at most.
    """
    if isinstance(value, bool) or not isinstance(value, (str, int, Decimal)):
        return None
    if isinstance(value, int) and value.bit_length() > 1_000:
        return None
    found = _QUANTITY.fullmatch(str(value).strip())
    if found is None:
        return None
    suffix = found["suffix"] or ""
    number = _EXACT.multiply(Decimal(found["number"]), _FACTORS[suffix])
    number = number.scaleb(int(found["exponent"] or 0), _EXACT)
    number = number.quantize(_FINEST, ROUND_UP, _EXACT)
    if suffix.endswith("i"):
        number = max(-_LARGEST_BINARY, min(number, _LARGEST_BINARY))
    return number.normalize(_EXACT) if number else Decimal(0)


def spelled(number: Decimal) -> str:
    """The number without an exponent. Equal quantities as returned by `read` have equal texts."""
    return f"{number:f}"
