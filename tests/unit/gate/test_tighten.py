"""Two versions of a gate: whatever the change brings, what counts is never looser than what is trusted."""

from typing import NamedTuple

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from plangate.gate import tighten
from plangate.gate.config import (
    Approvals,
    Cluster,
    Config,
    Drifting,
    Environment,
    Forbidden,
    Match,
    Owned,
    Pack,
    Setting,
    Verify,
    Waivers,
)
from plangate.gate.tighten import StricterOf, Weakening
from plangate.gate.waivers import Waiver
from plangate.model.verdict import Severity

SEVERITIES = {"guard-removed": Severity.HIGH, "release-old": Severity.MEDIUM, "check-failed": Severity.MEDIUM}
FAMILIES = {"guard-removed": "terraform", "release-old": "helm"}


def stricter(trusted, here):
    """What counts, and the words of what would be loosened with the key that each stands under."""
    both = StricterOf(trusted, here, SEVERITIES, FAMILIES)
    config = both.config()
    words = "this change would loosen the gate: "
    assert all(one.what.startswith(words) and not one.file for one in both.loose)
    return config, [(one.what.removeprefix(words), one.key) for one in both.loose]


def prod(**fields):
    return Config(environments={"prod": Environment(**fields)})


def pack(**fields):
    return Config(packs={"helm": Pack(**fields)})


def setting(**fields):
    return Config(policies={"guard-removed": Setting(reason="it is so", **fields)})


def forbid(**fields):
    return Config(waivers=Waivers(forbid=Forbidden(**fields)))


def approvals(**fields):
    return Config(approvals=Approvals(**fields))


class Row(NamedTuple):
    """Two versions of one field, and what is said where the trusted one is strict and the change brings the loose one."""

    strict: Config
    loose: Config
    words: str
    key: str


ORDERED = {
    "Config.mode": Row(
        Config(mode="enforce"), Config(mode="observe"), "mode becomes observe instead of enforce", "mode"
    ),
    "Config.fail_on": Row(
        Config(fail_on="review"), Config(fail_on="block"), "fail_on becomes block instead of review", "fail_on"
    ),
    "Config.require": Row(
        Config(require=("state", "values")), Config(require=("state",)), "required evidence loses values", "require"
    ),
    "Drifting.owned": Row(
        Config(),
        Config(drift=Drifting(owned=(Owned(path="image.tag", by="the updater"),))),
        "drift.owned gains image.tag",
        "drift",
    ),
    "Environment.protected": Row(
        prod(protected=True), prod(protected=False), "the environment prod is no longer protected", "environments"
    ),
    "Environment.mode": Row(
        prod(mode="enforce"),
        prod(mode="observe"),
        "mode of the environment prod becomes observe instead of enforce",
        "environments",
    ),
    "Environment.fail_on": Row(
        prod(fail_on="review"),
        prod(fail_on="block"),
        "fail_on of the environment prod becomes block instead of review",
        "environments",
    ),
    "Environment.require": Row(
        prod(require=("history",)), prod(), "required evidence of the environment prod loses history", "environments"
    ),
    "Pack.enabled": Row(pack(), pack(enabled=False), "the pack helm is switched off", "packs"),
    "Pack.enforce_from": Row(
        pack(enforce_from="2026-01-01"),
        pack(enforce_from="2026-02-01"),
        "the pack helm does not decide before 2026-02-01",
        "packs",
    ),
    "Setting.severity": Row(
        setting(severity=Severity.CRITICAL),
        setting(severity=Severity.LOW),
        "the policy guard-removed becomes low instead of critical",
        "policies",
    ),
    "Setting.enabled": Row(setting(), setting(enabled=False), "the policy guard-removed is switched off", "policies"),
    "Setting.enforce_from": Row(
        setting(),
        setting(enforce_from="2026-02-01"),
        "the policy guard-removed does not decide before 2026-02-01",
        "policies",
    ),
    "Waivers.longest_days": Row(
        Config(waivers=Waivers(longest_days=30)),
        Config(waivers=Waivers(longest_days=31)),
        "waivers may run for 31 days",
        "waivers",
    ),
    "Forbidden.severities": Row(
        forbid(severities=(Severity.CRITICAL, Severity.HIGH)),
        forbid(severities=(Severity.CRITICAL,)),
        "waivers.forbid loses high",
        "waivers",
    ),
    "Forbidden.policies": Row(
        forbid(policies=("guard-removed",)), forbid(), "waivers.forbid loses guard-removed", "waivers"
    ),
    "Approvals.count": Row(approvals(count=2), approvals(count=1), "approvals change", "approvals"),
    "Verify.valid_hours": Row(
        Config(verify=Verify(valid_hours=1)),
        Config(verify=Verify(valid_hours=2)),
        "a verdict is valid for 2 hours",
        "verify",
    ),
    "Verify.volatile": Row(
        Config(verify=Verify(volatile=("*.tags.at",))),
        Config(verify=Verify(volatile=("*.tags.at", "*.tags.by"))),
        "verify.volatile gains *.tags.by",
        "verify",
    ),
}
"""Fields of which one version is stricter: that one counts, whichever brings it."""

