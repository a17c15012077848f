import pytest

from tests.support.upgrades import changes, effects, hooks, plain, workload

WEB = "apps/Deployment/prod/web"


def test_defaults_and_quantities_are_no_change():
    before = workload(container={"resources": {"limits": {"cpu": "1000m", "memory": "1Gi"}}})
    after = workload(
        container={"resources": {"limits": {"cpu": 1, "memory": "1024Mi"}}, "imagePullPolicy": "IfNotPresent"},
        pod={"restartPolicy": "Always", "dnsPolicy": "ClusterFirst"},
        replicas=1,
        strategy={"type": "RollingUpdate"},
    )
    assert changes(before=before, after=after) == {}


def test_an_image_restarts_pods_and_is_found_by_the_name_of_its_container():
    found = changes(before=workload(), after=workload(image="example/app:1.1.0"))[WEB]
    assert effects(found) == ["rolls-pods"]
    assert [(a.path, a.before, a.after) for a in found.attributes] == [
        ('spec.template.spec.containers[name="app"].image', "example/app:1.0.0", "example/app:1.1.0")
    ]


def test_the_order_of_environment_variables_counts():
    names = [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}]
    found = changes(before=workload(container={"env": names}), after=workload(container={"env": names[::-1]}))[WEB]
    assert effects(found) == ["rolls-pods"]


def test_a_removed_service_account_stays():
    assert changes(before=workload(pod={"serviceAccountName": "a"}), after=workload()) == {}


def test_an_autoscaler_in_another_version_is_the_same():
    target = {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "web"}, "maxReplicas": 3}
    utilization = {"name": "cpu", "target": {"type": "Utilization", "averageUtilization": 70}}
    old = plain("HorizontalPodAutoscaler", api="autoscaling/v1", spec={**target, "targetCPUUtilizationPercentage": 70})
    new = plain(
        "HorizontalPodAutoscaler",
        api="autoscaling/v2",
        spec={**target, "metrics": [{"type": "Resource", "resource": utilization}]},
    )
    assert changes(before=old, after=new) == {}


CLAIM = {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "2Gi"}}}
JOB = {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "m", "image": "example/app:1.0.0"}]}}}
JOB_2 = {"template": {"spec": {"restartPolicy": "Never", "containers": [{"name": "m", "image": "example/app:2.0.0"}]}}}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (workload(), workload(selector={"matchLabels": {"app": "web", "tier": "api"}})),
        (workload("StatefulSet", serviceName="a"), workload("StatefulSet", serviceName="b")),
        (workload("StatefulSet"), workload("StatefulSet", updateStrategy={"type": "OnDelete"})),
        (plain("Job", api="batch/v1", spec=JOB), plain("Job", api="batch/v1", spec=JOB_2)),
        (plain("Secret", type="a"), plain("Secret", type="b")),
        (plain("ConfigMap", data={"a": "1"}, immutable=True), plain("ConfigMap", data={"a": "2"}, immutable=True)),
        (plain("Service", spec={"ports": [{"port": 80}]}), plain("Service", spec={"clusterIP": "None"})),
        (
            plain("PersistentVolumeClaim", spec=CLAIM),
            plain("PersistentVolumeClaim", spec={**CLAIM, "resources": {"requests": {"storage": "1Gi"}}}),
        ),
        (
            plain("RoleBinding", api="rbac.authorization.k8s.io/v1", roleRef={"kind": "Role", "name": "a"}),
            plain("RoleBinding", api="rbac.authorization.k8s.io/v1", roleRef={"kind": "Role", "name": "b"}),
        ),
        (workload(), workload(container={"ports": [{"containerPort": 70_000}]})),
        (workload(), workload(container={"imagePullPolicy": "Sometimes"})),
        (workload(), workload(container={"volumeMounts": [{"name": "nowhere", "mountPath": "/a"}]})),
        (
            plain("PodDisruptionBudget", api="policy/v1beta1"),
            plain("PodDisruptionBudget", api="policy/v1beta1", spec={}),
        ),
    ],
)
def test_what_the_server_refuses_fails_and_has_no_other_effect(before, after):
    (found,) = changes(before=before, after=after).values()
    assert set(effects(found)) == {"fails"}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (workload("StatefulSet"), workload("StatefulSet", replicas=2)),
        (plain("Job", api="batch/v1", spec=JOB), plain("Job", api="batch/v1", spec={**JOB, "backoffLimit": 2})),
        (plain("ConfigMap", data={"a": "1"}), plain("ConfigMap", data={"a": "1"}, immutable=True)),
        (workload(), workload(strategy={"type": "Recreate"})),
    ],
)
def test_what_may_change_does_not_fail(before, after):
    (found,) = changes(before=before, after=after).values()
    assert effects(found) == []


