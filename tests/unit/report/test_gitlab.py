"""GitLab's code quality report."""

import json

import pytest

from plangate.report import gitlab
from tests.support.verdicts import SHAPES, verdict

cases = pytest.mark.parametrize("given", SHAPES.values(), ids=SHAPES)


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
