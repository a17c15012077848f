"""What a configuration makes of a review: its options, its policies, and its findings."""

import pytest
from msgspec import structs

from plangate.errors import UsageError
from plangate.evidence.inline_comments import CommentFiles
from plangate.gate import config
from plangate.gate.environment import EnvironmentHint, Resolution
from plangate.gate.settings import Gate, ResolvedSettings
from plangate.gate.tighten import Weakening
from plangate.gate.waivers import Waiver
from plangate.model.change import HelmChangeSet, Location, TerraformChangeSet
from plangate.model.input import InputRecord, Kind
from plangate.model.release import Upgrade
from plangate.model.verdict import Approvals, Observation, Options, Outcome, Severity, WaiverTerms
from plangate.model.verdict import Waiver as Accepted
from tests.support.command import AS_OF
from tests.support.policies import policy
from tests.support.verdicts import SOURCE, change, finding

THING = policy({})
CHART = structs.replace(policy({}, params={"most": 3, "names": ["a"], "strict": True}), id="chart-old", family="helm")
POLICIES = (THING, CHART)
BUCKET = change("aws_s3_bucket.logs", name="logs")
PLAN = TerraformChangeSet(input=SOURCE, changes=(BUCKET,))
FOUND = finding("thing-broken", Severity.HIGH, address="aws_s3_bucket.logs", fingerprint="ab" * 8, decision=None)
OLD = structs.replace(FOUND, policy="chart-old")


def gate(text="", **fields):
    return Gate(read=config.parse("c.yaml", text), **fields)


def options(**fields):
    return Options(created_at=AS_OF, **fields)


def resolved(text, *changesets, hints=(), inline=None, **fields):
    return gate(text, hints=hints, inline=inline).resolve_settings(options(**fields), POLICIES, changesets)


# --- the environment and its options ----------------------------------------------------------------------------------

ENVIRONMENTS = """\
mode: observe
require: [live-objects, state]
params: {most: 4}
approvals: {count: 1}
environments:
  prod:
    mode: enforce
    fail_on: review
    require: [state, history]
    params: {most: 1}
    approvals: {count: 2, teams: [sre], users: [ada]}
    match: {releases: "prod/*", workspaces: prod}
  dev: {protected: false, match: {releases: "dev/*", values_files: "**/values-dev.yaml"}}
"""
PROD = EnvironmentHint("workspaces", "prod")


def test_what_an_environment_says_goes_before_what_holds_for_all():
    settled = resolved(ENVIRONMENTS, hints=(PROD,), required=("values",), notes=("a note",))
    assert settled == ResolvedSettings(
        options(
            environment="prod",
            protected=True,
            mode="enforce",
            fail_on="review",
            required=("values", "live_objects", "state", "history"),
            notes=("a note",),
            approvals=Approvals(2, ("sre",), ("ada",)),
            waiving=WaiverTerms(),
        ),
        (THING, structs.replace(CHART, params={**CHART.params, "most": 1})),
        Resolution("prod"),
    )


def test_what_an_environment_does_not_say_is_what_holds_for_all():
    settled = resolved(ENVIRONMENTS, environment="dev")
    assert settled.options == options(
        environment="dev",
        protected=False,
        mode="observe",
        required=("live_objects", "state"),
        approvals=Approvals(1),
        waiving=WaiverTerms(),
    )
    assert settled.policies[1].params["most"] == 4


def test_an_environment_that_is_not_configured_is_protected_and_that_is_said():
    settled = resolved(ENVIRONMENTS, environment="other")
    assert (settled.options.environment, settled.options.protected) == ("other", True)
    assert [gap.why for gap in settled.gaps] == [
        "the configuration has no environment other: it is protected, and what one of them requires is not required"
    ]
    assert resolved("mode: observe", environment="other").gaps == ()


def test_that_no_environment_fits_is_told():
    settled = resolved(ENVIRONMENTS)
    assert (settled.options.environment, settled.options.protected) == (None, True)
    (gap,) = settled.gaps
    assert (gap.what, gap.inconclusive, gap.why.partition("; ")[2]) == (
        "environment",
        False,
        "it counts as protected, and what one of them requires is not required",
    )
    assert resolved("mode: observe").gaps == ()


