import pytest

from plangate.model.input import Source
from plangate.policy.type_names import UnknownTypeError, resolve


@pytest.mark.parametrize(
    ("wanted", "types"),
    [
        *((one, ("apps/Deployment",)) for one in ("Deployment", "deployment", "deployments", "apps/Deployment")),
        *((one, ("apps/Deployment",)) for one in ("deployments.apps", "deployment.v1.apps", "apps/v1/Deployment")),
        *((one, ("core/Pod",)) for one in ("Pod", "pods", "v1/Pod", "core/Pod", "core/v1/Pod")),
        ("ingresses", ("networking.k8s.io/Ingress",)),
        ("networkpolicies.networking.k8s.io", ("networking.k8s.io/NetworkPolicy",)),
        ("Event", ("events.k8s.io/Event", "core/Event")),
        ("extensions/v1beta1/Ingress", ("extensions/Ingress",)),
        ("Certificate", ("*/Certificate",)),
        ("cert-manager.io/Certificate", ("cert-manager.io/Certificate",)),
        ("Certificate.cert-manager.io", ("cert-manager.io/Certificate",)),
        ("apps/*", ("apps/*",)),
        ("*Set", ("*/*Set",)),
        ("@stateful", ("@stateful",)),
    ],
)
def test_a_kind_is_understood_as_people_write_it(wanted, types):
    assert resolve(wanted, Source.HELM) == types


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        ("Deploymnt", "no kind Deploymnt; did you mean Deployment?"),
        ("app/Deployment", "no type app/Deployment; did you mean apps/Deployment?"),
        ("apps/Deploymnt", "no type apps/Deploymnt; did you mean apps/Deployment?"),
        ("deployments.app", "no type deployments.app; did you mean deployments.apps?"),
        ("widgets.example.org", "no type widgets.example.org; write example.org/Kind"),
        ("widgets", "no kind widgets; a kind of your own is written as group/Kind"),
        ("kubernetes_deployment", "kubernetes_deployment is a type of Terraform, and the source is helm"),
        ("app/*", "no type fits app/*"),
    ],
)
def test_a_kind_that_no_object_has_is_refused(wanted, problem):
    with pytest.raises(UnknownTypeError) as raised:
        resolve(wanted, Source.HELM)
    assert str(raised.value) == problem


@pytest.mark.parametrize(
    "wanted",
    [
        "aws_s3_bucket",
        "aws_*",
        "aws_s3_*",
        "*_bucket",
        "google_pubsub_topic_iam_member",
        "acme_thing",
        "thing",
        "@data",
    ],
)
def test_a_type_of_terraform_stays_as_it_is(wanted):
    assert resolve(wanted, Source.TERRAFORM) == (wanted,)


@pytest.mark.parametrize(
    ("wanted", "problem"),
    [
        ("aws_s3_buckt", "no type aws_s3_buckt; did you mean aws_s3_bucket?"),
        ("azurerm_storage_acount", "no type azurerm_storage_acount; did you mean azurerm_storage_account?"),
        ("google_sql_database_instnace", "did you mean google_sql_database_instance?"),
        ("aws_s3buckets*", "no type aws_s3buckets*"),
        ("Deployment", "Deployment is a type of Kubernetes, and the source is terraform"),
    ],
)
def test_a_type_that_its_provider_does_not_have_is_refused(wanted, problem):
    with pytest.raises(UnknownTypeError) as raised:
        resolve(wanted, Source.TERRAFORM)
    assert problem in str(raised.value)
