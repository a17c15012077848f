import hashlib

import jsonschema
import msgspec
import pytest
from msgspec import structs

from plangate.model.change import Action
from plangate.model.input import Kind
from plangate.model.values import ABSENT
from plangate.model.verdict import Decision, Severity
from plangate.pipeline.merge import Expected, Part, code_of, merge
from plangate.report import json_v1, markdown, restore, schema, text, wire
from tests.support.command import AS_OF
from tests.support.verdicts import HOSTILE, NONE, change, changed, everything, finding, verdict


def saved(given, **fields):
    return structs.replace(json_v1.parse(json_v1.render(given)), **fields)


def part(given, path=None, **fields):
    one = saved(given, **fields)
    data = msgspec.json.encode(json_v1.ENCODER.encode(one).decode())
    return Part(path or f"{one.target}-{one.environment}.json", hashlib.sha256(data).hexdigest(), one)


def a_pass(environment, target="live/db"):
    return verdict(target=target, environment=environment, inputs=(source(environment),))


def source(name):
    from plangate.model.input import InputRecord

    return InputRecord(
        Kind.TERRAFORM_PLAN, "plan.json", hashlib.sha256(name.encode()).hexdigest(), "terraform", "1.15.9"
    )


def a_review(environment, target="live/db", created_at=AS_OF):
    given = verdict(
        Decision.REVIEW,
        "aws_iam_role.r keeps its sessions open for longer",
        target=target,
        environment=environment,
        risk=Severity.MEDIUM,
        summary={**NONE, "update": 1},
        inputs=(source(environment),),
        changes=(change("aws_iam_role.r", attributes=(changed("max_session", 3600, 7200),)),),
        findings=(
            finding(
                "session-longer",
                Severity.MEDIUM,
                message="aws_iam_role.r keeps its sessions open for longer",
                address="aws_iam_role.r",
                evidence=("max_session",),
                fingerprint="ab" * 8,
                change=0,
            ),
        ),
    )
    return structs.replace(given, created_at=created_at)


UNREAD = wire.Skipped("plan.json", "is empty", "plan again", "input")


def merged(*parts, unread=(), expected=None, **options):
    return merge(list(parts), unread, expected, now=AS_OF, **options)


def gaps(whole):
    return [(s.what, s.why, s.decides) for s in whole.coverage.skipped if s.decides is not msgspec.UNSET]


def test_the_worst_decides_and_comes_first():
    whole = merged(part(a_pass("dev")), part(a_review("stage")), part(everything()))
    assert (whole.decision, whole.risk, whole.exit_code) == ("block", "critical", 10)
    assert [one.decision for one in whole.targets] == ["block", "review", "pass"]
    assert whole.headline.startswith("live/db (prod): aws_db_instance.main holds data")
    assert whole.findings[0].target == "live/db (prod)"


def test_a_merged_verdict_fits_the_schema_and_is_read_back():
    whole = merged(part(a_pass("dev")), part(a_review("stage")), part(everything(HOSTILE)))
    encoded = json_v1.ENCODER.encode(whole)
    jsonschema.Draft202012Validator(msgspec.json.decode(schema.schema())).validate(msgspec.json.decode(encoded))
    assert json_v1.ENCODER.encode(json_v1.parse(encoded)) == encoded


def test_the_order_of_the_files_does_not_matter():
    parts = [part(a_pass("dev")), part(a_review("stage")), part(everything())]
    assert merged(*parts) == merged(*reversed(parts))


def test_counts_add_up_and_changes_keep_their_inputs():
    whole = merged(part(a_review("a")), part(a_review("b")), part(everything()))
    assert whole.summary.update == 8
    assert len(whole.inputs) == 3
    owners = {whole.inputs[c.input].target for c in whole.changes if c.address == "aws_iam_role.r" and not c.noise}
    assert owners == {"live/db (a)", "live/db (b)"}


