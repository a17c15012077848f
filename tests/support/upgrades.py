"""Upgrades for tests: objects before and after, through the real pipeline."""

from plangate.pipeline.inputs import classified
from plangate.policy.helm_cases import upgrade


def changes(**case):
    """The changes of one upgrade, by the last parts of their addresses."""
    return {change.address.text: change for change in changeset(**case).changes}


def changeset(**case):
    """The classified change set of one upgrade."""
    built = upgrade({key.rstrip("_"): value for key, value in case.items()})
    return classified(built.dry_run, built.evidence)


def hooks(**case):
    return changeset(**case).hooks


def effects(change):
    return [str(effect.name) for effect in change.effects if effect.certain]


def workload(kind="Deployment", name="web", *, image="example/app:1.0.0", container=None, pod=None, **spec):
    """A workload with one container."""
    return {
        "apiVersion": "apps/v1",
        "kind": kind,
        "metadata": {"name": name},
        "spec": {
            "selector": {"matchLabels": {"app": name}},
            **spec,
            "template": {
                "metadata": {"labels": {"app": name}},
                "spec": {"containers": [{"name": "app", "image": image, **(container or {})}], **(pod or {})},
            },
        },
    }


def plain(kind, name="web", api="v1", **rest):
    return {"apiVersion": api, "kind": kind, "metadata": {"name": name}, **rest}