@pytest.mark.parametrize(
    ("given", "here", "found"),
    [(True, True, True), (True, False, False), (False, True, False), (False, False, False)],
)
def test_an_environment_is_protected_unless_somebody_says_otherwise(given, here, found):
    text = f"environments: {{prod: {{protected: {str(here).lower()}}}}}"
    assert resolved(text, environment="prod", protected=given).options.protected is found


@pytest.mark.parametrize(
    ("asked", "everywhere", "here", "found"),
    [
        ("block", "block", None, "block"),
        ("review", "block", "block", "review"),
        ("block", "review", None, "review"),
        ("block", "review", "block", "block"),
        ("block", "block", "review", "review"),
    ],
)
def test_a_review_fails_where_the_command_or_the_configuration_asks_for_it(asked, everywhere, here, found):
    text = f"fail_on: {everywhere}\nenvironments: {{prod: {{fail_on: {here or 'null'}}}}}"
    assert resolved(text, environment="prod", fail_on=asked).options.fail_on == found


def test_the_environment_is_found_by_the_releases_of_plans_and_of_upgrades():
    upgrade = HelmChangeSet(
        input=InputRecord(Kind.HELM_DRY_RUN, "x", ""), upgrade=Upgrade(release="prod/web", namespace="prod")
    )
    plan = structs.replace(PLAN, changes=(structs.replace(BUCKET, release="dev/web"), BUCKET))
    assert resolved(ENVIRONMENTS, upgrade).resolution == Resolution("prod")
    assert resolved(ENVIRONMENTS, plan).resolution == Resolution("dev")
    assert resolved(ENVIRONMENTS, PLAN).resolution == Resolution(None)
    both = resolved(ENVIRONMENTS, plan, upgrade)
    assert both.resolution == Resolution(
        None, ("the release dev/web belongs to dev", "the release prod/web belongs to prod")
    )
    assert (both.options.environment, both.options.protected) == (None, True)


def test_the_environment_is_found_by_the_values_files_of_changed_releases(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "main.tf").write_text('resource "helm_release" "web" {\n  values = [file("env/values-dev.yaml")]\n}\n')
    release = TerraformChangeSet(input=SOURCE, changes=(change("helm_release.web", name="web"),))
    assert resolved(ENVIRONMENTS, release, inline=CommentFiles(tmp_path)).resolution == Resolution("dev")
    assert resolved(ENVIRONMENTS, release).resolution == Resolution(None)
    assert resolved(ENVIRONMENTS, PLAN, inline=CommentFiles(tmp_path)).resolution == Resolution(None)
    without = "environments: {dev: {match: {workspaces: dev}}}"
    assert resolved(without, release, inline=CommentFiles(tmp_path)).resolution == Resolution(None)


# --- the policies -----------------------------------------------------------------------------------------------------


def test_policies_and_packs_that_are_off_are_left_out_and_named():
    settled = resolved("packs: {helm: false}\npolicies: {thing-broken: {enabled: false, reason: there is none}}")
    assert settled.policies == ()
    assert settled.options.notes == ("switched off by the configuration: the pack helm, thing-broken (there is none)",)
    settled = resolved("packs: {drift: false}\npolicies: {thing-broken: {severity: low, reason: r}}")
    assert settled.policies == POLICIES
    assert settled.options.notes == ("switched off by the configuration: the pack drift",)


