"""Containers that stop asking who calls them, told by their environment variables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from plangate.classify.kubernetes import kinds
from plangate.classify.kubernetes.object_side import body_of
from plangate.classify.kubernetes.objects import items, section
from plangate.model.change import Action, Effect, EffectName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.classify.kubernetes.release_index import ReleaseIndex
    from plangate.model.change import Change
    from plangate.model.values import Value

_ON: Final = frozenset({"yes", "true", "1", "on", "enabled"})
_LETS_IN: Final = re.compile(
    r"ALLOW_(?:EMPTY_PASSWORDS?|ANONYMOUS_\w+|PLAINTEXT_LISTENER|INSECURE_\w+)|\w*ANONYMOUS_(?:ENABLED|ACCESS)"
    r"|\w*(?:DISABLE|SKIP|NO)_AUTH(?:ENTICATION)?"
)
"""Variables that let callers in without a password while they are on."""
_ASKS: Final = re.compile(r"(?:\w+_)?AUTH(?:ENTICATION)?_ENABLED|XPACK_SECURITY_ENABLED|xpack\.security\.enabled")
"""Variables that ask callers for a password while they are on."""


def effects(change: Change, _index: ReleaseIndex) -> Iterator[Effect]:
    """The effect of a workload that newly lets callers in without a password."""
    if change.action is not Action.UPDATE or change.type not in kinds.workloads():
        return
    before, after = _variables(body_of(change.before)), _variables(body_of(change.after))
    for (container, name), value in after.items():
        was = before.get((container, name))
        path = f'spec.template.spec.containers[name="{container}"].env[name="{name}"].value'
        if _LETS_IN.fullmatch(name) and value in _ON and was not in _ON:
            because = f"no longer asks its callers for a password ({name} is {value})"
        elif _ASKS.fullmatch(name) and was in _ON and value not in _ON:
            because = f"no longer asks its callers for a password ({name} is {value or 'empty'})"
        else:
            continue
        yield Effect(EffectName.UNPROTECTS, because, "authentication", (path,))


def _variables(body: dict[str, Value]) -> dict[tuple[str, str], str]:
    """The plain values of environment variables in lower case, by container and name."""
    return {
        (str(container.get("name")), str(one.get("name"))): str(one.get("value")).lower()
        for container in items(section(body, "spec", "template", "spec"), "containers")
        for one in items(container, "env")
        if isinstance(one.get("value"), str)
    }
