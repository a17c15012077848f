"""Waivers: what they cover and what they do not, and what is said of each that does not work."""

import pytest
from msgspec import structs

from plangate import knowledge
from plangate.errors import UsageError
from plangate.gate import waivers
from plangate.gate.waivers import Waiver, WaiverRules
from plangate.model.change import Location
from plangate.model.verdict import Outcome, Severity
from plangate.model.verdict import Waiver as Accepted
from tests.support.verdicts import finding

NEVER = frozenset(one.id for one in knowledge.builtins() if not one.waivable)
TODAY = "2026-01-31"
MARK = "0123456789abcdef"
RULES = WaiverRules(
    today=TODAY,
    latest="2026-12-31",
    known=frozenset({"guard-removed", "state-lost", *NEVER}),
    policies=NEVER,
    environment="prod",
    target="live/db",
)
FOUND = finding(
    "guard-removed", Severity.HIGH, address='module.db["a"].aws_db_instance.main[0]', fingerprint=MARK, decision=None
)
ACCEPTED = Accepted("team@example.org", "it moves", "2026-03-31")


def waiver(**fields):
    given = {
        "policy": "guard-removed",
        "address": FOUND.address,
        "reason": "it moves",
        "owner": "team@example.org",
        "expires": "2026-03-31",
        "file": "waivers.yaml",
        "line": 2,
    }
    return Waiver(**{**given, **fields})


def held(*given, rules=RULES, found=FOUND):
    """What a finding is waived by, and what is said of the waivers: the policy and the words behind `does not count`."""
    one, *own = waivers.apply([found], given, rules)
    assert structs.replace(one, waiver=None, note=found.note) == found
    return one.waiver, [(f.policy, f.message.partition(" does not count: ")[2]) for f in own]


def test_a_finding_is_waived_by_the_waiver_of_its_policy_and_its_address():
    assert held(waiver()) == (ACCEPTED, [])


def test_without_waivers_findings_are_what_they_are():
    assert waivers.apply([FOUND], [], RULES) == (FOUND,)


def test_the_first_waiver_that_holds_counts_and_the_second_covers_nothing():
    second = waiver(owner="other@example.org")
    accepted, said = held(waiver(), second)
    assert (accepted, said) == (ACCEPTED, [("waiver-unmatched", "nothing of this review fits it")])


def test_one_waiver_covers_every_finding_that_it_fits():
    other = structs.replace(FOUND, address="module.db.other")
    found = waivers.apply([FOUND, other], [waiver(address="module.db*")], RULES)
    assert [one.waiver for one in found] == [ACCEPTED, ACCEPTED]


# --- days -------------------------------------------------------------------------------------------------------------

UNMATCHED = ("waiver-unmatched", "nothing of this review fits it")


@pytest.mark.parametrize(
    ("expires", "kind", "words"),
    [
        (TODAY, "", ""),
        ("2026-02-01", "", ""),
        ("2026-12-31", "", ""),
        ("2026-01-30", "waiver-expired", "it expired after 2026-01-30"),
        ("2025-12-31", "waiver-expired", "it expired after 2025-12-31"),
        (
            "2027-01-01",
            "waiver-not-permitted",
            "it runs until 2027-01-01, and may run until 2026-12-31 at most",
        ),
    ],
)
def test_a_waiver_holds_until_the_end_of_its_day_and_no_longer_than_waivers_may(expires, kind, words):
    accepted, said = held(waiver(expires=expires))
    assert (accepted is None, said) == (bool(kind), [(kind, words)] if kind else [])


def test_a_waiver_that_has_expired_is_said_wherever_nothing_changes():
    _, said = held(waiver(expires="2026-01-30"), rules=structs.replace(RULES, any_change=False))
    assert said == [("waiver-expired", "it expired after 2026-01-30")]


