import pytest

from tests.support.upgrades import changes, plain, workload

CONFIG = plain("ConfigMap", "used", data={"a": "1", "b": "2"})
SECRET = plain("Secret", "used", stringData={"a": "1"})
READS = {"envFrom": [{"configMapRef": {"name": "used"}}]}


def told(**case):
    (change,) = (one for one in changes(**case).values() if one.name == "used")
    return [(one.consequence, one.because) for one in change.effects if one.kind == "used"]


@pytest.mark.parametrize(
    ("gone", "user", "expected"),
    [
        (
            CONFIG,
            workload(container=READS),
            "Deployment/web (envFrom) still needs it: pods that run stay, and none of them starts again",
        ),
        (
            SECRET,
            workload(pod={"volumes": [{"name": "v", "projected": {"sources": [{"secret": {"name": "used"}}]}}]}),
            "Deployment/web (volume) still needs it: pods that run stay, and none of them starts again",
        ),
        (
            plain("ServiceAccount", "used"),
            workload("DaemonSet", pod={"serviceAccountName": "used"}),
            "DaemonSet/web (serviceAccountName) still needs it: no pod of it can be made any more",
        ),
        (
            plain("PriorityClass", "used", api="scheduling.k8s.io/v1", value=1),
            workload(pod={"priorityClassName": "used"}),
            "Deployment/web (priorityClassName) still needs it: no pod of it can be made any more",
        ),
        (
            SECRET,
            plain(
                "Ingress",
                api="networking.k8s.io/v1",
                spec={"tls": [{"secretName": "used", "hosts": ["a.example.org"]}]},
            ),
            "Ingress/web (tls) still needs it: it is served with a certificate that nobody trusts",
        ),
    ],
)
def test_what_goes_while_it_is_used_is_told_with_its_user(gone, user, expected):
    assert told(before=gone, same=[user]) == [("high", f"goes away, and {expected}")]


def test_a_pull_secret_and_a_storage_class_are_less_bad():
    pulls = workload(pod={"imagePullSecrets": [{"name": "used"}]})
    (found,) = told(before=SECRET, same=[pulls])
    assert found[0] == "medium"
    class_ = plain("StorageClass", "used", api="storage.k8s.io/v1", provisioner="example.org/disks")
    claim = plain(
        "PersistentVolumeClaim",
        spec={
            "storageClassName": "used",
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": "1Gi"}},
        },
    )
    assert [one[0] for one in told(before=class_, same=[claim])] == ["medium"]


@pytest.mark.parametrize(
    "case",
    [
        {"before": CONFIG, "same": [workload()]},
        {"before": CONFIG, "with_": [{"before": workload(container=READS)}]},
        {
            "before": CONFIG,
            "same": [workload(container={"envFrom": [{"configMapRef": {"name": "used", "optional": True}}]})],
        },
        {"before": SECRET, "same": [workload(container=READS)]},
        {
            "before": SECRET,
            "with_": [
                {
                    "after": plain(
                        "ExternalSecret", "other", api="external-secrets.io/v1", spec={"target": {"name": "used"}}
                    )
                }
            ],
            "same": [workload(container={"envFrom": [{"secretRef": {"name": "used"}}]})],
        },
    ],
)
def test_what_nobody_uses_or_somebody_makes_again_is_quiet(case):
    assert told(**case) == []


def test_an_object_of_another_release_counts_where_the_cluster_was_asked():
    theirs = workload(name="theirs", container=READS)
    theirs["metadata"]["namespace"] = "prod"
    assert len(told(before=CONFIG, live=[{**CONFIG, "metadata": {"name": "used", "namespace": "prod"}}, theirs])) == 1


def test_a_key_that_goes_counts_only_where_that_key_is_asked_for():
    less = plain("ConfigMap", "used", data={"b": "2"})
    users = [
        workload(container={"env": [{"name": "X", "valueFrom": {"configMapKeyRef": {"name": "used", "key": key}}}]})
        for key in "ab"
    ]
    assert told(before=CONFIG, after=less, same=users[:1]) == [
        ("high", "loses a, and Deployment/web (env) still needs it: pods that run stay, and none of them starts again")
    ]
    assert told(before=CONFIG, after=less, same=users[1:]) == []
