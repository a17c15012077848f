"""Workflow commands of GitHub Actions."""

import re

import pytest

from plangate.report import github
from tests.support.verdicts import SHAPES, verdict

cases = pytest.mark.parametrize("given", SHAPES.values(), ids=SHAPES)
COMMAND = re.compile(r"::(error|warning|notice) (file=[^,:]*,line=\d+,)?title=[^,:]*::.*")


@cases
def test_every_line_is_one_command_and_holds_no_other(given):
    for line in github.render(given).splitlines():
        assert COMMAND.fullmatch(line), line
        assert not re.search(r"##\w*\[", line[2:])
        assert not re.search(r"%0[AaDd]", line)


def test_github_shows_ten_of_a_kind_and_the_last_says_how_many_more():
    lines = github.render(SHAPES["findings"]).splitlines()
    kinds = [line.split(" ")[0] for line in lines]
    assert kinds.count("::warning") <= 10
    assert lines[-1] == "::notice title=plangate::5991 more findings: see the report"


def test_a_pass_says_one_line():
    assert github.render(verdict()) == "::notice title=plangate%3A PASS::no changes\n"
