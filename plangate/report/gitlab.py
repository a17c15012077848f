"""The verdict as a GitLab code quality report: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any, Final

import msgspec

from plangate.lang.wording import sentences
from plangate.model.verdict import Decision
from plangate.report import escape, story
from plangate.report.escape import visible
from plangate.report.places import input_name, place
from plangate.report.values import clip

if TYPE_CHECKING:
    from plangate.model.verdict import Verdict

_MOST: Final = 5_000
_LONGEST: Final = 1_000
_SEVERITIES: Final = {
    Decision.BLOCK: "blocker",
    Decision.REVIEW: "major",
    Decision.INCONCLUSIVE: "critical",
    Decision.PASS: "info",
}


def render(verdict: Verdict) -> bytes:
    """The issues as a JSON list, worst first; an empty list without findings."""
    last: dict[str, str] = {}
    issues: list[dict[str, Any]] = []
    for skipped in story.cannot_tell(verdict)[:_MOST]:
        text = sentences(f"{skipped.what}: {skipped.why}", skipped.how_to_fix)
        issues.append(
            _issue("inconclusive", text, Decision.INCONCLUSIVE, (input_name(verdict), 1), _unique(text, last))
        )
    for one in story.views(verdict)[:_MOST]:
        finding = one.finding
        where = place(verdict, finding)
        text = sentences(finding.message, finding.remediation)
        scope = "\0".join((verdict.target or "", verdict.environment or "", finding.fingerprint))
        issues.append(_issue(finding.policy, text, one.decision, (where.file, where.line), _unique(scope, last)))
    return escape.json(msgspec.json.encode(issues)) + b"\n"


def _issue(policy: str, text: str, decision: Decision, at: tuple[str, int], fingerprint: str) -> dict[str, Any]:
    return {
        "description": clip(visible(text), _LONGEST),
        "check_name": clip(visible(policy), 100),
        "fingerprint": fingerprint,
        "severity": _SEVERITIES[decision],
        "location": {"path": at[0], "lines": {"begin": at[1]}},
    }


def _unique(text: str, last: dict[str, str]) -> str:
    """A fingerprint that stays the same from push to push; GitLab drops the second of two equal ones.

    `last` holds every fingerprint that was given, and for a text that came before the last one that stands for it.
    """
    first = digest = _digest(text)
    while digest in last:
        digest = _digest(last[digest] if digest == first else digest)
    last[first] = digest
    last.setdefault(digest, digest)
    return digest


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
