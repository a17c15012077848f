"""Waivers: accepted findings by policy and address, with a reason and a last day.

A waived finding is listed with the waiver's owner, and a waiver that is expired, covers nothing, is too broad or not permitted
is a finding itself. Days are compared as text: `YYYY-MM-DD` sorts chronologically.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeAlias

from msgspec import Struct, structs

from plangate.errors import UsageError
from plangate.findings import make
from plangate.gate.breadth import is_too_broad
from plangate.lang.day import is_day
from plangate.lang.glob import fits_address
from plangate.lang.located_yaml import LocatedYaml, Place
from plangate.lang.typo import closest, did_you_mean, nearest
from plangate.model.change import Location
from plangate.model.verdict import Finding, Outcome, Severity
from plangate.model.verdict import Waiver as Accepted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_FINGERPRINT = r"[0-9a-f]{16}"


class WaiverEntry(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A waiver as written in its file. `address` may hold the wildcards `*` and `?`, literal behind a backslash; brackets are literal."""

    policy: str
    address: str | tuple[str, ...]
    reason: str
    owner: str
    expires: str
    """The last day on which it holds, UTC."""
    fingerprint: str = ""
    """The fingerprint of the only finding that it covers; empty for any."""
    environment: str = ""
    target: str = ""


class Waiver(WaiverEntry, frozen=True, kw_only=True):
    """A waiver and its place."""

    file: str = ""
    line: int = 0
    inline: bool = False
    """Whether it is a comment in the code. Then `address` is exact, and a waiver without a match is no finding."""
    path: str = ""
    """The attribute of an inline waiver: it covers only findings about this path and paths below it."""

    @property
    def addresses(self) -> tuple[str, ...]:
        """The address globs."""
        return (self.address,) if isinstance(self.address, str) else self.address


class _Document(Struct, frozen=True, forbid_unknown_fields=True):
    """A file of waivers."""

    waivers: tuple[WaiverEntry, ...] = ()


class WaiverRules(Struct, frozen=True, kw_only=True):
    """Limits on waivers, and the review that they are applied to."""

    today: str
    latest: str
    """The last day until which a waiver may run."""
    severities: tuple[Severity, ...] = ()
    """Severities that cannot be waived."""
    policies: frozenset[str] = frozenset()
    """Policies that cannot be waived."""
    known: frozenset[str] = frozenset()
    """Every policy whose findings can be waived."""
    environment: str = ""
    target: str = ""
    any_change: bool = True
    """Whether anything changes. If not, a waiver without a match is no finding."""
    moved: Mapping[str, str] = {}
    """What was at another address before, by the address it has now: a waiver for the one is none for the other."""


def parse(name: str, text: str) -> tuple[Waiver, ...]:
    """The waivers of a file's text. Raises `UsageError` with the file, line and column."""
    located = LocatedYaml(name, text, UsageError)
    data = {} if located.data is None else located.data
    if not isinstance(data, dict):
        raise UsageError("is not a file of waivers", where=name, place="1:1", hint="waivers: followed by a list")
    if data.get("waivers", ()) is None:
        data = {**data, "waivers": []}
    document = located.convert(data, _Document, {(): _Document, ("waivers", "*"): WaiverEntry})
    for i, waiver in enumerate(document.waivers):
        _check(waiver, located, ("waivers", i))
    return tuple(
        Waiver(**structs.asdict(waiver), file=name, line=located.line(("waivers", i)))
        for i, waiver in enumerate(document.waivers)
    )


def _check(waiver: WaiverEntry, located: LocatedYaml, place: Place) -> None:
    for key in ("policy", "reason", "owner"):
        if not getattr(waiver, key).strip():
            located.fail(f"{key} is empty", (*place, key))
    if not waiver.address:
        located.fail("address is empty", (*place, "address"))
    if not is_day(waiver.expires):
        located.fail("expires is a day, such as 2026-03-31", (*place, "expires"))
    if waiver.fingerprint and not re.fullmatch(_FINGERPRINT, waiver.fingerprint):
        located.fail("a fingerprint is 16 digits, as the verdict says it; put it in quotes", (*place, "fingerprint"))


# --- holding findings against them ------------------------------------------------------------------------------------

_Status: TypeAlias = tuple[str, str]
"""Why a waiver does not work: the policy id of the finding about it, and the reason. Both are empty where it works."""

_WORKS: Final = ("", "")


def apply(findings: Sequence[Finding], waivers: Sequence[Waiver], rules: WaiverRules) -> tuple[Finding, ...]:
    """The findings, waived ones with their waiver, and a finding for each waiver that does not work."""
    here = [w for w in waivers if _is_here(w, rules)]
    statuses = {waiver: _status(waiver, rules) for waiver in here}
    working = [waiver for waiver in here if statuses[waiver] == _WORKS]
    statuses.update(dict.fromkeys(working, ("waiver-unmatched", "nothing of this review fits it")))
    judged = [_with_waiver(finding, working, statuses, rules) for finding in findings]
    judged = _noted(judged, waivers, statuses, rules)
    own = [
        _finding(waiver, kind, words) for waiver, (kind, words) in statuses.items() if _is_reported(waiver, kind, rules)
    ]
    return (*judged, *own)


def _is_reported(waiver: Waiver, kind: str, rules: WaiverRules) -> bool:
    unmatched = kind == "waiver-unmatched" and waiver.policy in rules.known
    return bool(kind) and not (unmatched and (waiver.inline or not rules.any_change))


