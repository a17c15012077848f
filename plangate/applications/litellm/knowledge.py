"""What is known of LiteLLM's settings, images and charts: `policies/knowledge/litellm-settings.yaml`."""

from __future__ import annotations

import functools

from msgspec import Struct

from plangate import knowledge


class Unpublished(Struct, frozen=True):
    """Versions whose image `main-<version>` was never pushed."""

    versions: tuple[str, ...]
    since: str


class Connections(Struct, frozen=True):
    """The defaults of LiteLLM's connection pool and workers, and the connections that Postgres accepts by default."""

    pool: int
    workers: int
    most: int


class Settings(Struct, frozen=True):
    """The document as a whole. Its comments describe the keys."""

    versions: str
    sections: tuple[str, ...]
    settings: dict[str, dict[str, str]]
    either: frozenset[str]
    moved: dict[str, str]
    deprecated: dict[str, dict[str, str]]
    ranges: dict[str, dict[str, tuple[int, int]]]
    durations: frozenset[str]
    strategies: tuple[str, ...]
    counting_strategies: frozenset[str]
    retries: tuple[str, ...]
    fails: tuple[str, ...]
    caches: tuple[str, ...]
    caches_of_one_process: frozenset[str]
    licensed: tuple[str, ...]
    licensed_or_refused: tuple[str, ...]
    callbacks: frozenset[str]
    callback_needs: dict[str, tuple[str, ...]]
    alerts: dict[str, tuple[str, ...]]
    authentication: tuple[str, ...]
    probe_paths: frozenset[str]
    role_annotations: frozenset[str]
    telemetry: tuple[str, ...]
    model_keys: frozenset[str]
    model_params: frozenset[str]
    provider_keys: dict[str, tuple[str, ...]]
    familiar_variables: frozenset[str]
    providers: frozenset[str]
    bedrock_names: frozenset[str]
    bedrock_vendors: frozenset[str]
    bedrock_profiles: dict[str, tuple[str, ...]]
    inferable: tuple[str, ...]
    images: frozenset[str]
    moving_tags: frozenset[str]
    prereleases: tuple[str, ...]
    unpublished_main: Unpublished
    charts: tuple[str, ...]
    chart_sources: tuple[str, ...]
    connections: Connections
    examples: tuple[str, ...]
    placeholders: tuple[str, ...]
    companions: tuple[str, ...]


@functools.cache
def known() -> Settings:
    """The document, decoded once."""
    return knowledge.knowledge("litellm-settings", Settings)
