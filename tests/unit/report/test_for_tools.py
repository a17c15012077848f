"""The formats of other tools: whole, valid by their own schemas, and inert whatever a plan says."""

import json
import re
from pathlib import Path
from xml.etree import ElementTree

import jsonschema
import pytest

from plangate.model.change import Gap, Location
from plangate.model.verdict import Coverage, Decision, Severity
from plangate.report import azure, github, gitlab, junit, sarif
from plangate.report.formats import Format
from tests.support.command import ROOT, SCHEMAS
from tests.support.verdicts import HOSTILE, change, everything, finding, many, verdict

GOLDEN = Path(__file__).parents[2] / "golden" / "report"
EVIL = (
    HOSTILE
    + "\r\n::error::x\n::stop-commands::y\n##vso[task.complete result=Succeeded;]z %0A::set-output name=a::b ]]> \ud800"
)
UNREAD = verdict(
    Decision.INCONCLUSIVE,
    "cannot tell: plan.json: is empty",
    3,
    coverage=Coverage(skipped=(Gap("plan.json", "is empty", "plan again", input_failed=True),)),
    inputs=(),
)
CASES = {
    "pass": verdict(),
    "block": everything(),
    "hostile": everything(EVIL),
    "unread": UNREAD,
    "many": many(300),
    "findings": verdict(
        Decision.REVIEW,
        "m",
        findings=tuple(
            finding("p", Severity.MEDIUM, message=f"thing {i} happens", address=f"a.b{i}") for i in range(6_000)
        ),
    ),
}
RENDERERS = tuple(format_ for format_ in Format if not format_.renderer.whole)
cases = pytest.mark.parametrize("given", CASES.values(), ids=CASES)


def rendered(format_, given):
    return format_.render(given, {}).decode()


@pytest.mark.parametrize("format_", RENDERERS)
def test_the_report_is_as_recorded(format_, golden):
    golden(GOLDEN / f"block.{format_}", rendered(format_, everything()).encode())


@pytest.mark.parametrize("format_", RENDERERS)
@cases
def test_no_report_holds_what_cannot_be_seen(format_, given):
    made = rendered(format_, given)
    made.encode()
    assert all(c.isprintable() or c in "\n\u200b" for c in made)
    assert made.endswith("\n")


# --- SARIF ------------------------------------------------------------------------------------------------------------


def run_of(given):
    (run,) = json.loads(sarif.render(given))["runs"]
    return run


@cases
def test_sarif_fits_its_schema(given):
    path = SCHEMAS / "sarif-2.1.0.json"
    if not path.is_file():
        pytest.skip("the schema of SARIF is not here")
    schema = json.loads(path.read_bytes())
    jsonschema.validators.validator_for(schema)(schema).validate(json.loads(sarif.render(given)))


@cases
def test_sarif_stays_within_what_github_takes(given):
    made = sarif.render(given)
    run = run_of(given)
    assert len(made) < 10 * 1024**2
    assert len(run["results"]) <= 5_000
    for rule in run["tool"]["driver"]["rules"]:
        assert len(rule["properties"]["tags"]) <= 10
    for result in run["results"]:
        assert run["tool"]["driver"]["rules"][result["ruleIndex"]]["id"] == result["ruleId"]
        (location,) = result["locations"]
        uri = location["physicalLocation"]["artifactLocation"]["uri"]
        assert re.fullmatch(r"[A-Za-z0-9._~%/:-]+", uri)
        assert not uri.startswith("/")
        assert ".." not in uri.split("/")


def test_sarif_says_how_many_results_it_left_out():
    notes = run_of(CASES["findings"])["invocations"][0]["toolExecutionNotifications"]
    assert notes[-1]["message"]["text"] == "1000 more results are in the JSON verdict only"


def test_sarif_names_the_line_where_it_is_known_and_else_the_plan():
    given = verdict(
        findings=(finding("p", address="a.b", change=0), finding("q", address="c.d", change=1)),
        changes=(change("a.b", location=Location("modules/db/main.tf", 12)), change("c.d")),
    )
    places = [
        (
            one["locations"][0]["physicalLocation"]["artifactLocation"]["uri"],
            one["locations"][0]["physicalLocation"]["region"]["startLine"],
        )
        for one in run_of(given)["results"]
    ]
    assert places == [("modules/db/main.tf", 12), ("plan.json", 1)]