def test_what_is_judged_and_what_is_not_adds_up():
    def one(environment, assessed, open_):
        given = a_pass(environment)
        coverage = structs.replace(given.coverage, changes_assessed=assessed, changes_unassessed=open_)
        return part(structs.replace(given, coverage=coverage))

    whole = merged(one("a", 4, 1), one("b", 2, 0), one("c", None, None))
    assert (whole.coverage.changes_assessed, whole.coverage.changes_unassessed) == (6, 1)


def test_a_missing_expected_target_is_inconclusive():
    whole = merged(part(a_pass("dev")), expected=[Expected("live/db", "dev"), Expected("live/db", "prod")])
    assert (whole.decision, whole.exit_code) == ("inconclusive", 4)
    assert gaps(whole) == [("live/db (prod)", "is expected and has no verdict", "verdict")]
    assert "live/db (prod)" in whole.headline


def test_a_missing_target_never_hides_a_block():
    whole = merged(part(everything()), expected=[Expected("live/db"), Expected("live/web")])
    assert (whole.decision, whole.exit_code) == ("block", 10)
    assert gaps(whole)


def test_an_unexpected_target_is_told_and_decides_nothing():
    whole = merged(part(a_pass("dev")), part(a_pass("new")), expected=[Expected("live/db", "dev")])
    assert whole.decision == "pass"
    assert [s.what for s in whole.coverage.skipped] == ["live/db (new)"]


def test_nothing_expected_and_nothing_there_is_a_pass():
    whole = merged(expected=[])
    assert (whole.decision, whole.exit_code, whole.headline) == ("pass", 0, "no target has to be reviewed")


def test_nothing_there_and_nobody_saying_so_is_inconclusive():
    assert (merged().decision, merged().exit_code) == ("inconclusive", 3)


def test_a_verdict_that_cannot_be_read_is_inconclusive():
    unread = [wire.Skipped("x.json", "is not JSON", "review it again", "input")]
    whole = merged(part(a_pass("dev")), unread=unread)
    assert (whole.decision, whole.exit_code) == ("inconclusive", 3)


def test_the_same_file_twice_counts_once():
    one = part(a_review("dev"))
    assert merged(one, structs.replace(one, path="copy.json")) == merged(one)


def test_two_different_verdicts_of_a_target_contradict_each_other():
    whole = merged(part(a_pass("dev"), "1.json"), part(a_review("dev"), "2.json"))
    assert whole.decision == "review"
    assert [what for what, _, _ in gaps(whole)] == ["live/db (dev)"]
    assert whole.exit_code == 4


def test_versions_must_not_differ():
    whole = merged(part(a_pass("dev")), part(a_pass("prod"), plangate_version="9.9.9"))
    assert (whole.decision, whole.exit_code) == ("inconclusive", 4)


def test_one_plan_under_two_names_is_inconclusive():
    dev = a_review("dev")
    whole = merged(part(dev), part(structs.replace(dev, environment="prod")))
    assert [why for _, why, _ in gaps(whole)] == [
        "were reviewed from the very same file, so at most one of them was planned"
    ]


def test_a_merged_verdict_is_not_merged_again():
    assert gaps(merged(Part("m.json", "0", merged(part(a_pass("dev"))))))


@pytest.mark.parametrize(
    ("decision", "code", "expected"),
    [
        ("block", 0, 10),
        ("block", 10, 10),
        ("inconclusive", 0, 4),
        ("inconclusive", 3, 3),
        ("review", 11, 11),
        ("review", 0, 0),
        ("pass", 0, 0),
        ("pass", 77, 0),
    ],
)
def test_a_code_that_does_not_fit_the_decision_is_not_believed(decision, code, expected):
    assert code_of(saved(a_pass("dev"), decision=decision, exit_code=code)) == expected


@pytest.mark.parametrize(
    ("parts", "unread", "fail_on", "code"),
    [
        ([a_review("a")], (), "block", 0),
        ([a_review("a")], (), "review", 11),
        ([a_review("a"), a_pass("b")], (), "review", 11),
        ([a_review("a"), everything()], (), "review", 10),
        ([a_pass("a")], (), "review", 0),
        # What could not be read is worse than a review that fails.
        ([a_review("a")], (UNREAD,), "review", 3),
    ],
)
def test_a_review_fails_where_it_is_asked_to(parts, unread, fail_on, code):
    whole = merged(*map(part, parts), unread=unread, fail_on=fail_on)
    assert whole.exit_code == code


