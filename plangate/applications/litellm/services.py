"""What the proxy talks to besides models: its cache, its callbacks, its health checks."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from plangate.applications.litellm.knowledge import known
from plangate.applications.litellm.proxy import Problem, hidden, is_number, is_reference, said, texts, tree, whole
from plangate.model.values import ABSENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.applications.litellm.proxy import Proxy

_LITELLM = "litellm_settings"
_CALLBACKS = (
    "success_callback",
    "failure_callback",
    "callbacks",
    "service_callback",
    "service_callbacks",
    "audit_log_callbacks",
)
_REDIS = ("redis", "redis-semantic")


def problems(proxy: Proxy) -> Iterator[Problem]:
    """The problems of the cache, callbacks, health checks, alerts and logs on one side."""
    if proxy.config is None:
        return
    yield from _cache(proxy)
    yield from _callbacks(proxy)
    yield from _health(proxy)
    yield from _alerts(proxy)
    yield from _debug(proxy)


def _debug(proxy: Proxy) -> Iterator[Problem]:
    """What makes the log hold requests, keys and headers."""
    level = proxy.env.get("LITELLM_LOG")
    debug = isinstance(level, str) and level.upper() == "DEBUG"
    if debug:
        because = "sets LITELLM_LOG to DEBUG: the log then holds requests, keys and headers"
        yield Problem("debug-logging", "env", because, "workload", ("environment", "LITELLM_LOG"))
    if proxy.setting(_LITELLM, "set_verbose") is True:
        because = "sets litellm_settings.set_verbose: the log then holds requests, keys and headers"
        yield Problem("debug-logging", "verbose", because, path=(_LITELLM, "set_verbose"))
    if str(proxy.env.get("DETAILED_DEBUG", "")).lower() == "true":
        because = "sets DETAILED_DEBUG: the log then holds requests, keys and headers"
        yield Problem("debug-logging", "detailed", because, "workload", ("environment", "DETAILED_DEBUG"))
    if proxy.setting(_LITELLM, "log_raw_request_response") is True:
        because = "sets litellm_settings.log_raw_request_response: whole requests and answers go to the log's readers"
        yield Problem("debug-logging", "raw", because, path=(_LITELLM, "log_raw_request_response"))
    if any(one in ("--detailed_debug", "--debug") for one in texts(proxy.pod.get("args"))):
        yield Problem(
            "debug-logging",
            "args",
            "starts with a debug flag: the log then holds requests, keys and headers",
            "workload",
            ("args",),
        )


def _cache(proxy: Proxy) -> Iterator[Problem]:
    params, path = tree(proxy.setting(_LITELLM, "cache_params")), (_LITELLM, "cache_params")
    on = proxy.setting(_LITELLM, "cache")
    if on is not True:
        if params and on is not ABSENT and not hidden(on) and not is_reference(on):
            yield Problem(
                "cache-unused", "params", "gives cache_params while cache is not true: nothing is cached", path=path
            )
        return
    kind = params.get("type", "redis")
    if hidden(kind) or is_reference(kind):
        return
    if kind not in known().caches:
        close = difflib.get_close_matches(str(kind), known().caches, 1)
        because = f"sets the cache type {kind}, which LiteLLM does not have" + (
            f": {close[0]} was meant" if close else ""
        )
        yield Problem("cache-type", str(kind), because, path=(*path, "type"))
        return
    if kind in _REDIS:
        yield from _redis(proxy)
    if kind == "s3" and "s3_bucket_name" not in params:
        yield Problem("cache-incomplete", "bucket", "caches in S3 without s3_bucket_name", path=path)
    if kind == "gcs" and "gcs_bucket_name" not in params:
        yield Problem("cache-incomplete", "bucket", "caches in GCS without gcs_bucket_name", path=path)
    processes = proxy.processes
    if kind in known().caches_of_one_process and processes is not None and processes > 1:
        because = f"caches in each of {processes} processes by itself ({kind}): they do not share what they keep"
        yield Problem("cache-not-shared", str(kind), because, path=(*path, "type"))
    if kind == "qdrant-semantic" and "qdrant_api_base" not in params and proxy.provides("QDRANT_API_BASE") is not True:
        because = "caches in Qdrant without qdrant_api_base, and no QDRANT_API_BASE can be seen"
        yield Problem("cache-incomplete", "qdrant", because, path=path)
    for name in ("ttl", "port"):
        value = params.get(name)
        if value is not None and not hidden(value) and not is_reference(value) and whole(value) is None:
            because = f"sets {said((*path, name))} to {value}, which is no number"
            yield Problem("setting-type", said((*path, name)), because, path=(*path, name))
    ttl = params.get("ttl")
    if is_number(ttl) and ttl <= 0:  # type: ignore[operator]
        yield Problem(
            "cache-incomplete", "ttl", f"keeps what it caches for {ttl} seconds: nothing is cached", path=(*path, "ttl")
        )


def _redis(proxy: Proxy) -> Iterator[Problem]:
    params, path = tree(proxy.setting(_LITELLM, "cache_params")), (_LITELLM, "cache_params")
    if any(key in params for key in ("redis_startup_nodes", "sentinel_nodes", "redis_url", "url")) or proxy.provides(
        "REDIS_URL"
    ):
        return
    if "host" not in params and proxy.provides("REDIS_HOST") is not True:
        because = "caches in Redis without a host, and no REDIS_HOST can be seen"
        yield Problem("cache-incomplete", "host", because, path=path)
    host = params.get("host")
    if isinstance(host, str) and any(word in host for word in known().placeholders):
        yield Problem("cache-incomplete", "host", f"caches in Redis at the placeholder {host}", path=(*path, "host"))
    router = proxy.section("router_settings")
    if isinstance(host, str) and isinstance(router.get("redis_host"), str) and router["redis_host"] != host:
        yield Problem(
            "cache-two-hosts", "host", "uses another Redis for the router than for the cache", path=(*path, "host")
        )


def _callbacks(proxy: Proxy) -> Iterator[Problem]:
    for key in _CALLBACKS:
        for name in texts(proxy.setting(_LITELLM, key)):
            path = (_LITELLM, key)
            if name not in known().callbacks and "." not in name and name not in proxy.section("callback_settings"):
                close = difflib.get_close_matches(name, known().callbacks, 1, 0.7)
                because = f"{said(path)} names {name}, which LiteLLM does not know" + (
                    f": {close[0]} was meant" if close else ""
                )
                yield Problem("callback-unknown", name, because, path=path)
            for variable in known().callback_needs.get(name, ()):
                provided = proxy.provides(variable)
                if provided is not True:
                    because = f"{said(path)} names {name}, and {variable} is not given"
                    yield Problem(
                        "callback-without-key", f"{name} {variable}", because, path=path, certain=provided is False
                    )


def _health(proxy: Proxy) -> Iterator[Problem]:
    general = "general_settings"
    interval, path = proxy.setting(general, "health_check_interval"), (general, "health_check_interval")
    number = whole(interval)
    if number is not None and 0 < number < 60:
        because = f"checks every model each {number} s, and each check is a call that is paid for"
        yield Problem("health-costly", "interval", because, path=path)
    shared = proxy.setting(general, "use_shared_health_check")
    processes = proxy.pods
    if (
        proxy.setting(general, "background_health_checks") is True
        and shared is not True
        and processes is not None
        and processes > 1
    ):
        because = f"checks every model from each of {processes} pods, and pays for each"
        yield Problem("health-unshared", "shared", because, path=(general, "background_health_checks"))
    for name in ("livenessProbe", "readinessProbe", "startupProbe"):
        probe = tree(tree(proxy.pod.get(name)).get("httpGet"))
        if probe.get("path") in ("/health", "/health/"):
            because = f"probes /health ({name}), which calls every model and is paid for; /health/liveliness and /health/readiness do not"
            yield Problem("probe-costly", name, because, "workload", (name,))


def _alerts(proxy: Proxy) -> Iterator[Problem]:
    """Channels of alerts: ones that LiteLLM does not have, and ones whose address is not given."""
    path = ("general_settings", "alerting")
    for name in texts(proxy.setting(*path)):
        if name not in known().alerts and not name.startswith("os.environ/"):
            close = difflib.get_close_matches(name, known().alerts, 1)
            because = f"alerts through {name}, which LiteLLM does not know" + (
                f": {close[0]} was meant" if close else f" (it knows {', '.join(known().alerts)})"
            )
            yield Problem("alert-unsent", name, because, path=path)
        for variable in known().alerts.get(name, ()):
            provided = proxy.provides(variable)
            if not provided and proxy.setting("general_settings", "alert_to_webhook_url") is ABSENT:
                because = f"alerts through {name}, and {variable} is not given"
                yield Problem("alert-unsent", name, because, path=path, certain=provided is False)
