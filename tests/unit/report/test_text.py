import re

import msgspec
import pytest

from plangate.model.change import Action, Gap, Invocation, OutputChange
from plangate.model.values import ABSENT
from plangate.model.verdict import Coverage, Decision, Outcome, Severity
from plangate.report import text
from plangate.report.screen import cells
from tests.support.command import GOLDEN
from tests.support.verdicts import HOSTILE, NONE, change, changed, everything, finding, many, verdict

ANSI = re.compile(r"\x1b\[[0-9;]*m")


def page(given, *, width=100, colour=False, all_changes=False):
    return text.render(given, width=width, colour=colour, all_changes=all_changes)


def a_review():
    rows = (change("aws_iam_role.r", attributes=(changed("max_session", 3600, 7200),)),)
    return verdict(
        Decision.REVIEW,
        "aws_iam_role.r keeps its sessions open for longer",
        risk=Severity.MEDIUM,
        environment="prod",
        summary={**NONE, "update": 1, "no-op": 3},
        changes=rows,
        findings=(
            finding(
                "session-longer",
                Severity.MEDIUM,
                message="aws_iam_role.r keeps its sessions open for longer",
                address="aws_iam_role.r",
                evidence=("max_session",),
                change=0,
            ),
        ),
    )


def unreadable():
    skipped = Gap("b.json", "is empty", "terraform show -json tfplan > plan.json", input_failed=True)
    return verdict(
        Decision.INCONCLUSIVE, "cannot tell: b.json: is empty", 3, coverage=Coverage(skipped=(skipped,)), inputs=()
    )


CASES = {
    "pass": verdict(environment="prod"),
    "outputs": verdict(
        headline="no resource changes; 1 output changes", outputs=(OutputChange("a", Action.CREATE, ABSENT, "b"),)
    ),
    "review": a_review(),
    "inconclusive": unreadable(),
    "block": everything(),
    "hostile": everything(HOSTILE),
    "large": many(3_000),
}


@pytest.mark.parametrize("name", CASES)
def test_the_page_is_as_recorded(name, golden):
    golden(GOLDEN / "report" / f"{name}.txt", page(CASES[name]).encode())


def test_the_unfolded_page_is_as_recorded(golden):
    golden(GOLDEN / "report" / "block-all.txt", page(everything(), all_changes=True).encode())


@pytest.mark.parametrize("width", [20, 40, 60, 80, 100, 200])
@pytest.mark.parametrize("all_changes", [False, True])
@pytest.mark.parametrize("name", ["block", "hostile", "review", "inconclusive"])
def test_no_line_is_wider_than_the_page(name, width, all_changes):
    for line in page(CASES[name], width=width, all_changes=all_changes).splitlines():
        assert cells(line) <= max(width, 40)


@pytest.mark.parametrize("name", CASES)
def test_colour_adds_codes_and_nothing_else(name):
    coloured = page(CASES[name], colour=True)
    assert "\x1b[" in coloured
    assert ANSI.sub("", coloured) == page(CASES[name])


@pytest.mark.parametrize("all_changes", [False, True])
def test_hostile_text_cannot_reach_the_terminal_or_the_runner(all_changes):
    shown = page(everything(HOSTILE), all_changes=all_changes)
    assert all(line.isprintable() for line in shown.splitlines())
    assert "\u202e" not in shown
    assert "\u3164" not in shown
    assert "##[" not in shown
    assert not any(line.lstrip().startswith("::") for line in shown.splitlines())


def test_a_line_never_starts_with_a_command_to_a_runner():
    given = msgspec.structs.replace(everything(), notes=("a " * 43 + "::stop-commands::x",))
    assert not any(line.lstrip().startswith("::") for line in page(given).splitlines())


def test_a_plan_with_nothing_to_do_takes_one_line():
    assert page(verdict(environment="prod")) == " PASS    no changes" + " " * 77 + "prod\n"


def test_an_ordinary_plan_fits_one_screen():
    assert page(everything()).count("\n") <= 55
    assert page(a_review()).count("\n") <= 12


def test_thousands_of_changes_stay_short():
    shown = page(many(3_000))
    assert shown.count("\n") <= 60
    assert '2700 × aws_s3_bucket  only region added "eu-west-1"' in shown  # noqa: RUF001 - times
    assert re.search(r"and \d+ more changes +--all", shown)
    assert page(many(3_000), all_changes=True).count("aws_s3_bucket.b[") == 2_700


