"""API versions that a cluster no longer serves, and what to use instead."""

import pytest
from msgspec import structs

from plangate.classify.kubernetes.api.removed_apis import removal, removed_api
from plangate.model.release import Upgrade
from tests.support.upgrades import changeset, plain


def told(api_version, kind, kube_version):
    found = changeset(after=plain(kind, api=api_version, spec={}))
    upgrade: Upgrade = structs.replace(found.upgrade, kube_version=kube_version)
    (one,) = upgrade.new
    return [(str(effect.name), effect.because) for effect in removed_api(one, upgrade)]


@pytest.mark.parametrize(
    ("api_version", "kind", "kube_version", "expected"),
    [
        ("policy/v1beta1", "PodDisruptionBudget", (1, 24), []),
        (
            "policy/v1beta1",
            "PodDisruptionBudget",
            (1, 25),
            [
                (
                    "fails",
                    "uses policy/v1beta1, which Kubernetes serves no more since 1.25; way out: use policy/v1 in the chart"
                    " (helm plugin mapkubeapis repairs a release that has it already)",
                )
            ],
        ),
        (
            "policy/v1beta1",
            "PodDisruptionBudget",
            None,
            [
                (
                    "may-fail",
                    "uses policy/v1beta1, which Kubernetes 1.25 and newer do not serve; --kube-version tells;"
                    " way out: use policy/v1 in the chart",
                )
            ],
        ),
        ("storage.k8s.io/v1beta1", "VolumeAttributesClass", (1, 36), []),
        ("storage.k8s.io/v1beta1", "VolumeAttributesClass", None, []),
    ],
)
def test_a_removed_version_is_told_with_the_way_out(api_version, kind, kube_version, expected):
    assert told(api_version, kind, kube_version) == expected


def test_a_kind_that_goes_for_good_has_no_other_version():
    gone = removal("policy/v1beta1", "PodSecurityPolicy")
    assert gone is not None
    assert (gone.version, gone.use) == ((1, 25), "")


def test_what_every_version_serves_is_not_removed():
    assert removal("apps/v1", "Deployment") is None