# --- addresses --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("glob", "fits"),
    [
        ('module.db["a"].aws_db_instance.main[0]', True),
        ('module.db["a"].aws_db_instance.*', True),
        ('module.db["?"].aws_db_instance.main[?]', True),
        ("*.aws_db_instance.*", True),
        ("module.db*", True),
        (("aws_s3_bucket.b", "module.db*"), True),
        ("module.db", False),
        ("aws_db_instance.main[0]", False),
        ('module.db["ab"].aws_db_instance.main[0]', False),
        ("module.db[a].aws_db_instance.main[0]", False),
        ('module.db["?"].aws_db_instance.main[??]', False),
        ('module.db["a"]xaws_db_instance.main[0]', False),
        (("aws_s3_bucket.b", "aws_s3_bucket.c"), False),
    ],
)
def test_only_stars_and_question_marks_of_an_address_are_wild(glob, fits):
    accepted, said = held(waiver(address=glob))
    assert (accepted, said) == ((ACCEPTED, []) if fits else (None, [UNMATCHED]))


@pytest.mark.parametrize("glob", ["*", "*a*", "*_*", "module.*", ("module.db*", "*"), '*["*"]'])
def test_an_address_that_fits_nearly_everything_covers_nothing(glob):
    words = "its address fits nearly everything: name a type, a module or an object"
    assert held(waiver(address=glob)) == (None, [("waiver-too-broad", words)])


def test_a_star_behind_a_backslash_is_a_star():
    starred = structs.replace(FOUND, address='aws_iam_role.r["a*"]')
    other = structs.replace(FOUND, address='aws_iam_role.r["ab"]')
    found = waivers.apply([starred, other], [waiver(address=r'aws_iam_role.r["a\*"]')], RULES)
    assert [one.waiver for one in found] == [ACCEPTED, None]


# --- at the finding ---------------------------------------------------------------------------------------------------


def note(*given, rules=RULES, found=FOUND):
    return waivers.apply([found], given, rules)[0].note


AT = "the waiver in waivers.yaml:2 does not cover it: "
NEARLY = 'module.db["a"].aws_db_instance.mian[0]'


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"expires": "2026-01-30"}, "it expired after 2026-01-30"),
        ({"expires": "2027-01-01"}, "it runs until 2027-01-01, and may run until 2026-12-31 at most"),
        ({"address": "*a*"}, "its address fits nearly everything: name a type, a module or an object"),
        ({"address": NEARLY}, f"it is for {NEARLY}"),
        ({"policy": "gaurd-removed"}, "there is no policy gaurd-removed; did you mean guard-removed?"),
        (
            {"fingerprint": "f" * 16},
            f"it is for the fingerprint {'f' * 16}, and what is found now is {MARK}",
        ),
        ({"environment": "prd"}, "it is for prd, and this is prod"),
        ({"target": "live/dv"}, "it is for live/dv, and this is live/db"),
    ],
)
def test_a_waiver_that_fails_to_cover_a_finding_is_told_at_the_finding(fields, words):
    assert note(waiver(**fields)) == AT + words
    assert note(waiver(**fields), found=structs.replace(FOUND, note="kept")) == f"kept; {AT}{words}"


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"address": "aws_db_instance.other", "expires": "2026-01-30"},
        {"policy": "state-lost", "expires": "2026-01-30"},
        {"environment": "dev"},
        {"target": "live/network"},
    ],
)
def test_a_waiver_that_covers_a_finding_or_is_for_another_one_is_not_told_there(fields):
    assert note(waiver(**fields)) is None


def test_what_the_configuration_forbids_is_told_at_the_finding():
    rules = structs.replace(RULES, severities=(Severity.HIGH,))
    assert note(waiver(), rules=rules) == f"{AT}high findings cannot be waived here"


def test_a_finding_without_an_address_cannot_be_waived():
    assert held(waiver(address="aws_x.*"), found=structs.replace(FOUND, address=None)) == (None, [UNMATCHED])


