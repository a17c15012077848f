"""Role definitions of Azure.

https://learn.microsoft.com/azure/role-based-access-control/role-definitions
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from plangate.classify.terraform.impact.rights.knowledge import PolicyDocument, knowledge
from plangate.classify.terraform.impact.rights.right import EVERYTHING, WIDE, Right
from plangate.classify.terraform.impact.values import UNSURE, fields, items, plain
from plangate.lang.glob import fits

if TYPE_CHECKING:
    from plangate.classify.terraform.impact.values import Maybe, Readable
    from plangate.model.values import Value


def rights(_document: PolicyDocument, permission: Maybe, _side: Readable) -> Iterator[Right]:
    """What a role allows."""
    known = knowledge().azure
    given = fields(permission)
    actions, but = _words(given.get("actions")), _words(given.get("not_actions"))
    if any(isinstance(plain(one), UNSURE) for key in ("actions", "data_actions") for one in _hidden(given.get(key))):
        yield Right(EVERYTHING, "allows actions that cannot be seen", certain=False)

    def allows(action: str) -> bool:
        action = action.lower()
        return any(fits(one, action) for one in actions) and not any(fits(one, action) for one in but)

    leading = [action for action in known.actions.everything if allows(action)]
    if leading:
        every = "every action" if "*" in actions else f"what leads to every role ({leading[0]})"
        yield Right(EVERYTHING, f"allows {every} (permissions)")
    elif "*" in actions:
        yield Right(WIDE, "allows every action but a few (permissions)")
    else:
        wide = [action for action in known.actions.wide if allows(action)]
        if wide:
            yield Right(WIDE, f"allows what gives away keys and data ({wide[0]})")
        services = sorted(one for one in actions if one.endswith("/*") and one.count("/") == 1 and one != "*/*")
        yield from (Right(WIDE, f"allows every action of a service ({service})") for service in services)
    data, without = _words(given.get("data_actions")), _words(given.get("not_data_actions"))
    read = [
        action
        for action in known.data_actions
        if any(fits(one, action.lower()) for one in data) and not any(fits(one, action.lower()) for one in without)
    ]
    if read:
        yield Right(WIDE, f"allows reading what is stored ({read[0]})")


def _words(value: Value | None) -> list[str]:
    return [one.lower() for one in items(value) if isinstance(one, str)]


def _hidden(value: Value | None) -> list[Value]:
    return items(value)