EITHER = {
    "Environment.match": Row(
        prod(match=Match(workspaces="prod")), prod(), "the marks of the environment prod change", "environments"
    ),
    "Environment.cluster": Row(
        prod(cluster=Cluster(server="https://a")),
        prod(cluster=Cluster(server=("https://a", "https://b"))),
        "the clusters of the environment prod change",
        "environments",
    ),
    "Environment.state": Row(
        prod(state="s3://states/prod/**"), prod(state="**"), "the states of the environment prod change", "environments"
    ),
    "Environment.params": Row(
        prod(params={"most": 1}), prod(params={"most": 2}), "parameters of the environment prod change", "environments"
    ),
    "Environment.approvals": Row(
        prod(approvals=Approvals(count=1, users=("a",))),
        prod(approvals=Approvals(count=1, users=("b",))),
        "approvals of the environment prod change",
        "environments",
    ),
    "Config.params": Row(
        Config(params={"most": 1}), Config(params={"most": 2}), "parameters of policies change", "params"
    ),
    "Approvals.teams": Row(approvals(teams=("sre",)), approvals(teams=("sre", "all")), "approvals change", "approvals"),
    "Approvals.users": Row(approvals(users=("a",)), approvals(), "approvals change", "approvals"),
}
"""Fields of which nobody can tell which version is stricter: the trusted one counts, and any change of it is said."""

UNTOLD = {
    "Config.requires": (Config(requires=">=0.1"), Config(requires=">=0")),
    "Config.policy_paths": (Config(policy_paths="rules"), Config(policy_paths="others")),
    "Waivers.files": (Config(waivers=Waivers(files="a.yaml")), Config(waivers=Waivers(files="b.yaml"))),
    "Setting.reason": (
        Config(policies={"guard-removed": Setting(reason="it is so", severity=Severity.LOW)}),
        Config(policies={"guard-removed": Setting(reason="so it is", severity=Severity.LOW)}),
    ),
}
"""Fields that are the trusted ones, and what changes is told elsewhere: policies and waivers are held against each other one by one."""

MAPPINGS = {"Config.environments", "Config.packs", "Config.policies", "Config.approvals"}
"""What holds the structs above by name, or not at all; see the tests of what is new and what is gone."""

WHOLE = (Match, Cluster, Owned)
"""Structs that are compared as a whole."""


def fields_of(shape):
    """Every field of the configuration that a version can loosen, as `Struct.field`; a struct that a field always holds is not one."""
    for field in msgspec.inspect.type_info(shape).fields:
        inside = [one.cls for one in structs_in(field.type)]
        if not isinstance(field.type, msgspec.inspect.StructType) or field.type.cls in WHOLE:
            yield f"{shape.__name__}.{field.name}"
        for one in inside:
            if one not in WHOLE:
                yield from fields_of(one)


