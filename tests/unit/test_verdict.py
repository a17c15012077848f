import pytest

from plangate.model.change import Action, Address, Change, CheckResult, Gap, OutputChange, TerraformChangeSet
from plangate.model.input import Facts, InputRecord, Kind
from plangate.model.verdict import Finding, Options, Outcome, PolicyReport, Severity
from plangate.verdict import SUMMARY_KEYS
from tests.support.verdicts import decided

OPTIONS = Options(created_at="2026-01-01T00:00:00Z")
REPORTED = PolicyReport(expected=3, reported=3)
UNREAD = Gap("b.json", "is empty", "terraform show -json tfplan > plan.json", input_failed=True)


def change(action=Action.CREATE, **fields):
    return Change(address=Address("terraform_data.a"), type="terraform_data", action=action, **fields)


def plan(*changes, **fields):
    facts = Facts(**{name: fields.pop(name) for name in ("errored", "complete", "applyable") if name in fields})
    source = InputRecord(kind=Kind.TERRAFORM_PLAN, path="plan.json", sha256="0" * 64, facts=facts)
    return TerraformChangeSet(input=source, changes=changes, **fields)


def finding(severity, outcome=Outcome.VIOLATED):
    return Finding(policy="p", severity=severity, outcome=outcome, message="it burns", why="w", remediation="r")


def judged(*findings):
    return PolicyReport(findings=findings, expected=3, reported=3)


def reached(changesets, report=REPORTED, unread=(), options=OPTIONS):
    verdict = decided(changesets, report, unread, options)
    return verdict.decision.value, verdict.risk.value if verdict.risk else None, int(verdict.exit_code)


def with_severity(severity, **options):
    return reached([plan(change())], judged(finding(severity)), options=Options(created_at="", **options))


DECISIONS = {
    "nothing to do": (lambda: reached([plan(no_ops=3)]), ("pass", None, 0)),
    "a harmless change": (lambda: reached([plan(change())]), ("pass", None, 0)),
    "critical": (lambda: with_severity(Severity.CRITICAL), ("block", "critical", 10)),
    "critical where it is not protected": (
        lambda: with_severity(Severity.CRITICAL, protected=False),
        ("block", "critical", 10),
    ),
    "high": (lambda: with_severity(Severity.HIGH), ("block", "high", 10)),
    "high where it is not protected": (lambda: with_severity(Severity.HIGH, protected=False), ("review", "high", 0)),
    "medium": (lambda: with_severity(Severity.MEDIUM), ("review", "medium", 0)),
    "medium with --fail-on review": (
        lambda: with_severity(Severity.MEDIUM, fail_on="review"),
        ("review", "medium", 11),
    ),
    "low": (lambda: with_severity(Severity.LOW), ("pass", "low", 0)),
    "info": (lambda: with_severity(Severity.INFO, fail_on="review"), ("pass", "info", 0)),
    "high and unknown": (
        lambda: reached([plan(change())], judged(finding(Severity.HIGH, Outcome.UNKNOWN))),
        ("review", None, 0),
    ),
    "medium and unknown": (
        lambda: reached([plan(change())], judged(finding(Severity.MEDIUM, Outcome.UNKNOWN))),
        ("pass", None, 0),
    ),
    "a policy that raises": (
        lambda: reached([plan(change())], judged(finding(Severity.LOW, Outcome.ERROR))),
        ("inconclusive", None, 4),
    ),
    "a policy that did not report": (
        lambda: reached([plan(change())], PolicyReport(expected=3, reported=2)),
        ("inconclusive", None, 4),
    ),
    "no policy at all": (lambda: reached([plan(change())], PolicyReport()), ("inconclusive", None, 4)),
    "no policy and nothing to do": (lambda: reached([plan()], PolicyReport()), ("pass", None, 0)),
    "an errored plan": (lambda: reached([plan(errored=True)]), ("block", "critical", 10)),
    "an incomplete plan": (lambda: reached([plan(change(), complete=False)]), ("review", "medium", 0)),
    "completeness not said": (lambda: reached([plan(change(), complete=None)]), ("pass", None, 0)),
    "a deferred change": (
        lambda: reached([plan(change(deferred="provider_config_unknown"), complete=False)]),
        ("review", "medium", 0),
    ),
    "not applyable with nothing to do": (lambda: reached([plan(applyable=False)]), ("pass", None, 0)),
    "not applyable with a change": (lambda: reached([plan(change(), applyable=False)]), ("review", "medium", 0)),
    "a failed check": (
        lambda: reached([plan(checks=(CheckResult("check.up", "check", "fail", ("it is down",)),))]),
        ("review", "medium", 0),
    ),
    "a check that is not known yet": (
        lambda: reached([plan(checks=(CheckResult("check.up", "check", "unknown"),))]),
        ("pass", None, 0),
    ),
    "an action that nobody knows": (
        lambda: reached([plan(change(Action.UNKNOWN, actions=("explode",)))]),
        ("inconclusive", None, 4),
    ),
    "an input that cannot be read": (lambda: reached([], unread=[UNREAD]), ("inconclusive", None, 3)),
    "a good and an unreadable input": (
        lambda: reached([plan(change())], unread=[UNREAD]),
        ("inconclusive", None, 3),
    ),
    "a block beside an unreadable input": (
        lambda: reached([plan(errored=True)], unread=[UNREAD]),
        ("block", "critical", 10),
    ),
    "a review beside an unreadable input": (
        lambda: reached([plan(change())], judged(finding(Severity.MEDIUM)), [UNREAD]),
        ("review", "medium", 3),
    ),
    "a review that is also inconclusive": (
        lambda: reached([plan(change(), change(Action.UNKNOWN))], judged(finding(Severity.MEDIUM))),
        ("review", "medium", 4),
    ),
}


@pytest.mark.parametrize("name", DECISIONS)
def test_decides(name):
    case, expected = DECISIONS[name]
    assert case() == expected


def test_counts_every_action_and_keeps_outputs_apart():
    changes = [change(action) for action in Action if action is not Action.NO_OP]
    output = OutputChange("o", Action.CREATE, None, "x")
    verdict = decided([plan(*changes, no_ops=4, outputs=(output,))], REPORTED, (), OPTIONS)
    expected = {**dict.fromkeys(SUMMARY_KEYS, 1), "no-op": 4}
    assert verdict.summary == expected
    assert verdict.summary_by_source == {"terraform": expected, "helm": dict.fromkeys(SUMMARY_KEYS, 0)}


def test_the_headline_is_the_worst_finding():
    report = judged(finding(Severity.MEDIUM), finding(Severity.CRITICAL))
    assert decided([plan(change())], report, (), OPTIONS).headline == "it burns"


def test_findings_stand_worst_first():
    report = judged(finding(Severity.LOW), finding(Severity.CRITICAL), finding(Severity.HIGH, Outcome.UNKNOWN))
    verdict = decided([plan(change())], report, (), OPTIONS)
    assert [(f.severity.value, f.outcome.value) for f in verdict.findings] == [
        ("critical", "violated"),
        ("low", "violated"),
        ("high", "unknown"),
    ]


HEADLINES = {
    "no changes": plan(no_ops=2),
    "nothing found that needs a look: 1 create": plan(change()),
    "no resource changes; 1 output changes": plan(outputs=(OutputChange("o", Action.CREATE, None, "x"),)),
    "the plan ended with an error, and what is shown is only a part": plan(errored=True),
}


@pytest.mark.parametrize("headline", HEADLINES)
def test_says_the_consequence_in_one_sentence(headline):
    assert decided([HEADLINES[headline]], REPORTED, (), OPTIONS).headline == headline
