"""SARIF: valid by its schema, within GitHub's limits, and inert whatever a plan says."""

import json
import re

import jsonschema
import pytest

from plangate.model.change import Location
from plangate.report import sarif
from tests.support.command import SCHEMAS
from tests.support.verdicts import EVIL, SHAPES, UNREAD, change, everything, finding, verdict

cases = pytest.mark.parametrize("given", SHAPES.values(), ids=SHAPES)


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
    notes = run_of(SHAPES["findings"])["invocations"][0]["toolExecutionNotifications"]
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
