"""The words that a policy can match: what `policies/knowledge/vocabulary.yaml` lists."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

import msgspec
import yaml
from msgspec import Struct

from plangate import knowledge
from plangate.model.change import EffectName
from plangate.model.input import Source

if TYPE_CHECKING:
    from collections.abc import Iterable


class EffectWords(Struct, frozen=True, forbid_unknown_fields=True):
    """One effect. `kinds` are its kinds with their meanings, by the source of the changes that have the effect."""

    meaning: str
    kinds: dict[Source, dict[str, str]]


class Vocabulary(Struct, frozen=True, forbid_unknown_fields=True):
    """The document: effects, traits with their meanings by source, and views with the kinds of their notices."""

    effects: dict[EffectName, EffectWords]
    traits: dict[Source, dict[str, str]]
    views: dict[str, tuple[str, ...]]

    def effects_of(self, source: Source | None) -> frozenset[str]:
        """The effects that changes of a source can have, as `name` and `name:kind`; of any source when None."""
        return frozenset(
            word
            for name, effect in self.effects.items()
            for kinds in _of(effect.kinds, source)
            for word in (str(name), *(f"{name}:{kind}" for kind in kinds))
        )

    def traits_of(self, source: Source | None) -> frozenset[str]:
        """The traits that changes of a source can have; of any source when None."""
        return frozenset(trait for traits in _of(self.traits, source) for trait in traits)


def _of(by_source: dict[Source, dict[str, str]], source: Source | None) -> Iterable[dict[str, str]]:
    return by_source.values() if source is None else [by_source[source]] if source in by_source else []


@functools.cache
def vocabulary() -> Vocabulary:
    """The document, read from its YAML: policies are checked before there is an index."""
    text = (knowledge.folder() / "knowledge" / "vocabulary.yaml").read_text("utf-8")
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    return msgspec.convert(yaml.load(text, Loader=loader), Vocabulary)  # noqa: S506 - both are safe
