"""The sides of every release of a plan brought together, and what ties a plan to its state."""

import pytest
from msgspec import structs

from plangate.drift.values import Owned
from plangate.ingest.terraform import state as terraform_state
from plangate.ingest.terraform.planfile import PlanFile
from plangate.model.change import (
    Action,
    Address,
    Drift,
    DriftStatus,
    Effect,
    EffectName,
    Freshness,
    Gap,
    Lock,
    Noise,
    TerraformChangeSet,
)
from plangate.model.input import RawInput
from plangate.model.release import ReleaseEvidence, Revision
from plangate.model.values import UNKNOWN, Embedded, Sensitive
from plangate.pipeline import release_drift
from plangate.pipeline.context import PlanContext
from tests.support.command import AS_OF
from tests.support.sides import FakeSide
from tests.support.states import state
from tests.support.verdicts import SOURCE, change

WEB = "helm_release.web"
HISTORY = (Revision(1, "superseded", updated="2026-01-30T10:00:00Z"), Revision(2, "deployed", updated="2026-01-31T10:00:00Z"))  # fmt: skip


def side(values, **more):
    return FakeSide({"name": "web", "namespace": "prod", "values": [Embedded("yaml", values)], **more})


def seen(values, revision=1, **more):
    """A side as the refresh of a plan records it."""
    metadata = {"values": Embedded("json", values) if values else "{}", "revision": revision}
    return FakeSide({"name": "web", "namespace": "prod", "metadata": metadata, **more})


def release(before, after, action=Action.UPDATE, more=None, **fields):
    return change(
        WEB,
        action,
        before=None if before is None else side(before, **(more or {})),
        after=None if after is None else side(after, **(more or {})),
        **fields,
    )


def known(live=None, **fields):
    return ReleaseEvidence(address=WEB, release="prod/web", live=live, **fields)


def attached(*changes, owned=(), **fields):
    return release_drift.attach(TerraformChangeSet(input=SOURCE, changes=changes, **fields), owned)


def statuses(changeset):
    return {entry.path: entry.status.value for entry in changeset.drift}


def effects(changeset):
    (one,) = changeset.changes
    return [(str(effect.name), effect.kind) for effect in one.effects]


REVERTS = Effect(EffectName.REVERTS_LIVE, "is what Terraform recorded")


# --- the drift of releases --------------------------------------------------------------------------------------------


def test_a_plan_without_releases_is_what_it_is():
    plan = TerraformChangeSet(input=SOURCE, changes=(change("aws_s3_bucket.b"),))
    assert release_drift.attach(plan) is plan


def test_a_value_that_was_changed_by_hand_is_undone_and_that_is_an_effect():
    one = release({"replicas": 3}, {"replicas": 3}, noise=Noise.UNKNOWN_ONLY, effects=(REVERTS,))
    found = attached(one, releases=(known({"replicas": 6}, recorded={"replicas": 3}, recorded_revision=1, live_revision=2, history=HISTORY),))  # fmt: skip
    assert found.drift == (
        Drift(
            WEB,
            "replicas",
            3,
            3,
            6,
            DriftStatus.WILL_BE_REVERTED,
            "scaled to 6 by hand (revision 2, 31 Jan 10:00 UTC); this apply sets it back to 3",
            "prod/web",
            since="revision 2, 31 Jan 10:00 UTC",
        ),
    )
    (changed,) = found.changes
    assert changed.noise is None
    assert [(e.kind, e.because) for e in changed.effects] == [
        ("values", "undoes 1 change made by hand (revision 2, 31 Jan 10:00 UTC): replicas")
    ]


def test_a_value_that_nobody_touched_has_no_effect_and_changes_nothing():
    one = release({"replicas": 3}, {"replicas": 4}, noise=Noise.UNKNOWN_ONLY, effects=(REVERTS,))
    found = attached(one, releases=(known({"replicas": 3}),))
    assert (statuses(found), found.changes) == ({"replicas": "intended"}, (one,))