def test_a_verdict_that_was_never_a_file_is_known_from_its_copy():
    one, other = json_v1.wire_verdict(a_pass("dev")), json_v1.wire_verdict(a_pass("prod"))
    whole = merged(*(Part.of(name, given) for name, given in (("a", one), ("b", one), ("c", other))))
    assert ([one.name for one in whole.targets], gaps(whole)) == (["live/db (dev)", "live/db (prod)"], [])
    assert whole == merged(Part("a", "1", saved(a_pass("dev"))), Part("c", "2", saved(a_pass("prod"))))


def test_the_whole_is_as_old_as_its_oldest_part():
    whole = merged(part(a_review("a", created_at="2026-01-01T00:00:00Z")), part(a_review("b")))
    assert whole.created_at == "2026-01-01T00:00:00Z"


def test_equal_changes_and_findings_of_several_targets_are_told_once():
    whole = merged(part(a_review("dev")), part(a_review("stage")), part(a_review("prod")), part(a_pass("test")))
    comment = markdown.render(restore.restore(whole), markdown.Extras(targets=tuple(whole.targets)))
    assert comment.count("### 1-3 review") == 1
    assert comment.count("<summary>All changes (1)</summary>") == 1
    assert "`live/db (dev), live/db (prod), live/db (stage): aws_iam_role.r`" in comment
    assert "no changes in live/db (test)" in comment
    page = text.render(restore.restore(whole), width=100, colour=False, all_changes=False)
    assert page.count("keeps its sessions open for longer") == 2  # the headline and the finding


def test_each_finding_finds_the_change_of_its_own_target():
    dev = a_review("dev")
    prod = a_review("prod")
    other = structs.replace(prod.changes[0], attributes=(changed("max_session", ABSENT, 1),), action=Action.CREATE)
    whole = merged(part(dev), part(structs.replace(prod, changes=(other,))))
    model = restore.restore(whole)
    found = {f.address: model.changes[f.change].action for f in model.findings}
    assert found == {
        "live/db (dev): aws_iam_role.r": Action.UPDATE,
        "live/db (prod): aws_iam_role.r": Action.CREATE,
    }


def test_fingerprints_tell_targets_apart():
    whole = merged(part(a_review("dev")), part(a_review("prod")))
    assert len({f.fingerprint for f in whole.findings}) == 2


def test_an_observed_target_is_told_and_decides_nothing_for_the_others():
    seen = part(structs.replace(everything(), mode="observe"))
    whole = merged(part(a_review("dev")), seen)
    assert (whole.decision, whole.exit_code, whole.mode) == ("review", 0, msgspec.UNSET)
    assert any("only observed; enforcing would be block" in one.headline for one in whole.targets)
    assert {f.decision for f in whole.findings if f.target == "live/db (prod)"} == {"pass"}


def test_where_all_are_observed_the_whole_is():
    whole = merged(part(structs.replace(everything(), mode="observe")))
    assert (whole.decision, whole.mode, whole.exit_code, code_of(whole)) == ("block", "observe", 10, 0)


def test_what_is_missing_among_observed_targets_counts_unless_nothing_is_enforced_anywhere():
    observed = part(structs.replace(a_review("dev"), mode="observe"))
    expected = [Expected("live/db", "dev"), Expected("live/web")]
    whole = merged(observed, expected=expected)
    assert (whole.decision, whole.mode, whole.exit_code, code_of(whole)) == ("inconclusive", msgspec.UNSET, 4, 4)
    whole = merged(observed, expected=expected, observing=True)
    assert (whole.decision, whole.mode, whole.exit_code, code_of(whole)) == ("review", "observe", 4, 0)
    whole = merged(observed, unread=(UNREAD,), observing=True)
    assert (whole.mode, code_of(whole)) == ("observe", 3)
