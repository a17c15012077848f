import pytest

from plangate.model.change import Gap, Notice
from plangate.pipeline.inputs import classified
from plangate.policy.helm_cases import upgrade
from tests.support.upgrades import changeset

MAP = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "web"}}
OLD, NEW = {**MAP, "data": {"level": "info"}}, {**MAP, "data": {"level": "debug"}}


def told(**case):
    found = changeset(**{"before": OLD, "after": NEW, **case})
    (change,) = found.changes
    view = change.views.get("release")
    return view.notices if view else (), found


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ({"a": 1, "b": {"c": 2, "d": 3}}, {"a": 9, "b": {"c": 2, "d": 3}}, ()),
        (
            {"a": 1, "b": {"c": 2, "d": 3}},
            {"a": 1, "b": {"c": 2}},
            (Notice("values-dropped", "web no longer gets b.d: the defaults of the chart take its place", ("b.d",)),),
        ),
        (
            dict.fromkeys("abcdef", 1),
            {"a": 1},
            (
                Notice(
                    "values-dropped",
                    "web no longer gets b, c, d, e and 1 more: the defaults of the chart take their place",
                    ("b", "c", "d", "e", "f"),
                ),
            ),
        ),
        (
            {"a": 1},
            {},
            (
                Notice(
                    "values-reset",
                    "web is upgraded without values: those of the deployed revision are reset to the defaults of the chart",
                ),
            ),
        ),
        ({}, {"a": 1}, ()),
        ({"a": {"b": 1}}, {"a": None}, ()),
    ],
)
def test_what_the_flags_did_is_told_by_what_comes_out(old, new, expected):
    assert told(old_values=old, values=new)[0] == expected


def test_the_way_of_the_chart_is_told():
    notices, changeset = told(old_chart="1.9.0", chart="2.0.0-rc.1")
    assert notices == (
        Notice("chart-major", "web moves to a new major version of its chart (1.9.0 → 2.0.0-rc.1)", ("version",)),
        Notice("chart-prerelease", "web moves to a prerelease of its chart (1.9.0 → 2.0.0-rc.1)", ("version",)),
    )
    assert "chart web 1.9.0 → 2.0.0-rc.1" in changeset.notes


def test_values_that_stay_are_noted_and_values_that_are_not_given_are_said():
    assert (
        "the values are those of the deployed revision, given again or reused"
        in told(values={"a": 1}, old_values={"a": 1})[1].notes
    )
    assert (
        Gap(
            "which values of web are reused, reset or dropped",
            "the values of the deployed revision were not given",
            "helm get values web -n prod -o json > values.json, then --live-values values.json",
        )
        in told(values={"a": 1})[1].skipped
    )


def test_an_install_is_asked_for_no_old_values():
    built = upgrade({"after": NEW, "values": {"a": 1}})
    changeset = classified(built.dry_run.replace(b"pending-upgrade", b"pending-install"), {})
    assert [one.what for one in changeset.skipped] == []
    assert changeset.notes == ()
