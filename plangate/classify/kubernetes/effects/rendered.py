"""What the chart renders and the cluster will not hold: entries that a merge cannot tell apart, and fields that no kind has.

A strategic merge patch knows the entries of a list by one key alone: the name of a variable, the number of a port
(https://github.com/kubernetes/kubernetes/issues/39188, https://github.com/kubernetes/kubernetes/issues/105610). Server-side
apply refuses what it cannot tell apart, which validation tells.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from plangate.classify.kubernetes import schema
from plangate.classify.kubernetes.api.validation import fields
from plangate.classify.kubernetes.compare import child_path, item_path, same
from plangate.classify.kubernetes.object_side import body_of
from plangate.classify.kubernetes.objects import items, scalar, section
from plangate.classify.kubernetes.release_index import pod_template
from plangate.classify.kubernetes.schema import ANY, Field
from plangate.lang.wording import listed
from plangate.model.change import Action, Effect, EffectName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.classify.kubernetes.objects import Identity
    from plangate.classify.kubernetes.release_index import ReleaseIndex
    from plangate.model.change import Change
    from plangate.model.release import KubeObject
    from plangate.model.values import Value

    Body = dict[str, Value]

_MAX_LISTED: Final = 3
_SCHEMA_VERSION: Final = (1, 34)
"""The version of Kubernetes whose fields are known; a later one may have more."""


def effects(change: Change, index: ReleaseIndex) -> Iterator[Effect]:
    """The `not-applied` effects of an object that is created, updated, or stays as it is although the chart renders another one."""
    upgrade = index.upgrade
    one = index.new.get(index.identity(change))
    if one is None or change.action not in (Action.CREATE, Action.UPDATE, Action.NO_OP) or upgrade.server_side is True:
        return
    certain = upgrade.server_side is False or upgrade.major != 4
    lost = tuple(_lost(index.stored(one), body_of(change.after), schema.root(one.api_version, one.kind), ""))
    if lost and change.action is not Action.CREATE:
        yield Effect(
            EffectName.NOT_APPLIED,
            f"stands there without {listed(lost, _MAX_LISTED)}, which the chart renders: the patch cannot tell entries with one key apart",
            "lost-in-merge",
            lost,
            certain,
        )
    else:
        yield from _twice(change, index.identity(change), certain=certain)
    yield from _unknown(one, index.old.get(index.identity(change)), index)


def _lost(rendered: Value, stored: Value, field: Field, path: str) -> Iterator[str]:
    """The paths of what is rendered and not stored."""
    if isinstance(rendered, dict) and isinstance(stored, dict):
        known = schema.fields(field.type) if field.form == "one" else {}
        of_map = field.item if field.form == "map" else ANY
        for key, value in rendered.items():
            if key in stored:
                yield from _lost(value, stored[key], known.get(key, of_map), child_path(path, key))
    elif isinstance(rendered, list) and isinstance(stored, list):
        keys = field.keys or ((field.merge,) if field.merge else ())
        if keys and not same(rendered, stored):
            yield from _lost_entries(rendered, stored, field, keys, path)


def _lost_entries(
    rendered: list[Value], stored: list[Value], field: Field, keys: tuple[str, ...], path: str
) -> Iterator[str]:
    type_ = field.item.type
    wanted = [(schema.key_of(one, keys, type_), one) for one in rendered]
    held = Counter(schema.key_of(one, keys, type_) for one in stored)
    by_key = {schema.key_of(one, keys, type_): one for one in stored}
    count = Counter(key for key, _ in wanted)
    for key, one in dict(wanted).items():
        if key is None:
            continue
        if held[key] < count[key]:
            yield item_path(path, keys, key, type_)
        elif held[key] == count[key] == 1:
            yield from _lost(one, by_key[key], field.item, item_path(path, keys, key, type_))


def _twice(change: Change, identity: Identity, *, certain: bool) -> Iterator[Effect]:
    """Variables that a container newly has twice, with two values: the last one counts."""
    told = set(_told_twice(pod_template(identity, body_of(change.before))))
    for container, variable in _told_twice(pod_template(identity, body_of(change.after))):
        if (container, variable) not in told:
            yield Effect(
                EffectName.NOT_APPLIED,
                f"gives {container} the variable {variable} twice, with two values: only the last one counts, and whoever takes one out later loses both",
                "twice",
                (f'spec.template.spec.containers[name="{container}"].env[name="{variable}"]',),
                certain,
            )


def _told_twice(template: Body) -> Iterator[tuple[str, str]]:
    for part in ("containers", "initContainers"):
        for container in items(section(template, "spec"), part):
            given: dict[str, list[Body]] = {}
            for one in items(container, "env"):
                given.setdefault(str(scalar(one.get("name"))), []).append(one)
            for name, several in given.items():
                if any(not same(several[0], other) for other in several[1:]):
                    yield str(scalar(container.get("name"))), name


def _unknown(one: KubeObject, old: KubeObject | None, index: ReleaseIndex) -> Iterator[Effect]:
    """Fields that the kind does not have, and the last revision did not either: the server drops them."""
    known = {problem.path for problem in fields.unknown_fields(old)} if old is not None else set()
    new = tuple(problem.path for problem in fields.unknown_fields(one) if problem.path not in known)
    if new:
        version = index.upgrade.kube_version
        yield Effect(
            EffectName.NOT_APPLIED,
            f"sets {listed(new, _MAX_LISTED)}, which a {one.kind} does not have: the server drops it without a word",
            "unknown-field",
            new,
            version is None or version <= _SCHEMA_VERSION,
        )
