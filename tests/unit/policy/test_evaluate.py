import pytest

from plangate.model.change import Action, Address, Change, Effect, EffectName, TerraformChangeSet
from plangate.model.input import InputRecord, Kind
from plangate.model.resource_type import Consequence
from plangate.model.values import UNKNOWN
from plangate.model.verdict import Finding, Outcome, PolicyReport, Satisfied, Severity
from plangate.policy.evaluate import evaluate
from tests.support.policies import policy
from tests.support.sides import FakeSide

NONE = {"satisfied": 0, "violated": 0, "unknown": 0, "not-applicable": 0, "error": 0}


def changeset(*changes):
    return TerraformChangeSet(input=InputRecord(Kind.TERRAFORM_PLAN, "plan.json", "0" * 64), changes=changes)


def change(address="aws_thing.a", action=Action.UPDATE, **more):
    return Change(address=Address(address), type=address.split(".")[0], action=action, **more)


def report(policy_, *changes):
    return evaluate([policy_], [changeset(*changes)], None, protected=True)


LOSS = Effect(EffectName.DATA_LOSS, "loses its data", paths=("size",))
OPEN = Effect(EffectName.EXPOSES, "is opened", kind="admin-port", paths=("cidr",))
WIDE = Effect(EffectName.EXPOSES, "gives a wide role", kind="wide-grant", paths=("role",))
MAYBE = Effect(EffectName.EXPOSES, "may be opened", kind="admin-port", paths=("cidr",), certain=False)


def test_a_violated_policy_says_what_why_and_the_way_out():
    made = report(policy({"effects": ("data-loss",)}), change("null_thing.x"), change(effects=(LOSS,)))
    assert made == PolicyReport(
        findings=(
            Finding(
                policy="thing-broken",
                severity=Severity.HIGH,
                outcome=Outcome.VIOLATED,
                message="aws_thing.a (update) loses its data: size",
                why="It was whole.",
                remediation="Mend it.",
                address="aws_thing.a",
                url="https://example.org/things",
                evidence=("size",),
                fingerprint=made.findings[0].fingerprint,
                change=1,
            ),
        ),
        expected=1,
        reported=1,
        outcomes={**NONE, "violated": 1},
    )


@pytest.mark.parametrize(
    ("match", "of", "fits"),
    [
        ({}, change(), True),
        ({"actions": (Action.CREATE,)}, change(), False),
        ({"actions": (Action.CREATE, Action.UPDATE)}, change(), True),
        ({"types": ("aws_thing",)}, change(), True),
        ({"types": ("aws_*",)}, change(), True),
        ({"types": ("@stateful",)}, change(), False),
        ({"types": ("gcp_*", "@stateful")}, change(traits=frozenset({"stateful"})), True),
        ({"traits": ("count-shift",)}, change(traits=frozenset({"stateful"})), False),
        ({"effects": ("exposes",)}, change(effects=(OPEN,)), True),
        ({"effects": ("exposes:admin-port",)}, change(effects=(OPEN,)), True),
        ({"effects": ("exposes:data-port",)}, change(effects=(OPEN,)), False),
        ({"effects": ("exposes",)}, change(), False),
        ({"effects": ("exposes",), "without": ("exposes:admin-port",)}, change(effects=(OPEN,)), False),
        ({"effects": ("exposes",), "without": ("exposes:admin-port",)}, change(effects=(OPEN, WIDE)), True),
        ({"effects": ("exposes",), "without": ("data-loss",)}, change(effects=(OPEN, LOSS)), True),
        ({"without": ("exposes:admin-port",)}, change(effects=(OPEN, WIDE)), False),
        ({"without": ("exposes:admin-port",)}, change(effects=(WIDE,)), True),
        ({"reasons": ("delete_because_no_resource_config",)}, change(reason="delete_because_no_resource_config"), True),
        ({"reasons": ("delete_because_no_resource_config",)}, change(), False),
    ],
)
def test_every_part_of_a_match_has_to_fit(match, of, fits):
    made = report(policy(match), of)
    assert made.outcomes == {**NONE, "violated" if fits else "not-applicable": 1}


def test_a_policy_about_types_that_are_not_there_does_not_count_as_one_that_looked():
    made = report(policy({"types": ("gcp_*",)}), change())
    assert (made.expected, made.outcomes) == (0, NONE)


def test_an_uncertain_effect_is_unknown_and_not_violated():
    (finding,) = report(policy({"effects": ("exposes",)}), change(effects=(MAYBE,))).findings
    assert (finding.outcome, finding.message) == (
        Outcome.UNKNOWN,
        "aws_thing.a: cannot tell whether this holds: a thing is broken (may be opened)",
    )


def test_an_unknown_value_is_unknown_and_names_its_path():
    of = change(after=FakeSide(key=UNKNOWN))
    (finding,) = report(policy({}, "after('key') == 'x'"), of).findings
    assert (finding.outcome, finding.evidence, finding.message) == (
        Outcome.UNKNOWN,
        ("key",),
        "aws_thing.a: cannot tell whether this holds: a thing is broken (key is known only after apply)",
    )


def test_a_policy_that_fails_is_an_error_finding():
    made = report(policy({}, "after('key') > 5"), change(after=FakeSide(key="text")))
    assert made.outcomes == {**NONE, "error": 1}
    assert made.findings[0].outcome is Outcome.ERROR


def test_satisfied_is_counted_and_makes_no_finding():
    made = report(policy({}, "after('key') == 'x'"), change(after=FakeSide(key="y")))
    read = {0: (Satisfied("thing-broken", ("key",)),)}
    assert made == PolicyReport(expected=1, reported=1, outcomes={**NONE, "satisfied": 1}, satisfied=read)


def test_the_fingerprint_stays_when_values_change_and_differs_between_addresses():
    def fingerprint(**more):
        return report(policy({}), change(**more)).findings[0].fingerprint

    assert fingerprint(before=FakeSide(a=1)) == fingerprint(before=FakeSide(a=2))
    assert fingerprint() != fingerprint(address="aws_thing.b")


def test_a_policy_for_another_source_is_not_expected():
    made = report(policy({"source": "helm"}), change())
    assert made == PolicyReport(findings=(), expected=0, reported=0, outcomes=NONE)


def _fields(of):
    return {name: getattr(of, name) for name in of.__struct_fields__}


def test_text_from_a_plan_is_never_taken_for_a_field():
    (finding,) = report(policy({}), change('aws_thing.a["{because}"]')).findings
    assert finding.message == 'aws_thing.a["{because}"] (update) : '


@pytest.mark.parametrize(
    ("follows", "consequences", "severity"),
    [
        (True, ("medium",), Severity.MEDIUM),
        (True, ("medium", "critical"), Severity.CRITICAL),
        (True, (None,), Severity.HIGH),
        (False, ("critical",), Severity.HIGH),
    ],
)
def test_a_finding_is_as_severe_as_the_consequence_where_the_policy_follows_it(follows, consequences, severity):
    effects = tuple(
        Effect(EffectName.REMOVES, "goes", "guards", consequence=one and Consequence(one)) for one in consequences
    )
    made = report(policy({"effects": ("removes",)}, follows_consequence=follows), change(effects=effects))
    assert [finding.severity for finding in made.findings] == [severity]
