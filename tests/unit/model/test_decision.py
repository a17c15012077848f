"""What follows from a decision: the table of exit codes, and the one sentence."""

import pytest
from msgspec import structs

from plangate.errors import ExitCode
from plangate.model.change import Gap
from plangate.model.decision import enforced_code, exit_code, headline
from plangate.model.verdict import Coverage, Decision
from tests.support.verdicts import NONE, verdict

BLOCK, REVIEW, INCONCLUSIVE, PASS = Decision


@pytest.mark.parametrize(
    ("decisions", "unread", "fail_on", "mode", "code"),
    [
        ([], False, "block", "enforce", ExitCode.OK),
        ([PASS], False, "review", "enforce", ExitCode.OK),
        ([REVIEW], False, "block", "enforce", ExitCode.OK),
        ([REVIEW], False, "review", "enforce", ExitCode.REVIEW),
        ([REVIEW, INCONCLUSIVE], False, "review", "enforce", ExitCode.INCONCLUSIVE),
        ([REVIEW, INCONCLUSIVE], True, "review", "enforce", ExitCode.INPUT),
        ([PASS], True, "block", "enforce", ExitCode.INPUT),
        ([BLOCK, INCONCLUSIVE], True, "review", "enforce", ExitCode.BLOCK),
        ([BLOCK, REVIEW, INCONCLUSIVE], False, "review", "observe", ExitCode.OK),
        ([BLOCK], True, "block", "observe", ExitCode.INPUT),
    ],
)
def test_the_worst_reason_gives_the_code(decisions, unread, fail_on, mode, code):
    assert exit_code(decisions, unread=unread, fail_on=fail_on, mode=mode) is code
    assert exit_code(reversed(decisions), unread=unread, fail_on=fail_on, mode=mode) is code


@pytest.mark.parametrize(
    ("mode", "unread", "code"),
    [("enforce", False, 10), ("enforce", True, 10), ("observe", False, 0), ("observe", True, 3)],
)
def test_an_observed_verdict_keeps_its_code_and_its_command_does_not_fail(mode, unread, code):
    gap = Gap("plan.json", "is empty", "plan again", input_failed=unread, inconclusive=True)
    given = structs.replace(verdict(BLOCK, "m", 10), mode=mode, coverage=Coverage(skipped=(gap,)))
    assert enforced_code(given) == code


@pytest.mark.parametrize(
    ("decision", "deciding", "gaps", "said"),
    [
        (BLOCK, ["a is lost"], [("x", "is empty")], "a is lost"),
        (BLOCK, ["a is lost", "b is lost"], [], "a is lost (and 1 more)"),
        (REVIEW, ["a is lost", "b", "c"], [], "a is lost (and 2 more)"),
        (INCONCLUSIVE, ["a"], [("x", "is empty"), ("y", "is cut")], "cannot tell: x: is empty"),
        (INCONCLUSIVE, ["a"], [], "a"),
        (PASS, ["a"], [], "nothing found that needs a look: 2 create, 1 update"),
    ],
)
def test_the_headline_is_the_consequence(decision, deciding, gaps, said):
    summary = {**NONE, "create": 2, "update": 1, "no-op": 7, "read": 3}
    assert headline(decision, deciding, gaps, summary, nothing="no changes") == said


@pytest.mark.parametrize(
    ("deciding", "said"),
    [
        (["a", "b"], "a (and 1 more target)"),
        (["a", "b", "c"], "a (and 2 more targets)"),
        ([], "no changes in 3 targets"),
    ],
)
def test_a_headline_of_targets_counts_them(deciding, said):
    given = headline(REVIEW, deciding, [], NONE, nothing="no changes in 3 targets", of="target", where=" in 3 targets")
    assert given == said


def test_reads_and_no_ops_are_nothing():
    assert headline(PASS, [], [], {**NONE, "no-op": 7, "read": 3}, nothing="no changes") == "no changes"