def test_a_policy_that_failed_cannot_be_waived():
    assert held(waiver(), found=structs.replace(FOUND, outcome=Outcome.ERROR)) == (None, [UNMATCHED])


def test_an_outcome_that_is_not_known_can_be_waived():
    assert held(waiver(), found=structs.replace(FOUND, outcome=Outcome.UNKNOWN)) == (ACCEPTED, [])


# --- what it is for ---------------------------------------------------------------------------------------------------


def test_a_waiver_of_another_policy_covers_nothing():
    assert held(waiver(policy="state-lost")) == (None, [UNMATCHED])


def test_a_waiver_of_a_policy_that_is_not_there_says_what_was_probably_meant():
    assert held(waiver(policy="guard-remove")) == (
        None,
        [("waiver-unmatched", "there is no policy guard-remove; did you mean guard-removed?")],
    )
    assert held(waiver(policy="zzz")) == (None, [("waiver-unmatched", "there is no policy zzz")])


def test_a_fingerprint_is_for_exactly_this_finding():
    assert held(waiver(fingerprint=MARK)) == (ACCEPTED, [])
    other = "f" * 16
    assert held(waiver(fingerprint=other)) == (
        None,
        [("waiver-unmatched", f"it is for the fingerprint {other}, and what is found now is {MARK}")],
    )


@pytest.mark.parametrize("marks", [(MARK, "f" * 16), ("f" * 16, MARK)])
def test_a_fingerprint_that_is_found_among_others_works(marks):
    found = [structs.replace(FOUND, fingerprint=mark) for mark in marks]
    judged = waivers.apply(found, [waiver(fingerprint=MARK)], RULES)
    assert [(one.fingerprint, one.waiver is not None) for one in judged] == [(mark, mark == MARK) for mark in marks]


@pytest.mark.parametrize(
    ("fields", "here"),
    [
        ({"environment": "prod"}, True),
        ({"environment": "dev"}, False),
        ({"target": "live/db"}, True),
        ({"target": "live"}, False),
        ({"environment": "prod", "target": "live/db"}, True),
        ({"environment": "prod", "target": "x"}, False),
    ],
)
def test_a_waiver_of_another_environment_or_target_is_not_here_and_nothing_is_said(fields, here):
    assert held(waiver(**fields)) == (ACCEPTED if here else None, [])


def test_a_waiver_of_an_environment_does_not_hold_where_the_environment_is_not_known():
    assert held(waiver(environment="prod"), rules=structs.replace(RULES, environment="")) == (None, [])


# --- what may be waived -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("policy", sorted(NEVER))
def test_some_findings_can_be_waived_by_nobody(policy):
    found = structs.replace(FOUND, policy=policy)
    assert held(waiver(policy=policy), found=found) == (
        None,
        [("waiver-not-permitted", f"{policy} cannot be waived here")],
    )


def test_what_the_configuration_forbids_by_policy_cannot_be_waived():
    forbidden = structs.replace(RULES, policies=frozenset({"guard-removed"}))
    assert held(waiver(), rules=forbidden) == (
        None,
        [("waiver-not-permitted", "guard-removed cannot be waived here")],
    )
    assert held(waiver(), rules=structs.replace(RULES, policies=("state-lost",))) == (ACCEPTED, [])


def test_what_the_configuration_forbids_by_severity_cannot_be_waived():
    forbidden = structs.replace(RULES, severities=(Severity.CRITICAL, Severity.HIGH))
    assert held(waiver(), rules=forbidden) == (
        None,
        [("waiver-not-permitted", "high findings cannot be waived here")],
    )
    medium = structs.replace(FOUND, severity=Severity.MEDIUM)
    assert held(waiver(), rules=forbidden, found=medium) == (ACCEPTED, [])


# --- what covers nothing ----------------------------------------------------------------------------------------------


