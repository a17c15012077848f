"""A plan and the dry run of the same release: where they tell one story, and where they do not."""

import pytest
from msgspec import structs

from plangate.classify.terraform.helm_release import unseen
from plangate.model.change import Action, Address, Gap, HelmChangeSet, Noise, RefusedUpgrade, TerraformChangeSet
from plangate.model.input import InputRecord, Kind
from plangate.model.release import Chart, Upgrade
from plangate.model.values import UNKNOWN, Embedded, Sensitive
from plangate.pipeline.correlate import correlate
from tests.support.sides import FakeSide
from tests.support.verdicts import SOURCE, change

DRY_RUN = InputRecord(Kind.HELM_DRY_RUN, "dry-run.json", "")
VALUES = {"replicas": 3, "image": {"tag": "v2"}}
NOTE = "what it does to its objects: dry-run.json"


def release(values=VALUES, action=Action.UPDATE, **fields):
    sides = {"name": "web", "namespace": "prod", "version": "1.2.0", "values": [Embedded("yaml", values)]}
    return change("helm_release.web", action, after=FakeSide({**sides, **fields.pop("after", {})}), **fields)


def plan(*changes, **fields):
    return TerraformChangeSet(input=SOURCE, changes=changes, **fields)


def upgrade(values=VALUES, version="1.2.0", name="prod/web", **fields):
    return HelmChangeSet(
        input=DRY_RUN, upgrade=Upgrade(release=name, values=values, chart=Chart("web", version), **fields)
    )


def joined(one, run=None):
    """The change and the gaps of a plan beside a dry run."""
    found, beside = correlate([plan(one), run or upgrade()])
    assert beside is (run or beside)
    (one,) = found.changes
    return one, found.skipped


def another(words):
    return Gap(
        "dry-run.json",
        f"is not the dry run of what helm_release.web will do: {words} differ",
        "make the dry run with the chart version and the values of this plan",
        inconclusive=True,
    )


@pytest.mark.parametrize("action", [Action.CREATE, Action.UPDATE, Action.REPLACE])
def test_a_change_says_where_it_is_told_what_it_does(action):
    one = release(action=action)
    assert joined(one) == (structs.replace(one, release="prod/web", note=NOTE), ())


def test_a_change_that_is_told_elsewhere_is_no_noise_and_keeps_its_note():
    one = release(noise=Noise.UNKNOWN_ONLY, note="a note")
    assert joined(one)[0] == structs.replace(one, release="prod/web", noise=None, note=f"a note; {NOTE}")


def test_what_the_plan_alone_could_not_say_is_said_no_longer():
    one = release()
    other = structs.replace(release(after={"name": "api"}), address=Address("helm_release.api"))
    kept = Gap("refresh", "a plan does not say", "plan")
    found, _ = correlate(
        [plan(one, other, skipped=(unseen.not_rendered(one), kept, unseen.not_rendered(other))), upgrade()]
    )
    assert found.skipped == (kept, unseen.not_rendered(other))
    assert [change.release for change in found.changes] == ["prod/web", None]


@pytest.mark.parametrize(
    "one",
    [
        release(action=Action.NO_OP),
        release(action=Action.FORGET),
        change("helm_release.web", Action.DESTROY, before=FakeSide(name="web", namespace="prod")),
        release(after={"name": "api"}),
        release(after={"name": UNKNOWN}),
        release(after={"namespace": "dev"}),
        release(after={"namespace": None}),
        release(mode="data"),
        structs.replace(release(), type="helm_template"),
    ],
    ids=["no-op", "forget", "destroy", "name", "no name yet", "namespace", "default", "data", "type"],
)
def test_a_change_of_anything_else_stays_as_it_is(one):
    assert joined(one) == (one, ())


def test_a_release_without_a_namespace_is_in_the_default_one():
    one = release(after={"namespace": None})
    assert joined(one, upgrade(name="default/web"))[0].release == "default/web"


def test_change_sets_without_an_upgrade_of_a_release_are_what_they_are():
    alone = [plan(release()), RefusedUpgrade(input=DRY_RUN, refused="no"), upgrade(name=None)]
    assert correlate(alone) == alone


def test_a_plan_may_stand_anywhere_and_be_one_of_several():
    first, run, last = correlate([plan(release()), upgrade(), plan(release())])
    assert [c.release for one in (first, last) for c in one.changes] == ["prod/web", "prod/web"]
    assert run == upgrade()


# --- another upgrade --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("planned", "ran", "differs"),
    [
        ("1.2.0", "1.2.0", ""),
        ("v1.2.0", "1.2.0", ""),
        ("1.2.0", "v1.2.0", ""),
        ("1.2.0", "", ""),
        (UNKNOWN, "1.3.0", ""),
        (None, "1.3.0", ""),
        ("1.2.0", "1.3.0", "chart version 1.3.0 instead of 1.2.0"),
    ],
)
def test_a_dry_run_of_another_chart_is_not_that_of_this_plan(planned, ran, differs):
    one, skipped = joined(release(after={"version": planned}), upgrade(version=ran))
    assert skipped == ((another(differs),) if differs else ())
    assert one.release == "prod/web"


@pytest.mark.parametrize(
    ("planned", "ran", "differs"),
    [
        ({"a": 1}, {"a": 1}, ""),
        ({"a": 1}, {"a": 2}, "a"),
        ({"a": 1}, {}, "a"),
        ({}, {"a": 1}, "a"),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 2, "c": 2}}, "a.b"),
        ({"a": 1, "b": 1, "c": 1, "d": 1, "e": 1}, {}, "a, b, c and 2 more"),
        ({"a": Sensitive(1)}, {"a": Sensitive(2)}, ""),
        ({"a": Sensitive(1)}, {"a": "text"}, ""),
        ({"a": UNKNOWN}, {"a": 1}, ""),
        ({"a": Sensitive(1)}, {}, "a"),
        ({}, {"a": Sensitive(1)}, "a"),
        ({"a": UNKNOWN, "b": 1}, {"a": 1, "b": 2}, "b"),
    ],
)
def test_a_dry_run_of_other_values_is_not_that_of_this_plan(planned, ran, differs):
    """Secrets of two inputs cannot be compared; that one of them has none can."""
    assert joined(release(planned), upgrade(ran))[1] == ((another(differs),) if differs else ())


def test_where_a_part_of_the_values_is_not_known_what_one_side_lacks_may_be_in_it():
    hidden = {"values": [Embedded("yaml", {"a": 1}), UNKNOWN]}
    assert joined(release(after=hidden), upgrade({"a": 1, "b": 2}))[1] == ()
    assert joined(release(after=hidden), upgrade({"a": 2, "b": 2}))[1] == (another("a"),)


def test_a_dry_run_that_does_not_tell_its_values_is_said_and_decides_nothing():
    gap = Gap(
        "dry-run.json",
        "does not tell which values it was made with, so that it may not be what helm_release.web will do",
        "make the dry run with -o json",
    )
    assert joined(release(), upgrade(None))[1] == (gap,)
    assert joined(release(), upgrade(None, "1.3.0"))[1] == (another("chart version 1.3.0 instead of 1.2.0"),)