def test_notes_of_the_gate_are_said():
    noted = gate(notes=("policies are those of main",)).resolve_settings(options(), POLICIES, ())
    assert noted.options.notes == ("policies are those of main",)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            "mode: observe\npolicies: {thing-brken: {enforce_from: 2026-01-01}}",
            "c.yaml: 2: policies: there is no policy thing-brken; did you mean thing-broken?",
        ),
        ("policies: {xyzzy: {}}", "c.yaml: 1: policies: there is no policy xyzzy"),
        ("policies: {plan-errored: {}}", "c.yaml: 1: policies: plan-errored cannot be changed"),
        ("policies: {release-locked: {}}", "c.yaml: 1: policies: release-locked cannot be changed"),
        ("params: {mots: 1}", "c.yaml: 1: params: no policy has a parameter mots; did you mean most?"),
        (
            "environments: {prod: {params: {mots: 1}}}",
            "c.yaml: 1: environments.prod.params: no policy has a parameter mots; did you mean most?",
        ),
        ("params: {most: x}", "c.yaml: params: the parameter most has to be a int"),
        ("params: {most: true}", "c.yaml: params: the parameter most has to be a int"),
        ("params: {strict: 1}", "c.yaml: params: the parameter strict has to be a bool"),
        ("params: {names: a}", "c.yaml: params: the parameter names has to be a list"),
        ("params: {names: [1]}", "c.yaml: params: the parameter names has to be a list"),
        (
            "environments: {prod: {params: {names: [a, true]}}}",
            "c.yaml: environments.prod.params: the parameter names has to be a list",
        ),
    ],
)
def test_a_policy_or_a_parameter_that_is_not_there_is_refused(text, said):
    with pytest.raises(UsageError) as raised:
        gate(text).check(POLICIES)
    assert str(raised.value) == said


@pytest.mark.parametrize(
    "text",
    [
        "",
        "policies: {thing-broken: {}, check-failed: {enforce_from: 2026-01-01}}",
        "params: {most: 1.5, names: [], strict: false}",
        "params: {names: [b, c]}",
        'requires: ">=99"\npolicies: {of-a-newer-version: {}}',
    ],
)
def test_what_is_there_is_not_refused(text):
    gate(text).check(POLICIES)


# --- the findings -----------------------------------------------------------------------------------------------------


def judged(text, *found, changesets=(PLAN,), environment=None, target=None, placed=None, **fields):
    settled = ResolvedSettings(
        options(environment=environment, target=target), POLICIES, placed or Resolution(environment)
    )
    return gate(text, **fields).judge(found, settled, changesets, POLICIES)


def test_without_anything_to_say_findings_are_what_they_are():
    assert judged("", FOUND, OLD) == (FOUND, OLD)


def test_another_severity_is_taken_and_named_with_its_reason():
    text = "policies: {thing-broken: {severity: low, reason: nobody is hurt}}"
    assert judged(text, FOUND, OLD) == (
        structs.replace(FOUND, severity=Severity.LOW, note="low here instead of high: nobody is hurt"),
        OLD,
    )
    assert judged(text.replace("low", "high"), FOUND) == (FOUND,)
    critical = text.replace("low", "critical")
    assert [one.severity for one in judged(critical, FOUND)] == [Severity.CRITICAL]


@pytest.mark.parametrize(("day", "decides"), [("2026-01-30", True), ("2026-01-31", True), ("2026-02-01", False)])
@pytest.mark.parametrize(
    "text", ["policies: {{chart-old: {{enforce_from: {}}}}}", "packs: {{helm: {{enforce_from: {}}}}}"]
)
def test_a_finding_decides_from_the_day_of_its_policy_or_its_pack(text, day, decides):
    later = structs.replace(OLD, enforced=False, note=f"does not decide before {day}")
    assert judged(text.format(day), OLD, FOUND) == (OLD if decides else later, FOUND)


def test_the_day_of_a_policy_goes_before_that_of_its_pack():
    text = "packs: {{helm: {{enforce_from: {}}}}}\npolicies: {{chart-old: {{enforce_from: {}}}}}"
    assert [one.enforced for one in judged(text.format("2099-01-01", "2026-01-01"), OLD)] == [True]
    assert [one.enforced for one in judged(text.format("2026-01-01", "2099-01-01"), OLD)] == [False]


def test_a_severity_and_a_day_are_both_named():
    text = "policies: {thing-broken: {severity: low, reason: nobody is hurt, enforce_from: 2026-02-01}}"
    (one,) = judged(text, FOUND)
    assert (one.enforced, one.note) == (
        False,
        "low here instead of high: nobody is hurt; does not decide before 2026-02-01",
    )


def test_what_plangate_says_itself_belongs_to_no_pack():
    own = structs.replace(FOUND, policy="check-failed")
    assert judged("packs: {terraform: {enforce_from: 2099-01-01}}", own) == (own,)
    assert [one.enforced for one in judged("policies: {check-failed: {enforce_from: 2099-01-01}}", own)] == [False]