def test_a_waiver_that_covers_nothing_says_so_only_where_something_changes():
    elsewhere = waiver(address="x.y")
    assert held(elsewhere) == (None, [UNMATCHED])
    assert held(elsewhere, rules=structs.replace(RULES, any_change=False)) == (None, [])


def test_a_waiver_of_no_policy_says_so_even_where_nothing_changes():
    _, said = held(waiver(policy="zzz"), rules=structs.replace(RULES, any_change=False))
    assert said == [("waiver-unmatched", "there is no policy zzz")]


def test_a_waiver_beside_the_code_need_not_cover_anything():
    assert held(waiver(address="x.y", inline=True)) == (None, [])


# --- beside the code --------------------------------------------------------------------------------------------------


def test_brackets_and_stars_beside_the_code_stand_for_themselves():
    assert held(waiver(address=(FOUND.address,), inline=True)) == (ACCEPTED, [])
    assert held(waiver(address=("module.db*",), inline=True)) == (None, [])
    starred = structs.replace(FOUND, address="*")
    assert held(waiver(address=("*",), inline=True), found=starred) == (ACCEPTED, [])


@pytest.mark.parametrize("fields", [{"reason": ""}, {"expires": ""}, {"expires": "soon"}, {"expires": "2026-02-30"}])
def test_a_waiver_beside_the_code_needs_a_reason_and_a_last_day(fields):
    assert held(waiver(inline=True, **fields)) == (
        None,
        [("waiver-not-permitted", "it says no reason, or no last day: until=2026-03-31 reason=...")],
    )


@pytest.mark.parametrize(
    ("evidence", "covered"),
    [
        (("values.image.tag",), True),
        (("values.image.tag.a", "values.image.tag[0]"), True),
        (("values.image.tag", "values.image.pull"), False),
        (("values.image.tagged",), False),
        (("values.image",), False),
        ((), False),
    ],
)
def test_a_waiver_at_a_key_is_for_what_is_found_at_that_key_and_below_it(evidence, covered):
    beside = waiver(address=(FOUND.address,), inline=True, path="values.image.tag")
    assert held(beside, found=structs.replace(FOUND, evidence=evidence)) == (ACCEPTED if covered else None, [])


# --- what is said -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("fields", "policy", "severity"),
    [
        ({"expires": "2026-01-30"}, "waiver-expired", Severity.LOW),
        ({"address": "x.y"}, "waiver-unmatched", Severity.INFO),
        ({"address": "*"}, "waiver-too-broad", Severity.MEDIUM),
        ({"expires": "2027-01-01"}, "waiver-not-permitted", Severity.MEDIUM),
    ],
)
def test_what_is_said_of_a_waiver_stands_at_its_line_and_is_the_same_finding_every_day(fields, policy, severity):
    one = waiver(**fields)
    (said,) = waivers.apply([], [one], RULES)
    assert (said.policy, said.severity, said.outcome) == (policy, severity, Outcome.VIOLATED)
    assert said.location == Location("waivers.yaml", 2)
    assert said.message.startswith(f"the waiver of guard-removed for {one.address} does not count: ")
    assert said.policy in {one.id for one in knowledge.builtins()}
    (moved,) = waivers.apply([], [structs.replace(one, line=9)], structs.replace(RULES, today="2026-02-01"))
    assert moved.fingerprint == said.fingerprint
    (other,) = waivers.apply([], [structs.replace(one, file="others.yaml")], RULES)
    assert other.fingerprint != said.fingerprint


# --- their files ------------------------------------------------------------------------------------------------------

TEXT = """\
waivers:
  - policy: guard-removed
    address: [aws_db_instance.main, 'module.db["a"]']
    reason: it moves
    owner: team@example.org
    expires: 2026-03-31
  - {policy: state-lost, address: x, reason: r, owner: o, expires: 2026-01-01, fingerprint: "0123456789abcdef",
     environment: prod, target: live/db}
"""


