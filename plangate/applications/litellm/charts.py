"""The chart of a `helm_release`: its source, its version, and reused values."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plangate.applications.litellm.knowledge import known
from plangate.applications.litellm.proxy import Problem, hidden, tree
from plangate.lang import semver

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.applications.litellm.proxy import Tree
    from plangate.model.values import Side

_LOCAL: Final = (".", "/", "http://127.", "http://localhost")


def problems(before: Side | None, after: Side, merged: Tree) -> Iterator[Problem]:
    """The problems of the chart that the change of a `helm_release` introduces."""
    version, old = after.get("version"), None if before is None else before.get("version")
    if not (isinstance(version, str) and semver.read(version) is not None) and (before is None or version != old):
        because = "names no one version of the chart: the next apply may install another"
        yield Problem("chart-unpinned", "", because, "release", ("version",), certain=not hidden(version))
    unseen = [name for name in ("chart", "repository") if hidden(after.get(name))]
    if unseen:
        because = f"installs the chart from where is known only after apply ({', '.join(unseen)})"
        yield Problem("chart-source", "", because, "release", (unseen[0],), certain=False)
    source = _source(after)
    if (
        source is not None
        and (before is None or source != _source(before))
        and source not in known().chart_sources
        and not source.startswith(_LOCAL)
    ):
        yield Problem(
            "chart-source", source, f"installs the chart from {source}, which is not LiteLLM's", "release", ("chart",)
        )
    if after.get("reuse_values") is True and before is not None and version != old:
        because = "keeps the old values under another chart version (reuse_values): defaults of the new chart are missing, and templates fail on them"
        yield Problem("values-reused", "", because, "release", ("reuse_values",))
    db = tree(merged.get("db"))
    if db.get("useExisting") is True and db.get("deployStandalone", True) is True and before is None:
        because = "sets db.useExisting and leaves db.deployStandalone on: the Job migrates one database and the pods use the other"
        yield Problem("database-split", "values", because, "workload", ("db",))


def _source(side: Side) -> str | None:
    """Where the chart comes from, as one address."""
    chart, repository = side.get("chart"), side.get("repository")
    if not isinstance(chart, str):
        return None
    if chart.startswith("oci://"):
        return chart
    if isinstance(repository, str) and repository:
        return f"{repository.rstrip('/')}/{chart}"
    return chart if "/" in chart else None
