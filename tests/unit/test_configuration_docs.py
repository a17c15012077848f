"""What the page on configuration shows is a configuration that loads, and a file of waivers that loads."""

import re

from plangate import config, gate
from plangate.policy.load import load
from plangate.policy.waivers import parse
from tests.conftest import ROOT

BLOCKS = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "configuration.md").read_text("utf-8"), re.DOTALL)


def test_the_configuration_that_is_shown_loads():
    read = config.parse("docs/configuration.md", BLOCKS[0])
    gate.Gate(read=read).check(load())
    assert (sorted(read.config.environments), read.newer) == (["dev", "prod"], ())


def test_the_waiver_that_is_shown_loads():
    (waiver,) = parse("docs/configuration.md", BLOCKS[1])
    assert waiver.policy in {policy.id for policy in load()}