def test_a_value_that_the_configuration_gives_is_said_to_be_its():
    seen = structs.replace(FOUND, seen=(Observation("param('most')", "1"), Observation("before('a')", "most")))
    everywhere = "params: {most: 1}\nenvironments: {prod: {}}"
    here = "environments: {prod: {params: {most: 1}}}"
    words = "param('most') is what the configuration says"
    for text in (everywhere, here):
        assert judged(text, seen, environment="prod") == (structs.replace(seen, note=words),)
    assert judged(here, seen, environment="dev") == (seen,)
    assert judged("params: {strict: true}", seen) == (seen,)


# --- waivers ----------------------------------------------------------------------------------------------------------

WAIVER = Waiver(
    policy="thing-broken",
    address="aws_s3_bucket.logs",
    reason="it moves",
    owner="ada",
    expires="2026-01-31",
    file="w.yaml",
    line=2,
)
ACCEPTED = Accepted("ada", "it moves", "2026-01-31")


def told(*found):
    return [(one.policy, one.waiver, one.message.partition(" does not count: ")[2]) for one in found]


def test_a_waiver_holds_on_the_day_of_the_review_and_not_on_the_next():
    assert judged("", FOUND, waivers=(WAIVER,)) == (structs.replace(FOUND, waiver=ACCEPTED),)
    yesterday = structs.replace(WAIVER, expires="2026-01-30")
    assert told(*judged("", FOUND, waivers=(yesterday,))) == [
        ("thing-broken", None, ""),
        ("waiver-expired", None, "it expired after 2026-01-30"),
    ]


def test_a_waiver_runs_no_longer_than_the_gate_lets_it():
    assert told(*judged("", FOUND, waivers=(WAIVER,), latest="2026-01-30")) == [
        ("thing-broken", None, ""),
        ("waiver-not-permitted", None, "it runs until 2026-01-31, and may run until 2026-01-30 at most"),
    ]


@pytest.mark.parametrize(
    ("forbid", "words"),
    [
        ("policies: [thing-broken]", "thing-broken cannot be waived here"),
        ("severities: [high]", "high findings cannot be waived here"),
    ],
)
def test_what_the_configuration_forbids_is_not_waived(forbid, words):
    text = f"waivers: {{forbid: {{{forbid}}}}}"
    assert told(*judged(text, FOUND, waivers=(WAIVER,))) == [
        ("thing-broken", None, ""),
        ("waiver-not-permitted", None, words),
    ]


def test_the_severity_that_holds_here_is_the_one_that_may_be_waived():
    text = "waivers: {forbid: {severities: [high]}}\npolicies: {thing-broken: {severity: low, reason: r}}"
    assert [one.waiver for one in judged(text, FOUND, waivers=(WAIVER,))] == [ACCEPTED]


def test_a_waiver_holds_for_its_environment_and_its_target():
    here = structs.replace(WAIVER, environment="prod", target="live/db")
    waived = [
        judged("", FOUND, waivers=(here,), environment=environment, target=target)[0].waiver
        for environment, target in (("prod", "live/db"), ("dev", "live/db"), ("prod", None), (None, "live/db"))
    ]
    assert waived == [ACCEPTED, None, None, None]


def test_a_waiver_that_covers_nothing_says_so_where_something_changes():
    elsewhere = structs.replace(WAIVER, address="x.y")
    assert [one.policy for one in judged("", waivers=(elsewhere,))] == ["waiver-unmatched"]
    hook = HelmChangeSet(
        input=InputRecord(Kind.HELM_DRY_RUN, "x", ""), upgrade=Upgrade(), hook_changes=(change("batch/Job/prod/x"),)
    )
    assert [one.policy for one in judged("", waivers=(elsewhere,), changesets=(hook,))] == ["waiver-unmatched"]
    assert judged("", waivers=(elsewhere,), changesets=(TerraformChangeSet(input=SOURCE),)) == ()


def test_what_plangate_says_itself_can_be_waived_where_it_has_an_address():
    own = structs.replace(FOUND, policy="check-failed")
    assert [one.waiver for one in judged("", own, waivers=(structs.replace(WAIVER, policy="check-failed"),))] == [
        ACCEPTED
    ]


class Trusted:
    """A trusted version that has no files."""

    def read(self, path):
        return None


