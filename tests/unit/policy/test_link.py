import pytest

from plangate.policy import link

AWS = "https://docs.aws.amazon.com/a"
GOOGLE = "https://cloud.google.com/b"
TERRAFORM = "https://developer.hashicorp.com/c"


@pytest.mark.parametrize(
    ("references", "type_", "linked"),
    [
        ((AWS, GOOGLE), "aws_s3_bucket", AWS),
        ((AWS, GOOGLE), "google_storage_bucket", GOOGLE),
        ((AWS, TERRAFORM), "google_storage_bucket", TERRAFORM),
        ((TERRAFORM, AWS), "awscc_s3_bucket", AWS),
        ((TERRAFORM, AWS), "azurerm_key_vault", TERRAFORM),
        ((AWS,), "azurerm_key_vault", None),
        (("https://aws.amazon.com.example.org/x",), "azurerm_key_vault", "https://aws.amazon.com.example.org/x"),
        (("https://example.org/our-rules", AWS), "custom_thing", "https://example.org/our-rules"),
        ((), "aws_s3_bucket", None),
        ((AWS, TERRAFORM), "core/Service", AWS),
    ],
)
def test_a_finding_links_to_its_provider_or_to_none(references, type_, linked):
    assert link.of(references, type_) == linked
