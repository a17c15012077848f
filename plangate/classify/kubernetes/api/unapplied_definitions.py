"""Custom resources that gain a field of which only the definition in the chart's `crds/` is sure to know.

Helm applies `crds/` at an install and never again. Where the cluster's definition lacks the field, Helm 4 is refused half way,
and Helm 3 sends what the server drops.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plangate.classify.kubernetes.object_side import body_of
from plangate.classify.kubernetes.objects import section
from plangate.lang.wording import few
from plangate.model.change import Action, Effect, EffectName, Gap

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plangate.classify.kubernetes.release_index import ReleaseIndex
    from plangate.model.change import Change
    from plangate.model.release import KubeObject, Upgrade
    from plangate.model.values import Value

DEFINITION: Final = "CustomResourceDefinition"
_WAY_OUT: Final = "way out: kubectl apply --server-side with the files of crds/ first"
_MOST: Final = 3


def effects(change: Change, index: ReleaseIndex) -> Iterator[Effect]:
    """The effects of the fields that a custom resource gains, and that the cluster's definition lacks or may lack."""
    upgrade = index.upgrade
    if upgrade.install or not upgrade.crds or change.action not in (Action.CREATE, Action.UPDATE):
        return
    one = index.new.get(index.identity(change))
    if one is None:
        return
    after = body_of(change.after)
    shipped = _schema(upgrade.crds, one)
    if shipped is None:
        return
    gained = list(_gained(body_of(change.before), after, shipped, ""))
    applied = _schema(upgrade.live or (), one)
    if applied is not None:
        gained = [path for path in gained if path not in set(_gained({}, after, applied, ""))]
    elif change.action is Action.CREATE or _same_chart(index):
        return
    if not gained:
        return
    named = few(gained, _MOST)
    if applied is None:
        because = f"gains {named}, which only the definition in crds/ is sure to know, and Helm does not apply that; {_WAY_OUT}"
        yield Effect(EffectName.MAY_FAIL, because, "unapplied-definition", tuple(gained))
    elif upgrade.major == 3 or index.upgrade.server_side is False:
        because = f"gains {named}, which the definition in the cluster does not know: the server drops it; {_WAY_OUT}"
        yield Effect(EffectName.NOT_APPLIED, because, "unknown-field", tuple(gained))
    else:
        because = f"gains {named}, which the definition in the cluster does not know: field not declared in schema; {_WAY_OUT}"
        yield Effect(EffectName.FAILS, because, "unapplied-definition", tuple(gained))


def gaps(upgrade: Upgrade) -> Iterator[Gap]:
    """The definitions in `crds/` of a chart whose version moves: Helm leaves the old ones in the cluster."""
    old, new = upgrade.old_chart, upgrade.chart
    if upgrade.install or not upgrade.crds or not old.version or old.version == new.version:
        return
    named = few([one.name for one in upgrade.crds], _MOST)
    yield Gap(
        f"the definitions in crds/ of {new.name} {new.version}: {named}",
        "Helm applies them at an install only, and the cluster keeps the older ones",
        f"kubectl apply --server-side -f {new.name}/crds, before the upgrade",
    )


def _same_chart(index: ReleaseIndex) -> bool:
    """Whether the deployed revision is known to be of the same chart version, whose definitions were there before."""
    old, new = index.upgrade.old_chart, index.upgrade.chart
    return old.version != "" and (old.name, old.version) == (new.name, new.version)


def _schema(definitions: Iterable[KubeObject], wanted: KubeObject) -> dict[str, Value] | None:
    """The schema of an object's kind and version among these definitions; None where none defines it."""
    group, _, version = wanted.api_version.rpartition("/")
    for one in definitions:
        if not one.mentions(DEFINITION) or one.kind != DEFINITION:
            continue
        spec = section(one.body, "spec")
        if (spec.get("group"), section(spec, "names").get("kind")) != (group, wanted.kind):
            continue
        versions = spec.get("versions")
        for each in versions if isinstance(versions, list) else ():
            if isinstance(each, dict) and each.get("name") == version:
                return section(each, "schema", "openAPIV3Schema")
    return None


def _gained(before: Value, after: Value, known: dict[str, Value], path: str) -> Iterator[str]:
    """The paths that only `after` has, of fields that a schema lists."""
    if isinstance(after, list):
        old = before if isinstance(before, list) else []
        for number, one in enumerate(after):
            earlier = old[number] if number < len(old) else None
            yield from _gained(earlier, one, section(known, "items"), f"{path}[{number}]")
        return
    if not isinstance(after, dict):
        return
    earlier = before if isinstance(before, dict) else {}
    for key, below in after.items():
        inner = f"{path}.{key}" if path else key
        listed = section(known, "properties", key)
        if listed and path and key not in earlier:
            yield inner
        if listed or path:
            yield from _gained(earlier.get(key), below, listed or section(known, "additionalProperties"), inner)
        elif key in ("spec", "status"):
            yield from _gained(earlier.get(key), below, listed, inner)
