"""Makes findings of built-in policies, whose messages are in the policies' files."""

import re
from collections.abc import Mapping
from typing import Final

from plangate import knowledge
from plangate.lang import fingerprint
from plangate.model.change import Location
from plangate.model.verdict import Finding, Outcome

_FIELD: Final = r"\{(\w+)\}"
_NOTHING: Final[Mapping[str, str]] = {}


def make(
    policy: str,
    *identity: str,
    fields: Mapping[str, str] = _NOTHING,
    why: str = "",
    address: str | None = None,
    release: str | None = None,
    location: Location | None = None,
    evidence: tuple[str, ...] = (),
    change: int | None = None,
) -> Finding:
    """A violated built-in policy. `why` replaces the policy's own.

    `identity` distinguishes this finding from others of the policy; without one its message does.

    Raises `KeyError` for an unknown policy or a missing field.
    """
    record = knowledge.builtin(policy)
    message = _filled(record.message, fields)
    return Finding(
        policy=policy,
        severity=record.severity,
        outcome=Outcome.VIOLATED,
        message=message,
        why=why or record.why,
        remediation=_filled(record.remediation, fields),
        address=address,
        release=release,
        location=location,
        evidence=evidence,
        fingerprint=fingerprint.of(policy, *(identity or (message,))),
        change=change,
    )


def _filled(template: str, fields: Mapping[str, str]) -> str:
    return re.sub(_FIELD, lambda found: fields[found[1]], template)
