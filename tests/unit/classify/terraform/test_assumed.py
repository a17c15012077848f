from plangate.classify.terraform.plan import classify
from plangate.ingest.detect import documents
from plangate.ingest.terraform.plan import parse
from plangate.ingest.terraform.releases import ReleaseSources
from plangate.model.change import Gap
from plangate.model.input import RawInput
from plangate.model.values import UNKNOWN
from plangate.policy.testing import plan

OLD = "host: db\nreplicas: 3\n"
WRITTEN = {
    "configuration": {
        "root_module": {
            "resources": [
                {
                    "address": "helm_release.example",
                    "mode": "managed",
                    "type": "helm_release",
                    "name": "example",
                    "expressions": {"values": {"references": ["random_pet.p.id", "random_pet.p", "var.tag"]}},
                }
            ]
        }
    }
}
PET = {"type": "random_pet", "name": "p", "after": {"length": 2}, "after_unknown": {"id": True}}


def classified(*assumed, **more):
    data = plan(
        {
            "type": "helm_release",
            "before": {"name": "web", "namespace": "prod", "values": [OLD], "wait": True},
            "after": {"name": "web", "namespace": "prod", "values": [None], "wait": False},
            "after_unknown": {"values": [True]},
            "plan": WRITTEN,
            "with": [PET],
            **more,
        }
    )
    (document,) = documents(RawInput("plan.json", data))
    changeset = classify(parse(document, beside=ReleaseSources(assuming=bool(assumed))), assumed)
    (change,) = [one for one in changeset.changes if one.type == "helm_release"]
    return changeset, change


def test_what_hides_the_values_is_named_with_the_way_to_go_on():
    changeset, change = classified()
    assert [(leaf.path, leaf.after) for leaf in change.attributes] == [("values[0]", UNKNOWN), ("wait", False)]
    assert (
        Gap(
            "values[0] of helm_release.example",
            "is known only after apply, because of random_pet.p: what changes in it was not reviewed, the rest was",
            "apply random_pet.p first, or --assume random_pet.p=current where it stays as it is",
        )
        in changeset.skipped
    )


def test_what_is_assumed_is_compared_as_it_is_now_and_said():
    changeset, change = classified("random_pet.p")
    assert [leaf.path for leaf in change.attributes] == ["wait"]
    assert (change.noise, change.note) == (
        None,
        "what is known only after apply was assumed to stay as it is (--assume)",
    )
    assert changeset.notes == ("assumed: random_pet.p stays as it is (--assume)",)
    assert (
        Gap(
            "values of helm_release.example",
            "is known only after apply and was assumed to stay as it is (--assume random_pet.p=current): "
            "what else changes in the same value was not seen",
            "apply random_pet.p first and plan again",
        )
        in changeset.skipped
    )


def test_an_assumption_about_something_else_changes_nothing_and_is_said():
    changeset, change = classified("random_pet.q")
    assert [leaf.path for leaf in change.attributes] == ["values[0]", "wait"]
    assert (
        Gap("--assume random_pet.q=current", "nothing of this plan hangs on it", "leave it out, or correct the address")
        in changeset.skipped
    )


def test_one_of_two_causes_is_not_enough():
    resource = WRITTEN["configuration"]["root_module"]["resources"][0]
    both = {**resource, "expressions": {"values": {"references": ["random_pet.p.id", "local.names"]}}}
    more = {"plan": {"configuration": {"root_module": {"resources": [both]}}}}
    assert classified("random_pet.p", **more)[1].attributes[0].path == "values[0]"
    assert classified("random_pet.p", "local.names", **more)[1].attributes[0].path == "wait"
