"""Logging commands of Azure Pipelines."""

import re

import pytest

from plangate.report import azure
from tests.support.verdicts import SHAPES, verdict

cases = pytest.mark.parametrize("given", SHAPES.values(), ids=SHAPES)
COMMAND = re.compile(
    r"##vso\[task\.(logissue type=(error|warning);(sourcepath=[^;\]]*;linenumber=\d+;code=[^;\]]*;)?|complete result=SucceededWithIssues;)\].*"
    r"|plangate: PASS .*"
)


@cases
def test_every_line_is_one_command_and_holds_no_other(given):
    for line in azure.render(given).splitlines():
        assert COMMAND.fullmatch(line), line
        assert not re.search(r"##\w*\[", line[2:])
        assert not re.search(r"%0[AaDd]", line)


def test_a_pass_says_one_line():
    assert azure.render(verdict()) == "plangate: PASS no changes\n"
