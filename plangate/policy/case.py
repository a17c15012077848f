"""What every case in a policy file has in common, whatever it is a case of."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from plangate.lang.typo import did_you_mean

if TYPE_CHECKING:
    from collections.abc import Mapping, Set

ASKED: Final[dict[str, Any]] = {"params": {}, "as_of": "", "environment": "", "protected": True}
"""Keys that are not about the change, each with what holds unless it is given: parameters of the policy, the time of the review, the
environment, and whether that is protected."""
_KINDS: Final = {dict: "a mapping", str: "a text", bool: "true or false"}


class CaseError(ValueError):
    """A case is not an entry of `resource_changes`, or no object before and after an upgrade."""


def asked(case: Mapping[str, Any]) -> dict[str, Any]:
    """What a case says for `ASKED`. Raises `CaseError` for another kind of value."""
    said = {key: case.get(key, default) for key, default in ASKED.items()}
    for key, value in said.items():
        kind = type(ASKED[key])
        if not isinstance(value, kind):
            raise CaseError(f"{key} is {_KINDS[kind]}")
    return said


def refuse_unknown(given: Mapping[Any, Any], known: Set[str]) -> None:
    """Raise `CaseError` for a key that is not known, with the known one that is close to it."""
    unknown = min((str(key) for key in given.keys() - known), default=None)
    if unknown is not None:
        raise CaseError(f"unknown key {unknown}{did_you_mean(unknown, sorted(known))}")
