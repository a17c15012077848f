"""Every status of a path, by the table of how desired, last applied, live and after-apply relate."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from plangate.drift.compare import coalesced, differ_only_in_type, hidden, leaves, same
from plangate.drift.values import Owned, Planned, Sides, ValuesSide, compare_sides
from plangate.model.change import Action, Drift
from plangate.model.values import ABSENT, UNKNOWN, Sensitive

STATUSES = {
    # desired, last applied (and recorded), live, status of an update, status of a no-op
    "nobody touched it": (3, 3, 3, "clean", "clean"),
    "changed in git": (4, 3, 3, "intended", None),
    "scaled by hand": (3, 3, 6, "will-be-reverted", "stays"),
    "the same by hand and in git": (6, 3, 6, "converged", None),
    "three different values": (4, 3, 6, "conflict", None),
    "only the cluster has it": (ABSENT, ABSENT, 6, "dropped", "stays"),
    "removed by hand": (3, 3, ABSENT, "will-be-reverted", "stays"),
    "removed in git and changed by hand": (ABSENT, 3, 6, "conflict", None),
    "removed in git and by hand": (ABSENT, 3, ABSENT, "converged", None),
    "removed in git": (ABSENT, 3, 3, "intended", None),
    "added in git": (3, ABSENT, ABSENT, "intended", None),
    "added in git and by hand, alike": (3, ABSENT, 3, "converged", None),
    "added in git and by hand, differently": (3, ABSENT, 4, "conflict", None),
    "null by hand, which takes a default away": (3, 3, None, "will-be-reverted", "stays"),
    "only the type by hand": (True, True, "true", "will-be-reverted", "stays"),
    "another spelling of a number": (1, Decimal("1.0"), 1, "clean", "clean"),
    "a list is one leaf": ([1, 2], [1, 2], [2, 1], "will-be-reverted", "stays"),
    "known after apply, touched by hand": (UNKNOWN, 3, 6, "unknown", None),
    "known after apply, untouched": (UNKNOWN, 3, 3, "clean", None),
    "an empty map is nothing": (ABSENT, {}, ABSENT, "clean", "clean"),
}


def tree(value: Any) -> dict[str, Any]:
    """A tree with one path, and another one so that values are never empty."""
    return {"keep": 1} if value is ABSENT else {"keep": 1, "a": {"b": value}}


def lined_up(
    desired: Any, before: Any, live: Any, action: Action = Action.UPDATE, *, recorded: Any = None, **more: Any
) -> dict[str, Drift]:
    planned = Planned(
        address="helm_release.web",
        release="prod/web",
        action=action,
        desired=ValuesSide(desired),
        before=ValuesSide(before),
        **more,
    )
    return {entry.path: entry for entry in compare_sides(planned, Sides(live, recorded))}


@pytest.mark.parametrize("case", STATUSES)
def test_an_update(case: str) -> None:
    desired, before, live, status, _ = STATUSES[case]
    entry = lined_up(tree(desired), tree(before), tree(live)).get("a.b") or lined_up(
        tree(desired), tree(before), tree(live)
    ).get("a")
    assert (entry.status.value if entry is not None else "clean") == status


@pytest.mark.parametrize("case", [case for case, row in STATUSES.items() if row[4] is not None])
def test_a_no_op(case: str) -> None:
    desired, before, live, _, status = STATUSES[case]
    entry = lined_up(tree(desired), tree(before), tree(live), Action.NO_OP).get("a.b")
    assert (entry.status.value if entry is not None else "clean") == status


def test_a_no_op_says_that_terraform_cannot_see_it() -> None:
    entry = lined_up({"replicaCount": 3}, {"replicaCount": 3}, {"replicaCount": 6}, Action.NO_OP)["replicaCount"]
    assert entry.note == "scaled to 6 by hand; Terraform cannot see this, and this apply leaves it so"


def test_reuse_values_keeps_what_only_the_cluster_has_and_still_sets_what_is_given() -> None:
    found = lined_up({"a": 3}, {"a": 3}, {"a": 6, "b": 1}, reuse=True)
    assert {path: entry.status.value for path, entry in found.items()} == {"a": "will-be-reverted", "b": "stays"}


def test_reuse_values_keeps_a_value_that_is_no_longer_given() -> None:
    found = lined_up({"a": 3}, {"a": 3, "b": 1}, {"a": 3, "b": 1}, reuse=True)
    assert {path: entry.status.value for path, entry in found.items()} == {"a": "clean", "b": "clean"}


def test_reset_values_wins_over_reuse_values() -> None:
    found = lined_up({"a": 3}, {"a": 3}, {"a": 3, "b": 1}, reuse=True, reset=True)
    assert found["b"].status.value == "dropped"


def test_no_values_at_all_makes_helm_reuse_the_old_ones() -> None:
    assert lined_up({}, {"a": 3}, {"a": 6})["a"].status.value == "stays"
    assert lined_up({}, {"a": 3}, {"a": 6}, reset=True)["a"].status.value == "conflict"


def test_what_the_state_recorded_is_shown_where_it_differs_from_the_configuration() -> None:
    """A refresh wrote the hand change into the state: it is one all the same."""
    entry = lined_up({"a": 3}, {"a": 3}, {"a": 6}, recorded={"a": 6})["a"]
    assert (entry.status.value, entry.desired, entry.recorded, entry.live) == ("will-be-reverted", 3, 6, 6)


def test_a_value_that_the_provider_cloaked_is_taken_from_the_configuration() -> None:
    secret = Sensitive(7)
    found = lined_up({"k": secret}, {"k": secret}, {"k": Sensitive(7)}, recorded={"k": "(sensitive value)"})
    assert found["k"].status.value == "clean"


def test_a_secret_changed_by_hand_is_told_and_no_side_is_shown() -> None:
    entry = lined_up({"k": Sensitive(7)}, {"k": Sensitive(7)}, {"k": "plain"})["k"]
    assert entry.status.value == "will-be-reverted"
    assert all(isinstance(side, Sensitive) for side in (entry.desired, entry.recorded, entry.live))
    assert "plain" not in repr(entry)


def test_write_only_values_are_never_called_dropped() -> None:
    assert lined_up({}, {}, {"k": 1}, reset=True, write_only=True)["k"].status.value == "unknown"


def test_hidden_values_that_do_not_change_are_those_that_were_recorded() -> None:
    """`values` is sensitive as a whole and the same on both sides of the plan."""
    planned = Planned(
        address="helm_release.web",
        release="prod/web",
        action=Action.UPDATE,
        desired=ValuesSide({}, partly=True),
        before=ValuesSide({}, partly=True),
        hidden_stay=True,
    )
    (entry,) = compare_sides(planned, Sides({"a": 6}, {"a": 3}))
    assert (entry.status.value, entry.desired) == ("will-be-reverted", 3)


def test_hidden_values_that_change_cannot_be_told() -> None:
    planned = Planned(
        address="helm_release.web",
        release="prod/web",
        action=Action.UPDATE,
        desired=ValuesSide({}, partly=True),
        before=ValuesSide({"a": 3}),
        hidden_stay=False,
    )
    (entry,) = compare_sides(planned, Sides({"a": 6}, {"a": 3}))
    assert entry.status.value == "unknown"


def test_an_owned_path_names_its_owner() -> None:
    planned = Planned(
        address="h",
        release="n/h",
        action=Action.NO_OP,
        desired=ValuesSide({"image": {"tag": "1"}}),
        before=ValuesSide({"image": {"tag": "1"}}),
    )
    (entry,) = compare_sides(planned, Sides({"image": {"tag": "2"}}), (Owned("image.tag", "image-updater"),))
    assert entry.note == ('changed by image-updater to "2"; Terraform cannot see this, and this apply leaves it so')


# --- properties -------------------------------------------------------------------------------------------------------

scalars = st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "a", "true", "1"])
trees = st.dictionaries(
    st.sampled_from("abc"),
    st.recursive(
        scalars,
        lambda below: st.lists(below, max_size=2) | st.dictionaries(st.sampled_from("abc"), below, max_size=3),
        max_leaves=6,
    ),
    max_size=3,
)


@given(trees)
def test_a_side_compared_with_itself_is_clean(one: dict[str, Any]) -> None:
    assert {entry.status.value for entry in lined_up(one, one, one).values()} <= {"clean"}


@given(trees, trees)
def test_an_untouched_release_has_no_drift(desired: dict[str, Any], before: dict[str, Any]) -> None:
    assert {entry.status.value for entry in lined_up(desired, before, before).values()} <= {"clean", "intended"}


@given(trees, trees)
def test_a_no_op_changes_nothing(one: dict[str, Any], live: dict[str, Any]) -> None:
    assert {e.status.value for e in lined_up(one, one, live, Action.NO_OP).values()} <= {"clean", "stays"}


@given(trees, trees)
def test_swapping_git_and_live_finds_the_same_paths(one: dict[str, Any], other: dict[str, Any]) -> None:
    def touched(desired: dict[str, Any], live: dict[str, Any]) -> set[str]:
        found = lined_up(desired, desired, live, Action.NO_OP)
        return {path for path, entry in found.items() if entry.status.value != "clean"}

    assert touched(one, other) == touched(other, one)


@given(trees, trees)
def test_sameness_is_symmetric(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert same(one, other) == same(other, one)
    assert same(one, one)


@given(trees, trees)
def test_reusing_values_over_nothing_changes_nothing(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert coalesced({}, one) == one
    assert set(coalesced(other, {})) == set(other)


def test_deep_values_do_not_end_the_comparison() -> None:
    deep: Any = 1
    for _ in range(150):
        deep = {"x": deep}
    assert next(iter(lined_up({"a": deep}, {"a": deep}, {"a": deep}).values())).status.value == "clean"


def test_only_the_type_of_a_value_differs() -> None:
    assert differ_only_in_type("true", True)
    assert differ_only_in_type("3", 3)
    assert not differ_only_in_type("3", 4)
    assert not differ_only_in_type(True, 1)


def test_leaves_and_hidden_paths() -> None:
    found = {"a": {"b": 1, "c": {}}, "l": [{"k": Sensitive(1)}]}
    assert dict(leaves(found)) == {("a", "b"): 1, ("a", "c"): {}, ("l",): [{"k": Sensitive(1)}]}
    assert list(hidden(found)) == [("l", 0, "k")]