def test_a_value_that_others_own_is_told_and_does_not_alarm():
    one = release({"image": {"tag": "v1"}, "a": 1}, {"image": {"tag": "v1"}, "a": 1})
    live = known({"image": {"tag": "v2"}, "a": 1})
    assert effects(attached(one, releases=(live,))) == [("reverts-live", "image")]
    found = attached(one, releases=(live,), owned=(Owned("image", "the updater"),))
    assert (statuses(found)["image.tag"], effects(found)) == ("will-be-reverted", [])
    assert [entry.note for entry in found.drift if entry.note] == [
        'changed by the updater to "v2"; this apply sets it back to "v1"'
    ]


@pytest.mark.parametrize(
    ("action", "compared"),
    [
        (Action.UPDATE, True),
        (Action.REPLACE, True),
        (Action.MOVE, True),
        (Action.FORGET, False),
        (Action.READ, False),
        (Action.UNKNOWN, False),
        (Action.CREATE, False),
    ],
)
def test_only_what_an_apply_meets_is_compared(action, compared):
    one = release({"a": 1}, {"a": 1}, action)
    assert bool(attached(one, releases=(known({"a": 2}),)).drift) is compared


def test_a_release_that_goes_has_nothing_to_be_compared():
    found = attached(release({"a": 1}, None, Action.DESTROY), releases=(known({"a": 2}),))
    assert (found.drift, effects(found)) == ((), [])


def test_a_stream_has_no_values_to_compare():
    one = structs.replace(release({"a": 1}, {"a": 1}), values_known=False)
    assert attached(one, releases=(known({"a": 2}),)).drift == ()


def test_without_evidence_nothing_is_compared():
    one = release({"a": 1}, {"a": 1})
    assert attached(one) == TerraformChangeSet(input=SOURCE, changes=(one,))


def test_a_release_that_the_plan_leaves_alone_is_told_in_a_note():
    one = release({"a": 1}, {"a": 1}, Action.NO_OP)
    found = release_drift.attach(TerraformChangeSet(input=SOURCE, unchanged=(one,), releases=(known({"a": 2}),)))
    assert (statuses(found), found.changes, found.unchanged) == ({"a": "stays"}, (), (one,))
    assert found.notes == (f"{WEB}: 1 value was changed by hand, and Terraform cannot see this: a",)


def test_live_values_that_were_removed_when_they_were_collected_are_said_not_to_be_compared():
    found = attached(release({"a": 1, "b": 1}, {"a": 1, "b": 1}), releases=(known({"a": UNKNOWN, "b": 1}),))
    assert statuses(found) == {"b": "clean"}
    assert [(gap.what, gap.inconclusive) for gap in found.skipped] == [("secret values of prod/web", False)]


# --- what the refresh of the plan found -------------------------------------------------------------------------------


def drifted(before, after, **fields):
    return change(WEB, before=before, after=after, **fields)


def test_what_the_refresh_found_is_the_live_side_where_the_cluster_was_not_asked():
    found = attached(release({"a": 1}, {"a": 1}), recorded_drift=(drifted(seen({"a": 1}), seen({"a": 2}, revision=2)),))
    (entry,) = found.drift
    assert (entry.path, entry.recorded, entry.live, entry.status) == ("a", 1, 2, DriftStatus.WILL_BE_REVERTED)
    assert entry.since == "revision 2"


def test_version_2_of_the_provider_keeps_the_facts_in_a_list_of_one():
    def listed(values):
        return FakeSide(metadata=[{"values": Embedded("json", values), "revision": 4}])

    found = attached(release({"a": 1}, {"a": 1}), recorded_drift=(drifted(listed({"a": 1}), listed({"a": 2})),))
    assert [(entry.recorded, entry.live, entry.since) for entry in found.drift] == [(1, 2, "revision 4")]


def test_what_the_cluster_says_goes_before_what_the_refresh_found():
    found = attached(
        release({"a": 1}, {"a": 1}),
        releases=(known({"a": 3}, history=HISTORY),),
        recorded_drift=(drifted(seen({"a": 1}), seen({"a": 2}, revision=2)),),
    )
    (entry,) = found.drift
    assert (entry.recorded, entry.live, entry.since) == (1, 3, "revision 2, 31 Jan 10:00 UTC")


