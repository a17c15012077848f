"""Secrets: the master key, literals in the configuration, and variables that nobody gives."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plangate.classify.litellm.proxy import REFERENCE, Problem, is_reference, leaves, said
from plangate.model import ABSENT, UNKNOWN, Sensitive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.classify.litellm.proxy import Proxy
    from plangate.model import Path

_MASTER: Path = ("general_settings", "master_key")
_URLS = ("database_url", "redis_url")


def problems(proxy: Proxy) -> Iterator[Problem]:
    """What is wrong with the secrets of one side."""
    if proxy.config is None:
        return
    yield from _master(proxy)
    yield from _literals(proxy)
    yield from _references(proxy)


def _master(proxy: Proxy) -> Iterator[Problem]:
    value = proxy.setting("general_settings", "master_key")
    visible = proxy.origin == "helm" or isinstance(value, str)
    if value is ABSENT or value == "":
        provided = proxy.provides("LITELLM_MASTER_KEY")
        if provided is not True:
            because = "gives no master key (general_settings.master_key, LITELLM_MASTER_KEY): whoever reaches the proxy may use it"
            yield Problem("master-key-missing", "", because, path=_MASTER, certain=provided is False)
    elif not is_reference(value):
        because = "writes the master key itself into the configuration instead of a reference such as os.environ/PROXY_MASTER_KEY"
        yield Problem("master-key-literal", "", because, path=_MASTER, certain=visible)


def installed(proxy: Proxy) -> Iterator[Problem]:
    """What only matters when there was nothing before."""
    if proxy.master_key_drawn:
        because = "lets the chart draw the master key, now and anew at every upgrade"
        yield Problem("master-key-drawn", "", because, "secret", ("masterkey",))


def _literals(proxy: Proxy) -> Iterator[Problem]:
    """A value that ingest masked is a secret that stands in the text. Where Terraform masked it, it may be a reference."""
    for path, value in leaves(proxy.config):
        if path == _MASTER or value is UNKNOWN or not isinstance(value, Sensitive):
            continue
        because = f"{said(path)} holds a secret in clear text, for everybody who can read the ConfigMap"
        yield Problem("secret-literal", _subject(proxy, path), because, path=path, certain=proxy.origin != "values")


def _subject(proxy: Proxy, path: Path) -> str:
    """A name for a place that stays when models change their order."""
    if path[0] == "model_list" and len(path) > 2 and isinstance(path[1], int):
        models = (proxy.config or {}).get("model_list")
        entry = models[path[1]] if isinstance(models, list) else None
        name = entry.get("model_name") if isinstance(entry, dict) else None
        return f"{name} {said(path[2:])}"
    return said(path)


def _references(proxy: Proxy) -> Iterator[Problem]:
    for path, value in leaves(proxy.config):
        if not is_reference(value):
            continue
        name = str(value).removeprefix(REFERENCE)
        provided = proxy.provides(name)
        if provided is True or not proxy.environment_known:
            continue
        if provided is False:
            because = f"{said(path)} refers to {name}, and nothing gives that variable to the pods"
            yield Problem("reference-missing", name, because, path=path)
        else:
            sources = ", ".join(proxy.opaque[:3])
            because = f"{said(path)} refers to {name}: no variable of that name is set, and whether {sources} holds it cannot be seen"
            yield Problem("reference-unseen", name, because, path=path)
