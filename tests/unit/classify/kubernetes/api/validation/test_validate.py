"""What the server asks of objects, in its words; each was held against a running one (fixtures/helm-upgrades)."""

import pytest

from tests.support.upgrades import changes, effects, plain, workload

HTTP = {"httpGet": {"path": "/", "port": 80}}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (
            {"pod": {"serviceAccountName": "Web"}},
            "is invalid: spec.template.spec.serviceAccountName: 'Web' is not a valid name"
            " (RFC 1123 subdomain: lower case, digits, dashes, dots)",
        ),
        (
            {"pod": {"dnsPolicy": "None"}},
            "is invalid: spec.template.spec.dnsConfig.nameservers: must provide at least one DNS nameserver"
            " when `dnsPolicy` is None",
        ),
        (
            {"pod": {"tolerations": [{"key": "a", "operator": "Exists", "value": "b"}]}},
            "is invalid: spec.template.spec.tolerations[0].operator: value must be empty when `operator` is 'Exists'",
        ),
        (
            {"container": {"livenessProbe": {**HTTP, "successThreshold": 2}}},
            'is invalid: spec.template.spec.containers[name="app"].livenessProbe.successThreshold: must be 1',
        ),
        (
            {"container": {"securityContext": {"privileged": True, "allowPrivilegeEscalation": False}}},
            "is invalid: spec.template.spec.containers[0].securityContext: cannot set `allowPrivilegeEscalation` to false"
            " and `privileged` to true",
        ),
        (
            {"container": {"env": [{"name": "A", "valueFrom": {"fieldRef": {"fieldPath": "metadata.nam"}}}]}},
            "is invalid: spec.template.spec.containers[0].env[0].valueFrom.fieldRef.fieldPath: 'metadata.nam' is not a field"
            " that a pod gives",
        ),
        (
            {"container": {"resources": {"limits": {"gpu": 1}}}},
            "is invalid: spec.template.spec.containers[0].resources.limits.gpu: must be a standard resource for containers,"
            " or a name with a domain",
        ),
    ],
)
def test_a_pod_that_no_server_takes(change, says):
    found = changes(before=workload(), after=workload(**change))["apps/Deployment/prod/web"]
    assert [(str(effect.name), effect.because) for effect in found.effects] == [("fails", says)]


@pytest.mark.parametrize(
    "one",
    [
        plain("Service", "a.b", spec={"ports": [{"port": 80}]}),
        plain("Service", spec={"type": "ExternalName", "externalName": "https://a"}),
        plain("ConfigMap", "Web"),
        plain("Secret", type="kubernetes.io/tls", stringData={"tls.crt": "a"}),
        plain("Secret", type="kubernetes.io/dockerconfigjson", stringData={".dockerconfigjson": "no JSON"}),
        plain("Secret", data={"a": "no base64!"}),
        plain("PersistentVolumeClaim", spec={"accessModes": ["Some"], "resources": {"requests": {"storage": "1Gi"}}}),
        plain("PersistentVolumeClaim", spec={"accessModes": ["ReadWriteOnce"]}),
        plain("PriorityClass", api="scheduling.k8s.io/v1", value=2000000000),
        plain("Role", api="rbac.authorization.k8s.io/v1", rules=[{"nonResourceURLs": ["/a"], "verbs": ["get"]}]),
        plain("NetworkPolicy", api="networking.k8s.io/v1", spec={"podSelector": {}, "ingress": [{"from": [{}]}]}),
    ],
    ids=lambda one: one["kind"],
)
def test_a_new_object_that_no_server_takes(one):
    (found,) = changes(after=one).values()
    assert effects(found) == ["fails"]


def test_what_a_newer_server_may_know_is_only_doubted():
    job = {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "a", "image": "a:1"}]}}}
    spec = {"schedule": "@daily", "jobTemplate": {"spec": job}}
    before = plain("CronJob", api="batch/v1", spec=spec)
    for zone, names in (("Europe/Berlin", []), ("Europe/Nowhere", ["may-fail"])):
        after = plain("CronJob", api="batch/v1", spec={**spec, "timeZone": zone})
        (found,) = changes(before=before, after=after).values()
        assert [str(effect.name) for effect in found.effects] == names


def test_what_was_wrong_before_is_not_told_again():
    labels = {"labels": {"team": "two words"}}
    before, after = (workload(image=f"example/app:{tag}") for tag in ("1", "2"))
    for one in (before, after):
        one["metadata"].update(labels)
    assert effects(changes(before=before, after=after)["apps/Deployment/prod/web"]) == ["rolls-pods"]


def test_a_probe_that_says_zero_says_nothing():
    before, after = (workload(container={"readinessProbe": {**HTTP, **more}}) for more in ({}, {"periodSeconds": 0}))
    assert changes(before=before, after=after) == {}


def test_an_account_without_a_namespace_is_one_of_the_bindings_own():
    role = {"apiGroup": "rbac.authorization.k8s.io", "kind": "Role", "name": "a"}
    api = "rbac.authorization.k8s.io/v1"
    before = plain("RoleBinding", api=api, roleRef=role, subjects=[{"kind": "User", "name": "a"}])
    after = plain("RoleBinding", api=api, roleRef=role, subjects=[{"kind": "ServiceAccount", "name": "a"}])
    (found,) = changes(before=before, after=after).values()
    assert effects(found) == []


def mounting(name, **spec):
    return workload("StatefulSet", container={"volumeMounts": [{"name": name, "mountPath": "/data"}]}, **spec)


CLAIM = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "8Gi"}}}
CLAIMS = {"serviceName": "web", "volumeClaimTemplates": [{"metadata": {"name": "data"}, "spec": CLAIM}]}


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (mounting("data", **CLAIMS), []),
        (mounting("data", pod={"volumes": [{"name": "tmp", "emptyDir": {}}]}, **CLAIMS), []),
        (mounting("cache", **CLAIMS), ["fails"]),
        (mounting("data", serviceName="web"), ["fails"]),
    ],
)
def test_a_mount_names_a_volume_or_a_claim_template(one, expected):
    assert effects(changes(after=one)["apps/StatefulSet/prod/web"]) == expected
