"""Who changed what an upgrade sets back: a person, a controller, or nobody."""

import pytest

from tests.support.upgrades import changes, plain, workload

IMAGE = {"f:spec": {"f:template": {"f:spec": {"f:containers": {'k:{"name":"app"}': {"f:image": {}}}}}}}
REPLICAS = {"f:spec": {"f:replicas": {}}}


def reverted(before, after, live, *managers):
    managed = [{"manager": name, "operation": "Update", "fieldsV1": fields} for name, fields in managers]
    live = {**live, "metadata": {**live["metadata"], "managedFields": managed}}
    found = changes(before=before, after=after, live=[live]).values()
    return [(e.kind, e.because) for one in found for e in one.effects if str(e.name) == "reverts-live"]


@pytest.mark.parametrize(
    ("managers", "expected"),
    [
        ([], [("", "was changed by hand: spec.replicas is set back")]),
        ([("kubectl", REPLICAS)], [("", "was changed by hand (kubectl): spec.replicas is set back")]),
        (
            [("kube-controller-manager", REPLICAS)],
            [("autoscaled", "sets back what kube-controller-manager has set: spec.replicas")],
        ),
        ([("helm", REPLICAS)], []),
    ],
)
def test_managed_fields_tell_who_scaled(managers, expected):
    manifest, live = workload(replicas=2), workload(replicas=5)
    assert reverted(manifest, manifest, live, *managers) == expected


def test_each_who_changed_something_is_named():
    manifest, live = workload(replicas=2), workload(replicas=5, image="example/app:9")
    assert reverted(manifest, manifest, live, ("kubectl-set", IMAGE), ("keda-operator", REPLICAS)) == [
        ("autoscaled", "sets back what keda-operator has set: spec.replicas"),
        ("", 'was changed by hand (kubectl-set): spec.template.spec.containers[name="app"].image is set back'),
    ]


def test_what_was_taken_out_has_no_owner_any_more():
    manifest = plain("ConfigMap", data={"a": "1", "b": "2"})
    live = plain("ConfigMap", data={"a": "1"})
    assert reverted(manifest, manifest, live, ("helm", {"f:data": {"f:a": {}}})) == [
        ("", "was changed by hand: data.b is set back")
    ]


@pytest.mark.parametrize("managers", [[], [("helm", {"f:spec": {"f:type": {}}})]])
def test_a_node_port_that_the_api_server_assigned_was_changed_by_nobody(managers):
    port = {"port": 80, "protocol": "TCP", "targetPort": 8080}
    before, after = (plain("Service", spec={"type": type_, "ports": [port]}) for type_ in ("LoadBalancer", "ClusterIP"))
    live = plain("Service", spec={"type": "LoadBalancer", "ports": [{**port, "nodePort": 30123}]})
    assert reverted(before, after, live, *managers) == []
