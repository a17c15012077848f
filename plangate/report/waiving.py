"""The waiver that would cover a finding, to paste: where it goes, and what forbids it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Struct

from plangate import knowledge
from plangate.lang import moment
from plangate.lang.glob import of_address

if TYPE_CHECKING:
    from plangate.model.verdict import WaiverTerms

_DAYS: Final = 30
"""How long a proposed waiver runs."""


class Waivable(Struct, frozen=True, kw_only=True):
    """What of a finding a waiver names. `fingerprint` is empty where it is not that of the review, as in a merged verdict."""

    policy: str
    severity: str
    outcome: str
    address: str | None
    fingerprint: str = ""
    environment: str = ""
    target: str = ""


class Proposal(Struct, frozen=True):
    """The lines of the waiver and where they go, or why there is none."""

    lines: tuple[str, ...] = ()
    where: str = ""
    refused: str = ""


def propose(finding: Waivable, terms: WaiverTerms | None, created_at: str) -> Proposal:
    """The waiver of a finding under the terms of the configuration; None for no configuration."""
    refused = _refused(finding, terms)
    if refused:
        return Proposal(refused=refused)
    fields = {
        "policy": finding.policy,
        "address": of_address(finding.address or ""),
        "fingerprint": finding.fingerprint,
        "environment": finding.environment,
        "target": finding.target,
        "reason": "WHY",
        "owner": "WHO",
        "expires": _last_day(terms, created_at),
    }
    lines = [f"{name}: {msgspec.json.encode(value).decode()}" for name, value in fields.items() if value]
    return Proposal(tuple(f"{'  ' if i else '- '}{line}" for i, line in enumerate(lines)), _where(terms))


def _refused(finding: Waivable, terms: WaiverTerms | None) -> str:
    if finding.outcome == "error":
        return "a policy that failed cannot be waived: mend it"
    if not finding.address:
        return "a finding without an address cannot be waived"
    if any(one.id == finding.policy and not one.waivable for one in knowledge.builtins()):
        return f"{finding.policy} cannot be waived"
    if terms is not None and finding.severity in terms.severities:
        return f"the configuration forbids to waive {finding.severity} findings (waivers.forbid.severities)"
    if terms is not None and finding.policy in terms.policies:
        return f"the configuration forbids to waive {finding.policy} (waivers.forbid.policies)"
    return ""


def _last_day(terms: WaiverTerms | None, created_at: str) -> str:
    day = moment.day_after(created_at, _DAYS)
    return day if terms is None else min(day, terms.latest)


def _where(terms: WaiverTerms | None) -> str:
    if terms is None:
        return "below `waivers:` in a file that --waivers names"
    if not terms.files:
        return "below `waivers:` in a file that waivers.files of the configuration names"
    ref = (
        f", in {terms.ref} before this change: a waiver that the change brings itself does not count"
        if terms.ref
        else ""
    )
    return f"below `waivers:` in {terms.files[0]}{ref}"
