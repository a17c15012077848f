"""What goes with a custom resource that is deleted."""

import pytest

from tests.support.upgrades import changes


def one(type_, name="web"):
    group, kind = type_.split("/")
    return {"apiVersion": f"{group}/v1", "kind": kind, "metadata": {"name": name}, "spec": {"size": 1}}


@pytest.mark.parametrize(
    ("type_", "renamed", "expected"),
    [
        ("postgresql.cnpg.io/Cluster", False, [("data-loss", "critical")]),
        ("postgresql.cnpg.io/Cluster", True, [("data-loss", "critical")]),
        ("cert-manager.io/Issuer", False, [("removes", "high")]),
        ("cert-manager.io/Issuer", True, []),
        ("karpenter.sh/NodePool", True, [("removes", "high")]),
        ("grafana.integreatly.org/GrafanaDashboard", False, []),
        ("acme.example.org/Widget", False, []),
    ],
)
def test_what_goes_is_told_by_the_class_of_its_kind(type_, renamed, expected):
    more = {"with_": [{"after": one(type_, "site")}]} if renamed else {}
    found = changes(before=one(type_), **more)[f"{type_}/prod/web"]
    assert [(str(effect.name), str(effect.consequence)) for effect in found.effects] == expected


@pytest.mark.parametrize(
    ("type_", "traits"),
    [
        ("acme.example.org/Widget", {"unfamiliar"}),
        ("cert-manager.io/Issuer", set()),
        ("argoproj.io/Rollout", {"workload"}),
    ],
)
def test_only_a_kind_without_a_class_is_unfamiliar(type_, traits):
    assert changes(before=one(type_))[f"{type_}/prod/web"].traits == traits
