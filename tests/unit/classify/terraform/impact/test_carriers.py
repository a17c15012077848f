"""What carries others is judged as what it carries."""

import pytest

from plangate.classify.terraform.impact import carriers, type_class
from plangate.model.change import ReplaceOrder
from plangate.model.values import UNKNOWN, Sensitive
from tests.support.plan_changes import change, plan, said


def stack(**types):
    return {"template_body": {"Resources": {name: {"Type": type_} for name, type_ in types.items()}}}


@pytest.mark.parametrize(
    ("type_", "before", "carried"),
    [
        ("aws_cloudcontrolapi_resource", {"type_name": "AWS::RDS::DBInstance"}, "awscc_rds_db_instance"),
        ("aws_cloudcontrolapi_resource", {"type_name": "AWS::Made::Up"}, "AWS::Made::Up"),
        ("aws_cloudcontrolapi_resource", {"type_name": UNKNOWN}, None),
        ("aws_cloudformation_stack", stack(a="AWS::SNS::Topic", b="AWS::DynamoDB::Table"), "awscc_dynamodb_table"),
        ("aws_cloudformation_stack", stack(a="AWS::RDS::DBSubnetGroup", b="AWS::Made::Up"), "AWS::Made::Up"),
        ("aws_cloudformation_stack", stack(a="AWS::S3::Bucket", b="AWS::Made::Up"), "awscc_s3_bucket"),
        ("aws_cloudformation_stack", {"template_url": "https://example.org/t"}, None),
        ("aws_cloudformation_stack", {"template_body": Sensitive(1)}, None),
        ("azapi_resource", {"type": "microsoft.sql/Servers/databases@2021-11-01"}, "azurerm_mssql_database"),
        (
            "azurerm_resource_group_template_deployment",
            {
                "template_content": {
                    "resources": [{"type": "Microsoft.Insights/metricAlerts"}, {"type": "Microsoft.KeyVault/vaults"}]
                }
            },
            "azurerm_key_vault",
        ),
        ("kubernetes_manifest", {"manifest": {"kind": "Namespace"}}, "kubernetes_namespace_v1"),
        ("kubectl_manifest", {"kind": "Secret", "yaml_body": Sensitive(1)}, "kubernetes_secret_v1"),
        ("kubernetes_manifest", {"manifest": {"kind": "PrometheusRule"}}, "PrometheusRule"),
        ("aws_instance", {"type": "x"}, None),
    ],
)
def test_what_a_deleted_carrier_is_judged_as(type_, before, carried):
    assert carriers.carried(change(type_, before)) == carried


def test_what_the_template_keeps_is_not_lost():
    body = {"Db": {"Type": "AWS::RDS::DBInstance", "DeletionPolicy": "Retain"}, "T": {"Type": "AWS::SNS::Topic"}}
    found = carriers.carried(change("aws_cloudformation_stack", {"template_body": {"Resources": body}}))
    assert found == "awscc_sns_topic"


@pytest.mark.parametrize("order", [None, ReplaceOrder.DESTROY_FIRST])
def test_what_changes_in_a_stack_is_not_said_by_what_it_carries(order):
    before = stack(a="AWS::RDS::DBInstance")
    assert carriers.carried(change("aws_cloudformation_stack", before, before, order=order)) is None


def test_a_deleted_stack_loses_its_database_and_says_so():
    (found,) = plan(change("aws_cloudformation_stack", stack(a="AWS::RDS::DBInstance")))
    assert said(found) == [("data-loss:destroyed", "is deleted, and its tables and rows go with it")]
    assert found.note == "judged as the awscc_rds_db_instance that it carries"


def test_every_named_type_has_a_class():
    named = [type_ for table in carriers.knowledge().named.values() for type_ in table.values()]
    assert [type_ for type_ in named if type_class.of(type_) is None] == []
    assert {carrier.named for carrier in carriers.knowledge().carriers.values()} == set(carriers.knowledge().named)


BINDING = {
    "kind": "ClusterRoleBinding",
    "metadata": {"name": "ci"},
    "roleRef": {"kind": "ClusterRole", "name": "cluster-admin"},
    "subjects": [{"kind": "ServiceAccount", "name": "ci"}],
}
ADMIN = [("exposes:iam-wildcard", "makes somebody administrator of the whole cluster (cluster-admin)")]


def test_a_manifest_has_the_rules_of_the_native_type():
    view = {**BINDING, "roleRef": {"kind": "ClusterRole", "name": "view"}}
    (made,) = plan(change("kubernetes_manifest", None, {"manifest": BINDING}))
    (widened,) = plan(change("kubernetes_manifest", {"manifest": view}, {"manifest": BINDING}))
    (same,) = plan(change("kubernetes_manifest", {"manifest": BINDING}, {"manifest": {**BINDING, "metadata": {}}}))
    assert (said(made), said(widened), said(same)) == (ADMIN, ADMIN, [])


def test_a_manifest_in_the_words_of_terraform():
    values = {"spec": {"ports": [{"nodePort": 1}], "ingress": [{"from": []}]}, "metadata": {"labels": {"aB": "c"}}}
    native = carriers.native(change("kubernetes_manifest", None, {"manifest": values}), "kubernetes_service_v1")
    assert native.after.get("spec") == {"port": [{"node_port": 1}], "ingress": [{"from": []}]}
    assert native.after.get("metadata") == {"labels": {"aB": "c"}}
    assert native.after.keys() == ("spec", "metadata")
    assert native.after.at(("spec", "port", 0, "node_port")) == 1


@pytest.mark.parametrize("hidden", [UNKNOWN, Sensitive(1)])
def test_a_manifest_that_cannot_be_seen_stays_what_it_is(hidden):
    given = change("kubectl_manifest", None, {"kind": "ClusterRoleBinding", "yaml_body": hidden})
    assert carriers.native(given, "kubernetes_cluster_role_binding_v1") is given