def _is_here(waiver: Waiver, rules: WaiverRules) -> bool:
    return waiver.environment in ("", rules.environment) and waiver.target in ("", rules.target)


def _status(waiver: Waiver, rules: WaiverRules) -> _Status:
    """The status of a waiver before any finding is matched."""
    if waiver.policy not in rules.known:
        if waiver.policy in rules.policies:
            return "waiver-unmatched", f"{waiver.policy} cannot be waived"
        meant = did_you_mean(waiver.policy, sorted(rules.known))
        return "waiver-unmatched", f"there is no policy {waiver.policy}{meant}"
    if waiver.inline and not (waiver.reason and is_day(waiver.expires)):
        return "waiver-not-permitted", "it says no reason, or no last day: until=2026-03-31 reason=..."
    if waiver.policy in rules.policies:
        return "waiver-not-permitted", f"{waiver.policy} cannot be waived here"
    if not waiver.inline and any(map(is_too_broad, waiver.addresses)):
        return "waiver-too-broad", "its address fits nearly everything: name a type, a module or an object"
    if waiver.expires < rules.today:
        return "waiver-expired", f"it expired after {waiver.expires}"
    if waiver.expires > rules.latest:
        return "waiver-not-permitted", f"it runs until {waiver.expires}, and may run until {rules.latest} at most"
    return _WORKS


def _with_waiver(
    finding: Finding, waivers: Sequence[Waiver], statuses: dict[Waiver, _Status], rules: WaiverRules
) -> Finding:
    """The finding, waived by the first waiver that covers it. Updates the waivers' `statuses`."""
    if finding.outcome is Outcome.ERROR or finding.address is None:
        return finding
    for waiver in waivers:
        if waiver.policy != finding.policy or not _covers(waiver, finding, finding.address):
            continue
        before = rules.moved.get(finding.address, "")
        if before and not _covers(waiver, finding, before):
            if statuses[waiver] != _WORKS:
                statuses[waiver] = ("waiver-unmatched", f"what is there now was {before} before, which it is not for")
        elif finding.severity in rules.severities:
            statuses[waiver] = ("waiver-not-permitted", f"{finding.severity.value} findings cannot be waived here")
        elif waiver.fingerprint not in ("", finding.fingerprint):
            if statuses[waiver] != _WORKS:
                now = f"it is for the fingerprint {waiver.fingerprint}, and what is found now is {finding.fingerprint}"
                statuses[waiver] = ("waiver-unmatched", now)
        else:
            statuses[waiver] = _WORKS
            return structs.replace(finding, waiver=Accepted(waiver.owner, waiver.reason, waiver.expires))
    return finding


def _noted(
    findings: Sequence[Finding], waivers: Sequence[Waiver], statuses: Mapping[Waiver, _Status], rules: WaiverRules
) -> list[Finding]:
    """The findings; each that a waiver seems to be for, and is not covered by it, says so in its note."""
    failed: dict[str, list[tuple[Waiver, str]]] = {}
    for waiver in waivers:
        words = _failure(waiver, statuses, rules)
        if words:
            failed.setdefault(_policy_meant(waiver, rules), []).append((waiver, words))
    return [_with_note(finding, failed.get(finding.policy, ())) for finding in findings]


def _with_note(finding: Finding, failed: Sequence[tuple[Waiver, str]]) -> Finding:
    if finding.waiver is not None or finding.address is None or finding.outcome is Outcome.ERROR:
        return finding
    notes = [finding.note] if finding.note else []
    for waiver, words in failed:
        if _covers(waiver, finding, finding.address) or any(
            nearest(one, [finding.address]) for one in waiver.addresses
        ):
            notes.append(f"the waiver in {waiver.file}:{waiver.line} does not cover it: {words}")
    return structs.replace(finding, note="; ".join(dict.fromkeys(notes)) or None)


def _policy_meant(waiver: Waiver, rules: WaiverRules) -> str:
    """The policy of a waiver, or the one whose id is spelt nearly so."""
    if waiver.policy in rules.known:
        return waiver.policy
    return closest(waiver.policy, sorted(rules.known))


def _failure(waiver: Waiver, statuses: Mapping[Waiver, _Status], rules: WaiverRules) -> str:
    """Why a waiver covers nothing here; empty where it does, or is for another place."""
    if waiver in statuses:
        kind, words = statuses[waiver]
        misspelt = kind == "waiver-unmatched" and waiver.policy in rules.known and not waiver.fingerprint
        return f"it is for {', '.join(waiver.addresses)}" if misspelt else words
    places = ((waiver.environment, rules.environment), (waiver.target, rules.target))
    return next((f"it is for {given}, and this is {here}" for given, here in places if nearest(given, [here])), "")


def _covers(waiver: Waiver, finding: Finding, address: str) -> bool:
    if waiver.path and not (finding.evidence and all(_is_below(path, waiver.path) for path in finding.evidence)):
        return False
    if waiver.inline:
        return address in waiver.addresses
    return any(fits_address(glob, address) for glob in waiver.addresses)


def _is_below(path: str, above: str) -> bool:
    return path == above or path.startswith((f"{above}.", f"{above}["))


def _finding(waiver: Waiver, kind: str, problem: str) -> Finding:
    address = ", ".join(waiver.addresses)
    return make(
        kind,
        waiver.policy,
        address,
        waiver.file,
        fields={"policy": waiver.policy, "address": address, "problem": problem},
        location=Location(waiver.file, waiver.line),
    )
