"""Cases of policies about LiteLLM: what differs from a sound deployment, turned into the objects that the chart renders.

A case has `before`, `after`, or both, each a handful of keys laid over the sound deployment: sections of the configuration
(`general_settings`, ...), `models` (added to the list), `environment`, `secrets`, `image`, `replicas`, `workers`, `ingress`, `service`,
`job`, `pod`, `spec`, `scaler`, `budget`, `masterkey`, `postgres`, `password`, `redis`, `name`, `chart`, `version`. Null takes a thing away.
"""

from __future__ import annotations

import copy
from typing import Any, Final

import msgspec

from plangate.policy.case import ASKED, refuse_unknown
from plangate.policy.helm_cases import UpgradeCase, of_manifests

VIEW: Final = "litellm"
"""The view of the policies whose cases these are."""

_KEYS: Final = frozenset({"before", "after", "install"})
_SECRET: Final = {"valueFrom": {"secretKeyRef": {"name": "litellm-secrets", "key": "invented"}}}
_BASE: Final[dict[str, Any]] = {
    "model_list": [
        {"model_name": "gpt-4o", "litellm_params": {"model": "openai/gpt-4o", "api_key": "os.environ/OPENAI_API_KEY"}},
        {
            "model_name": "claude",
            "litellm_params": {"model": "anthropic/claude-sonnet-4-5", "api_key": "os.environ/ANTHROPIC_API_KEY"},
        },
    ],
    "general_settings": {"master_key": "os.environ/PROXY_MASTER_KEY", "database_connection_pool_limit": 10},
    "litellm_settings": {"drop_params": True, "request_timeout": 300},
    "environment": {
        "DATABASE_HOST": "db.example.com",
        "DATABASE_NAME": "litellm",
        "DATABASE_PASSWORD": _SECRET["valueFrom"],
        **dict.fromkeys(
            ("PROXY_MASTER_KEY", "LITELLM_SALT_KEY", "OPENAI_API_KEY", "ANTHROPIC_API_KEY"), _SECRET["valueFrom"]
        ),
        "DISABLE_SCHEMA_UPDATE": "true",
    },
    "secrets": [],
    "image": "ghcr.io/berriai/litellm-database:v1.85.1",
    "replicas": 3,
    "pod": {
        "resources": {"requests": {"cpu": "1", "memory": "4Gi"}, "limits": {"memory": "4Gi"}},
        "livenessProbe": {"httpGet": {"path": "/health/liveliness", "port": "http"}},
        "readinessProbe": {"httpGet": {"path": "/health/readiness", "port": "http"}},
    },
    "spec": {"terminationGracePeriodSeconds": 90},
    "ingress": {
        "annotations": {"nginx.ingress.kubernetes.io/proxy-read-timeout": "600"},
        "class": "nginx",
        "host": "llm.example.com",
        "tls": True,
    },
    "service": {"type": "ClusterIP", "port": 4000},
    "job": {"hooks": "pre-install,pre-upgrade", "ttl": 600},
    "budget": True,
    "name": "litellm",
    "chart": "litellm-helm",
    "version": "v1.85.1",
}
_NOT_CONFIGURATION: Final = frozenset(
    {
        *(
            "environment",
            "secrets",
            "image",
            "replicas",
            "workers",
            "pod",
            "spec",
            "ingress",
            "service",
            "job",
            "budget",
            "name",
            "chart",
            "version",
        ),
        *("password", "redis", "models", "scaler", "masterkey", "postgres", "configmap", "args", "strategy"),
    }
)


def upgrade(case: dict[str, Any]) -> UpgradeCase:
    """The upgrade that a case stands for. Raises `CaseError` for a key that no case has."""
    refuse_unknown(case, _KEYS | ASKED.keys())
    new, new_hooks = _objects(_with_overrides(case.get("after") or {}))
    old, old_hooks = _objects(_with_overrides(case.get("before") or {}))
    return of_manifests(new, new_hooks, None if case.get("install") else old, old_hooks)


def configuration(over: dict[str, Any]) -> dict[str, Any]:
    """The configuration file of one side of a case."""
    return _configuration(_with_overrides(over))


def _configuration(one: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in one.items() if key not in _NOT_CONFIGURATION}


def _with_overrides(over: dict[str, Any]) -> dict[str, Any]:
    base = copy.deepcopy(_BASE)
    base["model_list"] += over.get("models", [])
    _merge(base, {key: value for key, value in over.items() if key != "models"})
    return base


def _merge(base: dict[str, Any], over: dict[str, Any]) -> None:
    for key, value in over.items():
        if value is None:
            base.pop(key, None)
        elif isinstance(value, dict) and isinstance(base.get(key), dict):
            _merge(base[key], value)
        else:
            base[key] = copy.deepcopy(value)


