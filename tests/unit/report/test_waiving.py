"""The waiver that is proposed for a finding, and what forbids it."""

import pytest
import yaml
from msgspec import structs

from plangate.gate import waivers
from plangate.gate.waivers import WaiverRules
from plangate.model.verdict import Severity, WaiverTerms
from plangate.report.waiving import Waivable, propose
from tests.support.command import AS_OF
from tests.support.verdicts import finding

FOUND = Waivable(
    policy="data-lost",
    severity="critical",
    outcome="violated",
    address='aws_iam_role.r["a*?\\"b"]',
    fingerprint="0123456789abcdef",
)
TERMS = WaiverTerms(files=("waivers.yaml",), latest="2026-02-15")


def test_what_is_proposed_covers_the_finding_and_no_other_one():
    proposal = propose(FOUND, TERMS, AS_OF)
    assert proposal.where == "below `waivers:` in waivers.yaml"
    text = "\n".join(("waivers:", *(f"  {line}" for line in proposal.lines)))
    (waiver,) = waivers.parse("waivers.yaml", text)
    assert (waiver.expires, waiver.fingerprint) == ("2026-02-15", FOUND.fingerprint)
    rules = WaiverRules(today="2026-01-31", latest="2026-02-15", known=frozenset({"data-lost"}))
    one = finding("data-lost", Severity.CRITICAL, address=FOUND.address, fingerprint=FOUND.fingerprint)
    other = structs.replace(one, address='aws_iam_role.r["ab?\\"b"]')
    assert [found.waiver is not None for found in waivers.apply([one, other], [waiver], rules)] == [True, False]


def test_a_waiver_of_a_merged_verdict_names_its_target_and_no_fingerprint():
    named = structs.replace(FOUND, fingerprint="", target="live/db", environment="prod")
    (entry,) = yaml.safe_load("\n".join(propose(named, TERMS, AS_OF).lines))
    assert sorted(entry) == ["address", "environment", "expires", "owner", "policy", "reason", "target"]


@pytest.mark.parametrize(
    ("terms", "where"),
    [
        (None, "below `waivers:` in a file that --waivers names"),
        (WaiverTerms(), "below `waivers:` in a file that waivers.files of the configuration names"),
        (
            WaiverTerms(files=("w.yaml",), ref="origin/main"),
            "below `waivers:` in w.yaml, in origin/main before this change: a waiver that the change brings itself does not count",
        ),
    ],
)
def test_it_is_said_where_a_waiver_goes(terms, where):
    assert propose(FOUND, terms, AS_OF).where == where


@pytest.mark.parametrize(
    ("fields", "terms", "refused"),
    [
        ({"outcome": "error"}, TERMS, "a policy that failed cannot be waived: mend it"),
        ({"address": None}, TERMS, "a finding without an address cannot be waived"),
        ({"policy": "plan-errored"}, None, "plan-errored cannot be waived"),
        (
            {},
            WaiverTerms(severities=("critical",)),
            "the configuration forbids to waive critical findings (waivers.forbid.severities)",
        ),
        (
            {},
            WaiverTerms(policies=("data-lost",)),
            "the configuration forbids to waive data-lost (waivers.forbid.policies)",
        ),
    ],
)
def test_what_cannot_be_waived_says_why(fields, terms, refused):
    assert propose(structs.replace(FOUND, **fields), terms, AS_OF).refused == refused