@pytest.mark.parametrize("after", [None, FakeSide(), FakeSide(metadata={"values": "not json"}), seen({})])
def test_a_refresh_that_tells_no_values_is_no_live_side(after):
    found = attached(release({"a": 1}, {"a": 1}), recorded_drift=(drifted(seen({"a": 1}), after),))
    told = after is not None and after.at(("metadata", "values")) == "{}"
    assert statuses(found) == ({"a": "will-be-reverted"} if told else {})


def test_what_terraform_recorded_of_the_values_of_a_release_is_not_told_twice():
    recorded = Drift(WEB, "metadata.values", "x", "x", "y", DriftStatus.WILL_BE_REVERTED)
    others = (
        structs.replace(recorded, path="description"),
        structs.replace(recorded, address="helm_release.api"),
        structs.replace(recorded, release="prod/web"),
    )
    one = release({"a": 1}, {"a": 1})
    found = attached(one, drift=(recorded, *others), releases=(known({"a": 1}),))
    assert found.drift[:-1] == others
    assert attached(one, drift=(recorded, *others)).drift == (recorded, *others)


# --- installs and imports ---------------------------------------------------------------------------------------------

THERE = known({"a": 2}, history=(Revision(3, "deployed"),), live_revision=3, live_status="deployed")


def test_an_install_over_a_release_that_is_there_fails_and_nothing_is_compared():
    found = attached(release(None, {"a": 1}, Action.CREATE), releases=(THERE,))
    assert (found.drift, effects(found)) == ((), [("fails", "release-exists")])


def test_an_install_that_may_become_an_upgrade_is_compared():
    found = attached(release(None, {"a": 1}, Action.CREATE, more={"upgrade_install": True}), releases=(THERE,))
    assert statuses(found) == {"a": "conflict"}
    assert ("fails", "release-exists") not in effects(found)


def test_an_install_where_the_same_plan_uninstalls_the_release_may_fail():
    goes = structs.replace(release({"a": 1}, None, Action.DESTROY), address=Address("helm_release.old"))
    found = attached(release(None, {"a": 1}, Action.CREATE), goes, releases=(THERE,))
    assert [(str(effect.name), effect.kind) for effect in found.changes[0].effects] == [("may-fail", "release-exists")]


@pytest.mark.parametrize("status", ["uninstalled", "uninstalling"])
def test_an_install_over_a_release_that_is_gone_is_one(status):
    gone = structs.replace(THERE, live_status=status)
    assert effects(attached(release(None, {"a": 1}, Action.CREATE), releases=(gone,))) == []


def test_an_import_compares_with_what_it_read():
    def imported(after):
        before = seen({"a": 1})
        return change(WEB, Action.UPDATE, before=before, after=side(after), import_id="prod/web")

    found = attached(imported({"a": 2}))
    assert (statuses(found), effects(found)) == ({"a": "intended"}, [("reverts-live", "import")])
    assert effects(attached(imported({"a": 1}))) == []
    live = attached(imported({"a": 2}), releases=(known({"a": 5}),))
    assert [(entry.recorded, entry.live) for entry in live.drift] == [(1, 5)]


def test_an_import_that_read_nothing_has_nothing_to_be_compared():
    one = release({"a": 1}, {"a": 2}, import_id="prod/web")
    assert attached(one).drift == ()
    assert [(entry.recorded, entry.live) for entry in attached(one, releases=(known({"a": 5}),)).drift] == [(5, 5)]


# --- what Helm makes of old values ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("flags", "status"),
    [
        ({}, "dropped"),
        ({"reuse_values": True}, "stays"),
        ({"reuse_values": True, "reset_values": True}, "dropped"),
        ({"set_wo_revision": 0}, "dropped"),
        ({"set_wo_revision": 1}, "unknown"),
    ],
)
def test_flags_of_a_release_say_what_becomes_of_values_that_only_the_cluster_has(flags, status):
    found = attached(release({"a": 1}, {"a": 1}, more=flags), releases=(known({"a": 1, "b": 2}),))
    assert statuses(found)["b"] == status


