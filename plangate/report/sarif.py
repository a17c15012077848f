"""The verdict as SARIF 2.1.0, the way GitHub code scanning takes it.

Limits: https://docs.github.com/en/code-security/code-scanning/troubleshooting-sarif-uploads/results-exceed-limit
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import msgspec

from plangate import __version__
from plangate.lang.wording import sentences
from plangate.model.verdict import Decision, Severity
from plangate.report import escape, story
from plangate.report.escape import comment, plain, visible
from plangate.report.places import place
from plangate.report.values import clip

if TYPE_CHECKING:
    from plangate.model.verdict import Finding, Verdict
    from plangate.report.story import FindingView

SCHEMA: Final = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"

MOST_RESULTS: Final = 5_000
"""GitHub takes 25,000 and shows 5,000."""

_MOST_GAPS: Final = 100
_LONGEST: Final = 1_000
"""Characters of a message. 5,000 of them stay below 10 MB, packed."""

_LEVELS: Final = {
    Decision.BLOCK: "error",
    Decision.REVIEW: "warning",
    Decision.INCONCLUSIVE: "warning",
    Decision.PASS: "note",
}
_SCORES: Final = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "2.0",
    Severity.INFO: "0.0",
}
"""GitHub's `security-severity`: over 9.0 is critical, 7.0 high, 4.0 medium."""


_HOME: Final = "https://github.com/plangate/plangate"


def render(verdict: Verdict) -> bytes:
    """One SARIF log with one run."""
    views = story.views(verdict)
    rules = _rules(views)
    index = {rule["id"]: position for position, rule in enumerate(rules)}
    results = [_result(verdict, one, index) for one in views[:MOST_RESULTS]]
    run = {
        "tool": {"driver": {"name": "plangate", "version": __version__, "informationUri": _HOME, "rules": rules}},
        "automationDetails": {"id": _category(verdict)},
        "invocations": [_invocation(verdict, len(views) - len(results))],
        "results": results,
        "columnKind": "unicodeCodePoints",
        "properties": {"decision": verdict.decision.value, "headline": _text(verdict.headline)},
    }
    log = {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}
    return escape.json(msgspec.json.encode(log)) + b"\n"


def _category(verdict: Verdict) -> str:
    """The run's id, which separates the alerts of targets. The slash at its end makes it a category."""
    parts = [part for part in (verdict.target, verdict.environment) if part]
    return "/".join(["plangate", *(comment(clip(part, 200)) for part in parts)]) + "/"


def _rules(views: tuple[FindingView, ...]) -> list[dict[str, Any]]:
    """A rule for each policy with findings, in the order of the findings."""
    rules: dict[str, dict[str, Any]] = {}
    for one in views[:MOST_RESULTS]:
        finding = one.finding
        rules.setdefault(_rule_id(finding), _rule(finding))
    return list(rules.values())


def _rule(finding: Finding) -> dict[str, Any]:
    name = _rule_id(finding).replace("-", " ")
    rule: dict[str, Any] = {
        "id": _rule_id(finding),
        "shortDescription": {"text": name[:1].upper() + name[1:]},
        "fullDescription": {"text": _text(finding.why)},
        "help": {"text": f"{_text(finding.why)}\n\n{_text(finding.remediation)}"},
        "defaultConfiguration": {"level": _LEVELS[finding.decision]},
        "properties": {"security-severity": _SCORES[finding.severity], "tags": ["security", finding.severity.value]},
    }
    if finding.url is not None and finding.url.startswith("https://") and finding.url.isascii():
        rule["helpUri"] = comment(clip(finding.url, 500)).replace("%23", "#")
    return rule


def _rule_id(finding: Finding) -> str:
    return clip(plain(finding.policy), 100)


def _result(verdict: Verdict, one: FindingView, index: dict[str, int]) -> dict[str, Any]:
    finding = one.finding
    where = place(verdict, finding)
    rule = _rule_id(finding)
    fingerprint = visible(finding.fingerprint) or f"{one.number}"
    return {
        "ruleId": rule,
        "ruleIndex": index[rule],
        "level": _LEVELS[finding.decision],
        "message": {"text": _text(sentences(finding.message, finding.remediation))},
        "locations": [
            {
                "physicalLocation": {
                    "artifactLocation": {"uri": comment(where.file), "uriBaseId": "%SRCROOT%"},
                    "region": {"startLine": where.line},
                },
                **(
                    {"logicalLocations": [{"fullyQualifiedName": _text(finding.address), "kind": "resource"}]}
                    if finding.address
                    else {}
                ),
            }
        ],
        # GitHub tells alerts apart by the second; without it the upload would hash a line that may not be there.
        "partialFingerprints": {"plangate/v1": fingerprint, "primaryLocationLineHash": f"{fingerprint}:1"},
        "properties": {
            "decision": finding.decision.value,
            "severity": finding.severity.value,
            "outcome": finding.outcome.value,
            "number": one.number,
            "exactLocation": where.exact,
        },
    }


def _invocation(verdict: Verdict, left_out: int) -> dict[str, Any]:
    """The invocation, with notifications for gaps and for results that were left out."""
    gaps = [
        {"level": "warning", "message": {"text": _text(sentences(f"{s.what}: {s.why}", s.how_to_fix))}}
        for s in (*story.cannot_tell(verdict), *story.not_examined(verdict))[:_MOST_GAPS]
    ]
    if left_out:
        gaps.append({"level": "warning", "message": {"text": f"{left_out} more results are in the JSON verdict only"}})
    return {
        "executionSuccessful": verdict.decision is not Decision.INCONCLUSIVE,
        "exitCode": int(verdict.exit_code),
        "toolExecutionNotifications": gaps,
    }


def _text(text: str) -> str:
    return clip(plain(text), _LONGEST) or "-"