def _objects(one: dict[str, Any]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The objects of a deployment, and its hooks."""
    name = one["name"]
    made = [_deployment(one, name)]
    if one.get("configmap") is not False:
        text = msgspec.json.encode(_configuration(one)).decode()
        made.append(
            {
                "apiVersion": "v1",
                "kind": "ConfigMap",
                "metadata": {"name": f"{name}-config"},
                "data": {"config.yaml": text},
            }
        )
    if "ingress" in one:
        made.append(_ingress(one["ingress"], name))
    made.append(
        {
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": name},
            "spec": {"type": one["service"]["type"], "ports": [{"port": one["service"]["port"]}]},
        }
    )
    if one.get("budget"):
        made.append(
            {
                "apiVersion": "policy/v1",
                "kind": "PodDisruptionBudget",
                "metadata": {"name": name},
                "spec": one["budget"] if isinstance(one["budget"], dict) else {"minAvailable": 1},
            }
        )
    made += _optional_objects(one, name)
    job = _job(one, name) if "job" in one else None
    if job is None:
        return made, []
    return (made, [job]) if one["job"].get("hooks") else ([*made, job], [])


def _optional_objects(one: dict[str, Any], name: str) -> list[dict[str, Any]]:
    """What the chart makes besides the proxy where values ask for it."""
    made = []
    if "scaler" in one:
        made.append(_object("autoscaling/v2", "HorizontalPodAutoscaler", name, spec=one["scaler"]))
    if "masterkey" in one:
        made.append(_object("v1", "Secret", f"{name}-masterkey", stringData={"masterkey": one["masterkey"]}))
    if "password" in one:
        made.append(_object("v1", "Secret", f"{name}-dbcredentials", stringData={"password": one["password"]}))
    if "postgres" in one:
        made.append(_stateful(f"{name}-postgresql", one["postgres"]))
    if "redis" in one:
        made.append(_stateful(one["redis"], "docker.io/bitnamilegacy/redis:7.2.4"))
    return made


def _object(version: str, kind: str, name: str, **rest: Any) -> dict[str, Any]:
    return {"apiVersion": version, "kind": kind, "metadata": {"name": name}, **rest}


def _stateful(name: str, image: str) -> dict[str, Any]:
    pod = {"containers": [{"name": "main", "image": image}]}
    return _object("apps/v1", "StatefulSet", name, spec={"template": {"spec": pod}})


def _deployment(one: dict[str, Any], name: str) -> dict[str, Any]:
    args = ["--config", "/etc/litellm/config.yaml", *one.get("args", ())]
    if "workers" in one:
        args += ["--num_workers", str(one["workers"])]
    container = {
        "name": "litellm",
        "image": one["image"],
        "args": args,
        "env": _env(one["environment"]),
        "envFrom": [{"secretRef": {"name": secret}} for secret in one["secrets"]],
        **one["pod"],
    }
    labels = {"helm.sh/chart": f"{one['chart']}-1.1.0", "app.kubernetes.io/version": one["version"]}
    volumes = [{"name": "config", "configMap": {"name": f"{name}-config"}}]
    pod = {"containers": [container], "volumes": volumes, **one["spec"]}
    spec = {
        "selector": {"matchLabels": {"app": name}},
        "template": {"metadata": {"labels": {"app": name}}, "spec": pod},
    }
    if "scaler" not in one:
        spec["replicas"] = one["replicas"]
    if "strategy" in one:
        spec["strategy"] = one["strategy"]
    return {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": name, "labels": labels}, "spec": spec}


def _env(variables: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"name": name, "valueFrom": value} if isinstance(value, dict) else {"name": name, "value": value}
        for name, value in variables.items()
    ]


def _ingress(one: dict[str, Any], name: str) -> dict[str, Any]:
    spec: dict[str, Any] = {"ingressClassName": one["class"], "rules": [{"host": one["host"]}]}
    if one.get("tls"):
        spec["tls"] = [{"hosts": [one["host"]], "secretName": "tls"}]
    metadata = {"name": name, "annotations": one["annotations"]}
    return {"apiVersion": "networking.k8s.io/v1", "kind": "Ingress", "metadata": metadata, "spec": spec}


def _job(one: dict[str, Any], name: str) -> dict[str, Any]:
    job = one["job"]
    annotations = {
        key: value
        for key, value in (("helm.sh/hook", job.get("hooks")), ("argocd.argoproj.io/hook", job.get("argocd")))
        if value
    }
    database = {key: value for key, value in one["environment"].items() if key.startswith("DATABASE_")}
    container = {
        "name": "prisma-migrations",
        "image": job.get("image", one["image"]),
        "env": _env({**database, **job.get("environment", {})}),
    }
    spec: dict[str, Any] = {"template": {"spec": {"containers": [container], "restartPolicy": "OnFailure"}}}
    spec.update(
        {
            key: job[short]
            for short, key in (("ttl", "ttlSecondsAfterFinished"), ("deadline", "activeDeadlineSeconds"))
            if short in job
        }
    )
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": f"{name}-migrations", "annotations": annotations},
        "spec": spec,
    }