@pytest.mark.parametrize(("after", "status"), [("same", "will-be-reverted"), ("other", "unknown")])
def test_values_that_are_hidden_are_those_that_were_recorded_only_where_they_stay(after, status):
    def hidden(token):
        return FakeSide(name="web", namespace="prod", values=[Sensitive(token)])

    one = change(WEB, before=hidden(1), after=hidden(1 if after == "same" else 2))
    found = attached(one, releases=(known({"a": 6}, recorded={"a": 3}),))
    assert statuses(found) == {"a": status}


def test_a_chart_that_was_changed_by_hand_is_set_back():
    one = release({"a": 1}, {"a": 1}, more={"version": "1.0.0"})
    moved = known({"a": 1}, live_version="2.0.0", recorded_version="1.0.0")
    assert effects(attached(one, releases=(moved,))) == [("reverts-live", "chart")]


# --- freshness --------------------------------------------------------------------------------------------------------

BUCKET = change("aws_s3_bucket.logs", name="logs")


def a_state(lineage="abc", serial=7, **attributes):
    return terraform_state.read(RawInput("s.json", state(lineage, serial, **attributes).encode()))


def a_saved(lineage="abc", serial=7, **attributes):
    return PlanFile(lineage, serial, "1.15.9", ("terraform",), state(lineage, serial, **attributes).encode())


def fresh(*changes, context=PlanContext(), **fields):  # noqa: B008 - frozen
    plan = TerraformChangeSet(input=SOURCE, changes=changes or (BUCKET,), **fields)
    return release_drift.attach_freshness(plan, context)


def beside(**fields):
    return PlanContext(state_read="state" in fields, **fields)


def test_without_a_state_or_a_saved_plan_nothing_is_known():
    found = fresh()
    assert (found.freshness, found.evidence, found.skipped) == (None, {}, ())


def test_a_saved_plan_says_which_state_it_was_made_from():
    assert fresh(context=beside(saved=a_saved())).freshness == Freshness(lineage="abc", serial_plan=7)


def test_a_saved_plan_is_held_against_the_state_there_is():
    lock = Lock("ada", AS_OF)
    found = fresh(context=beside(saved=a_saved(), state=a_state(), lock=lock))
    assert found.freshness == Freshness("abc", 7, 7, "abc", lock)
    assert (found.evidence, found.skipped) == ({"state": "given"}, ())


def test_what_moved_since_the_plan_was_made_is_named():
    now = a_state(serial=8, region="eu-north-1")
    found = fresh(context=beside(saved=a_saved(), state=now)).freshness
    assert (found.serial_plan, found.serial_state, found.moved) == (7, 8, ("aws_s3_bucket.logs",))
    assert fresh(context=beside(saved=a_saved(), state=a_state(serial=8))).freshness.moved == ()
    other = change("aws_s3_bucket.other", Action.CREATE, name="other")
    assert fresh(other, context=beside(saved=a_saved(), state=now)).freshness.moved == ()


def test_what_moved_is_not_told_where_it_was_not_compared():
    now = a_state(serial=8, region="eu-north-1")
    unread = Gap("tfplan", "terraform is not installed", "install it", input_failed=True)
    plan = TerraformChangeSet(input=SOURCE, skipped=(unread,))
    assert release_drift.attach_freshness(plan, beside(saved=a_saved(), state=now)).freshness.moved is None
    empty = PlanFile("abc", 7, "1.15.9", ("terraform",))
    assert fresh(context=beside(saved=empty, state=now)).freshness.moved is None
    assert fresh(context=beside(saved=a_saved(), state=None)).freshness.moved is None


def test_a_state_that_is_gone_has_serial_0_and_no_lineage():
    found = fresh(context=beside(saved=a_saved(), state=None)).freshness
    assert (found.serial_state, found.lineage_state) == (0, None)


