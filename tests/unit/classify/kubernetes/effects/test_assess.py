import pytest

from tests.support.upgrades import changes, effects, plain, workload

SERVICE = {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": "http"}]}
PORT = {"ports": [{"name": "http", "containerPort": 8080}]}
READS = {"envFrom": [{"configMapRef": {"name": "web"}}]}


def of(address, **case):
    return effects(changes(**case)[address])


@pytest.mark.parametrize(
    ("kind", "spec", "expected"),
    [
        ("Deployment", {"replicas": 2}, ["rolls-pods"]),
        ("Deployment", {"replicas": 1}, ["rolls-pods"]),
        ("Deployment", {"strategy": {"type": "Recreate"}}, ["rolls-pods", "downtime"]),
        (
            "Deployment",
            {"replicas": 1, "strategy": {"rollingUpdate": {"maxUnavailable": 1}}},
            ["rolls-pods", "downtime"],
        ),
        ("StatefulSet", {"replicas": 1}, ["rolls-pods", "downtime"]),
        ("StatefulSet", {"replicas": 3}, ["rolls-pods"]),
        ("DaemonSet", {"updateStrategy": {"rollingUpdate": {"maxUnavailable": "100%"}}}, ["rolls-pods", "downtime"]),
    ],
)
def test_a_restart_is_downtime_when_nothing_is_left(kind, spec, expected):
    before, after = workload(kind, **spec), workload(kind, image="example/app:2.0.0", **spec)
    assert of(f"apps/{kind}/prod/web", before=before, after=after) == expected


def test_pods_that_wait_to_be_deleted_are_named_in_a_note():
    spec = {"replicas": 3, "updateStrategy": {"type": "OnDelete"}}
    (found,) = changes(
        before=workload("StatefulSet", **spec), after=workload("StatefulSet", image="b:2", **spec)
    ).values()
    assert found.note == "OnDelete: pods take the new template only when somebody deletes them"


@pytest.mark.parametrize(
    ("reader", "expected"),
    [
        (workload(container=READS), ["no-restart"]),
        (
            workload(container={"env": [{"name": "A", "valueFrom": {"configMapKeyRef": {"name": "web", "key": "a"}}}]}),
            ["no-restart"],
        ),
        (
            workload(pod={"volumes": [{"name": "v", "projected": {"sources": [{"configMap": {"name": "web"}}]}}]}),
            ["no-restart"],
        ),
        (workload(pod={"initContainers": [{"name": "i", "image": "b:1", **READS}]}), ["no-restart"]),
        (
            {
                **workload(container=READS),
                "metadata": {"name": "web", "annotations": {"reloader.stakater.com/auto": "true"}},
            },
            [],
        ),
        (workload(), []),
    ],
)
def test_a_config_map_that_changes_wants_its_readers_to_restart(reader, expected):
    before, after = plain("ConfigMap", data={"a": "1"}), plain("ConfigMap", data={"a": "2"})
    assert of("core/ConfigMap/prod/web", before=before, after=after, same=[reader]) == expected


@pytest.mark.parametrize(
    ("image", "mount", "expected"),
    [
        ("quay.io/prometheus-operator/prometheus-config-reloader:v0.80.0", {}, []),
        ("jimmidyson/configmap-reload:v0.9.0", {}, []),
        ("jimmidyson/configmap-reload:v0.9.0", {"subPath": "a"}, ["no-restart"]),
        ("example/logger:1.0.0", {}, ["no-restart"]),
    ],
)
def test_a_container_that_watches_the_files_notices(image, mount, expected):
    sidecar = {"name": "watch", "image": image, "volumeMounts": [{"name": "v", "mountPath": "/etc/v", **mount}]}
    reader = workload(pod={"volumes": [{"name": "v", "configMap": {"name": "web"}}]})
    reader["spec"]["template"]["spec"]["containers"].append(sidecar)
    before, after = plain("ConfigMap", data={"a": "1"}), plain("ConfigMap", data={"a": "2"})
    assert of("core/ConfigMap/prod/web", before=before, after=after, same=[reader]) == expected


def test_a_rotated_key_with_a_dot_is_named_whole():
    before, after = (plain("Secret", stringData={"tls.crt": text}) for text in ("invented-one", "invented-two"))
    (found,) = changes(before=before, after=after)["core/Secret/prod/web"].effects
    assert found.because == "gives its users another value for tls.crt"


@pytest.mark.parametrize(
    ("was", "kind"), [({"type": "Recreate"}, "as-always"), ({"type": "RollingUpdate"}, "recreate"), (None, "recreate")]
)
def test_a_workload_that_always_stopped_is_told_from_one_that_newly_does(was, kind):
    before = workload(**({"strategy": was} if was else {}))
    (found,) = changes(before=before, after=workload(image="b:2", strategy={"type": "Recreate"})).values()
    assert [effect.kind for effect in found.effects if str(effect.name) == "downtime"] == [kind]


def test_a_reader_that_restarts_notices():
    found = of(
        "core/ConfigMap/prod/web",
        before=plain("ConfigMap", data={"a": "1"}),
        after=plain("ConfigMap", data={"a": "2"}),
        with_=[{"before": workload(container=READS), "after": workload(image="b:2", container=READS)}],
    )
    assert found == []


def test_a_reader_that_restarts_does_not_speak_for_another_one():
    (found,) = of(
        "core/ConfigMap/prod/web",
        before=plain("ConfigMap", data={"a": "1"}),
        after=plain("ConfigMap", data={"a": "2"}),
        with_=[
            {"before": workload(container=READS), "after": workload(image="b:2", container=READS)},
            {"before": workload(name="api", container=READS), "after": workload(name="api", container=READS)},
        ],
    )
    assert found == "no-restart"


@pytest.mark.parametrize(
    ("after", "expected"),
    [
        ({**SERVICE, "selector": {"app": "nobody"}}, ["traffic-cut"]),
        ({**SERVICE, "ports": [{"port": 80, "targetPort": "grpc"}]}, ["traffic-cut"]),
        ({**SERVICE, "ports": [{"port": 81, "targetPort": "http"}]}, ["traffic-cut"]),
        ({**SERVICE, "sessionAffinity": "ClientIP"}, []),
        ({**SERVICE, "type": "LoadBalancer"}, ["exposes"]),
    ],
)
def test_a_service_cuts_traffic_when_nobody_answers(after, expected):
    found = of(
        "core/Service/prod/web",
        before=plain("Service", spec=SERVICE),
        after=plain("Service", spec=after),
        same=[workload(container=PORT)],
    )
    assert found == expected


def test_a_workload_whose_labels_leave_a_service_cuts_its_traffic():
    renamed = workload(container=PORT)
    renamed["spec"]["template"]["metadata"]["labels"]["extra"] = "1"
    service = plain("Service", spec={**SERVICE, "selector": {"app": "web", "extra": "1"}})
    assert of("apps/Deployment/prod/web", before=renamed, after=workload(container=PORT), same=[service]) == [
        "rolls-pods",
        "traffic-cut",
    ]


@pytest.mark.parametrize(
    ("gone", "expected"),
    [
        (plain("PersistentVolumeClaim"), ["data-loss"]),
        (plain("CustomResourceDefinition", api="apiextensions.k8s.io/v1"), ["data-loss"]),
        (workload("StatefulSet"), []),
        (workload("StatefulSet", persistentVolumeClaimRetentionPolicy={"whenDeleted": "Delete"}), ["data-loss"]),
        (plain("PodDisruptionBudget", api="policy/v1"), ["unprotects"]),
        (plain("NetworkPolicy", api="networking.k8s.io/v1"), ["exposes"]),
        (plain("Service", spec=SERVICE), ["traffic-cut"]),
        (plain("ConfigMap"), []),
    ],
)
def test_what_goes_takes_along_what_it_holds(gone, expected):
    (found,) = changes(before=gone).values()
    assert effects(found) == expected


def test_a_kept_object_is_left_behind():
    claim = plain("PersistentVolumeClaim")
    claim["metadata"]["annotations"] = {"helm.sh/resource-policy": "keep"}
    (found,) = changes(before=claim).values()
    assert (str(found.action), effects(found)) == ("forget", ["kept"])


def test_what_was_changed_by_hand_is_set_back():
    live = workload(replicas=7)
    found = changes(before=workload(replicas=2), after=workload(replicas=2, image="b:2"), live=[live])
    assert effects(found["apps/Deployment/prod/web"]) == ["reverts-live", "rolls-pods", "unprotects"]


def test_an_object_of_somebody_else_is_not_taken_over():
    found = changes(after=plain("ConfigMap", data={"a": "1"}), live=[plain("ConfigMap", data={"a": "2"})])
    assert effects(found["core/ConfigMap/prod/web"]) == ["fails"]


@pytest.mark.parametrize(
    ("before", "after", "expected"),
    [
        ("1.1.0", "1.0.9", {"image-downgraded"}),
        ("1.1.0", "latest", {"image-moving"}),
        ("main-v1.77.3-stable", "main-v2.0.0-stable", {"image-major"}),
        ("1.1.0", "1.2.0-rc1", {"image-prerelease"}),
        ("1.9.0", "1.10.0", set()),
    ],
)
def test_the_way_an_image_moves_is_told(before, after, expected):
    (found,) = changes(
        before=workload(image=f"example/app:{before}"), after=workload(image=f"example/app:{after}")
    ).values()
    assert found.traits - {"workload"} == expected
