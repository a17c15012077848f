import pytest

from plangate.model.change import Action
from tests.support.upgrades import changes, plain, workload


def ports(*given):
    return plain(
        "Service",
        spec={
            "selector": {"app": "web"},
            "ports": [dict(zip(("name", "port", "protocol"), one, strict=True)) for one in given],
        },
    )


def variables(*given):
    return workload(container={"env": [{"name": name, "value": value} for name, value in given]})


def told(**case):
    return [
        (change.action, effect.kind, effect.paths)
        for change in changes(**case).values()
        for effect in change.effects
        if effect.name == "not-applied"
    ]


def test_a_port_that_the_patch_drops_is_told_of_a_service_that_stays_as_it_is():
    before, after = ports(("udp", 53, "UDP")), ports(("udp", 53, "UDP"), ("tcp", 53, "TCP"))
    assert told(before=before, after=after) == [(Action.NO_OP, "lost-in-merge", ("spec.ports[port=53]",))]


def test_a_variable_of_which_both_entries_are_removed_is_told_with_its_path():
    before, after = variables(("A", "1"), ("B", "2"), ("A", "1")), variables(("A", "1"), ("B", "2"))
    path = 'spec.template.spec.containers[name="app"].env[name="A"]'
    assert told(before=before, after=after) == [(Action.UPDATE, "lost-in-merge", (path,))]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (variables(("A", "1"), ("B", "2")), variables(("B", "2"), ("A", "1"))),
        (variables(("A", "1")), variables(("A", "2"), ("B", "2"))),
        (ports(("a", 53, "UDP"), ("b", 54, "TCP")), ports(("b", 54, "TCP"), ("a", 53, "UDP"))),
        (
            variables(("A", "1"), ("A", "2")),
            {**variables(("A", "1"), ("A", "2")), "metadata": {"name": "web", "labels": {"a": "b"}}},
        ),
    ],
)
def test_another_order_a_changed_value_and_what_was_there_twice_before_are_quiet(before, after):
    assert told(before=before, after=after) == []


def test_a_field_that_a_kind_does_not_have_is_told_once():
    wrong = workload(replcias=3)
    assert told(after=wrong) == [(Action.CREATE, "unknown-field", ("spec.replcias",))]
    assert told(before=wrong, after={**wrong, "metadata": {"name": "web", "labels": {"a": "b"}}}) == []


def test_a_custom_resource_may_have_any_field():
    assert told(after=plain("Rollout", api="example.org/v1", spec={"anything": 1})) == []
