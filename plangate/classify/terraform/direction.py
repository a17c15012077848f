"""Which way an attribute changes: to more, to protection, to a later release. What is unknown or hidden goes nowhere."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Final

from plangate.classify.terraform import roles
from plangate.classify.terraform.impact.values import UNSURE, number, text
from plangate.lang import quantity, semver
from plangate.model.values import ABSENT

if TYPE_CHECKING:
    from plangate.classify.terraform.impact.values import Maybe
    from plangate.model.change import AttributeChange

_ON: Final = frozenset({"true", "enabled", "enable", "on", "active", "required", "yes", "strict", "protected"})
_OFF: Final = frozenset({"false", "disabled", "disable", "off", "inactive", "none", "no", "suspended", "optional", ""})
_NEGATED: Final = (
    r"(^|_)(disabled?|skip|force|allow|bypass|insecure|suspended|paused|ignore|exempt|delete|inactive|purge)(_|$)"
)
_GUARDING: Final = r"^(ignore_public|force_ssl|force_tls|disable_(api|local|key|password|public|iam))"
"""Names that look negated and protect when they are on."""

_SIZES: Final = ("nano", "micro", "small", "medium", "large", "xlarge")
_SIZE: Final = r"(\d*)(nano|micro|small|medium|large|xlarge)"
_DURATION: Final = r"P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?"
_SECONDS: Final = (31_536_000, 2_592_000, 604_800, 86_400, 3_600, 60, 1)
_SHORT: Final = r"(\d{1,9})(s|m|h|d|w|y)"
_UNITS: Final = {"s": 1, "m": 60, "h": 3_600, "d": 86_400, "w": 604_800, "y": 31_536_000}


def grows(attribute: AttributeChange) -> bool:
    """Whether a number, a duration or a size of one family becomes greater. 0 may mean "no limit", so it never grows from or to it."""
    before, after = attribute.before, attribute.after
    old, new = number(before), number(after)
    if old is not None and new is not None:
        return 0 < old < new
    if isinstance(before, str) and isinstance(after, str):
        for measure in (_seconds, _size, _quantity):
            less, more = measure(before), measure(after)
            if less is not None and more is not None:
                return less[0] == more[0] and less[1] < more[1]
    return False


def _seconds(value: str) -> tuple[str, Decimal] | None:
    short = re.fullmatch(_SHORT, value)
    if short is not None:
        return "", Decimal(int(short[1]) * _UNITS[short[2]])
    found = re.fullmatch(_DURATION, value)
    if found is None or not any(found.groups()):
        return None
    return "", Decimal(sum(int(part) * unit for part, unit in zip(found.groups(default="0"), _SECONDS, strict=True)))


def _quantity(value: str) -> tuple[str, Decimal] | None:
    """A quantity of Kubernetes, such as `500m` and `1Gi`."""
    found = quantity.read(value)
    return None if found is None or found <= 0 else ("", found)


def _size(value: str) -> tuple[str, Decimal] | None:
    """The family of a size such as `db.t3.2xlarge`, and its rank in it."""
    family, dot, size = value.rpartition(".")
    found = re.fullmatch(_SIZE, size)
    if not dot or found is None:
        return None
    return family, Decimal(_SIZES.index(found[2]) * 1000 + int(found[1] or 0))


def switched_on(attribute: AttributeChange) -> bool:
    """Whether a guard is switched on, or set where there was none, or gets one more part that does not weaken it."""
    before, after = attribute.before, attribute.after
    if isinstance(before, UNSURE) or isinstance(after, UNSURE):
        return False
    names = roles.names(attribute.path)
    old, new = _word(before), _word(after)
    if _is_switch(before, after):
        negated = any(re.search(_NEGATED, name) and not re.search(_GUARDING, name) for name in names)
        return new in (_OFF if negated else _ON)
    if attribute.kind == "added" or old == "":
        return not (any(roles.weakens().search(name) for name in names) or _weakens(after))
    return False


def _is_switch(before: Maybe, after: Maybe) -> bool:
    old, new = _word(before), _word(after)
    return new in (_ON | _OFF) - {""} and old in _ON | _OFF


def _word(value: Maybe) -> str:
    return "" if value is ABSENT or value is None else text(value) or ("" if value in ([], {}) else "?")


def _weakens(value: Maybe) -> bool:
    if isinstance(value, str):
        return roles.weakens().search(value) is not None
    if isinstance(value, dict):
        return any(roles.weakens().search(key) or _weakens(inner) for key, inner in value.items())
    return isinstance(value, list) and any(map(_weakens, value))


def later_patch(attribute: AttributeChange) -> bool:
    """Whether a version becomes a later one that differs only in its last number: `16.3` and `16.4`, `1.2.3` and `1.2.9`.

    Two numbers are a minor release where the first is small, as of Kubernetes, and a patch where it is a database's major.
    """
    before, after = attribute.before, attribute.after
    if not (isinstance(before, str) and isinstance(after, str)):
        return False
    old, new = semver.read(before, partial=True), semver.read(after, partial=True)
    if old is None or new is None or before.count(".") != after.count("."):
        return False
    step = semver.step(old, new)
    return step == "patch" or (step == "minor" and before.count(".") == 1 and old.numbers[0] >= _DATABASE_MAJOR)


def later_minor(attribute: AttributeChange) -> bool:
    """Whether a version becomes a later one of the same major release, by semantic versions: below 1.0, only a patch is that."""
    before, after = attribute.before, attribute.after
    if not (isinstance(before, str) and isinstance(after, str)):
        return False
    old, new = semver.read(before, partial=True), semver.read(after, partial=True)
    if old is None or new is None:
        return False
    step = semver.step(old, new)
    return step == "patch" or (step == "minor" and old.numbers[0] > 0)


_DATABASE_MAJOR: Final = 9
