import pytest

from plangate.errors import UsageError
from plangate.pipeline import policy_cases
from plangate.policy.file import parse
from plangate.policy.new import text
from tests.meta.mutate import mutants, survives


@pytest.mark.parametrize(
    ("type_", "resolved"),
    [
        ("aws_s3_bucket", "aws_s3_bucket"),
        ("azurerm_storage_account", "azurerm_storage_account"),
        ("acme_thing", "acme_thing"),
        ("Deployment", "apps/Deployment"),
        ("configmaps", "core/ConfigMap"),
        ("deployments.apps", "apps/Deployment"),
        ("Certificate", "*/Certificate"),
        ("cert-manager.io/Certificate", "cert-manager.io/Certificate"),
    ],
)
def test_a_first_policy_loads_and_its_cases_notice_every_small_change(type_, resolved):
    policy = parse("thing-without-owner.yaml", text("thing-without-owner", type_))
    assert policy.match.types == (resolved,)
    assert {result.passed for result in policy_cases.run(policy)} == {True}
    assert [words for words, mutant in mutants(policy) if survives(mutant)] == []


@pytest.mark.parametrize(
    ("id_", "type_", "problem"),
    [
        ("Bucket", "aws_s3_bucket", "is not an id"),
        ("bucket", "aws_Thing", "a kind of your own is written as group/Kind"),
        ("bucket", "aws__", "is not a type"),
        ("bucket", "aws_s3_buckt", "did you mean aws_s3_bucket?"),
        ("bucket", "Deploymnt", "did you mean Deployment?"),
    ],
)
def test_what_no_policy_can_be_about_is_refused(id_, type_, problem):
    with pytest.raises(UsageError, match=problem.replace("?", r"\?")):
        text(id_, type_)
