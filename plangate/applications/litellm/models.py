"""The model list: entries that are skipped, providers that cannot be told, and what a deployment needs."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from plangate.applications.litellm.knowledge import known
from plangate.applications.litellm.proxy import Problem, hidden, is_reference, leaves, said, texts, tree, whole
from plangate.lang.typo import nearest
from plangate.model.values import ABSENT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.applications.litellm.proxy import Proxy, Tree
    from plangate.model.values import Path, Value

_CLOSE = 0.75
_REGIONS = ("AWS_REGION", "AWS_REGION_NAME", "AWS_DEFAULT_REGION")
_LOCAL = re.compile(
    r"http://(?:localhost|127\.|10\.|192\.168\.|[a-z0-9-]+(?:[:/]|$)|[^/]*\.(?:svc|local|internal|cluster\.local)(?:[.:/]|$))"
)
_REGION = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d")


def problems(proxy: Proxy) -> Iterator[Problem]:
    """The problems of the model list on one side."""
    value = (proxy.config or {}).get("model_list")
    if proxy.config is None or value is None:
        return
    if not isinstance(value, list):
        if not hidden(value):
            yield Problem("model-incomplete", "model_list", "model_list is not a list", path=("model_list",))
        return
    seen: list[Value] = []
    for i, entry in enumerate(value):
        path: Path = ("model_list", i)
        if not isinstance(entry, dict):
            if not hidden(entry):
                yield Problem("model-incomplete", f"#{i}", f"{said(path)} is not a model", path=path)
            continue
        if entry in seen:
            name = str(entry.get("model_name"))
            yield Problem("model-twice", name, f"lists the same deployment of {name} twice", path=path)
        seen.append(entry)
        yield from _entry(proxy, entry, path)


def _entry(proxy: Proxy, entry: Tree, path: Path) -> Iterator[Problem]:
    name, params = entry.get("model_name"), tree(entry.get("litellm_params"))
    model = params.get("model")
    if not isinstance(name, str) or not name:
        if not hidden(name):
            yield Problem("model-incomplete", f"no name for {model}", f"{said(path)} has no model_name", path=path)
        return
    if not isinstance(model, str) or not model:
        if not hidden(model) and not hidden(entry.get("litellm_params")):
            because = f"{name} has no litellm_params.model, and LiteLLM leaves it out without a word"
            yield Problem("model-incomplete", name, because, path=path)
        return
    where = (*path, "litellm_params")
    subject = f"{name} {model}"
    yield from _slips(name, entry, params, path)
    yield from _example(name, params, where)
    yield from _zero(name, subject, params, where)
    yield from _typed(name, subject, params, where)
    yield from _endpoints(name, subject, params, where)
    provider = _provider(params)
    if _is_bedrock(model, params):
        yield from _bedrock(proxy, name, subject, params, where)
    elif provider is not None and provider not in known().providers:
        close = difflib.get_close_matches(provider, known().providers, 1, _CLOSE)
        if close or params.get("custom_llm_provider") or ("/" in model and "api_base" not in params):
            because = f"{name} names the provider {provider}, which LiteLLM does not know" + (
                f": {close[0]} was meant" if close else ""
            )
            kind = "provider-unknown" if close or params.get("custom_llm_provider") else "provider-unsure"
            yield Problem(kind, subject, because, path=(*where, "model"))
    elif provider is None and model != "*" and not model.startswith(known().inferable):
        because = (
            f"{name} has the model id {model} without a provider before it, and LiteLLM cannot tell which one to call"
        )
        yield Problem("provider-missing", subject, because, path=(*where, "model"))
    yield from _complete(proxy, subject, params, where)


def _slips(name: str, entry: Tree, params: Tree, path: Path) -> Iterator[Problem]:
    """Keys of a deployment that nobody reads: beside litellm_params instead of in it, or one letter off."""
    for key in entry:
        if key in known().model_params and key not in known().model_keys:
            because = f"{name} has {key} beside litellm_params instead of in it, where nothing reads it"
            yield Problem("setting-misplaced", f"{name} {key}", because, path=(*path, key))
    for key in params:
        meant = nearest(key, known().model_params)
        if meant:
            because = f"{name} has {key} in litellm_params: {meant} was meant, and the provider gets a parameter that it does not know"
            yield Problem("setting-misspelled", f"{name} {key}", because, path=(*path, "litellm_params", key))


def _provider(params: Tree) -> str | None:
    """The provider that a deployment names: by itself, or before the first slash of the model."""
    custom, model = params.get("custom_llm_provider"), params.get("model")
    if isinstance(custom, str) and custom:
        return custom
    first, slash, _ = model.partition("/") if isinstance(model, str) else ("", "", "")
    return first if slash else None


def _is_bedrock(model: str, params: Tree) -> bool:
    if _provider(params) in known().bedrock_names:
        return True
    return _provider(params) is None and _bare_bedrock(model)


def _bare_bedrock(model: str) -> bool:
    if model.startswith("arn:aws") and ":bedrock:" in model:
        return True
    parts = model.split(".")
    if parts[0] in known().bedrock_profiles:
        parts = parts[1:]
    return len(parts) > 1 and parts[0] in known().bedrock_vendors


def _bedrock(proxy: Proxy, name: str, subject: str, params: Tree, where: Path) -> Iterator[Problem]:
    """A Bedrock deployment needs a route and a region (https://docs.litellm.ai/docs/providers/bedrock)."""
    model = str(params["model"])
    provider, path = _provider(params), (*where, "model")
    bare = model.removeprefix("bedrock/").removeprefix("converse/").removeprefix("invoke/")
    if provider is None:
        because = (
            f"{name} names the Bedrock model {model} without a provider, and LiteLLM does not know where to send it"
        )
        yield Problem("bedrock-route", subject, because, path=path)
    elif model.startswith("bedrock_converse/"):
        because = f"{name} writes bedrock_converse/ before the model: the route is bedrock/converse/<id>"
        yield Problem("bedrock-route", subject, because, path=path)
    elif (
        bare.startswith("arn:")
        and "inference-profile" in bare
        and "converse" not in model
        and provider != "bedrock_converse"
    ):
        because = (
            f"{name} names an inference profile by ARN without the converse route, and LiteLLM cannot tell its vendor"
        )
        yield Problem("bedrock-route", subject, because, path=path)
    elif params.get("custom_llm_provider") == "bedrock_converse":
        because = f"{name} uses custom_llm_provider bedrock_converse, which LiteLLM does not document; bedrock/converse/<id> is"
        yield Problem("bedrock-undocumented", subject, because, path=(*where, "custom_llm_provider"))
    yield from _region(proxy, subject, params, where, bare)
    if proxy.setting("litellm_settings", "drop_params") is not True and params.get("drop_params") is not True:
        because = f"{name} is a Bedrock model, and drop_params is not set: a parameter that Bedrock does not know is an error for the caller"
        yield Problem("drop-params", "bedrock", because, path=("litellm_settings", "drop_params"))


def _region(proxy: Proxy, subject: str, params: Tree, where: Path, bare: str) -> Iterator[Problem]:
    name = subject.partition(" ")[0]
    region = params.get("aws_region_name") or params.get("region_name")
    if region is None and "aws_bedrock_runtime_endpoint" not in params and not bare.startswith("arn:"):
        if not any(proxy.provides(variable) is True for variable in _REGIONS):
            unseen = f" (whether {proxy.opaque[0]} holds one cannot be seen)" if proxy.opaque else ""
            because = f"{name} says no aws_region_name, and no {_REGIONS[0]} is set for the pods{unseen}"
            yield Problem(
                "bedrock-region",
                "unseen" if proxy.opaque else subject,
                because,
                path=where,
                certain=proxy.environment_known,
            )
    elif isinstance(region, str) and not region.startswith("os.environ/") and not _REGION.fullmatch(region):
        because = f"{name} calls Bedrock in {region}, which is no region of AWS"
        yield Problem("bedrock-geography", subject, because, path=(*where, "aws_region_name"))
    prefix = bare.partition(".")[0]
    regions = known().bedrock_profiles.get(prefix)
    if isinstance(region, str) and _REGION.fullmatch(region) and regions and not region.startswith(regions):
        because = f"{name} calls the inference profile {prefix}. from {region}, where it is not offered"
        yield Problem("bedrock-geography", subject, because, path=(*where, "aws_region_name"))


def _complete(proxy: Proxy, subject: str, params: Tree, where: Path) -> Iterator[Problem]:
    """What a provider needs besides the model. A variable that may stand in an unseen Secret is asked for all the same."""
    name, provider = subject.partition(" ")[0], _provider(params)
    base = params.get("api_base") or params.get("base_url")
    variables = known().provider_keys.get(provider or "", ())
    own = base is not None or any(key in params for key in ("api_key", "litellm_credential_name"))
    if variables and not own and all(proxy.provides(variable) is False for variable in variables):
        because = f"{name} has no api_key, and nothing gives {variables[0]} to the pods: {provider} refuses every call"
        yield Problem("provider-incomplete", f"{subject} key", because, path=where)
    if provider == "azure" and base is None and proxy.provides("AZURE_API_BASE") is not True:
        because = f"{name} is an Azure deployment without api_base, and no AZURE_API_BASE can be seen"
        yield Problem("provider-incomplete", f"{subject} base", because, path=where)
    if provider == "azure" and "api_version" not in params and proxy.provides("AZURE_API_VERSION") is not True:
        because = f"{name} is an Azure deployment without api_version, and no AZURE_API_VERSION can be seen"
        yield Problem("provider-incomplete", f"{subject} version", because, path=where)
    if provider in (None, "openai") and isinstance(base, str) and ".openai.azure.com" in base:
        because = f"{name} has an Azure endpoint without the provider azure: LiteLLM speaks OpenAI's protocol to it"
        yield Problem("provider-azure-as-openai", subject, because, path=(*where, "model"))
    if provider in ("vertex_ai", "vertex_ai_beta"):
        for key, variables in (
            ("vertex_project", ("VERTEXAI_PROJECT", "DEFAULT_VERTEXAI_PROJECT")),
            ("vertex_location", ("VERTEXAI_LOCATION", "DEFAULT_VERTEXAI_LOCATION")),
        ):
            if key not in params and not any(proxy.provides(variable) for variable in variables):
                because = f"{name} is a Vertex AI deployment without {key}, and no {variables[0]} can be seen"
                yield Problem("provider-incomplete", f"{subject} {key}", because, path=where)
    pair = [key in params for key in ("aws_access_key_id", "aws_secret_access_key")]
    if any(pair) and not all(pair):
        missing = "aws_access_key_id" if pair[1] else "aws_secret_access_key"
        because = f"{name} has one half of a pair of AWS keys: {missing} is missing"
        yield Problem("provider-incomplete", f"{subject} pair", because, path=where)


def _example(name: str, params: Tree, where: Path) -> Iterator[Problem]:
    for path, value in leaves(params, where):
        if isinstance(value, str) and any(word in value for word in known().examples):
            because = f"{name} is the example of the chart: prompts would go to a stranger's endpoint"
            yield Problem("model-example", name, because, path=path)
            return


_PARAM_TYPES = {
    **dict.fromkeys(("rpm", "tpm", "max_parallel_requests", "max_retries", "num_retries", "weight"), "a whole number"),
    **dict.fromkeys(("timeout", "stream_timeout", "max_budget"), "a number"),
}


def _typed(name: str, subject: str, params: Tree, where: Path) -> Iterator[Problem]:
    """Numbers of a deployment that are none."""
    for key, kind in _PARAM_TYPES.items():
        value = params.get(key)
        if isinstance(value, (str, bool)) and whole(value) is None and not is_reference(value):
            because = f"{name} has {key} {value}, and it has to be {kind}"
            yield Problem("setting-type", f"{subject} {key}", because, path=(*where, key))


def _zero(name: str, subject: str, params: Tree, where: Path) -> Iterator[Problem]:
    for key in ("rpm", "tpm", "max_parallel_requests"):
        number = whole(params.get(key, ABSENT))
        if number is not None and number <= 0:
            because = f"{name} has {key} {number}: no request is sent to it (leave the key out for no limit)"
            yield Problem("limit-zero", f"{subject} {key}", because, path=(*where, key))
    for key in ("timeout", "stream_timeout", "max_tokens", "weight", "order"):
        number = whole(params.get(key, ABSENT))
        if number is not None and (number < 0 or (number == 0 and key in ("timeout", "stream_timeout"))):
            yield Problem("setting-range", f"{subject} {key}", f"{name} has {key} {number}", path=(*where, key))


def _endpoints(name: str, subject: str, params: Tree, where: Path) -> Iterator[Problem]:
    for key in ("api_base", "base_url", "aws_bedrock_runtime_endpoint"):
        value = params.get(key)
        if not isinstance(value, str) or value.startswith("os.environ/"):
            continue
        if any(word in value for word in known().placeholders):
            yield Problem(
                "endpoint-placeholder", f"{subject} {key}", f"{name} has a placeholder as its {key}", path=(*where, key)
            )
        elif value.startswith("http://") and not _LOCAL.match(value):
            because = f"{name} sends prompts and its key without encryption ({key} begins with http://)"
            yield Problem("endpoint-insecure", f"{subject} {key}", because, path=(*where, key))
        elif not value.startswith(("https://", "http://")):
            yield Problem(
                "endpoint-placeholder", f"{subject} {key}", f"{name} has no URL as its {key}", path=(*where, key)
            )


def uses(proxy: Proxy) -> dict[str, list[tuple[Path, str]]]:
    """Model names that settings refer to, each with the places that name it."""
    found: dict[str, list[tuple[Path, str]]] = {}
    for section in ("litellm_settings", "router_settings"):
        for name in texts(proxy.setting(section, "default_fallbacks")):
            found.setdefault(name, []).append(((section, "default_fallbacks"), "default_fallbacks"))
        for key in ("fallbacks", "context_window_fallbacks", "content_policy_fallbacks"):
            value = proxy.setting(section, key)
            for i, one in enumerate(value if isinstance(value, list) else []):
                for source, targets in one.items() if isinstance(one, dict) else ():
                    if source != "*":
                        found.setdefault(source, []).append(((section, key, i), key))
                    for target in texts(targets):
                        found.setdefault(target, []).append(((section, key, i), key))
        for alias, named in tree(proxy.setting(section, "model_group_alias")).items():
            wanted = tree(named).get("model") if isinstance(named, dict) else named
            if isinstance(wanted, str):
                found.setdefault(wanted, []).append(((section, "model_group_alias", alias), "model_group_alias"))
    return found
