"""The knowledge documents make sense in themselves."""

import collections

import pytest

from plangate.classify.terraform.impact import exposure, names, protection, risk, traits, type_class
from plangate.classify.terraform.impact.lookup import Lookup
from plangate.model.resource_type import Class

LISTS = ("recreatable", "compute", "routine", "credential", "runs_code")


@pytest.mark.parametrize("name", LISTS)
def test_no_type_stands_twice_in_a_list(name):
    listed = collections.Counter(getattr(traits.knowledge(), name))
    assert [type_ for type_, times in listed.items() if times > 1] == []


@pytest.mark.parametrize("name", LISTS)
def test_what_is_listed_has_a_class(name):
    listed = [type_ for type_ in getattr(traits.knowledge(), name) if "*" not in type_]
    assert [type_ for type_ in listed if type_class.of(type_) is None] == []


def test_what_is_made_again_at_every_deploy_is_listed_once():
    said = {Class.VERSION, Class.LOCAL}
    assert [
        t for t in traits.knowledge().routine if (of := type_class.of(t)) and of.class_ in said and of.what == ""
    ] == []


@pytest.mark.parametrize("table", ["refuses_when_not_empty", "holds_nothing", "final_copy", "recoverable"])
def test_what_is_said_of_stores_is_said_of_stores(table):
    known = getattr(traits.knowledge(), table)
    others = {"aws_route53_zone", "google_dns_managed_zone", "aws_secretsmanager_secret"}
    assert sorted(type_ for type_ in known.keys() - others if "stateful" not in traits.of_type(type_)) == []


def test_every_kind_of_guard_has_words():
    known = protection.knowledge()
    assert [guard for guard in known.guards if not guard.because and guard.kind not in known.words] == []


@pytest.mark.parametrize(
    "reason",
    [
        *(entry.because for entry in (*protection.knowledge().refuses, *protection.knowledge().guards)),
        *(entry.because for entry in protection.knowledge().guard_resources),
        *protection.knowledge().words.values(),
        *(
            entry.because
            for entry in (
                *exposure.knowledge().switches,
                *exposure.knowledge().weak_guards,
                *exposure.knowledge().grants,
            )
        ),
        *(entry.because for entry in risk.knowledge().restarts),
        *(entry.because for entry in traits.knowledge().stays_behind.values()),
    ],
)
def test_a_reason_is_a_clause(reason):
    assert reason == reason.strip()
    assert not reason.endswith(".")


def test_a_test_has_one_condition():
    known = protection.knowledge()
    tests = [entry.when for entry in known.refuses] + [guard.while_ for guard in known.guards]
    tests += [test for entry in (*exposure.knowledge().switches, *exposure.knowledge().grants) for test in entry.when]
    tests += [*traits.knowledge().holds_nothing.values(), *traits.knowledge().final_copy.values()]
    tests += [stop.when for stop in risk.knowledge().stops]
    conditions = [sum(c is not None for c in (t.is_, t.not_, t.set, t.above, t.world)) for t in tests]
    assert set(conditions) == {1}


def test_names_of_old_types_are_known():
    assert {new for new in names.knowledge().same_as.values() if not traits.of_type(new)} == set()


def test_an_exact_name_beats_patterns_unless_both_count():
    entries = [("a_*", 1), ("a_b", 2), ("*", 3)]
    assert (Lookup(entries)("a_b"), Lookup(entries)("a_c"), Lookup(entries, together=True)("a_b")) == (
        (2,),
        (1, 3),
        (2, 1, 3),
    )
