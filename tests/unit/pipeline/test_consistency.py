"""What in a saved verdict contradicts its own findings, and where a configuration only observes."""

import pytest
from msgspec import UNSET, structs

from plangate.gate.config import Config, Environment
from plangate.model.change import Gap
from plangate.model.verdict import Coverage, Decision, Outcome, Severity, Waiver
from plangate.pipeline.consistency import contradiction, has_key_twice, is_observed, observes_everywhere
from plangate.report import json_v1, wire
from tests.support.verdicts import HOSTILE, everything, finding, verdict

HIGH = finding("guard-removed", Severity.HIGH)
OPEN = finding("port-opened", Severity.HIGH, decision=Decision.REVIEW)


def saved(given, **fields):
    return structs.replace(json_v1.parse(json_v1.render(given)), **fields)


def reviewed(*findings, **fields):
    return verdict(Decision.REVIEW, "look", findings=findings, **{"risk": Severity.HIGH, **fields})


GAP = Coverage(skipped=(Gap("state", "is missing", "give it", inconclusive=True),))
UNREAD = Coverage(skipped=(Gap("plan.json", "is cut", "give it", input_failed=True),))


@pytest.mark.parametrize(
    "given",
    [
        everything(),
        everything(HOSTILE),
        verdict(),
        reviewed(OPEN),
        reviewed(OPEN, exit_code=11),
        reviewed(OPEN, coverage=GAP, exit_code=4),
        verdict(Decision.INCONCLUSIVE, "x", 4, coverage=GAP),
        verdict(Decision.INCONCLUSIVE, "x", 3, coverage=UNREAD),
        verdict(Decision.INCONCLUSIVE, "x", 4, findings=(finding("p", Severity.LOW, Outcome.ERROR),)),
        verdict(findings=(finding("p", Severity.LOW),), risk=Severity.LOW),
        verdict(findings=(structs.replace(HIGH, decision=Decision.PASS, enforced=False),), risk=Severity.HIGH),
        verdict(waived=(structs.replace(HIGH, waiver=Waiver("o", "r", "2026-03-31"), decision=Decision.PASS),)),
    ],
)
def test_a_verdict_that_plangate_wrote_agrees_with_itself(given):
    assert contradiction(saved(given)) == ""


def edited(**fields):
    """The findings of a blocked verdict, each with these fields."""
    return [structs.replace(one, **fields) for one in saved(everything()).findings]


@pytest.mark.parametrize(
    ("given", "fields", "words"),
    [
        (everything(), {"decision": "pass"}, "its decision is pass, and its findings ask for block"),
        (everything(), {"exit_code": 0}, "its exit code is 0, and its findings ask for 10"),
        (everything(), {"exit_code": 11}, "its exit code is 11, and its findings ask for 10"),
        (everything(), {"findings": []}, "its decision is block, and its findings ask for inconclusive"),
        (everything(), {"risk": "low"}, "its risk is not that of its findings"),
        (everything(), {"risk": None}, "its risk is not that of its findings"),
        (
            everything(),
            {"findings": edited(decision="pass")},
            "a critical finding of stateful-resource-destroyed is pass",
        ),
        (
            everything(),
            {"findings": edited(decision="review")},
            "a critical finding of stateful-resource-destroyed is review",
        ),
        (verdict(), {"decision": "block", "exit_code": 10}, "its decision is block, and its findings ask for pass"),
        (verdict(Decision.PASS, coverage=GAP), {}, "its decision is pass, and its findings ask for inconclusive"),
        (verdict(Decision.INCONCLUSIVE, "x", 4, coverage=UNREAD), {}, "its exit code is 4, and its findings ask for 3"),
        (verdict(waived=(structs.replace(HIGH, waiver=None),)), {}, "a finding is waived by nobody"),
        (
            verdict(Decision.BLOCK, "x", 10, findings=(HIGH, OPEN), risk=Severity.HIGH),
            {},
            "some of its high findings block and some do not",
        ),
    ],
)
def test_a_verdict_that_was_edited_contradicts_itself(given, fields, words):
    assert contradiction(saved(given, **fields)) == words


def test_a_finding_that_was_taken_out_is_missed_at_its_change():
    whole = saved(everything())
    kept = [one for one in whole.findings if one.policy != "stateful-resource-destroyed"]
    assert (
        contradiction(structs.replace(whole, findings=kept, risk="high")) == "a change has a finding that is not listed"
    )


@pytest.mark.parametrize(
    ("text", "twice"),
    [
        (b'{"a": 1, "b": {"a": 1}}', False),
        (b'[{"a": 1}, {"a": 1}]', False),
        (b'{"a": 1, "a": 1}', True),
        (b'{"b": [{"a": 1, "\\u0061": 2}]}', True),
    ],
)
def test_a_key_that_is_there_twice_is_seen_at_any_depth(text, twice):
    assert has_key_twice(text) is twice


def test_where_a_configuration_observes():
    some = Config(mode="enforce", environments={"dev": Environment(mode="observe"), "prod": Environment()})
    every = Config(mode="observe", environments={"dev": Environment(), "prod": Environment(mode="observe")})
    for environment, observed in (("dev", True), ("prod", False), (None, False), ("other", False)):
        given = saved(verdict(environment=environment))
        assert is_observed(given, some) is observed
        assert is_observed(given, every) is True
    assert (observes_everywhere(some), observes_everywhere(every), observes_everywhere(Config())) == (
        False,
        True,
        False,
    )


def test_a_merged_verdict_is_observed_where_each_of_its_targets_is():
    config = Config(environments={"dev": Environment(mode="observe")})
    counts = saved(verdict()).summary
    targets = [wire.Target(name, name, name, "pass", None, 0, "x", "2026", counts) for name in ("dev", "prod")]
    assert is_observed(saved(verdict(), targets=targets[:1]), config) is True
    assert is_observed(saved(verdict(), targets=targets), config) is False
    assert saved(verdict()).targets is UNSET
