"""Secrets: the master key, literals in the configuration, and references to missing variables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from plangate.applications.litellm.knowledge import known
from plangate.applications.litellm.proxy import REFERENCE, Problem, is_reference, leaves, said, tree
from plangate.lang.typo import nearest
from plangate.model.values import ABSENT, UNKNOWN, Sensitive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.applications.litellm.proxy import Proxy
    from plangate.model.values import Absent, Path, Value

_MASTER: Path = ("general_settings", "master_key")
_SECRETS = frozenset(
    {
        *("master_key", "api_key", "aws_access_key_id", "aws_secret_access_key", "aws_session_token", "password"),
        *("database_url", "redis_url", "redis_password", "azure_ad_token", "client_secret", "vertex_credentials"),
    }
)
_LIKE_VARIABLE = re.compile(
    r"\$\{?\(?[A-Za-z_]\w*\)?\}?|(?:os\.)?env(?:iron)?[./:\[]+.*|\{\{.*\}\}|[A-Z][A-Z0-9]*(?:_[A-Z0-9]+)+"
)


def problems(proxy: Proxy) -> Iterator[Problem]:
    """The problems of the master key, of literal secrets and of references to variables on one side."""
    if proxy.config is None:
        return
    yield from _master(proxy)
    yield from _literals(proxy)
    yield from _references(proxy)


def _master(proxy: Proxy) -> Iterator[Problem]:
    value = proxy.setting("general_settings", "master_key")
    if value is ABSENT or value == "":
        provided = proxy.provides("LITELLM_MASTER_KEY")
        if provided is not True:
            because = "gives no master key (general_settings.master_key, LITELLM_MASTER_KEY): whoever reaches the proxy may use it"
            if provided is None and proxy.opaque:
                because += f", unless {', '.join(proxy.opaque[:3])} holds LITELLM_MASTER_KEY"
            yield Problem("master-key-missing", "", because, path=_MASTER, certain=provided is False)
    elif not is_reference(value) and not _malformed(value):
        because = "writes the master key itself into the configuration instead of a reference such as os.environ/PROXY_MASTER_KEY"
        subject = str(hash(value)) if isinstance(value, Sensitive) else ""
        certain = value is not UNKNOWN and value not in proxy.hidden_by_terraform
        yield Problem("master-key-literal", subject, because, path=_MASTER, certain=certain)


def on_install(proxy: Proxy) -> Iterator[Problem]:
    """The problems that only an installation has."""
    if proxy.master_key_generated:
        because = "lets the chart draw the master key, now and anew at every upgrade"
        yield Problem("master-key-drawn", "", because, "secret", ("masterkey",))


def _literals(proxy: Proxy) -> Iterator[Problem]:
    """A value that ingest masked is a secret that stands in the text. Where Terraform masked it, it may be a reference."""
    for path, value in leaves(proxy.config):
        unknown = value is UNKNOWN and path[-1] in _SECRETS
        if path == _MASTER or not (unknown or isinstance(value, Sensitive)):
            continue
        because = f"{said(path)} holds a secret in clear text, for everybody who can read the ConfigMap"
        # Another secret at the same place is another leak.
        subject = f"{_subject(proxy, path)} {hash(value)}"
        certain = not unknown and value not in proxy.hidden_by_terraform
        yield Problem("secret-literal", subject, because, path=path, certain=certain)
    for name, value in proxy.env.items():
        if isinstance(value, Sensitive):
            because = f"gives {name} to the pods in clear text, for everybody who can read the values or the Deployment"
            path = ("environment", name)
            yield Problem(
                "secret-literal",
                f"{name} {hash(value)}",
                because,
                "workload",
                path,
                value not in proxy.hidden_by_terraform,
            )


def _subject(proxy: Proxy, path: Path) -> str:
    """A name for a place that stays when models change their order."""
    if path[0] == "model_list" and len(path) > 2 and isinstance(path[1], int):
        models = (proxy.config or {}).get("model_list")
        entry = models[path[1]] if isinstance(models, list) else None
        name = entry.get("model_name") if isinstance(entry, dict) else None
        return f"{name} {said(path[2:])}"
    return said(path)


def _references(proxy: Proxy) -> Iterator[Problem]:
    named = {str(value).removeprefix(REFERENCE) for _, value in leaves(proxy.config) if is_reference(value)}
    for path, value in leaves(proxy.config):
        if not is_reference(value):
            if path[-1] in _SECRETS and _malformed(value):
                because = f"{said(path)} is {value}, which is sent as it stands: a variable is written os.environ/NAME"
                yield Problem("reference-malformed", _subject(proxy, path), because, path=path)
            continue
        name = str(value).removeprefix(REFERENCE)
        provided = proxy.provides(name)
        if provided is True or not proxy.environment_known:
            continue
        if provided is False:
            because = f"{said(path)} refers to {name}, and nothing gives that variable to the pods"
            yield Problem("reference-missing", name, because, path=path)
            continue
        sources = ", ".join(proxy.opaque[:3])
        because = f"{said(path)} refers to {name}: no variable of that name is set, and whether {sources} holds it cannot be seen"
        meant = _intended_variable(name, named)
        if meant or not _fits(proxy, path, name):
            hint = f" ({meant} is the name elsewhere)" if meant else ""
            yield Problem("reference-unseen", name, because + hint, path=path)
        else:
            yield Problem("reference-missing", name, because, path=path, certain=False)


def _malformed(value: Value | Absent) -> bool:
    """Whether it names a variable in a way that LiteLLM does not read."""
    return isinstance(value, str) and bool(_LIKE_VARIABLE.fullmatch(value))


def _fits(proxy: Proxy, path: Path, name: str) -> bool:
    """Whether it is a usual name for what it is given to: the key of one provider is not that of another."""
    if name.partition("_")[0] not in known().familiar_variables:
        return False
    owners = {provider for provider, names in known().provider_keys.items() if name in names}
    models = (proxy.config or {}).get("model_list")
    if not owners or len(path) < 4 or not isinstance(models, list) or not isinstance(path[1], int):
        return True
    params = tree(tree(models[path[1]]).get("litellm_params"))
    provider = params.get("custom_llm_provider") or str(params.get("model", "")).partition("/")[0]
    return provider in owners or provider not in known().provider_keys


def _intended_variable(name: str, others: set[str]) -> str:
    """The variable that a name is a slip of: one that the configuration uses elsewhere, or the usual one of a provider."""
    usual = {one for names in known().provider_keys.values() for one in names}
    if name in usual:
        return ""
    for other in sorted((others - {name}) | usual):
        if name.replace("_", "") == other.replace("_", ""):
            return other
    return nearest(name, sorted((others - {name}) | usual))
