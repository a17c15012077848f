"""Scalars and keys as `sigs.k8s.io/yaml` reads them over go-yaml 2 (resolve.go of https://github.com/yaml/go-yaml, branch v2)."""

from __future__ import annotations

import base64
import math
import re
import struct
from decimal import Decimal
from typing import Any, Final

_NOTHING: Final = frozenset(("", "~", "null", "Null", "NULL"))
_BOOLS: Final = {
    form: value
    for words, value in (("y yes true on", True), ("n no false off", False))
    for word in words.split()
    for form in (word, word.capitalize(), word.upper())
}
_INFINITE: Final = {
    sign + word: Decimal(value)
    for sign, word, value in (
        *((sign, word, "Infinity") for sign in ("", "+") for word in (".inf", ".Inf", ".INF")),
        *(("-", word, "-Infinity") for word in (".inf", ".Inf", ".INF")),
        *(("", word, "NaN") for word in (".nan", ".NaN", ".NAN")),
    )
}
_INTEGER: Final = r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))"
_FLOAT: Final = r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?"
_EXPONENT: Final = r"[-+]?[0-9_]+[eE][-+]?[0-9_]+"
_POINT: Final = r"\.[0-9]+(?:[eE][-+]?[0-9]+)?"
_LEAST_INTEGER: Final = -(2**63)
_GREATEST_INTEGER: Final = 2**64 - 1
_GREATEST_KEY: Final = 2**63 - 1
_WRITTEN_OUT: Final = Decimal(10) ** 21
"""From here on Go writes a float with an exponent."""
_BASE64: Final = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?")
_TYPES: Final[dict[str, tuple[type, ...]]] = {
    "str": (str,),
    "bool": (bool,),
    "int": (int,),
    "float": (Decimal, int),
    "null": (),
    "timestamp": (),
}
"""The tags of which go-yaml looks at the text. No Kubernetes object holds a time with a tag: it is refused."""


def resolved(text: str) -> Any:
    """What a text without quotes and tag stands for."""
    if text in _NOTHING:
        return None
    if text in _BOOLS:
        return _BOOLS[text]
    if text[0] not in "0123456789+-.":
        return text
    if text in _INFINITE:
        return _INFINITE[text]
    if text[0] == ".":
        return _float(text) if re.fullmatch(_POINT, text) else text
    plain = text.replace("_", "")
    whole = re.fullmatch(_INTEGER, plain)
    number = _integer(whole) if whole else None
    if number is not None:
        return number
    if re.fullmatch(_FLOAT, plain):
        real = _float(plain)
        return text if real is None else real
    return _signed_binary(plain, text)


def _is_integer(text: str) -> bool:
    found = re.fullmatch(_INTEGER, text.replace("_", ""))
    return found is not None and _integer(found) is not None


def _integer(found: re.Match[str]) -> int | None:
    """A whole number in Go's spelling: `0x1F`, `0b1`, `0o17` and `017`. None beyond 64 bits."""
    sign, *digits = found.groups()
    base, text = next((base, text) for base, text in zip((16, 2, 8, 10), digits, strict=True) if text)
    if len(text) > 64:
        text = text.lstrip("0") or "0"
        if len(text) > 64:
            return None
    number = -int(text, base) if sign == "-" else int(text, base)
    # Go's reader of unsigned numbers takes no sign.
    greatest = _GREATEST_KEY if sign else _GREATEST_INTEGER
    return number if _LEAST_INTEGER <= number <= greatest else None


def _float(text: str) -> Decimal | int | None:
    """A float of 64 bits, in as few digits as tell it apart. None beyond them."""
    number = float(text)
    if math.isinf(number):
        return None
    exact = Decimal(repr(number))
    return int(exact) if abs(exact) < _WRITTEN_OUT and exact == exact.to_integral_value() else exact


def _signed_binary(plain: str, text: str) -> Any:
    """`0b` with a sign behind it, which go-yaml takes; everything else is a text."""
    found = re.fullmatch(r"0b([-+][01]+)", plain)
    if found is None or len(found[1]) > 64:
        return text
    return int(found[1], 2)


def tagged(name: str, text: str) -> Any:
    """What a text with one of YAML's own tags stands for. Raises `ValueError` where it is not what the tag says."""
    if name == "binary":
        return _binary(text)
    if name not in _TYPES:
        return text
    value = text if name == "str" else resolved(text)
    # Go does not make a float of a whole number that only an unsigned one holds.
    unsigned = type(value) is int and value > _GREATEST_KEY and _is_integer(text)
    if name == "float" and type(value) is int and not unsigned:
        value = _float(str(value))
    fits = value is None if name == "null" else isinstance(value, _TYPES[name])
    if (name in ("int", "float") and isinstance(value, bool)) or (name == "float" and unsigned):
        fits = False
    if name == "int" and re.fullmatch(_FLOAT, text.replace("_", "")) and not _is_integer(text):
        fits = False
    if not fits:
        raise ValueError("holds a value that is not what its tag says")
    return value


def _binary(text: str) -> str:
    plain = text.replace("\n", "").replace("\r", "")
    if not _BASE64.fullmatch(plain):
        raise ValueError("holds binary data that is not base64")
    # Go puts one replacement character for every byte that is not UTF-8.
    return re.sub("[\udc80-\udcff]", "\ufffd", base64.b64decode(plain).decode("utf-8", "surrogateescape"))


def spelled(key: Any, text: str) -> str | None:
    """A key that is no string, as `sigs.k8s.io/yaml` spells it; None for one that it refuses. `text` is what was written."""
    if isinstance(key, bool):
        return "true" if key else "false"
    if isinstance(key, int) and key <= _GREATEST_KEY and not ("." in text or re.fullmatch(_EXPONENT, text)):
        return str(key)
    return _shortest(float(key)) if isinstance(key, (int, Decimal)) else None


def _shortest(number: float) -> str:
    """A number with as few digits as tell it apart from others of 32 bits: Go's `FormatFloat(number, 'g', -1, 32)`."""
    try:
        single = struct.unpack("f", struct.pack("f", number))[0]
    except OverflowError:
        return ".inf" if number > 0 else "-.inf"
    for digits in range(1, 10):
        text = f"{single:.{digits}g}"
        if struct.unpack("f", struct.pack("f", float(text)))[0] == single:
            break
    sign, figures, exponent = Decimal(text).as_tuple()
    shown = "".join(map(str, figures)).rstrip("0") or "0"
    exponent = int(exponent) + len(figures) - 1
    minus = "-" if sign else ""
    if exponent < -4 or exponent >= 6:
        tail = f".{shown[1:]}" if len(shown) > 1 else ""
        return f"{minus}{shown[0]}{tail}e{exponent:+03d}"
    return minus + format(Decimal(f"{shown[0]}.{shown[1:] or '0'}e{exponent}").normalize(), "f")