def test_an_alert_keeps_its_fingerprint_when_others_come_and_go():
    one, two = finding("p", address="a", fingerprint="ab" * 8), finding("q", address="b", fingerprint="cd" * 8)
    before, after = (
        {r["ruleId"]: r["partialFingerprints"] for r in run_of(verdict(findings=given))["results"]}
        for given in ((one, two), (two,))
    )
    assert before["q"] == after["q"] == {"plangate/v1": "cd" * 8, "primaryLocationLineHash": "cd" * 8 + ":1"}


def test_targets_have_categories_of_their_own():
    names = [("live/db", "prod"), ("live/db", "dev"), ("live", "db/prod"), (None, None), (None, "prod")]
    ids = [run_of(verdict(target=t, environment=e))["automationDetails"]["id"] for t, e in names]
    assert ids[:2] == ["plangate/live/db/prod/", "plangate/live/db/dev/"]
    assert ids[3:] == ["plangate/", "plangate/prod/"]


def test_an_inconclusive_run_did_not_succeed():
    (invocation,) = run_of(UNREAD)["invocations"]
    assert (invocation["executionSuccessful"], invocation["exitCode"]) == (False, 3)


def test_sarif_has_no_link_and_no_mention_of_the_plans_author():
    for result in run_of(everything(EVIL))["results"]:
        text = result["message"]["text"]
        assert "](" not in text
        assert "://" not in text
        assert not re.search(r"@\w", text)


# --- JUnit ------------------------------------------------------------------------------------------------------------


@cases
def test_junit_fits_its_schema(given):
    etree = pytest.importorskip("lxml.etree", reason="lxml checks XML schemas")
    schema = etree.XMLSchema(etree.parse(ROOT / "tests" / "schemas" / "junit-10.xsd"))
    schema.assertValid(etree.fromstring(junit.render(given)))


@cases
def test_junit_counts_what_it_holds(given):
    root = ElementTree.fromstring(junit.render(given))  # noqa: S314 - ours
    (suite,) = root.findall("testsuite")
    found = [suite.findall(f"testcase{kind}") for kind in ("", "/failure", "/error", "/skipped")]
    assert [len(one) for one in found] == [int(suite.get(k)) for k in ("tests", "failures", "errors", "skipped")]
    assert found[0]


def test_what_decides_fails_and_what_does_not_passes():
    suite = ElementTree.fromstring(junit.render(everything())).find("testsuite")  # noqa: S314 - ours
    kinds = {case.get("classname"): [child.tag for child in case] for case in suite.findall("testcase")}
    assert kinds["plangate.stateful-resource-destroyed"] == ["failure"]
    assert kinds["plangate.own-policy"] == ["error"]
    assert kinds["plangate.code-runs"] == ["system-out"]
    assert kinds["plangate.input"] == []


# --- commands to runners ----------------------------------------------------------------------------------------------

COMMAND = re.compile(
    r"::(error|warning|notice) (file=[^,:]*,line=\d+,)?title=[^,:]*::.*|"
    r"##vso\[task\.(logissue type=(error|warning);(sourcepath=[^;\]]*;linenumber=\d+;code=[^;\]]*;)?|complete result=SucceededWithIssues;)\].*|plangate: PASS .*"
)


@pytest.mark.parametrize("format_", [Format.GITHUB, Format.AZURE])
@cases
def test_every_line_is_one_command_and_holds_no_other(format_, given):
    for line in rendered(format_, given).splitlines():
        assert COMMAND.fullmatch(line), line
        assert not re.search(r"##\w*\[", line[2:])
        assert not re.search(r"%0[AaDd]", line)


def test_github_shows_ten_of_a_kind_and_the_last_says_how_many_more():
    lines = github.render(CASES["findings"]).splitlines()
    kinds = [line.split(" ")[0] for line in lines]
    assert kinds.count("::warning") <= 10
    assert lines[-1] == "::notice title=plangate::5991 more findings: see the report"


def test_a_pass_says_one_line():
    assert github.render(verdict()) == "::notice title=plangate%3A PASS::no changes\n"
    assert azure.render(verdict()) == "plangate: PASS no changes\n"


# --- GitLab -----------------------------------------------------------------------------------------------------------


@cases
def test_gitlab_takes_every_issue(given):
    issues = json.loads(gitlab.render(given))
    assert len({issue["fingerprint"] for issue in issues}) == len(issues)
    for issue in issues:
        assert set(issue) == {"description", "check_name", "fingerprint", "severity", "location"}
        assert issue["severity"] in ("info", "minor", "major", "critical", "blocker")
        assert not issue["location"]["path"].startswith(("/", "./"))
        assert issue["location"]["lines"]["begin"] >= 1


def test_nothing_found_is_an_empty_list():
    assert gitlab.render(verdict()) == b"[]\n"