UNPROVEN = Gap(
    "freshness of the plan",
    "plan JSON does not tell which state it was made from",
    "give the saved plan too: --saved-plan tfplan",
)


def test_a_plan_without_its_saved_plan_cannot_be_held_against_a_state_and_that_is_said():
    found = fresh(context=beside(state=a_state()))
    assert found.freshness == Freshness(lineage="abc", serial_state=7, lineage_state="abc")
    assert found.skipped == (UNPROVEN,)


def elsewhere(what, why):
    return Gap(what, why, "give the place of the state that was planned", inconclusive=True)


NO_STATE = elsewhere("state", "there is no state in this place, and the plan was made from one")
ANOTHER = elsewhere("s.json", "holds nothing of what this plan changes: it is another state")
GONE = change("aws_s3_bucket.gone", Action.DESTROY, name="gone")


@pytest.mark.parametrize(
    ("changes", "given", "said"),
    [
        ((BUCKET,), a_state(), ()),
        ((GONE,), a_state(), (ANOTHER,)),
        ((GONE, BUCKET), a_state(), ()),
        ((BUCKET,), None, (NO_STATE,)),
        ((change("aws_s3_bucket.new", Action.CREATE, name="new"),), None, ()),
        ((change("aws_s3_bucket.new", Action.IMPORT, name="new"),), a_state(), ()),
        ((change("aws_s3_bucket.new", Action.UNKNOWN, name="new"),), a_state(), ()),
        ((structs.replace(GONE, mode="data"),), a_state(), ()),
        ((structs.replace(GONE, address=Address("aws_s3_bucket.gone", "ab12")),), a_state(), ()),
        ((structs.replace(GONE, action=Action.MOVE, moved_from="aws_s3_bucket.logs"),), a_state(), ()),
    ],
    ids=["its", "another", "a part", "none", "create", "import", "unknown", "data", "deposed", "moved"],
)
def test_a_state_that_holds_nothing_of_what_the_plan_changes_is_another_one(changes, given, said):
    assert fresh(*changes, context=beside(state=given)).skipped == (UNPROVEN, *said)


def test_what_the_plan_leaves_alone_counts_too():
    same = structs.replace(release({"a": 1}, {"a": 1}), action=Action.NO_OP)
    created = change("aws_s3_bucket.new", Action.CREATE, name="new")
    assert fresh(created, unchanged=(same,), context=beside(state=a_state())).skipped == (UNPROVEN, ANOTHER)


def test_a_saved_plan_tells_by_itself_whether_the_state_is_another_one():
    assert fresh(GONE, context=beside(saved=a_saved(), state=a_state())).skipped == ()


def test_the_revisions_of_a_release_are_told_where_it_is_the_only_one():
    one = known(recorded_revision=1, live_revision=2)
    other = structs.replace(one, address="helm_release.api", live_revision=5)
    unread = ReleaseEvidence(address="helm_release.x", release="prod/x")
    assert fresh(releases=(one, unread)).freshness == Freshness(revision_recorded=1, revision_live=2)
    assert fresh(releases=(one, other)).freshness is None
    assert fresh(releases=(unread,)).freshness is None
    both = fresh(releases=(one,), context=beside(saved=a_saved())).freshness
    assert (both.serial_plan, both.revision_live) == (7, 2)


def test_evidence_is_missing_where_it_is_for_any_release_that_is_there():
    given, missing = {"values": "given", "history": "given"}, {"values": "missing", "history": "given"}
    one = known(evidence=given)
    two = ReleaseEvidence(address="helm_release.api", release="prod/api", evidence=missing)
    assert fresh(releases=(one,)).evidence == given
    assert fresh(releases=(one, two)).evidence == fresh(releases=(two, one)).evidence == missing
    new = release(None, {}, Action.CREATE)
    assert fresh(new, releases=(structs.replace(one, evidence=missing),)).evidence == {}
    assert fresh(releases=(one,), context=beside(state=a_state()), evidence={"x": "given"}).evidence == {
        "x": "given",
        **given,
        "state": "given",
    }
