"""The router: fallbacks, retries, strategies, and the names of models that they use."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from plangate.applications.litellm.knowledge import known
from plangate.applications.litellm.models import uses
from plangate.applications.litellm.proxy import Problem, hidden, is_number, said, texts, tree
from plangate.lang.glob import fits_shell
from plangate.model.values import ABSENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.applications.litellm.proxy import Proxy

_SECTIONS = ("litellm_settings", "router_settings")


def problems(proxy: Proxy) -> Iterator[Problem]:
    """The problems of the router's settings on one side."""
    if proxy.config is None:
        return
    yield from _strategy(proxy)
    yield from _shared(proxy)
    yield from _policies(proxy)
    for section in _SECTIONS:
        yield from _shapes(proxy, section)
    yield from _names(proxy)


def _strategy(proxy: Proxy) -> Iterator[Problem]:
    value = proxy.setting("router_settings", "routing_strategy")
    if isinstance(value, str) and not value.startswith("os.environ/") and value not in known().strategies:
        close = difflib.get_close_matches(value, known().strategies, 1)
        because = f"names the routing strategy {value}, which does not exist" + (
            f": {close[0]} was meant" if close else ""
        )
        yield Problem("strategy-unknown", value, because, path=("router_settings", "routing_strategy"))


def _shared(proxy: Proxy) -> Iterator[Problem]:
    """What has to be counted across pods: the Router takes Redis from its own settings or from the cache, not from the environment."""
    cache = tree(proxy.setting("litellm_settings", "cache_params"))
    router = proxy.section("router_settings")
    seen = any(key in router for key in ("redis_host", "redis_url", "cache_kwargs")) or (
        proxy.setting("litellm_settings", "cache") is True and "redis" in str(cache.get("type", "redis"))
    )
    if seen or "coordination_redis" in proxy.section("general_settings"):
        return
    processes = proxy.processes
    strategy = router.get("routing_strategy")
    counts = isinstance(strategy, str) and strategy in known().counting_strategies
    if counts and processes is not None and processes > 1:
        because = f"routes by use ({strategy}) without Redis: each of {processes} processes counts for itself, and limits of models are passed"
        yield Problem("router-not-shared", "strategy", because, path=("router_settings", "routing_strategy"))
    if proxy.setting("general_settings", "use_redis_transaction_buffer") is True:
        because = "buffers spend in Redis (general_settings.use_redis_transaction_buffer), and no Redis is configured"
        yield Problem("router-not-shared", "buffer", because, path=("general_settings", "use_redis_transaction_buffer"))


def _policies(proxy: Proxy) -> Iterator[Problem]:
    """Keys of the policies, wherever they stand: unknown ones are dropped without a word."""
    for section in _SECTIONS:
        groups = [
            ("model_group_retry_policy", group) for group in tree(proxy.setting(section, "model_group_retry_policy"))
        ]
        for where, words in (
            (("retry_policy",), known().retries),
            (("allowed_fails_policy",), known().fails),
            *((group, known().retries) for group in groups),
        ):
            policy = proxy.setting(section, where[0])
            for group in where[1:]:
                policy = tree(policy).get(group, ABSENT)
            for key, value in tree(policy).items():
                path = (section, *where, key)
                if key not in words:
                    close = difflib.get_close_matches(key, words, 1, 0.5)
                    because = f"{said(path)} is ignored" + (f": {close[0]} is the name" if close else "")
                    yield Problem("retry-misspelled", said(path), because, path=path)
                elif is_number(value) and not 0 <= value <= 100000:  # type: ignore[operator]
                    yield Problem("setting-range", said(path), f"sets {said(path)} to {value}", path=path)


def _shapes(proxy: Proxy, section: str) -> Iterator[Problem]:
    value, path = proxy.setting(section, "default_fallbacks"), (section, "default_fallbacks")
    if not (value is ABSENT or hidden(value)) and not (
        isinstance(value, list) and all(isinstance(one, str) or hidden(one) for one in value)
    ):
        yield Problem("fallback-shape", said(path), f"{said(path)} is not a list of model names", path=path)
    for key in ("fallbacks", "context_window_fallbacks", "content_policy_fallbacks"):
        value, path = proxy.setting(section, key), (section, key)
        if value is ABSENT or hidden(value):
            continue
        if not isinstance(value, list):
            yield Problem(
                "fallback-shape", said(path), f"{said(path)} is not a list of maps from one model to a list", path=path
            )
            continue
        for i, one in enumerate(value):
            if hidden(one):
                continue
            if not isinstance(one, dict) or not all(isinstance(to, list) or hidden(to) for to in one.values()):
                because = f"{said((*path, i))} is not a map from one model to a list of others"
                yield Problem(
                    "fallback-shape",
                    f"{said(path)} {one if isinstance(one, str) else sorted(one) if isinstance(one, dict) else i}",
                    because,
                    path=(*path, i),
                )
                continue
            for source, targets in one.items():
                if source in texts(targets):
                    because = f"{said(path)} sends {source} back to itself: a failing model is only tried again"
                    yield Problem("fallback-loop", f"{said(path)} {source}", because, path=(*path, i))


def _names(proxy: Proxy) -> Iterator[Problem]:
    """Names of models that no deployment has. With models in the database they may stand there."""
    if (
        not isinstance((proxy.config or {}).get("model_list"), list)
        and proxy.config is not None
        and "model_list" in proxy.config
    ):
        return
    names = {*proxy.named, *tree(proxy.setting("router_settings", "model_group_alias"))}
    in_database = stored(proxy)
    for name, places in uses(proxy).items():
        if name in names or any("*" in one and fits_shell(one, name) for one in names):
            continue
        kind = "model-reference-unseen" if in_database else "model-reference-missing"
        words = "which is not in model_list" + (" (it would have to be in the database)" if in_database else "")
        for path, key in places:
            yield Problem(kind, f"{key} {name}", f"{key} names {name}, {words}", path=path)


def stored(proxy: Proxy) -> bool:
    """Whether models can stand in the database."""
    return (
        proxy.setting("general_settings", "store_model_in_db") is True
        or str(proxy.env.get("STORE_MODEL_IN_DB")).lower() == "true"
    )
