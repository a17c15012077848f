"""What policies and the views of applications add to what is known to be harmless."""

import pytest
from msgspec import structs

from plangate.model import assessment
from plangate.model.change import AttributeChange, TerraformChangeSet, View
from plangate.model.input import InputRecord, Kind
from plangate.model.values import Sensitive
from plangate.model.verdict import Satisfied
from tests.support.plan_changes import change


def settled(satisfied=(), *, path="values.model_list", after="b", **fields):
    """The reason and the open paths of an update of a release of which nobody has judged one value."""
    one = structs.replace(
        change("helm_release", {"values": "a"}, {"values": "b"}),
        attributes=(AttributeChange(path, "changed", "a", after),),
        unjudged=(path,),
        **fields,
    )
    plan = TerraformChangeSet(input=InputRecord(kind=Kind.TERRAFORM_PLAN, path="p", sha256=""), changes=(one,))
    (found,) = assessment.settle([plan], {0: satisfied} if satisfied else {})[0].changes
    return found.assessed, found.unjudged


def test_what_a_policy_has_read_is_judged():
    reason = "no-model-lost looked at what changes and found nothing wrong"
    assert settled((Satisfied("no-model-lost", ("values.model_list",)),)) == (reason, ())
    assert settled((Satisfied("other", ("values.other",)),)) == (None, ("values.model_list",))


def test_the_values_of_an_application_are_judged_by_its_policies():
    views = {"release": View(), "litellm": View()}
    assert settled(views=views) == ("its values are what the policies of litellm are held against", ())


@pytest.mark.parametrize(
    "given",
    [
        {"views": {"release": View()}},
        {"views": {"litellm": View()}, "path": "repository"},
        {"views": {"litellm": View()}, "after": Sensitive("x")},
    ],
)
def test_other_attributes_hidden_values_and_other_releases_stay_open(given):
    assert settled(**given)[0] is None
