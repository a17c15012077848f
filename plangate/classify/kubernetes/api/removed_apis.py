"""API versions that the cluster serves no more. Data: `kubernetes-removed-apis.yaml`."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from msgspec import Struct

from plangate import knowledge
from plangate.lang.semver import major_minor
from plangate.model.change import Effect, EffectName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.model.release import KubeObject, Upgrade


class _Removed(Struct):
    removed: dict[str, str]


@functools.cache
def _known() -> dict[str, tuple[int, int]]:
    removed = knowledge.knowledge("kubernetes-removed-apis", _Removed).removed
    return {name: major_minor(version) for name, version in removed.items()}


@functools.cache
def since(api_version: str, kind: str) -> tuple[int, int] | None:
    """The first version of Kubernetes that does not serve it."""
    known = _known()
    return known.get(f"{api_version}/{kind}") or known.get(f"{api_version}/*")


def words() -> tuple[str, ...]:
    """The versions that were removed somewhere, to look for in a text."""
    return tuple(sorted({name.rpartition("/")[0] for name in _known()}))


def removed_api(one: KubeObject, upgrade: Upgrade) -> Iterator[Effect]:
    """Whether the cluster still serves the version of an object."""
    gone = since(one.api_version, one.kind)
    if gone is None:
        return
    version = f"{gone[0]}.{gone[1]}"
    if upgrade.kube_version is None:
        yield Effect(
            EffectName.MAY_FAIL,
            f"uses {one.api_version}, which Kubernetes {version} and newer do not serve; --kube-version tells",
            "removed-api",
            ("apiVersion",),
        )
    elif upgrade.kube_version >= gone:
        yield Effect(
            EffectName.FAILS,
            f"uses {one.api_version}, which Kubernetes serves no more since {version}; way out: use a newer version of the "
            "API in the chart (helm plugin mapkubeapis repairs a release that has it already)",
            "removed-api",
            ("apiVersion",),
        )
