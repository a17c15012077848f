"""`.plangate.yaml`: what is read of it, and what is refused at its place."""

import pytest

from plangate.errors import UsageError
from plangate.gate import config
from plangate.gate.config import Approvals, Config, Environment, Forbidden, Match, Owned, Pack, Setting, Verify
from plangate.lang import semver
from plangate.model.verdict import Severity

WHOLE = """\
requires: ">=0.0"
mode: observe
fail_on: review
require: [state, live-objects]
environments:
  prod:
    match: {paths: ["live/prod/**"], workspaces: prod}
    cluster: {server: https://a, kube_system_uid: [u]}
    state: s3://states/**
    approvals: {count: 2, teams: [sre], users: [octo-cat, "dependabot[bot]"]}
  dev: {protected: false, mode: observe, params: {most: 1}}
packs: {litellm: false, drift: {enforce_from: 2026-04-01}}
policies:
  guard-removed: {severity: low, reason: it is so}
  state-lost: {enabled: false, reason: there is none, enforce_from: 2026-04-01}
params: {most: 3}
policy_paths: [rules, more/a.yaml]
waivers: {files: w.yaml, longest_days: 90, forbid: {severities: [critical], policies: [guard-removed]}}
drift: {owned: [{path: image.tag, by: the updater}]}
approvals: {}
verify: {valid_hours: 2, volatile: ["*.tags.built_at"]}
"""


def refused(text):
    with pytest.raises(UsageError) as raised:
        config.parse("c.yaml", text)
    return str(raised.value)


def test_everything_is_read_typed_and_the_line_of_each_key_is_kept():
    read = config.parse("c.yaml", WHOLE)
    assert read.config == Config(
        requires=">=0.0",
        mode="observe",
        fail_on="review",
        require=("state", "live-objects"),
        environments={
            "prod": Environment(
                match=Match(paths=("live/prod/**",), workspaces="prod"),
                cluster=config.Cluster(server="https://a", kube_system_uid=("u",)),
                state="s3://states/**",
                approvals=Approvals(count=2, teams=("sre",), users=("octo-cat", "dependabot[bot]")),
            ),
            "dev": Environment(protected=False, mode="observe", params={"most": 1}),
        },
        packs={"litellm": False, "drift": Pack(enforce_from="2026-04-01")},
        policies={
            "guard-removed": Setting(severity=Severity.LOW, reason="it is so"),
            "state-lost": Setting(enabled=False, reason="there is none", enforce_from="2026-04-01"),
        },
        params={"most": 3},
        policy_paths=("rules", "more/a.yaml"),
        waivers=config.Waivers(
            files="w.yaml",
            longest_days=90,
            forbid=Forbidden(severities=(Severity.CRITICAL,), policies=("guard-removed",)),
        ),
        drift=config.Drifting(owned=(Owned(path="image.tag", by="the updater"),)),
        approvals=Approvals(),
        verify=Verify(valid_hours=2, volatile=("*.tags.built_at",)),
    )
    assert (read.file, read.newer, read.too_new) == ("c.yaml", (), False)
    assert read.lines == {
        "requires": 1,
        "mode": 2,
        "fail_on": 3,
        "require": 4,
        "environments": 6,
        "packs": 12,
        "policies": 14,
        "params": 16,
        "policy_paths": 17,
        "waivers": 18,
        "drift": 19,
        "approvals": 20,
        "verify": 21,
    }


@pytest.mark.parametrize("text", ["", "{}", "# nothing\n"])
def test_a_configuration_that_says_nothing_is_the_strict_one(text):
    assert config.parse("c.yaml", text) == config.ConfigFile(Config(), "c.yaml")
    strict = Config()
    assert (strict.mode, strict.fail_on, Environment().protected) == ("enforce", "block", True)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "c.yaml: 1:1: is not a configuration: a mapping"),
        ("text", "c.yaml: 1:1: is not a configuration: a mapping"),
        ("a: [", "c.yaml: 1:5: is not YAML: expected the node content, but found '<stream end>'"),
        ("mode: observe\nmode: enforce", "c.yaml: 2:1: the key mode stands twice"),
        ("modus: observe", "c.yaml: 1:1: unknown key modus; did you mean mode?"),
        ("mode: observed", "c.yaml: 1:7: invalid enum value 'observed'; did you mean observe?"),
        (
            "environments: {prod: {protcted: true}}",
            "c.yaml: 1:23: unknown key protcted; did you mean protected?",
        ),
        ("environments: {prod: {protected: 'no'}}", "c.yaml: 1:34: expected bool, got str"),
        ("packs: {helmet: true}", "c.yaml: 1:9: unknown key helmet; did you mean helm?"),
        ("packs: {helm: {enforce_from: soon}}", "c.yaml: 1:30: is a day, such as 2026-03-31"),
        ("packs: {helm: {enforce_from: 2026-02-30}}", "c.yaml: 1:30: is a day, such as 2026-03-31"),
        ("policies: {x: {severity: low}}", "c.yaml: 1:15: x is changed without a reason"),
        ("policies: {x: {severity: low, reason: ' '}}", "c.yaml: 1:39: x is changed without a reason"),
        ("policies: {x: {enabled: false}}", "c.yaml: 1:15: x is changed without a reason"),
        ("policies: {x: {enforce_from: 2026}}", "c.yaml: 1:30: expected str, got int"),
        ("policies: {x: {enforce_from: '2026'}}", "c.yaml: 1:30: is a day, such as 2026-03-31"),
        ("waivers: {longest_days: 0}", "c.yaml: 1:25: longest_days is a number of days"),
        ("waivers: {forbid: {severity: [low]}}", "c.yaml: 1:20: unknown key severity; did you mean severities?"),
        ("verify: {valid_hours: 0}", "c.yaml: 1:23: valid_hours is a number of hours"),
        ("verify: {volatile: ['*']}", "c.yaml: 1:20: * has to name an attribute, as TYPE.PATH"),
        ("verify: {volatile: [a.b, '*.*']}", "c.yaml: 1:20: *.* has to name an attribute, as TYPE.PATH"),
        ("verify: {volatile: [tags]}", "c.yaml: 1:20: tags has to name an attribute, as TYPE.PATH"),
        ("approvals: {count: 0}", "c.yaml: 1:20: count is a number of people, from 1 to 20"),
        ("approvals: {count: 21}", "c.yaml: 1:20: count is a number of people, from 1 to 20"),
        (
            "approvals: {teams: [org/sre]}",
            "c.yaml: 1:20: org/sre is no name of GitHub's: of a team the slug, without the organisation",
        ),
        (
            "environments: {prod: {approvals: {users: [a, '']}}}",
            "c.yaml: 1:42:  is no name of GitHub's: of a team the slug, without the organisation",
        ),
        (
            "policy_paths: ../x",
            "c.yaml: 1:15: ../x does not lead into this repository: a relative path without ..",
        ),
        (
            "waivers: {files: [a, /b]}",
            "c.yaml: 1:18: /b does not lead into this repository: a relative path without ..",
        ),
        ("requires: 1", 'c.yaml: 1:11: requires is a version, such as ">=0.2"'),
        ("requires: newest", 'c.yaml: 1:11: requires is a version, such as ">=0.2"'),
        ("requires: '>=0.1,'", 'c.yaml: 1:11: requires is a version, such as ">=0.2"'),
    ],
)
def test_what_is_wrong_is_refused_at_its_place(text, said):
    assert refused(text) == said


