"""Whether a plan is the one that a verdict was reached on: every reason against it, one by one."""

import pytest
from msgspec import UNSET, structs

from plangate.errors import ExitCode
from plangate.model.change import Action, Address, Freshness, Gap, Hook, Invocation, OutputChange, ReplaceOrder
from plangate.model.input import Facts, InputRecord, Kind
from plangate.model.verdict import Binding, Coverage, Severity
from plangate.pipeline import saved, signature
from plangate.pipeline.verify import Comparison, Problem, Verified, VerifyResult, compare
from tests.support.command import AS_OF
from tests.support.verdicts import change, changed, finding, verdict

NOW = "2026-01-31T13:00:00Z"
LATE = "2026-02-02T00:00:00Z"
KEY = b"the gate's own"
PLAN = InputRecord(Kind.TERRAFORM_PLAN, "plan.json", "ab" * 32, "terraform", "1.15.9", Facts(False, True, True))
UPGRADE = InputRecord(Kind.HELM_DRY_RUN, "upgrade.txt", "cd" * 32, "helm", "4.0.0")
ROLE = change("aws_iam_role.r", attributes=(changed("max_session", 3600, 7200),))
AT_812 = Freshness(lineage="l", serial_plan=812)

THIS = "this plan is not the one that was reviewed"


def document(*changes, binding=None, **fields):
    """The document of a bound verdict about one plan, made from serial 812 of its state."""
    bound = {"expires_at": "2026-02-01T12:00:00Z", "sensitive": "none", "digests": ("",) * len(changes)}
    fields = {"inputs": (PLAN,), "freshness": AT_812, **fields}
    return saved.document(verdict(changes=changes, binding=Binding(**{**bound, **(binding or {})}), **fields))


def upgrade(*changes, binding=None, **fields):
    return document(*changes, binding=binding, **{"inputs": (UPGRADE,), "freshness": None, **fields})


def held(before, after=None, **fields):
    return compare(Comparison(saved=before, fresh=before if after is None else after, **{"now": NOW, **fields}))


def told(result):
    return [(problem.kind, problem.text, problem.lines) for problem in result.problems]


BEFORE = document(ROLE)


def test_the_same_plan_from_the_same_state_is_the_same():
    assert held(BEFORE, document(ROLE)) == VerifyResult(())
    assert held(BEFORE).code is ExitCode.OK


def test_where_a_plan_stands_and_when_it_was_read_does_not_matter():
    moved = structs.replace(PLAN, path="elsewhere.json", sha256="cd" * 32)
    other = structs.replace(document(ROLE, inputs=(moved,)), created_at=LATE)
    assert held(BEFORE, other) == VerifyResult(())


# --- whether the verdict may be relied on -----------------------------------------------------------------------------


def test_a_merged_verdict_is_of_no_single_plan():
    merged = structs.replace(BEFORE, targets=[])
    assert told(held(merged)) == [("unsure", "this is a merged verdict", ())]


def test_a_verdict_that_is_not_bound_does_not_say_which_plan_it_is_about():
    bare = structs.replace(BEFORE, binding=UNSET)
    assert told(held(bare, BEFORE)) == [("unsure", "the verdict does not say which plan it is about", ())]


@pytest.mark.parametrize(
    ("given", "key", "problems"),
    [
        (signature.signed(BEFORE, KEY), KEY, []),
        (BEFORE, KEY, [("unsure", "the verdict is not signed, and this gate has a key", ())]),
        (
            structs.replace(signature.signed(BEFORE, KEY), headline="all is well"),
            KEY,
            [("different", "the verdict is not what this gate wrote: its signature does not fit", ())],
        ),
        (
            signature.signed(BEFORE, b"another"),
            KEY,
            [("different", "the verdict is not what this gate wrote: its signature does not fit", ())],
        ),
        (signature.signed(BEFORE, KEY), None, []),
    ],
    ids=["signed", "not signed", "changed", "another gate's", "signed, and nobody asks"],
)
def test_a_gate_with_a_key_believes_what_it_signed(given, key, problems):
    assert told(held(given, BEFORE, key=key)) == problems


