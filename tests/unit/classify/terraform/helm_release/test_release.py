import json

import pytest

from plangate.classify.terraform.plan import classify
from plangate.ingest.detect import documents
from plangate.ingest.terraform.plan import parse
from plangate.model.change import AttributeChange, Noise
from plangate.model.input import RawInput
from plangate.model.values import ABSENT, UNKNOWN
from plangate.policy.testing import plan

COMPUTED = {"metadata": [{"revision": 1}]}


def told(before, after, **more):
    data = plan(
        {
            "type": "helm_release",
            "before": {**COMPUTED, **before},
            "after": after,
            "after_unknown": {"metadata": True, **more.pop("after_unknown", {})},
            **more,
        }
    )
    (document,) = documents(RawInput("plan.json", data))
    (change,) = classify(parse(document)).changes
    return [leaf for leaf in change.attributes if leaf.path != "metadata"], change.noise, change.note


def changed(path, before, after):
    return AttributeChange(
        path, "added" if before is ABSENT else "removed" if after is ABSENT else "changed", before, after
    )


OLD = "image:\n  tag: v1\nreplicas: 3\n"


@pytest.mark.parametrize(
    ("before", "after", "leaves"),
    [
        ({"values": [OLD]}, {"values": [OLD.replace("v1", "v2")]}, [changed("values.image.tag", "v1", "v2")]),
        (
            {"values": [OLD]},
            {"values": [OLD, "replicas: 5\nextra: x\n"]},
            [changed("values.extra", ABSENT, "x"), changed("values.replicas", 3, 5)],
        ),
        (
            {"values": [OLD]},
            {"values": [OLD], "set": [{"name": "replicas", "value": "5"}]},
            [changed("values.replicas", 3, 5)],
        ),
        ({"values": [OLD], "timeout": 300}, {"values": [OLD], "timeout": 600}, [changed("timeout", 300, 600)]),
    ],
)
def test_values_are_shown_path_by_path_as_helm_gets_them(before, after, leaves):
    assert told(before, after) == (leaves, None, None)


@pytest.mark.parametrize("after", ["# why\n" + OLD, "replicas: 3\nimage: {tag: v1}\n", OLD.replace("v1", '"v1"')])
def test_the_same_values_written_in_another_way_are_a_new_revision_and_nothing_else(after):
    note = "the values stay the same: still a new revision whose hooks run again, and nothing else"
    assert told({"values": [OLD]}, {"values": [after]}) == ([], Noise.FORMAT, note)


def test_a_value_moved_from_values_to_set_is_no_change_of_values():
    after = {"values": ["image:\n  tag: v1\n"], "set": [{"name": "replicas", "value": "3"}]}
    assert told({"values": [OLD]}, after)[:2] == ([], Noise.FORMAT)


def test_unknown_values_are_named_and_hide_nothing_else():
    leaves, noise, note = told({"values": [OLD], "wait": True}, {"wait": False}, after_unknown={"values": [True]})
    assert [(leaf.path, leaf.after) for leaf in leaves] == [("values[0]", UNKNOWN), ("wait", False)]
    assert (noise, note) == (None, "values[0] is not known yet: only the rest of the values has been compared")


def test_no_values_at_all_change_nothing_in_the_cluster():
    note = "no values are given any more, and Helm then reuses the old ones: nothing changes in the cluster"
    assert told({"values": [OLD]}, {"values": []})[2] == note
    assert told({"values": [OLD]}, {"values": [], "reset_values": True})[2] is None


def test_a_secret_in_the_values_never_shows():
    secret = "sk-invented-a8f3k2m9"
    leaves = told(
        {"values": [OLD], "set_sensitive": [{"name": "key", "value": secret}]},
        {"values": [OLD], "set_sensitive": [{"name": "key", "value": secret + "x"}]},
        before_sensitive={"set_sensitive": True},
        after_sensitive={"set_sensitive": True},
    )
    assert secret not in json.dumps(leaves, default=repr)