def structs_in(type_):
    if isinstance(type_, msgspec.inspect.StructType):
        return [type_]
    if isinstance(type_, msgspec.inspect.UnionType):
        return [found for one in type_.types for found in structs_in(one)]
    if isinstance(type_, msgspec.inspect.DictType):
        return structs_in(type_.value_type)
    if isinstance(type_, msgspec.inspect.VarTupleType):
        return structs_in(type_.item_type)
    return []


def test_every_field_of_a_configuration_has_its_rule_here():
    assert set(fields_of(Config)) == {*ORDERED, *EITHER, *UNTOLD, *MAPPINGS}


@pytest.mark.parametrize("field", ORDERED)
def test_what_would_loosen_does_not_count_and_is_said(field):
    strict, loose, words, key = ORDERED[field]
    assert stricter(strict, loose) == (strict, [(words, key)])


@pytest.mark.parametrize("field", ORDERED)
def test_what_tightens_counts_and_nothing_is_said(field):
    strict, loose, _, _ = ORDERED[field]
    assert stricter(loose, strict) == (strict, [])


@pytest.mark.parametrize("field", EITHER)
def test_where_nobody_can_tell_the_trusted_version_counts_and_it_is_said(field):
    one, other, words, key = EITHER[field]
    assert stricter(one, other) == (one, [(words, key)])
    assert stricter(other, one) == (other, [(words, key)])


@pytest.mark.parametrize("field", UNTOLD)
def test_what_is_told_elsewhere_is_that_of_the_trusted_version(field):
    one, other = UNTOLD[field]
    assert stricter(one, other) == (one, [])
    assert stricter(other, one) == (other, [])


@pytest.mark.parametrize("field", [*ORDERED, *EITHER])
def test_a_version_loosens_nothing_of_itself(field):
    strict, loose, _, _ = {**ORDERED, **EITHER}[field]
    assert stricter(strict, strict) == (strict, [])
    assert stricter(loose, loose) == (loose, [])


# --- what is new and what is gone -------------------------------------------------------------------------------------


def test_environments_are_neither_added_nor_removed_and_are_named_in_the_order_of_their_files():
    trusted = Config(environments={name: Environment(mode="observe") for name in ("prod", "b", "a")})
    here = Config(environments={"z": Environment(), "prod": Environment(mode="observe"), "y": Environment()})
    assert stricter(trusted, here) == (
        trusted,
        [
            (f"the environment {words}", "environments")
            for words in ("z is new", "y is new", "b is removed", "a is removed")
        ],
    )


def test_an_environment_that_said_nothing_is_held_against_what_holds_for_all():
    trusted = Config(mode="enforce", fail_on="review", environments={"prod": Environment()})
    here = Config(mode="enforce", fail_on="review", environments={"prod": Environment(mode="observe", fail_on="block")})
    config, loose = stricter(trusted, here)
    assert (config.environments["prod"].mode, config.environments["prod"].fail_on) == ("enforce", "review")
    assert [words for words, _ in loose] == [
        "mode of the environment prod becomes observe instead of enforce",
        "fail_on of the environment prod becomes block instead of review",
    ]


def test_an_environment_that_says_nothing_any_more_is_held_against_what_holds_for_all():
    trusted = Config(mode="observe", environments={"prod": Environment(mode="enforce")})
    here = Config(mode="observe", environments={"prod": Environment()})
    assert stricter(trusted, here) == (
        trusted,
        [("mode of the environment prod becomes observe instead of enforce", "environments")],
    )