@pytest.mark.parametrize(
    ("path", "inside"),
    [
        ("rules", True),
        ("./rules", True),
        ("a/b.yaml", True),
        ("a..b/c", True),
        ("a/b:c", True),
        ("", False),
        ("..", False),
        ("a/../../b", False),
        ("a\\..\\b", False),
        ("/etc", False),
        ("~/x", False),
        ("C:/x", False),
        ("C:\\x", False),
    ],
)
def test_a_path_leads_into_the_repository_or_it_is_none(path, inside):
    assert config.is_inside(path) is inside


# --- versions ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("requires", "version", "met"),
    [
        ("", "0.1.0", True),
        (">=0.1", "0.1.0", True),
        (">=0.2", "0.1.9", False),
        (">0.1", "0.1.0", False),
        (">0.1", "0.1.1", True),
        ("<=0.1.0", "0.1.0", True),
        ("<0.2", "0.10.0", False),
        ("==0.1", "0.1.7", True),
        ("0.1", "0.1.7", True),
        ("0.1.6", "0.1.7", False),
        ("1", "1.9.9", True),
        (">=0.1,<0.3", "0.2.0", True),
        (">=0.1,<0.3", "0.3.0", False),
        (" >= 0.1 , < 0.3 ", "0.2.0", True),
        (">=0.1", "0.1.0.dev3", False),
        ("~=0.1", "0.1.0", False),
    ],
)
def test_a_version_is_one_of_those_that_are_asked_for(requires, version, met):
    assert semver.is_met(requires, version) is met


NEWER = 'requires: ">=99"\nmode: observe\nshiny: 1\nenvironments: {prod: {protected: false, glow: {a: 1}}}\n'


def test_what_only_a_newer_version_knows_is_left_out_and_told():
    read = config.parse("c.yaml", NEWER)
    assert (read.too_new, read.newer) == (True, ("shiny", "environments.prod.glow"))
    assert read.config == Config(requires=">=99", mode="observe", environments={"prod": Environment(protected=False)})


def test_what_is_wrong_in_a_configuration_for_a_newer_version_is_refused_all_the_same():
    assert refused('requires: ">=99"\nmode: 1\n').startswith("c.yaml: 2:7: ")


def test_a_configuration_for_this_version_may_hold_nothing_that_it_does_not_know():
    assert refused('requires: ">=0"\nshiny: 1\n') == "c.yaml: 2:1: unknown key shiny"


# --- what is asked ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "asks"),
    [
        (Config(), False),
        (Config(environments={"prod": Environment()}), False),
        (Config(approvals=Approvals()), True),
        (Config(environments={"dev": Environment(), "prod": Environment(approvals=Approvals())}), True),
    ],
)
def test_somebody_is_asked_where_approvals_are_configured_anywhere(given, asks):
    assert given.asks_somebody is asks


def test_a_pack_is_on_unless_it_is_said_otherwise():
    given = Config(packs={"helm": False, "drift": Pack(enforce_from="2026-01-01"), "litellm": True})
    assert [given.pack(name) for name in ("terraform", "helm", "drift", "litellm")] == [
        Pack(),
        Pack(enabled=False),
        Pack(enforce_from="2026-01-01"),
        Pack(),
    ]


def test_the_schema_for_editors_is_current_and_a_check_says_where_it_is_not(tmp_path, monkeypatch, capsys):
    assert config.main(["--check"]) == 0
    monkeypatch.setattr(config, "PATH", tmp_path / "schema.json")
    assert (config.main(["--check"]), capsys.readouterr().err) == (
        1,
        "schema.json is not current: run `python -m plangate.gate.config`\n",
    )
    assert config.main([]) == 0
    assert config.main(["--check"]) == 0
