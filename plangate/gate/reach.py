"""How far a release reaches: objects outside of its environment, which that environment's mode says nothing about.

A release that is only observed may still change a namespace of an enforced environment, or what is there once for the whole cluster.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from msgspec import structs

from plangate.gate.config import listed
from plangate.lang.glob import fits_path
from plangate.model.change import Action, HelmChangeSet

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from plangate.gate.config import Config
    from plangate.gate.environment import Resolution
    from plangate.model.change import ChangeSet

_PARTS: Final = 4
"""Of the address of a Kubernetes object: group, kind, namespace, name."""
_CLUSTER_WIDE: Final = "-"


def reached(config: Config, resolution: Resolution, changesets: Sequence[ChangeSet]) -> Resolution:
    """The resolution with the enforced environments whose objects change too, and the reason to enforce."""
    here = config.environments.get(resolution.name or "")
    if here is None or (here.mode or config.mode) != "observe":
        return resolution
    others, reason = list(resolution.others), ""
    if resolution.conflicts and _enforces_anything(config):
        reason = resolution.conflicts[0]
    for address, namespace in _objects(changesets):
        owners = [] if namespace == _CLUSTER_WIDE else _owners(config, namespace)
        if resolution.name in owners:
            continue
        enforced = [name for name in owners if _enforces(config, name)]
        if enforced:
            others += enforced
            reason = reason or f"{address} is of {enforced[0]}"
        elif namespace == _CLUSTER_WIDE and _enforces_anything(config):
            reason = reason or f"{address} is there for the whole cluster"
        elif not owners and listed(here.match.releases) and config.mode == "enforce":
            reason = reason or f"{address} is in no namespace of {resolution.name}"
    return structs.replace(resolution, others=tuple(dict.fromkeys(others)), enforced=reason)


def _objects(changesets: Sequence[ChangeSet]) -> Iterator[tuple[str, str]]:
    """Address and namespace of every object that a Helm upgrade changes, hooks too."""
    for changeset in changesets:
        if isinstance(changeset, HelmChangeSet):
            changed = [change.address.text for change in changeset.changes if change.action is not Action.NO_OP]
            for address in (*changed, *(hook.address.text for hook in changeset.hooks)):
                parts = address.split("/")
                if len(parts) == _PARTS:
                    yield address, parts[2]


def _owners(config: Config, namespace: str) -> list[str]:
    """The environments that a namespace is of, by the namespaces of their releases."""
    return [
        name
        for name, one in config.environments.items()
        if any(fits_path(glob.partition("/")[0], namespace) for glob in listed(one.match.releases))
    ]


def _enforces(config: Config, name: str) -> bool:
    return (config.environments[name].mode or config.mode) == "enforce"


def _enforces_anything(config: Config) -> bool:
    return config.mode == "enforce" or any(_enforces(config, name) for name in config.environments)