@pytest.mark.parametrize(
    ("trusted", "here", "words"),
    [(None, Approvals(), "approvals are new"), (Approvals(), None, "approvals are removed")],
)
def test_approvals_are_neither_asked_nor_dropped_by_the_change(trusted, here, words):
    for one, other, of, key in (
        (Config(approvals=trusted), Config(approvals=here), "", "approvals"),
        (prod(approvals=trusted), prod(approvals=here), " of the environment prod", "environments"),
    ):
        said = words.replace("approvals", f"approvals{of}", 1)
        assert stricter(one, other) == (one, [(said, key)])


def test_more_approvals_of_other_people_are_more_approvals_of_the_trusted_ones():
    config, loose = stricter(approvals(count=1, users=("a",)), approvals(count=3, users=("b",)))
    assert (config.approvals, loose) == (Approvals(count=3, users=("a",)), [("approvals change", "approvals")])


def test_a_pack_that_is_a_word_is_held_against_one_that_is_a_mapping():
    assert stricter(Config(packs={"helm": True}), Config(packs={"helm": False})) == (
        pack(),
        [("the pack helm is switched off", "packs")],
    )
    assert stricter(Config(packs={"helm": False}), Config()) == (pack(), [])
    assert stricter(Config(), Config(packs={"helm": Pack(enforce_from="2026-01-01")}))[0] == pack()


def test_a_policy_is_held_against_the_severity_that_it_ships_with():
    low = setting(severity=Severity.LOW)
    config, loose = stricter(Config(), low)
    assert config.policies["guard-removed"].severity is None
    assert loose == [("the policy guard-removed becomes low instead of high", "policies")]
    config, loose = stricter(low, Config())
    assert (config.policies["guard-removed"].severity, loose) == (None, [])


def test_a_policy_that_ships_nowhere_is_what_the_trusted_version_says():
    trusted = Config(policies={"own": Setting(reason="a", severity=Severity.LOW, enabled=False)})
    assert stricter(trusted, Config(policies={"own": Setting()})) == (
        Config(policies={"own": Setting(reason="a", severity=Severity.LOW, enabled=True)}),
        [],
    )
    here = Config(policies={"own": Setting(reason="b", severity=Severity.INFO)})
    assert stricter(Config(), here) == (Config(policies={"own": Setting()}), [])


@pytest.mark.parametrize("here", [{}, {"release-old": Setting()}], ids=["gone", "without its day"])
def test_a_policy_that_loses_its_day_does_not_fall_back_to_the_later_one_of_its_pack(here):
    later = {"helm": Pack(enforce_from="2099-01-01")}
    trusted = Config(packs=later, policies={"release-old": Setting(enforce_from="2026-01-01")})
    assert stricter(trusted, Config(packs=later, policies=here)) == (
        trusted,
        [("the policy release-old does not decide before 2099-01-01", "policies")],
    )


def test_a_policy_may_decide_before_its_pack_does():
    later = {"helm": Pack(enforce_from="2099-01-01")}
    here = Config(packs=later, policies={"release-old": Setting(enforce_from="2026-01-01")})
    assert stricter(Config(packs=later), here) == (here, [])


def test_findings_of_no_pack_have_only_their_own_day():
    late = Config(policies={"check-failed": Setting(enforce_from="2026-02-01")})
    config, loose = stricter(Config(), late)
    assert config.policies["check-failed"].enforce_from == ""
    assert loose == [("the policy check-failed does not decide before 2026-02-01", "policies")]


# --- any two versions -------------------------------------------------------------------------------------------------

