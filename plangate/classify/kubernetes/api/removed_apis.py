"""Removed API versions: those that newer Kubernetes no longer serves. Data: `kubernetes-removed-apis.yaml`."""

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
def removed_in(api_version: str, kind: str) -> tuple[int, int] | None:
    """The first version of Kubernetes, as (major, minor), that no longer serves a kind; None where every version does."""
    known = _known()
    return known.get(f"{api_version}/{kind}") or known.get(f"{api_version}/*")


def removed_versions() -> tuple[str, ...]:
    """Every API version (`group/version`) of which some kind was removed, sorted."""
    return tuple(sorted({name.rpartition("/")[0] for name in _known()}))


def removed_api(manifest: KubeObject, upgrade: Upgrade) -> Iterator[Effect]:
    """The effect of an object whose API version was removed: `fails`, or `may-fail` where the cluster's version is unknown."""
    removed = removed_in(manifest.api_version, manifest.kind)
    if removed is None:
        return
    version = f"{removed[0]}.{removed[1]}"
    if upgrade.kube_version is None:
        yield Effect(
            EffectName.MAY_FAIL,
            f"uses {manifest.api_version}, which Kubernetes {version} and newer do not serve; --kube-version tells",
            "removed-api",
            ("apiVersion",),
        )
    elif upgrade.kube_version >= removed:
        yield Effect(
            EffectName.FAILS,
            f"uses {manifest.api_version}, which Kubernetes serves no more since {version}; way out: use a newer version of the "
            "API in the chart (helm plugin mapkubeapis repairs a release that has it already)",
            "removed-api",
            ("apiVersion",),
        )