def test_the_server_takes_away_the_timeout_of_an_affinity_that_ends():
    spec = {"type": "ClusterIP", "selector": {"app": "web"}, "ports": [{"port": 80}]}
    sticky = spec | {"sessionAffinity": "ClientIP"}
    live = plain("Service", spec=sticky | {"sessionAffinityConfig": {"clientIP": {"timeoutSeconds": 10800}}})
    after = plain("Service", spec=spec | {"sessionAffinity": "None"})
    (found,) = changes(before=plain("Service", spec=sticky), after=after, live=[live]).values()
    assert effects(found) == []


def test_a_rename_is_told_from_both_sides():
    found = changes(before=workload(name="old"), after=workload(name="new"))
    assert {(str(c.action), c.note) for c in found.values()} == {
        ("create", "renamed from apps/Deployment/prod/old"),
        ("destroy", "renamed to apps/Deployment/prod/new"),
    }


def test_only_the_spelling_of_a_file_in_a_config_map_is_a_change_too():
    found = changes(
        before=plain("ConfigMap", data={"a.yaml": "a: 1\nb: 2\n"}),
        after=plain("ConfigMap", data={"a.yaml": "# why\na: 1\nb: 2\n"}),
    )
    assert [a.path for a in found["core/ConfigMap/prod/web"].attributes] == ['data["a.yaml"]']


def test_the_data_of_a_secret_is_never_shown():
    found = changes(
        before=plain("Secret", stringData={"password": "invented-one-77"}),
        after=plain("Secret", stringData={"password": "invented-two-88"}),
    )["core/Secret/prod/web"]
    assert [(a.path, repr(a.before), repr(a.after)) for a in found.attributes] == [
        ("data.password", "(sensitive)", "(sensitive)")
    ]
    assert effects(found) == ["rotates-secret"]


def test_a_secret_told_in_another_way_is_the_same():
    assert changes(before=plain("Secret", stringData={"a": "one"}), after=plain("Secret", data={"a": "b25l"})) == {}


def test_an_object_that_becomes_a_hook_leaves_the_release():
    hook = plain("ConfigMap")
    hook["metadata"]["annotations"] = {"helm.sh/hook": "pre-upgrade", "helm.sh/hook-weight": "-5"}
    case = {"before": plain("ConfigMap"), "hooks": [hook], "old_hooks": []}
    (change,) = changes(**case).values()
    assert (str(change.action), change.note) == (
        "destroy",
        "becomes a hook: deleted from the release and created again each time",
    )
    (listed,) = hooks(**case)
    assert (listed.address.text, listed.events, listed.weight, listed.changed) == (
        "core/ConfigMap/prod/web",
        ("pre-upgrade",),
        -5,
        True,
    )


def test_test_hooks_are_not_listed():
    hook = plain("Pod")
    hook["metadata"]["annotations"] = {"helm.sh/hook": "test"}
    assert hooks(after=plain("ConfigMap"), hooks=[hook]) == ()


def test_the_owner_of_a_field_is_asked_only_by_server_side_apply():
    live = workload(replicas=5)
    live["metadata"]["managedFields"] = [
        {
            "manager": "kubectl",
            "subresource": "scale",
            "operation": "Update",
            "fieldsV1": {"f:spec": {"f:replicas": {}}},
        }
    ]
    found = changes(before=workload(replicas=2), after=workload(replicas=3), live=[live])[WEB]
    assert effects(found) == []
    assert [(a.path, a.before, a.after) for a in found.attributes] == [("spec.replicas", 5, 3)]