def test_hidden_values_cannot_be_compared_without_the_key():
    before = document(ROLE, binding={"sensitive": "hmac"})
    expected = ("unsure", "hidden values can only be compared with the gate's key", ())
    assert told(held(before)) == [expected]
    other = document(change("aws_iam_role.r", attributes=(changed("max_session", 3600, 1),)))
    lines = ("~ aws_iam_role.r: max_session → 1, reviewed → 7200",)
    assert told(held(before, other)) == [("different", THIS, lines), expected]


def test_hidden_values_that_were_left_out_are_named():
    result = held(document(ROLE, binding={"sensitive": "left-out"}))
    assert result.code is ExitCode.OK
    assert result.notes == (
        "hidden values were not compared: review and verify with the same PLANGATE_KEY to compare them",
    )


@pytest.mark.parametrize(
    ("now", "problems"),
    [
        ("2026-02-01T12:00:00Z", []),
        ("2026-02-01T12:00:01Z", [("unsure", "the verdict was valid until 2026-02-01T12:00:00Z", ())]),
    ],
)
def test_a_verdict_expires(now, problems):
    assert told(held(BEFORE, now=now)) == problems


@pytest.mark.parametrize(
    ("decision", "kind", "code"),
    [("block", "different", 10), ("inconclusive", "unsure", 4), ("review", None, 0), ("pass", None, 0)],
)
def test_a_verdict_that_lets_nothing_go_on_lets_nothing_through(decision, kind, code):
    severity = {"block": Severity.CRITICAL, "review": Severity.MEDIUM}.get(decision)
    found = () if severity is None else (finding("data-lost", severity),)
    unsure = (Gap("state", "is missing", "give it", inconclusive=True),) if decision == "inconclusive" else ()
    codes = {"block": 10, "inconclusive": 4}
    given = structs.replace(
        document(ROLE, findings=found, risk=severity, coverage=Coverage(skipped=unsure)),
        decision=decision,
        exit_code=codes.get(decision, 0),
        headline="it is lost",
    )
    result = held(given, BEFORE)
    assert told(result) == ([(kind, f"the verdict itself is {decision}: it is lost", ())] if kind else [])
    assert result.code == code
    assert bool(result.notes) == (decision == "review")


# --- whether it is the same plan --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("after", "lines"),
    [
        ((), ("- aws_iam_role.r: update, which is no longer planned",)),
        ((ROLE, change("a.new", Action.CREATE)), ("+ a.new: create, which was not reviewed",)),
        (
            (change("aws_iam_role.r", Action.DESTROY),),
            ("~ aws_iam_role.r: destroy instead of update", "~ aws_iam_role.r: max_session unchanged, reviewed → 7200"),
        ),
        (
            (structs.replace(ROLE, action=Action.REPLACE, replace_order=ReplaceOrder.CREATE_FIRST),),
            ("~ aws_iam_role.r: replace (create-first) instead of update",),
        ),
        (
            (structs.replace(ROLE, attributes=(changed("max_session", 3600, 1),)),),
            ("~ aws_iam_role.r: max_session → 1, reviewed → 7200",),
        ),
        (
            (structs.replace(ROLE, attributes=(*ROLE.attributes, changed("path", "a", "b"))),),
            ('~ aws_iam_role.r: path → "b", reviewed unchanged',),
        ),
        (
            (structs.replace(ROLE, replace_paths=("name",)),),
            ("~ aws_iam_role.r: replaced because of name, reviewed nothing",),
        ),
        ((structs.replace(ROLE, moved_from="a.b"),), ("~ aws_iam_role.r: moved or imported from elsewhere",)),
        ((structs.replace(ROLE, import_id="r"),), ("~ aws_iam_role.r: moved or imported from elsewhere",)),
        (
            (structs.replace(ROLE, address=Address("aws_iam_role.r", "abc")),),
            (
                "+ aws_iam_role.r (deposed abc): update, which was not reviewed",
                "- aws_iam_role.r: update, which is no longer planned",
            ),
        ),
    ],
)
def test_every_difference_of_a_change_is_shown(after, lines):
    result = held(BEFORE, document(*after))
    assert result.problems == (Problem("different", THIS, "review this plan", lines),)
    assert result.code is ExitCode.BLOCK