def test_three_findings_stand_before_the_fold_and_the_rest_in_a_line_each():
    findings = tuple(finding(f"policy-{i}", Severity.MEDIUM, message=f"thing {i} happens") for i in range(20))
    shown = page(verdict(Decision.REVIEW, "thing 0 happens", findings=findings))
    assert shown.count("instead") == 3
    assert len(re.findall(r"^ \d+ review ", shown, re.MULTILINE)) == 15
    assert "and 5 more findings" in shown
    assert page(verdict(findings=findings), all_changes=True).count("instead") == 20


@pytest.mark.parametrize(
    ("decision", "severities", "expected"),
    [
        (Decision.BLOCK, "c", "fix 1, plan again and review that plan"),
        (Decision.BLOCK, "ccmm", "fix 1 and 2, plan again and review that plan; 3 and 4 then need an approval"),
        (Decision.BLOCK, "hm", "fix 1, plan again and review that plan; 2 then needs an approval"),
        (Decision.REVIEW, "hmmm", "1-4 need an approval"),
        (Decision.REVIEW, "ml", "1 needs an approval"),
        (Decision.PASS, "l", "apply exactly this plan; nobody needs to look"),
    ],
)
def test_the_last_line_says_who_must_do_what(decision, severities, expected):
    names = {severity.value[0]: severity for severity in Severity}
    asked = {} if decision is Decision.BLOCK else {"h": decision}
    findings = tuple(
        finding("p", names[letter], message="m", **({"decision": asked[letter]} if letter in asked else {}))
        for letter in severities
    )
    assert f" next      {expected}" in page(verdict(decision, "m", changes=(change("a.b"),), findings=findings))


def test_what_is_unclear_comes_with_the_command_that_ends_it():
    shown = page(unreadable())
    assert " unclear   b.json: is empty\n           → terraform show -json tfplan > plan.json\n" in shown
    assert " next      terraform show -json tfplan > plan.json\n" in shown


def test_a_policy_that_failed_is_unclear():
    findings = (finding("own-policy", outcome=Outcome.ERROR, message="the policy fails"),)
    shown = page(verdict(Decision.INCONCLUSIVE, "cannot tell: the policy fails", 4, findings=findings))
    assert " 1 unsure" in shown
    assert "clear up what is unclear" in shown


def test_minor_findings_are_counted_and_not_listed():
    given = verdict(
        findings=(finding("code-runs", Severity.LOW, message="it runs"),), invocations=(Invocation("a.b", "c"),)
    )
    assert "1 minor finding" in page(given)
    assert "it runs" not in page(given)
    assert "it runs" in page(given, all_changes=True)


def test_findings_that_differ_in_their_object_only_are_told_once(golden):
    findings = tuple(
        finding("made-public", message=f"aws_x.y{i} is public", address=f"aws_x.y{i}", change=i) for i in range(9)
    )
    given = verdict(Decision.BLOCK, "m", findings=findings, changes=tuple(change(f"aws_x.y{i}") for i in range(9)))
    golden(GOLDEN / "report" / "together.txt", page(given).encode())
    assert page(given).count("instead") == 1


def test_long_values_are_shown_as_the_lines_that_differ():
    script = "#!/bin/sh\n" + "".join(f"step {i}\n" for i in range(20))
    one = change(
        "aws_instance.a", attributes=(changed("user_data", script, script.replace("step 7", "step \x1b[31mx")),)
    )
    found = finding("p", Severity.MEDIUM, address="aws_instance.a", evidence=("user_data",), change=0)
    page = text.render(
        verdict(Decision.REVIEW, "m", changes=(one,), findings=(found,)), width=80, colour=False, all_changes=False
    )
    lines = page.splitlines()
    at = next(i for i, line in enumerate(lines) if "why" in line)
    assert [line.strip() for line in lines[at : at + 10]] == [
        "why      user_data changes",
        "user_data: lines that differ (-1 +1)",
        "⋯",
        "step 5",
        "step 6",
        "- step 7",
        "+ step \\x1b[31mx",
        "step 8",
        "step 9",
        "⋯",
    ]
