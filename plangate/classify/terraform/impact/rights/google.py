"""Roles of Google Cloud that somebody defines.

https://cloud.google.com/iam/docs/creating-custom-roles
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from plangate.classify.terraform.impact.rights.knowledge import PolicyDocument, knowledge
from plangate.classify.terraform.impact.rights.right import EVERYTHING, WIDE, Right
from plangate.classify.terraform.impact.values import UNSURE, items, plain
from plangate.lang.glob import fits

if TYPE_CHECKING:
    from plangate.classify.terraform.impact.values import Maybe, Readable


def rights(_document: PolicyDocument, permissions: Maybe, _side: Readable) -> Iterator[Right]:
    """What a role allows."""
    known = knowledge().google.permissions
    for permission in items(permissions):
        if isinstance(plain(permission), UNSURE):
            yield Right(EVERYTHING, "has permissions that cannot be seen", certain=False)
        elif isinstance(permission, str) and any(fits(pattern, permission) for pattern in known.everything):
            yield Right(WIDE, f"may do what leads to every role ({permission})")
        elif isinstance(permission, str) and any(fits(pattern, permission) for pattern in known.wide):
            yield Right(WIDE, f"may read what is stored everywhere ({permission})")