@pytest.mark.parametrize(
    ("action", "words"),
    [(Action.CREATE, "it is created with other values"), (Action.UPDATE, "a hidden value is another one")],
)
def test_a_digest_tells_what_attributes_do_not(action, words):
    one, other = (document(change("a.b", action), binding={"digests": (digest,)}) for digest in ("01", "02"))
    assert told(held(one, other)) == [("different", THIS, (f"~ a.b: {words}",))]


@pytest.mark.parametrize(
    ("fields", "line"),
    [
        ({"outputs": (OutputChange("o", Action.UPDATE, 1, 2),)}, "~ outputs: not the same"),
        ({"invocations": (Invocation("action.a", "after create"),)}, "~ actions that it runs: not the same"),
        ({"hooks": (Hook(address=Address("a"), events=("pre-upgrade",)),)}, "~ hooks: not the same"),
        ({"binding": {"hooks": "01"}}, "~ hooks: what they hold is not the same"),
        (
            {"inputs": (structs.replace(PLAN, facts=Facts(False, False, True)),)},
            "~ the plan itself: another kind, errored, or partial",
        ),
        (
            {"inputs": (structs.replace(PLAN, facts=Facts(True, True, True)),)},
            "~ the plan itself: another kind, errored, or partial",
        ),
    ],
)
def test_what_is_no_change_is_compared_too(fields, line):
    assert told(held(BEFORE, document(ROLE, **fields))) == [("different", THIS, (line,))]


def test_true_is_not_one():
    one, other = (document(ROLE, outputs=(OutputChange("o", Action.UPDATE, 0, after),)) for after in (1, True))
    assert told(held(one, other)) == [("different", THIS, ("~ outputs: not the same",))]


def test_what_is_volatile_does_not_matter():
    terms = {"volatile": ("aws_iam_role.max_*",)}
    other = change("aws_iam_role.r", attributes=(changed("max_session", 3600, 1),))
    assert held(document(ROLE, binding=terms), document(other, binding=terms)) == VerifyResult(())


def test_a_list_of_changes_that_was_edited_is_noticed():
    edited = structs.replace(BEFORE, changes=[])
    words = "the verdict was changed: its own list of changes is not what it was made of"
    assert told(held(edited, BEFORE)) == [("different", words, ())]


def test_another_version_of_plangate_is_named():
    older = structs.replace(BEFORE, plangate_version="0.0.1")
    (problem,) = held(older, document()).problems
    assert problem.hint == f"use one version of plangate: {', '.join(sorted(['0.0.1', BEFORE.plangate_version]))}"


def test_a_plan_that_cannot_be_read_is_no_answer():
    gap = Gap("plan.json", "is empty", "plan again", input_failed=True)
    fresh = document(ROLE, coverage=Coverage(skipped=(gap, Gap("x", "was not seen", "look", inconclusive=True))))
    result = held(BEFORE, fresh, plans=("plan.json",))
    assert (told(result), result.code) == ([("unread", "plan.json: is empty", ())], ExitCode.INPUT)


def test_of_a_plan_that_cannot_be_read_no_difference_is_told():
    gap = Gap("plan.json", "not found", "plan again", input_failed=True)
    fresh = document(coverage=Coverage(skipped=(gap,)))
    result = held(BEFORE, fresh, plans=("plan.json",))
    assert (told(result), result.code) == ([("unread", "plan.json: not found", ())], ExitCode.INPUT)
    result = held(BEFORE, fresh, plans=("other.json",))
    assert ([problem.kind for problem in result.problems], result.code) == (["different", "unsure"], ExitCode.BLOCK)


def test_an_upgrade_needs_the_evidence_that_it_was_predicted_from():
    then = upgrade(coverage=Coverage(evidence={"manifest": "given", "live_objects": "given"}))
    now = upgrade(ROLE, coverage=Coverage(evidence={"manifest": "missing", "live_objects": "missing"}))
    words = "the review had manifest and live objects beside the input, and now it was not given"
    assert told(held(then, now)) == [("unsure", words, ())]


