"""Custom kinds: their classes, and those that keep pods running."""

import pytest

from plangate.classify.kubernetes import kinds
from plangate.model.resource_type import Class, Consequence
from tests.support.upgrades import changes, effects, plain, workload


@pytest.mark.parametrize(
    ("type_", "class_", "consequence"),
    [
        ("postgresql.cnpg.io/Cluster", Class.DATA, Consequence.CRITICAL),
        ("constraints.gatekeeper.sh/K8sAnything", Class.GUARDS, Consequence.HIGH),
        ("monitoring.coreos.com/ServiceMonitor", Class.WATCHES, Consequence.MEDIUM),
    ],
)
def test_a_listed_kind_has_a_class(type_, class_, consequence):
    known = kinds.class_of(type_)
    assert known is not None
    assert (known.class_, known.consequence) == (class_, consequence)


@pytest.mark.parametrize(
    ("type_", "custom"),
    [
        ("core/ConfigMap", False),
        ("policy/PodSecurityPolicy", False),
        ("extensions/Ingress", False),
        ("gateway.networking.k8s.io/HTTPRoute", True),
        ("acme.example.org/Widget", True),
    ],
)
def test_what_is_built_in_is_no_custom_kind(type_, custom):
    assert kinds.is_custom(type_) is custom


def rollout(**how):
    return {**workload(**how), "apiVersion": "argoproj.io/v1alpha1", "kind": "Rollout"}


def test_a_rollout_is_a_workload():
    found = changes(before=rollout(replicas=3), after=rollout(replicas=0, image="example/app:2.0.0"))
    assert effects(found["argoproj.io/Rollout/prod/web"]) == ["rolls-pods", "scale-to-zero"]


def test_a_service_finds_the_pods_of_a_rollout():
    service = {"selector": {"app": "web"}, "ports": [{"port": 80}]}
    found = changes(
        before=plain("Service", spec=service),
        after=plain("Service", spec={**service, "selector": {"app": "nobody"}}),
        same=[rollout(replicas=3)],
    )
    assert effects(found["core/Service/prod/web"]) == ["traffic-cut"]