DAYS = st.sampled_from(["", "2026-01-01", "2026-02-01", "2099-01-01"])
MODES = st.sampled_from(["enforce", "observe"])
THRESHOLDS = st.sampled_from(["block", "review"])
EVIDENCE = st.lists(st.sampled_from(["state", "values", "history"]), unique=True, max_size=2).map(tuple)
PARAMS = st.sampled_from([{}, {"most": 1}, {"most": 2}])
PEOPLE = st.none() | st.builds(
    Approvals, count=st.integers(1, 3), users=st.sampled_from([(), ("a",), ("a", "b")]), teams=st.just(())
)
ENVIRONMENTS = st.builds(
    Environment,
    protected=st.booleans(),
    match=st.sampled_from([Match(), Match(workspaces="prod")]),
    cluster=st.sampled_from([Cluster(), Cluster(server="https://a")]),
    state=st.sampled_from(["", "s3://states/**"]),
    mode=st.none() | MODES,
    fail_on=st.none() | THRESHOLDS,
    require=EVIDENCE,
    params=PARAMS,
    approvals=PEOPLE,
)
PACKS = st.booleans() | st.builds(Pack, enabled=st.booleans(), enforce_from=DAYS)
SETTINGS = st.builds(
    Setting,
    reason=st.just("it is so"),
    severity=st.none() | st.sampled_from(list(Severity)),
    enabled=st.booleans(),
    enforce_from=DAYS,
)
CONFIGS = st.builds(
    Config,
    requires=st.just(""),
    mode=MODES,
    fail_on=THRESHOLDS,
    require=EVIDENCE,
    environments=st.dictionaries(st.sampled_from(["prod", "dev"]), ENVIRONMENTS),
    packs=st.dictionaries(st.sampled_from(["terraform", "helm"]), PACKS),
    policies=st.dictionaries(st.sampled_from(list(SEVERITIES)), SETTINGS),
    params=PARAMS,
    policy_paths=st.just(()),
    waivers=st.builds(
        Waivers,
        files=st.just(()),
        longest_days=st.integers(1, 400),
        forbid=st.builds(
            Forbidden,
            severities=st.lists(st.sampled_from(list(Severity)), max_size=2).map(tuple),
            policies=st.sampled_from([(), ("guard-removed",)]),
        ),
    ),
    drift=st.lists(st.builds(Owned, path=st.sampled_from("ab"), by=st.just("x")), max_size=2).map(
        lambda owned: Drifting(owned=tuple(owned))
    ),
    approvals=PEOPLE,
    verify=st.builds(
        Verify, valid_hours=st.integers(1, 48), volatile=st.lists(st.sampled_from("xyz"), max_size=2).map(tuple)
    ),
)


def strictness(config):
    """What a configuration comes to: for each thing a number, or a set, that is never smaller where it is stricter."""
    found = {
        "longest waiver": -config.waivers.longest_days,
        "severities that cannot be waived": set(config.waivers.forbid.severities),
        "policies that cannot be waived": set(config.waivers.forbid.policies),
        "owned by nobody": {"a", "b"} - {one.path for one in config.drift.owned},
        "not volatile": {"x", "y", "z"} - set(config.verify.volatile),
        "hours": -config.verify.valid_hours,
    }
    for name in ("prod", "dev", "elsewhere"):
        here = config.environments.get(name, Environment())
        found[f"{name}: mode"] = (here.mode or config.mode) == "enforce"
        found[f"{name}: fail_on"] = (here.fail_on or config.fail_on) == "review"
        found[f"{name}: evidence"] = {*config.require, *here.require}
        found[f"{name}: protected"] = here.protected
        asked = here.approvals or config.approvals
        found[f"{name}: approvals"] = asked.count if asked is not None else 0
    for name, severity in SEVERITIES.items():
        one, family = config.policies.get(name, Setting()), FAMILIES.get(name)
        whole = config.pack(family) if family else Pack()
        found[f"{name}: on"] = one.enabled and whole.enabled
        found[f"{name}: severity"] = -(one.severity or severity).rank
        found[f"{name}: since"] = -int((one.enforce_from or whole.enforce_from or "0").replace("-", ""))
    return found


