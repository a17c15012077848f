"""Removed API versions: those that newer Kubernetes no longer serves. Data: `kubernetes-removed-apis.yaml`."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from plangate import knowledge
from plangate.lang.semver import major_minor
from plangate.model.change import Effect, EffectName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.model.release import KubeObject, Upgrade


_NEWEST: Final = (1, 36)
"""The newest version of Kubernetes that this knows."""


class Removal(Struct, frozen=True):
    """When an API version goes: the first minor version of Kubernetes without it, and the API version to use instead."""

    since: str
    use: str = ""

    @property
    def version(self) -> tuple[int, int]:
        """`since` as (major, minor)."""
        return major_minor(self.since)


class _Removed(Struct):
    removed: dict[str, Removal]


@functools.cache
def _known() -> dict[str, Removal]:
    return knowledge.knowledge("kubernetes-removed-apis", _Removed).removed


@functools.cache
def removal(api_version: str, kind: str) -> Removal | None:
    """When a kind of an API version goes; None where every known version of Kubernetes serves it."""
    known = _known()
    return known.get(f"{api_version}/{kind}") or known.get(f"{api_version}/*")


def removed_versions() -> tuple[str, ...]:
    """Every API version (`group/version`) of which some kind was removed, sorted."""
    return tuple(sorted({name.rpartition("/")[0] for name in _known()}))


def removed_api(manifest: KubeObject, upgrade: Upgrade) -> Iterator[Effect]:
    """The effect of an object whose API version was removed: `fails`, or `may-fail` where the cluster's version is unknown.

    Of an unknown cluster nothing is said about versions that only come: every one of today serves it.
    """
    gone = removal(manifest.api_version, manifest.kind)
    if gone is None:
        return
    way_out = f"use {gone.use} in the chart" if gone.use else f"take the {manifest.kind} out of the chart"
    if upgrade.kube_version is None:
        if gone.version <= _NEWEST:
            yield Effect(
                EffectName.MAY_FAIL,
                f"uses {manifest.api_version}, which Kubernetes {gone.since} and newer do not serve; --kube-version tells; way out: {way_out}",
                "removed-api",
                ("apiVersion",),
            )
    elif upgrade.kube_version >= gone.version:
        yield Effect(
            EffectName.FAILS,
            f"uses {manifest.api_version}, which Kubernetes serves no more since {gone.since}; way out: {way_out} "
            "(helm plugin mapkubeapis repairs a release that has it already)",
            "removed-api",
            ("apiVersion",),
        )