# --- whether it is still about the same world -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("then", "now", "problem"),
    [
        (AT_812, AT_812, None),
        (AT_812, Freshness(lineage="l", serial_state=812), None),
        (Freshness(lineage="l", serial_state=812), AT_812, None),
        (None, AT_812, ("unsure", "the verdict does not say which state it was made from")),
        (Freshness(lineage="l"), AT_812, ("unsure", "the verdict does not say which state it was made from")),
        (AT_812, None, ("unsure", "this plan does not say which state it was made from")),
        (AT_812, Freshness(lineage="l"), ("unsure", "this plan does not say which state it was made from")),
        (
            AT_812,
            Freshness(lineage="l", serial_plan=813),
            ("different", "the state has moved: it was reviewed at serial 812, and is at 813 now"),
        ),
        (
            AT_812,
            Freshness(lineage="l", serial_plan=812, serial_state=813),
            ("different", "the state has moved: it was reviewed at serial 812, and is at 813 now"),
        ),
        (
            AT_812,
            Freshness(lineage="m", serial_plan=812),
            ("different", "this is another state: the lineage is not the same"),
        ),
        (AT_812, Freshness(serial_plan=812), ("unsure", "one of both does not tell the lineage of its state")),
        (Freshness(serial_plan=0), Freshness(lineage="l", serial_plan=0), None),
    ],
)
def test_the_state_is_the_same_or_somebody_has_to_look(then, now, problem):
    result = held(document(ROLE, freshness=then), document(ROLE, freshness=now))
    assert told(result) == ([(*problem, ())] if problem else [])


@pytest.mark.parametrize(
    ("moved", "lines"),
    [
        (None, ()),
        ((), ("nothing that this plan touches has changed in the state",)),
        (("a.b", "c.d"), tuple(f"~ {one}: changed in the state since the plan was made" for one in ("a.b", "c.d"))),
    ],
)
def test_what_moved_in_the_state_is_named(moved, lines):
    fresh = document(ROLE, freshness=Freshness(lineage="l", serial_plan=813))
    assert [problem.lines for problem in held(BEFORE, fresh, moved=moved).problems] == [lines]


def test_of_several_plans_nobody_knows_the_state():
    words = "a verdict of several plans does not say which state each was made from"
    assert told(held(document(ROLE, inputs=(PLAN, PLAN)))) == [("unsure", words, ())]


@pytest.mark.parametrize(
    ("then", "now", "problem"),
    [
        ((7, 6), (7, 6), None),
        ((7, 6), (8, 6), ("different", "the release has moved: it was reviewed as revision 7, and this makes 8")),
        ((7, 6), (7, None), ("unsure", "the release was at revision 6, and where it is now was not given")),
        ((None, 6), (None, 7), ("different", "the release has moved: it was at revision 6, and is at 7 now")),
        ((7, None), (7, 6), None),
    ],
)
def test_the_release_is_the_same_or_somebody_has_to_look(then, now, problem):
    one, other = (upgrade(ROLE, binding={"revision": r, "revision_live": live}) for r, live in (then, now))
    assert told(held(one, other)) == ([(*problem, ())] if problem else [])


def test_the_release_beside_a_plan_counts_too():
    one, other = (document(ROLE, freshness=structs.replace(AT_812, revision_live=revision)) for revision in (6, 7))
    assert told(held(one, other)) == [("different", "the release has moved: it was at revision 6, and is at 7 now", ())]


# --- the answer -------------------------------------------------------------------------------------------------------


def test_what_differs_comes_before_what_nobody_can_tell():
    result = held(structs.replace(BEFORE, created_at=AS_OF), document(), now=LATE)
    assert [problem.kind for problem in result.problems] == ["different", "unsure"]
    assert result.code is ExitCode.BLOCK


@pytest.mark.parametrize(
    ("kinds", "failed", "code"),
    [((), 0, 0), ((), 1, 1), (("unsure",), 0, 4), (("unsure",), 1, 1), (("unsure", "different"), 1, 10)],
)
def test_a_bug_never_softens_a_difference(kinds, failed, code):
    result = VerifyResult(tuple(Problem(kind, "") for kind in kinds))
    assert Verified(result=result, saved=BEFORE, failures=(ValueError(),) * failed).exit_code == code
