"""Evidence that is empty, of another release or another revision, or that other evidence contradicts: it is missing evidence.

Each is a gap that makes the verdict inconclusive and names the command that gives the right evidence.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from plangate.ingest.helm import evidence
from plangate.model.change import Gap

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.ingest.helm.dry_run import DryRun
    from plangate.ingest.helm.evidence import Metadata
    from plangate.ingest.helm.manifests import ManifestObject
    from plangate.model.input import RawInput
    from plangate.model.release import Revision

_CHART: Final = "helm.sh/chart"
_INSTANCE: Final = "app.kubernetes.io/instance"


class Sides(Struct, frozen=True, kw_only=True):
    """What is known of one upgrade."""

    dry: DryRun
    given: Mapping[str, RawInput]
    from_cluster: frozenset[str]
    """The kinds of evidence that were asked of the cluster, of the right revision."""
    metadata: Metadata
    history: tuple[Revision, ...]
    old: tuple[ManifestObject, ...] | None
    """The objects of the deployed revision that differ."""
    new: tuple[ManifestObject, ...]
    """The objects of the new revision that differ."""
    same: tuple[ManifestObject, ...]
    live: tuple[ManifestObject, ...] | None
    command: Callable[[str], str]
    """The command that gives a kind of evidence."""

    def gap(self, kind: str, why: str) -> Gap:
        """The gap of a kind of evidence that is not what it is given for."""
        flag = evidence.FLAGS[kind]
        return Gap(
            what=self.given[kind].path,
            why=why,
            how_to_fix=f"{self.command(kind)}, then {flag} {self.command(kind).rpartition(' ')[2]}",
            inconclusive=True,
        )


def gaps(sides: Sides) -> Iterator[Gap]:
    """A gap for each file of evidence that cannot be of the release and the revision that is upgraded."""
    yield from _of_metadata(sides)
    yield from _of_history(sides)
    if sides.dry.install:
        return
    yield from _of_manifest(sides)
    yield from _of_live_objects(sides)


def empty(sides: Sides) -> frozenset[str]:
    """The kinds of evidence that were given and hold nothing, though the release has to have some."""
    return frozenset({"manifest"} if _lacks_objects(sides) else ())


def _lacks_objects(sides: Sides) -> bool:
    return "manifest" in sides.given and not sides.dry.install and not sides.old and not sides.same


def _of_metadata(sides: Sides) -> Iterator[Gap]:
    dry, told = sides.dry, sides.metadata
    if "metadata" not in sides.given:
        return
    newest = sides.history[-1].number if sides.history else None
    if not told.name:
        yield sides.gap("metadata", "names no release")
    elif dry.name and (told.name, told.namespace or dry.namespace) != (dry.name, dry.namespace):
        yield sides.gap("metadata", f"is about another release than {dry.namespace}/{dry.name}")
    elif newest is not None and told.revision > newest:
        yield sides.gap("history", f"ends with revision {newest}, and the metadata tells of revision {told.revision}")


def _of_history(sides: Sides) -> Iterator[Gap]:
    dry = sides.dry
    if "history" not in sides.given:
        return
    newest = sides.history[-1] if sides.history else None
    if dry.install:
        if evidence.deployed(sides.history) is not None:
            yield sides.gap(
                "history", "tells of a deployed revision, and the dry run installs the release for the first time"
            )
    elif newest is None and "history" not in sides.from_cluster:
        yield sides.gap("history", "lists no revision of a release that is upgraded")
    elif newest is not None and dry.revision is not None and newest.number != dry.revision - 1:
        why = f"ends with revision {newest.number}, and the dry run makes revision {dry.revision}: one of them is of another release or time"
        yield sides.gap("history", why)


def _of_manifest(sides: Sides) -> Iterator[Gap]:
    if _lacks_objects(sides):
        yield sides.gap("manifest", "names no object, and an upgrade starts from a deployed revision")
    if (not sides.old and not sides.same) or "manifest" in sides.from_cluster:
        return
    old = sides.old or ()
    deployed = evidence.deployed(sides.history)
    newest = sides.history[-1] if sides.history else None
    if not old and not sides.new and deployed is not None and newest is not None and newest.status == "failed":
        yield sides.gap(
            "manifest",
            f"is what the dry run makes, and may be of revision {newest.number}, which failed: Helm compares with revision {deployed.number}",
        )
    if any(isinstance(_metadata(one).get("uid"), str) for one in old):
        yield sides.gap("manifest", "is what kubectl shows of a cluster, and no manifest of a release")
    charts = {label for one in old if (label := _label(one, _CHART))}
    if deployed is not None and (told := _other_chart(deployed.chart, charts)):
        yield sides.gap(
            "manifest", f"is of the chart {told}, and revision {deployed.number} is deployed from {deployed.chart}"
        )
    name = sides.dry.name
    before, after = ({_label(one, _INSTANCE) for one in objects} - {""} for objects in (old, sides.new))
    if name and before and name not in before and after == {name} and not sides.same:
        yield sides.gap("manifest", f"is of another release than {name}: its objects name {min(before)}")


def _of_live_objects(sides: Sides) -> Iterator[Gap]:
    if sides.live is None or sides.old is None or "live_objects" in sides.from_cluster:
        return
    wanted = {_identity(one) for one in (*sides.old, *sides.same)}
    if wanted and not wanted.intersection(map(_identity, sides.live)):
        yield sides.gap(
            "live_objects", "holds none of the deployed objects: it is of another namespace or another cluster"
        )


def _other_chart(deployed: str, labels: set[str]) -> str:
    """The chart in the labels of objects that is another version of the deployed one; empty where one is the same."""
    found = re.fullmatch(evidence.GLUED, deployed)
    if found is None:
        return ""
    # A label holds no plus sign, and 63 characters.
    same = deployed.replace("+", "_")[:63].rstrip("-_.")
    others = {label for label in labels if re.match(re.escape(found[1]) + r"-v?\d", label)}
    return "" if same in others else min(others, default="")


def _metadata(one: ManifestObject) -> Mapping[str, object]:
    found = one.raw.get("metadata")
    return found if isinstance(found, dict) else {}


def _label(one: ManifestObject, name: str) -> str:
    labels = _metadata(one).get("labels")
    value = labels.get(name) if isinstance(labels, dict) else None
    return value if isinstance(value, str) else ""


def _identity(one: ManifestObject) -> tuple[str, str, str]:
    return one.api_version.rpartition("/")[0], one.kind, one.name