@given(CONFIGS, CONFIGS)
def test_what_counts_is_nowhere_looser_than_the_trusted_version(trusted, here):
    config, _ = stricter(trusted, here)
    was, now = strictness(trusted), strictness(config)
    assert {name: (was[name], now[name]) for name in was if not now[name] >= was[name]} == {}
    for name, environment in trusted.environments.items():
        kept = config.environments[name]
        for field in ("match", "cluster", "state", "params"):
            assert getattr(kept, field) == getattr(environment, field)
    assert (config.params, config.environments.keys()) == (trusted.params, trusted.environments.keys())


@given(CONFIGS, CONFIGS)
def test_a_version_that_is_looser_anywhere_is_told(trusted, here):
    """Silence means that the change is nowhere looser by itself, whatever the trusted version adds."""
    _, loose = stricter(trusted, here)
    if not loose:
        was, now = strictness(trusted), strictness(here)
        assert {name: (was[name], now[name]) for name in was if not now[name] >= was[name]} == {}


@given(CONFIGS)
def test_any_version_loosens_nothing_of_itself(config):
    kept, loose = stricter(config, config)
    assert (strictness(kept), loose) == (strictness(config), [])


# --- waivers ----------------------------------------------------------------------------------------------------------


def waiver(**fields):
    given = {"policy": "guard-removed", "address": "a.b", "reason": "r", "owner": "o", "expires": "2026-03-01"}
    return Waiver(**{**given, "file": "w.yaml", "line": 3, **fields})


def test_a_waiver_of_both_versions_counts():
    one = waiver()
    assert tighten.waivers([one], [one]) == ((one,), [])


def test_how_its_address_is_written_makes_no_other_waiver_of_it():
    one, other = waiver(address="a.b"), waiver(address=("a.b",))
    assert tighten.waivers([one], [other]) == ((one,), [])


@pytest.mark.parametrize(
    "fields",
    [
        {"policy": "other"},
        {"address": "a.*"},
        {"address": ("a.b", "a.c")},
        {"fingerprint": "0123456789abcdef"},
        {"environment": "prod"},
        {"target": "live/db"},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_a_waiver_for_anything_else_is_new_and_does_not_count(fields):
    new = waiver(**fields)
    words = f"this change would loosen the gate: a waiver of {new.policy} for {', '.join(new.addresses)}"
    assert tighten.waivers([waiver()], [new]) == ((), [Weakening(words, file="w.yaml", line=3)])


def test_a_waiver_that_runs_longer_ends_when_the_trusted_one_does():
    long = waiver(expires="2026-03-02", line=7)
    words = "this change would loosen the gate: the waiver of guard-removed for a.b runs until 2026-03-02"
    assert tighten.waivers([waiver()], [long]) == ((waiver(),), [Weakening(words, file="w.yaml", line=7)])


def test_a_waiver_that_ends_earlier_or_is_gone_is_taken_silently():
    short = waiver(expires="2026-02-28")
    assert tighten.waivers([waiver()], [short]) == ((short,), [])
    assert tighten.waivers([waiver()], []) == ((), [])


# --- policies ---------------------------------------------------------------------------------------------------------

OLD = ("own", "main:rules/own.yaml", "id: own")


def test_a_policy_that_stays_or_is_new_counts_and_nothing_is_said():
    new = ("more", "rules/more.yaml", "id: more")
    assert tighten.policies([OLD], [("own", "rules/own.yaml", "id: own"), new]) == ([OLD[1:], new[1:]], [])


def test_a_policy_that_changes_is_the_trusted_one():
    words = "this change would loosen the gate: the policy own changes"
    assert tighten.policies([OLD], [("own", "rules/own.yaml", "id: own\nwhen: 'false'")]) == (
        [OLD[1:]],
        [Weakening(words, file="rules/own.yaml", line=1)],
    )


def test_a_policy_that_goes_stays():
    words = "this change would loosen the gate: the policy own is removed"
    assert tighten.policies([OLD], []) == ([OLD[1:]], [Weakening(words, file="main:rules/own.yaml", line=1)])
