import pytest

from tests.support.upgrades import changes, plain, workload


def scaler(name="web", **spec):
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
    return plain(
        "HorizontalPodAutoscaler", api="autoscaling/v2", spec={"maxReplicas": 9, "scaleTargetRef": target, **spec}
    )


def keda(name="web"):
    return plain("ScaledObject", api="keda.sh/v1alpha1", spec={"scaleTargetRef": {"name": name}})


VERTICAL = plain(
    "VerticalPodAutoscaler", api="autoscaling.k8s.io/v1", spec={"targetRef": {"kind": "Deployment", "name": "web"}}
)
QUEUE = {
    "type": "External",
    "external": {"metric": {"name": "queue"}, "target": {"type": "AverageValue", "averageValue": "3"}},
}


def told(address, **case):
    change = changes(**case).get(address)
    return [] if change is None else [e.because for e in change.effects if e.kind == "capacity"]


@pytest.mark.parametrize(
    ("before", "after", "expected"), [(10, 1, 1), (2, 1, 1), (10, 5, 1), (10, 6, 0), (1, 2, 0), (3, 0, 0)]
)
def test_half_of_the_pods_or_more_that_go_are_told(before, after, expected):
    found = told("apps/Deployment/prod/web", before=workload(replicas=before), after=workload(replicas=after))
    assert found == [f"goes from {before} pods to {after}"] * expected


def test_replicas_left_to_an_autoscaler_fall_to_one_for_a_moment():
    case = {"before": workload(replicas=3), "after": workload(), "with_": [{"after": scaler()}]}
    assert told("apps/Deployment/prod/web", **case) == [
        "leaves the number of its pods to HorizontalPodAutoscaler web: the upgrade sets 3 → 1, until that scales it up again"
    ]


def test_an_autoscaler_of_somebody_else_counts_too():
    live = [{**workload(replicas=6)}, {**scaler(), "metadata": {"name": "theirs", "namespace": "prod"}}]
    found = told("apps/Deployment/prod/web", before=workload(replicas=6), after=workload(), live=live)
    assert found == [
        "leaves the number of its pods to HorizontalPodAutoscaler theirs: the upgrade sets 6 → 1, until that scales it up again"
    ]


@pytest.mark.parametrize(
    ("least", "workloads", "expected"),
    [
        (
            3,
            {"same": [workload(replicas=1)]},
            ["goes away, and the upgrade sets Deployment web to 1 pod, which it kept at 3 at least"],
        ),
        (3, {"same": [workload(replicas=3)]}, []),
        (3, {"same": [workload()]}, []),
        (3, {"same": [workload(replicas=1), keda()]}, []),
    ],
)
def test_an_autoscaler_that_goes_gives_the_number_of_the_chart_back(least, workloads, expected):
    assert (
        told("autoscaling/HorizontalPodAutoscaler/prod/web", before=scaler(minReplicas=least), **workloads) == expected
    )


@pytest.mark.parametrize(
    ("after", "same", "expected"),
    [
        (scaler(), [keda()], 1),
        (scaler(), [keda("api")], 0),
        (scaler(), [], 0),
        (keda(), [scaler()], 1),
        (VERTICAL, [scaler()], 1),
        (VERTICAL, [scaler(metrics=[QUEUE])], 0),
    ],
)
def test_two_that_scale_one_workload_are_told(after, same, expected):
    (change,) = changes(after=after, same=same).values()
    found = [notice.kind for view in change.views.values() for notice in view.notices]
    assert found == ["scalers-fight"] * expected