def test_waivers_are_read_with_their_lines():
    assert waivers.parse("w.yaml", TEXT) == (
        Waiver(
            policy="guard-removed",
            address=("aws_db_instance.main", 'module.db["a"]'),
            reason="it moves",
            owner="team@example.org",
            expires="2026-03-31",
            file="w.yaml",
            line=2,
        ),
        Waiver(
            policy="state-lost",
            address="x",
            reason="r",
            owner="o",
            expires="2026-01-01",
            fingerprint=MARK,
            environment="prod",
            target="live/db",
            file="w.yaml",
            line=7,
        ),
    )


@pytest.mark.parametrize("text", ["", "waivers:\n", "waivers: []\n", "# nothing\n", "{}"])
def test_a_file_may_hold_none(text):
    assert waivers.parse("w.yaml", text) == ()


def line(**fields):
    given = {"policy": "p", "address": "a", "reason": "r", "owner": "o", "expires": "2026-03-31", **fields}
    return "waivers:\n" + "".join(
        f"{'  - ' if i == 0 else '    '}{key}: {value}\n" for i, (key, value) in enumerate(given.items())
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[]", "w.yaml: 1:1: is not a file of waivers"),
        ("- policy: x", "w.yaml: 1:1: is not a file of waivers"),
        ("waiver: []", "w.yaml: 1:1: unknown key waiver; did you mean waivers?"),
        (line(until="2026-01-01"), "w.yaml: 7:5: unknown key until"),
        (line(policy="''"), "w.yaml: 2:13: policy is empty"),
        (line(reason="'  '"), "w.yaml: 4:13: reason is empty"),
        (line(owner="''"), "w.yaml: 5:12: owner is empty"),
        (line(address="''"), "w.yaml: 3:14: address is empty"),
        (line(address="[]"), "w.yaml: 3:14: address is empty"),
        (line(expires="soon"), "w.yaml: 6:14: expires is a day, such as 2026-03-31"),
        (line(expires="2026-02-29"), "w.yaml: 6:14: expires is a day, such as 2026-03-31"),
        (line(expires="2026-2-1"), "w.yaml: 6:14: expires is a day, such as 2026-03-31"),
        (
            line(fingerprint="abc"),
            "w.yaml: 7:18: a fingerprint is 16 digits, as the verdict says it; put it in quotes",
        ),
        (
            line(fingerprint="0123456789ABCDEF"),
            "w.yaml: 7:18: a fingerprint is 16 digits, as the verdict says it; put it in quotes",
        ),
        ("waivers: [{policy: p}]", "w.yaml: 1:11: needs the key address"),
    ],
)
def test_what_is_no_waiver_is_refused_at_its_place(text, said):
    with pytest.raises(UsageError) as raised:
        waivers.parse("w.yaml", text)
    assert str(raised.value) == said


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("2026-01-31", True),
        ("2024-02-29", True),
        ("2026-02-29", False),
        ("2026-13-01", False),
        ("2026-00-01", False),
        ("2026-01-00", False),
        ("0000-01-01", False),
        ("2026-01-31 ", False),
        ("2026-1-31", False),
        ("", False),
    ],
)
def test_a_day_is_one_of_the_calendar(text, is_one):
    assert waivers.is_day(text) is is_one


def test_what_moves_to_a_waived_address_brings_no_waiver_with_it():
    moved = structs.replace(RULES, moved={FOUND.address: "aws_db_instance.prod"})
    words = "what is there now was aws_db_instance.prod before, which it is not for"
    assert held(waiver(), rules=moved) == (None, [("waiver-unmatched", words)])
    assert held(waiver(fingerprint=MARK), rules=moved) == (None, [("waiver-unmatched", words)])
    both = waiver(address=(FOUND.address, "aws_db_instance.prod"))
    assert held(both, rules=moved) == (ACCEPTED, [])
    assert held(waiver(inline=True), rules=moved)[0] is None
