"""What the page on configuration shows is a configuration that loads, and a file of waivers that loads."""

import re

from plangate.gate import config, settings
from plangate.gate.waivers import parse
from plangate.policy.load import load
from tests.conftest import ROOT

BLOCKS = re.findall(r"```yaml\n(.*?)```", (ROOT / "docs" / "configuration.md").read_text("utf-8"), re.DOTALL)


def test_the_configuration_that_is_shown_loads():
    read = config.parse("docs/configuration.md", BLOCKS[0])
    settings.Gate(read=read).check(load())
    assert (sorted(read.config.environments), read.newer) == (["dev", "prod"], ())


def test_the_waiver_that_is_shown_loads():
    (waiver,) = parse("docs/configuration.md", BLOCKS[1])
    assert waiver.policy in {policy.id for policy in load()}