BLOCK = '# plangate: ignore[thing-broken] until=2026-01-31 reason=it moves\nresource "aws_s3_bucket" "logs" {\n}\n'


def test_a_waiver_beside_the_code_is_one_for_every_change_of_its_block(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "main.tf").write_text(BLOCK)
    many = [change(f"aws_s3_bucket.logs[{i}]", name="logs", index=i) for i in range(3)]
    found = [structs.replace(FOUND, address=str(one.address)) for one in many[:2]]
    plan = structs.replace(PLAN, changes=tuple(many))
    by = Accepted("not said (inline)", "it moves", "2026-01-31")
    assert judged("", *found, changesets=(plan,), inline=CommentFiles(tmp_path)) == tuple(
        structs.replace(one, waiver=by) for one in found
    )


def test_a_waiver_beside_the_code_that_the_change_brings_does_not_count_and_is_said(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "main.tf").write_text(BLOCK)
    one, said = judged("", FOUND, inline=CommentFiles(tmp_path, Trusted()))
    assert one == FOUND
    assert (said.policy, said.message, said.location) == (
        "gate-loosened",
        "this change would loosen the gate: a waiver of thing-broken beside the code",
        Location("main.tf", 1),
    )


# --- what there is to say of the gate ---------------------------------------------------------------------------------


def own(found):
    return [(one.policy, one.severity, one.outcome, one.message, one.location) for one in found]


@pytest.mark.parametrize(
    ("placed", "words"),
    [
        (Resolution("prod", ("the path x belongs to dev",)), "this is for prod, but the path x belongs to dev"),
        (
            Resolution(None, ("the path x belongs to dev", "the state y belongs to prod")),
            "this is for several environments at once: the path x belongs to dev; the state y belongs to prod",
        ),
    ],
)
def test_a_review_that_is_aimed_at_the_wrong_environment_is_critical(placed, words):
    text = "mode: observe\nenvironments:\n  prod: {}\n"
    assert own(judged(text, placed=placed)) == [
        ("wrong-environment", Severity.CRITICAL, Outcome.VIOLATED, words, Location("c.yaml", 3))
    ]
    assert judged(text, placed=Resolution("prod")) == ()


def test_a_configuration_for_a_newer_version_is_said_with_what_is_not_known_of_it():
    assert own(judged('requires: ">=99"\nshiny: 1\nglow: 2\n')) == [
        (
            "configuration-too-new",
            Severity.MEDIUM,
            Outcome.VIOLATED,
            "the configuration asks for plangate >=99, and this is another version; it does not know shiny, glow",
            Location("c.yaml", 1),
        )
    ]
    assert [one.message for one in judged('requires: ">=99"\n')] == [
        "the configuration asks for plangate >=99, and this is another version"
    ]


def test_what_would_be_loosened_is_said_where_it_stands():
    weakenings = (Weakening("a mode", "mode"), Weakening("a waiver", file="w.yaml", line=7), Weakening("gone", "packs"))
    assert own(judged("requires: ''\nmode: observe\n", weakenings=weakenings)) == [
        ("gate-loosened", Severity.MEDIUM, Outcome.VIOLATED, "a mode", Location("c.yaml", 2)),
        ("gate-loosened", Severity.MEDIUM, Outcome.VIOLATED, "a waiver", Location("w.yaml", 7)),
        ("gate-loosened", Severity.MEDIUM, Outcome.VIOLATED, "gone", Location("c.yaml", 1)),
    ]


def test_what_there_is_to_say_of_the_gate_cannot_be_waived_or_put_off():
    text = "packs: {terraform: {enforce_from: 2099-01-01}}"
    waiver = structs.replace(WAIVER, policy="gate-loosened", address="c.yaml")
    found = judged(text, weakenings=(Weakening("a mode", "mode"),), waivers=(waiver,))
    assert [(one.policy, one.waiver, one.enforced) for one in found] == [
        ("waiver-unmatched", None, True),
        ("gate-loosened", None, True),
    ]


def test_what_plangate_finds_itself_cannot_be_switched_off():
    read = config.parse("c.yaml", "policies: {check-failed: {enabled: false, reason: it is known}}\n")
    with pytest.raises(UsageError, match="check-failed cannot be switched off: give it another severity"):
        Gate(read=read).check((THING, CHART))
