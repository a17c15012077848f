"""Paths of managed fields are spelled as differences are."""

from plangate.classify.kubernetes import schema
from plangate.classify.kubernetes.field_owners import field_owners


def owners(api_version, kind, fields, manager="kubectl-edit"):
    managed = [{"manager": manager, "operation": "Update", "fieldsV1": fields}]
    return field_owners({"metadata": {"managedFields": managed}}, schema.root(api_version, kind))


def test_items_of_lists_are_named_by_their_keys():
    ports = {"f:spec": {"f:ports": {'k:{"port":53,"protocol":"UDP"}': {"f:nodePort": {}}}}}
    assert owners("v1", "Service", ports) == [('spec.ports[port=53,protocol="UDP"].nodePort', "kubectl-edit")]
    env = {"f:containers": {'k:{"name":"app"}': {"f:env": {'k:{"name":"A"}': {"f:value": {}}}}}}
    path = 'spec.template.spec.containers[name="app"].env[name="A"].value'
    assert owners("apps/v1", "Deployment", {"f:spec": {"f:template": {"f:spec": env}}}) == [(path, "kubectl-edit")]


def test_keys_with_dots_are_quoted_and_unknown_kinds_have_plain_paths():
    labels = {"f:metadata": {"f:labels": {"f:example.org/team": {}}}}
    assert owners("v1", "ConfigMap", labels) == [('metadata.labels["example.org/team"]', "kubectl-edit")]
    assert owners("example.org/v1", "Thing", {"f:spec": {"f:size": {}}}) == [("spec.size", "kubectl-edit")]


def test_an_object_without_managed_fields_does_not_tell():
    assert field_owners({"metadata": {}}, schema.root("v1", "ConfigMap")) is None
