"""Who may call, and what is checked on the way: authentication, guardrails, audits, certificates."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plangate.applications.litellm.knowledge import known
from plangate.applications.litellm.proxy import Problem, hidden, tree
from plangate.model.values import ABSENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.applications.litellm.proxy import Proxy

_FALSE = ("false", "0", "no", "off")
_GENERAL = "general_settings"


def problems(proxy: Proxy) -> Iterator[Problem]:
    """The problems of authentication and certificates on one side."""
    yield from _passed_through(proxy)
    if proxy.setting("litellm_settings", "ssl_verify") is False:
        because = "no longer checks certificates of model providers (litellm_settings.ssl_verify)"
        yield Problem("certificates-unchecked", "", because, path=("litellm_settings", "ssl_verify"))
    elif str(proxy.env.get("SSL_VERIFY", "")).lower() in _FALSE:
        because = "no longer checks certificates of model providers (SSL_VERIFY in the environment)"
        yield Problem("certificates-unchecked", "", because, "workload", ("environment", "SSL_VERIFY"))


def _passed_through(proxy: Proxy) -> Iterator[Problem]:
    """Paths that go to somebody else with a key of ours, and ask for none (https://docs.litellm.ai/docs/proxy/pass_through)."""
    endpoints = proxy.setting(_GENERAL, "pass_through_endpoints")
    for i, one in enumerate(endpoints if isinstance(endpoints, list) else []):
        if not isinstance(one, dict) or one.get("auth") is True:
            continue
        keys = [name for name in tree(one.get("headers")) if name.lower() in ("authorization", "api-key", "x-api-key")]
        if keys:
            because = f"passes {one.get('path')} on with the proxy's own {keys[0]} header and asks callers for no key"
            yield Problem(
                "pass-through-open", str(one.get("path")), because, path=(_GENERAL, "pass_through_endpoints", i)
            )


def transitions(before: Proxy, after: Proxy) -> Iterator[Problem]:
    """The problems of a change that removes or alters authentication, guardrails or audit logs."""
    if before.config is None or after.config is None:
        return
    for key in known().authentication:
        old, new = (side.setting(_GENERAL, key) for side in (before, after))
        if old == new or all(one is ABSENT or one is False for one in (old, new)) or hidden(new):
            continue
        words = "away" if new is ABSENT else "on" if new is True else "off" if new is False else f"to {new}"
        because = f"changes who may call the proxy: {_GENERAL}.{key} goes {words}"
        yield Problem("authentication-changes", key, because, path=(_GENERAL, key))
    ours, theirs = _guardrails(before), _guardrails(after)
    for name, always in ours.items():
        if name not in theirs:
            because = f"takes the guardrail {name} away: what it caught goes through"
            yield Problem("guardrail-removed", name, because, path=("guardrails",))
        elif always and not theirs[name]:
            because = f"no longer runs the guardrail {name} on every request (default_on)"
            yield Problem("guardrail-removed", name, because, path=("guardrails",))
    if (
        before.setting("litellm_settings", "store_audit_logs") is True
        and after.setting("litellm_settings", "store_audit_logs") is not True
    ):
        because = "no longer records who changed keys, teams and models (litellm_settings.store_audit_logs)"
        yield Problem("audit-off", "", because, path=("litellm_settings", "store_audit_logs"))


def _guardrails(proxy: Proxy) -> dict[str, bool]:
    """Guardrails by name, each with whether it runs on every request."""
    found: dict[str, bool] = {}
    entries = (proxy.config or {}).get("guardrails")
    for one in entries if isinstance(entries, list) else []:
        name = tree(one).get("guardrail_name")
        if isinstance(name, str):
            found[name] = tree(tree(one).get("litellm_params")).get("default_on") is True
    older = proxy.section("litellm_settings").get("guardrails")
    for one in older if isinstance(older, list) else []:
        for name, body in one.items() if isinstance(one, dict) else ():
            found[name] = tree(body).get("default_on") is True
    return found
