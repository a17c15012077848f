"""The verdict as JUnit XML, for Jenkins, GitLab and other test reports.

The form is the one of Jenkins' xUnit plugin (junit-10.xsd). Every finding that decides is a failed test, every gap that keeps
the verdict open an error; what was looked at and found in order is a passed one.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plangate.model.verdict import Decision, Outcome
from plangate.report import story
from plangate.report.escape import visible, xml
from plangate.report.places import input_name, place
from plangate.report.values import clip

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.model.verdict import Verdict
    from plangate.report.story import FindingView

_MOST_CASES: Final = 2_000
_LONGEST: Final = 2_000


def render(verdict: Verdict) -> bytes:
    """One test suite."""
    views = story.views(verdict)
    cases = [*_gaps(verdict), *_findings(verdict, views[:_MOST_CASES]), *_left_out(len(views)), *_inputs(verdict)]
    failures = sum("<failure" in case for case in cases)
    errors = sum("<error" in case for case in cases)
    skipped = sum("<skipped" in case for case in cases)
    name = _attribute(" ".join(part for part in ("plangate", verdict.target, verdict.environment) if part))
    counts = f'tests="{len(cases)}" failures="{failures}" errors="{errors}" skipped="{skipped}" time="0"'
    # A time stamp without a zone is what the form asks for; the verdict's is UTC.
    stamp = _attribute(verdict.created_at.removesuffix("Z"))
    lines = [
        '<?xml version="1.0" encoding="UTF-8"?>',
        f'<testsuites name="plangate" tests="{len(cases)}" failures="{failures}" errors="{errors}" time="0">',
        f'<testsuite name="{name}" {counts} timestamp="{stamp}" hostname="plangate">',
        f'<properties><property name="decision" value="{verdict.decision.value}"/></properties>',
        *cases,
        f"<system-out>{_text(f'{verdict.decision.value.upper()} {verdict.headline}')}</system-out>",
        "</testsuite>",
        "</testsuites>",
    ]
    return "\n".join(lines).encode() + b"\n"


def _findings(verdict: Verdict, views: tuple[FindingView, ...]) -> Iterator[str]:
    for one in views:
        finding = one.finding
        where = place(verdict, finding)
        name = f"{one.number} {one.subject or one.what}"
        details = "\n".join(
            (
                finding.message,
                f"why: {finding.why}",
                f"instead: {finding.remediation}",
                f"at: {where.file}:{where.line}",
            )
        )
        if one.decision is Decision.PASS:
            yield _case(finding.policy, name, f"<system-out>{_lines(details)}</system-out>")
        else:
            kind = "error" if finding.outcome is Outcome.ERROR else "failure"
            type_ = f"{one.decision.value}: {finding.severity.value}"
            yield _case(
                finding.policy,
                name,
                f'<{kind} type="{_attribute(type_)}" message="{_attribute(finding.message)}">{_lines(details)}</{kind}>',
            )


def _left_out(count: int) -> Iterator[str]:
    """A skipped test that says how many findings have none."""
    if count > _MOST_CASES:
        message = f"{count - _MOST_CASES} more findings have no test here; the verdict (-o json=FILE) has all of them"
        yield _case("coverage", "more findings", f'<skipped message="{_attribute(message)}"/>')


def _gaps(verdict: Verdict) -> Iterator[str]:
    for skipped in story.cannot_tell(verdict):
        message = f"{skipped.why}; {skipped.how_to_fix}"
        yield _case(
            "coverage",
            skipped.what,
            f'<error type="inconclusive" message="{_attribute(message)}">{_text(message)}</error>',
        )
    for skipped in story.not_examined(verdict):
        message = f"{skipped.why}; {skipped.how_to_fix}"
        yield _case("coverage", skipped.what, f'<skipped message="{_attribute(message)}"/>')


def _inputs(verdict: Verdict) -> Iterator[str]:
    """A passed test for each input: most tools take a file without any test for a failure."""
    for position, source in enumerate(verdict.inputs):
        yield _case("input", f"{input_name(verdict, position)} was reviewed", "", source.kind)
    if not verdict.inputs:
        yield _case("verdict", verdict.headline, "")


def _case(policy: str, name: str, inner: str, kind: str = "") -> str:
    label = f"{kind} {name}" if kind else name
    opened = f'<testcase classname="plangate.{_text(policy, 200)}" name="{_text(label, 300)}" time="0"'
    return f"{opened}>{inner}</testcase>" if inner else f"{opened}/>"


def _attribute(text: str) -> str:
    return _text(text)


def _text(text: str, most: int = _LONGEST) -> str:
    """The text escaped for XML, and cut."""
    return xml(clip(visible(text), most))


def _lines(text: str) -> str:
    return "\n".join(_text(line) for line in text.split("\n"))
