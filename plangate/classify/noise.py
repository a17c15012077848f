"""Changes without consequence: tags only, known after apply only, provider read-back, formatting only."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING

from msgspec import Struct

from plangate import knowledge
from plangate.lang.glob import fits
from plangate.model.change import Action, AttributeChange, Noise
from plangate.model.values import ABSENT, UNKNOWN

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plangate.model.change import Change
    from plangate.model.values import Absent, Value


class NoiseKnowledge(Struct, frozen=True):
    """`policies/knowledge/noise.yaml`."""

    tags: frozenset[str]
    tags_matter: tuple[str, ...]
    computed: frozenset[str]


def noise(change: Change, attributes: Sequence[AttributeChange]) -> Noise | None:
    """Why an update has no consequence; None where it has one, and for every other action."""
    if change.action is not Action.UPDATE or not change.values_known:
        return None
    if not attributes:
        return Noise.FORMAT
    if all(attribute.after is UNKNOWN for attribute in attributes):
        return Noise.UNKNOWN_ONLY
    known = _knowledge()
    if all(_head(a.path) in known.tags for a in attributes) and not _tags_matter(change.type):
        return Noise.TAGS
    return Noise.READ_BACK if all(still_empty(a) for a in attributes) else None


def read_back(attribute: AttributeChange) -> bool:
    """Whether a difference that a refresh found is only how the provider reports: another empty value, or a computed attribute."""
    return still_empty(attribute) or _tail(attribute.path) in _knowledge().computed


def is_tag(path: str, type_: str) -> bool:
    """Whether an attribute is a tag or a label that selects nothing."""
    return _head(path) in _knowledge().tags and not _tags_matter(type_)


def still_empty(attribute: AttributeChange) -> bool:
    """Whether one kind of empty became another. A block without content is there, though: `count[0]`."""
    item = attribute.path.endswith("]")
    return _empty(attribute.before, item=item) and _empty(attribute.after, item=item)


def _empty(value: Value | Absent, *, item: bool) -> bool:
    if value is ABSENT or value is None:
        return True
    return isinstance(value, (str, list, dict)) and not value and not (item and value == {})


def _head(path: str) -> str:
    return re.split(r"[.\[]", path, maxsplit=1)[0]


def _tail(path: str) -> str:
    return path.rpartition(".")[2]


@functools.cache
def _tags_matter(type_: str) -> bool:
    return any(fits(glob, type_) for glob in _knowledge().tags_matter)


@functools.cache
def _knowledge() -> NoiseKnowledge:
    return knowledge.knowledge("noise", NoiseKnowledge)
