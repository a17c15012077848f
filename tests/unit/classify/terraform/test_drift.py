import pytest

from plangate.classify.terraform.plan import classify
from plangate.ingest.detect import documents
from plangate.ingest.terraform.plan import parse
from plangate.model.change import Drift, DriftStatus, Noise
from plangate.model.input import RawInput
from plangate.model.values import ABSENT, UNKNOWN
from plangate.policy.testing import plan


def entry(actions, before, after):
    return {
        "address": "aws_thing.a",
        "mode": "managed",
        "type": "aws_thing",
        "name": "a",
        "change": {"actions": actions, "before": before, "after": after},
    }


def drift(found, planned=None, **sections):
    """The drift of a plan whose refresh found one change, and which plans another, or nothing."""
    planned = planned or {"actions": ["no-op"], "before": {}, "after": {}}
    data = plan({"type": "aws_thing", "name": "a", **planned, "plan": {"resource_drift": [entry(*found)], **sections}})
    (document,) = documents(RawInput("plan.json", data))
    return classify(parse(document)).drift


SCALED = (["update"], {"count": 3, "etag": "a"}, {"count": 6, "etag": "b"})
ETAG = Drift(
    "aws_thing.a",
    "etag",
    "b",
    "a",
    "b",
    DriftStatus.STAYS,
    "changed outside of Terraform; this apply leaves it so",
    noise=Noise.READ_BACK,
)


@pytest.mark.parametrize(
    ("planned", "desired", "status", "note"),
    [
        (None, 6, DriftStatus.STAYS, "changed outside of Terraform; this apply leaves it so"),
        (
            {"before": {"count": 6, "etag": "b"}, "after": {"count": 3, "etag": "b"}},
            3,
            DriftStatus.WILL_BE_REVERTED,
            "changed outside of Terraform; this apply sets it back",
        ),
        (
            {"before": {"count": 6, "etag": "b"}, "after": {"count": 4, "etag": "b"}},
            4,
            DriftStatus.CONFLICT,
            "changed outside of Terraform; this apply sets it to something else again",
        ),
        (
            {"before": {"count": 6, "etag": "b"}, "after": {"etag": "b"}, "after_unknown": {"count": True}},
            UNKNOWN,
            DriftStatus.UNKNOWN,
            "changed outside of Terraform; what this apply sets is known only after apply",
        ),
    ],
)
def test_each_difference_says_what_this_apply_does_to_it(planned, desired, status, note):
    assert drift(SCALED, planned) == (Drift("aws_thing.a", "count", desired, 3, 6, status, note), ETAG)


def test_what_goes_away_anyway_stays_as_it_is():
    (count, _) = drift(SCALED, {"before": {"count": 6}})
    assert (count.desired, count.status, count.note) == (
        ABSENT,
        DriftStatus.STAYS,
        "changed outside of Terraform, and goes with this apply",
    )


@pytest.mark.parametrize(
    ("type_", "lost"), [("aws_db_instance", True), ("aws_vpc", True), ("null_resource", False), ("aws_thing", False)]
)
def test_a_store_that_is_gone_and_stays_away_is_lost(type_, lost):
    found = {
        "address": f"{type_}.a",
        "mode": "managed",
        "type": type_,
        "name": "a",
        "change": {"actions": ["delete"], "before": {"a": 1}, "after": None},
    }
    data = plan(
        {"type": "aws_thing", "actions": ["no-op"], "before": {}, "after": {}, "plan": {"resource_drift": [found]}}
    )
    (document,) = documents(RawInput("plan.json", data))
    assert [entry.lost for entry in classify(parse(document)).drift] == [lost]


def test_what_stays_and_is_relied_on_says_so():
    relevant = [{"resource": "aws_thing.a", "attribute": ["count"]}]
    (count, etag) = drift(SCALED, relevant_attributes=relevant)
    assert (count.note, etag) == ("changed outside of Terraform; this apply leaves it so; this plan relies on it", ETAG)


GONE = (["delete"], {"count": 3}, None)


def test_a_deleted_object_comes_again_or_stays_away():
    assert drift(GONE, {"after": {"count": 3}}) == (
        Drift(
            "aws_thing.a",
            "",
            "(exists)",
            "(exists)",
            ABSENT,
            DriftStatus.WILL_BE_REVERTED,
            "deleted outside of Terraform; this apply creates it again",
        ),
    )
    assert drift(GONE) == (
        Drift(
            "aws_thing.a",
            "",
            ABSENT,
            "(exists)",
            ABSENT,
            DriftStatus.CONVERGED,
            "deleted outside of Terraform; this apply leaves it so",
        ),
    )


@pytest.mark.parametrize(
    ("live", "by_itself", "noise"),
    [("16.4", True, Noise.READ_BACK), ("16.4", False, None), ("16.0", True, None)],
)
def test_an_upgrade_that_a_service_does_by_itself_is_no_change_by_hand(live, by_itself, noise):
    recorded = {"engine_version": "16.1", "auto_minor_version_upgrade": by_itself}
    found = {
        "address": "aws_db_instance.a",
        "mode": "managed",
        "type": "aws_db_instance",
        "name": "a",
        "change": {"actions": ["update"], "before": recorded, "after": recorded | {"engine_version": live}},
    }
    planned = {"type": "aws_db_instance", "name": "a", "actions": ["no-op"], "before": {}, "after": {}}
    (document,) = documents(RawInput("plan.json", plan(planned | {"plan": {"resource_drift": [found]}})))
    (told,) = classify(parse(document)).drift
    assert (told.path, told.noise) == ("engine_version", noise)
