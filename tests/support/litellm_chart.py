"""What LiteLLM's chart makes of values, in its shape: for tests that change one value and look at what is said.

Names, labels, variables and their order are those of chart litellm-helm with LiteLLM 1.85; defaults are the chart's.
"""

from __future__ import annotations

import copy
import hashlib
import json
from typing import Any

Object = dict[str, Any]

DEFAULTS: Object = {
    "replicaCount": 1,
    "image": {"repository": "ghcr.io/berriai/litellm-database", "tag": "", "pullPolicy": "Always"},
    "serviceAccount": {"create": False, "annotations": {}},
    "masterkeySecretName": "",
    "masterkeySecretKey": "",
    "environmentSecrets": [],
    "environmentConfigMaps": [],
    "envVars": {},
    "extraEnvVars": [],
    "logLevel": "INFO",
    "args": [],
    "db": {
        "useExisting": False,
        "deployStandalone": True,
        "url": "postgresql://$(DATABASE_USERNAME):$(DATABASE_PASSWORD)@$(DATABASE_HOST)/$(DATABASE_NAME)",
        "secret": {"name": "postgres", "usernameKey": "username", "passwordKey": "password"},
    },
    "postgresql": {"image": {"tag": "16.2.0"}, "auth": {"password": "an-invented-word"}},
    "redis": {"enabled": False},
    "proxyConfigMap": {"create": True},
    "proxy_config": {"model_list": [], "general_settings": {"master_key": "os.environ/PROXY_MASTER_KEY"}},
    "service": {"type": "ClusterIP", "port": 4000},
    "ingress": {"enabled": False, "className": "nginx", "annotations": {}, "labels": {}, "hosts": [], "tls": []},
    "pdb": {"enabled": False},
    "autoscaling": {"enabled": False, "minReplicas": 1, "maxReplicas": 100},
    "keda": {"enabled": False, "minReplicas": 1, "maxReplicas": 100, "triggers": []},
    "billingMetrics": {"enabled": False, "endpoint": "https://telemetry.litellm.ai"},
    "strategy": {},
    "resources": {},
    "terminationGracePeriodSeconds": 90,
    "podAnnotations": {},
    "podLabels": {},
    "extraContainers": [],
    "livenessProbe": {"path": "/health/liveliness", "failureThreshold": 5, "periodSeconds": 15},
    "readinessProbe": {"path": "/health/readiness", "failureThreshold": 3, "periodSeconds": 10},
    "startupProbe": {"path": "/health/readiness", "failureThreshold": 30, "periodSeconds": 10},
    "migrationJob": {
        "enabled": True,
        "ttlSecondsAfterFinished": 120,
        "backoffLimit": 4,
        "resources": {},
        "hooks": {"argocd": {"enabled": True}, "helm": {"enabled": False}},
    },
}
_POD_EXTRAS = ("nodeSelector", "affinity", "tolerations", "topologySpreadConstraints", "imagePullSecrets")


def merged(base: Any, over: Any) -> Any:
    """Values laid over others as Helm does it: maps merge, null takes away, everything else replaces."""
    if not (isinstance(base, dict) and isinstance(over, dict)):
        return copy.deepcopy(over)
    found = dict(base)
    for key, value in over.items():
        if value is None:
            found.pop(key, None)
        else:
            found[key] = merged(found.get(key), value)
    return found


def rendered(user: Object, chance: str = "") -> tuple[list[Object], list[Object]]:
    """The objects of a release called `litellm`, and its hooks. `chance` is what the chart draws at random."""
    values = merged(DEFAULTS, user)
    name = values.get("fullnameOverride") or "litellm"
    labels = {
        "helm.sh/chart": "litellm-helm-1.1.0",
        "app.kubernetes.io/name": "litellm",
        "app.kubernetes.io/instance": "litellm",
        "app.kubernetes.io/version": "v1.85.1",
        "app.kubernetes.io/managed-by": "Helm",
    }
    made = [*_around(values, name, labels, chance), _deployment(values, name, labels)]
    job = _job(values, name, labels)
    hooks = [job] if job is not None and values["migrationJob"]["hooks"]["helm"]["enabled"] else []
    return ([*made, job] if job is not None and not hooks else made), hooks


def _object(version: str, kind: str, name: str, labels: Object | None = None, **rest: Any) -> Object:
    metadata: Object = {"name": name} if labels is None else {"name": name, "labels": labels}
    metadata |= rest.pop("metadata", {})
    return {"apiVersion": version, "kind": kind, "metadata": metadata, **rest}


def _around(values: Object, name: str, labels: Object, chance: str) -> list[Object]:
    """Everything but the Deployment and the Job."""
    made: list[Object] = []
    if values["pdb"]["enabled"]:
        spec = {key: values["pdb"][key] for key in ("minAvailable", "maxUnavailable") if key in values["pdb"]}
        made.append(_object("policy/v1", "PodDisruptionBudget", name, labels, spec=spec))
    if values["serviceAccount"]["create"]:
        notes = {"annotations": values["serviceAccount"]["annotations"]}
        made.append(_object("v1", "ServiceAccount", name, labels, metadata=notes))
    if not values["masterkeySecretName"]:
        key = values.get("masterkey") or f"sk-{hashlib.sha256(chance.encode()).hexdigest()[:18]}"
        made.append(_object("v1", "Secret", f"{name}-masterkey", stringData={"masterkey": key}, type="Opaque"))
    if values["db"]["deployStandalone"]:
        password = values["postgresql"]["auth"]["password"]
        image = f"docker.io/bitnamilegacy/postgresql:{values['postgresql']['image']['tag']}"
        made += [
            _object("v1", "Secret", f"{name}-dbcredentials", stringData={"username": "litellm", "password": password}),
            _stateful("litellm-postgresql", "postgresql", image),
        ]
    if values["redis"]["enabled"]:
        made.append(_stateful("litellm-redis-master", "redis", "docker.io/bitnamilegacy/redis:7.2.4"))
    if values["proxyConfigMap"]["create"]:
        made.append(
            _object("v1", "ConfigMap", f"{name}-config", data={"config.yaml": json.dumps(values["proxy_config"])})
        )
    port = {"port": values["service"]["port"], "targetPort": "http", "name": "http"}
    made.append(_object("v1", "Service", name, labels, spec={"type": values["service"]["type"], "ports": [port]}))
    target = {"apiVersion": "apps/v1", "kind": "Deployment", "name": name}
    for key, version, kind, least, most in (
        ("autoscaling", "autoscaling/v2", "HorizontalPodAutoscaler", "minReplicas", "maxReplicas"),
        ("keda", "keda.sh/v1alpha1", "ScaledObject", "minReplicaCount", "maxReplicaCount"),
    ):
        wanted = values[key]
        if wanted["enabled"]:
            spec = {"scaleTargetRef": target, least: wanted["minReplicas"], most: wanted["maxReplicas"]}
            made.append(_object(version, kind, name, labels, spec=spec))
    return made + _ingress(values, name, labels)


def _stateful(name: str, container: str, image: str) -> Object:
    pod = {"containers": [{"name": container, "image": image}]}
    template = {"metadata": {"labels": {"app": name}}, "spec": pod}
    spec = {"selector": {"matchLabels": {"app": name}}, "serviceName": name, "template": template}
    return _object("apps/v1", "StatefulSet", name, spec=spec)


def _ingress(values: Object, name: str, labels: Object) -> list[Object]:
    wanted = values["ingress"]
    if not wanted["enabled"]:
        return []
    backend = {"service": {"name": name, "port": {"number": values["service"]["port"]}}}
    rules = [
        {"host": one["host"], "http": {"paths": [{**path, "backend": backend} for path in one["paths"]]}}
        for one in wanted["hosts"]
    ]
    spec: Object = {"ingressClassName": wanted["className"], "rules": rules}
    if wanted["tls"]:
        spec["tls"] = wanted["tls"]
    notes = {"annotations": wanted["annotations"]}
    return [_object("networking.k8s.io/v1", "Ingress", name, {**labels, **wanted["labels"]}, metadata=notes, spec=spec)]


def _key(secret: str, key: str) -> Object:
    return {"valueFrom": {"secretKeyRef": {"name": secret, "key": key}}}


def _database(values: Object, name: str, *, job: bool = False) -> list[Object]:
    """Variables of the database. The Deployment looks at the one of the chart first, the Job at the existing one."""
    db = values["db"]
    if db["useExisting"] and (job or not db["deployStandalone"]):
        secret = db["secret"]
        return [
            {"name": "DATABASE_USERNAME", **_key(secret["name"], secret["usernameKey"])},
            {"name": "DATABASE_PASSWORD", **_key(secret["name"], secret["passwordKey"])},
            {"name": "DATABASE_HOST", "value": db["endpoint"]},
            {"name": "DATABASE_NAME", "value": db["database"]},
            {"name": "DATABASE_URL", "value": db["url"]},
        ]
    if not db["deployStandalone"]:
        return []
    return [
        {"name": "DATABASE_USERNAME", **_key(f"{name}-dbcredentials", "username")},
        {"name": "DATABASE_PASSWORD", **_key(f"{name}-dbcredentials", "password")},
        {"name": "DATABASE_HOST", "value": "litellm-postgresql"},
        {"name": "DATABASE_NAME", "value": "litellm"},
    ]


def _image(values: Object) -> str:
    return f"{values['image']['repository']}:{values['image']['tag'] or 'main-v1.85.1'}"


def _plain(variables: Object) -> list[Object]:
    return [{"name": name, "value": str(value)} for name, value in sorted(variables.items())]


def _env(values: Object, name: str) -> list[Object]:
    """The order matters: of two variables with one name the last counts."""
    secret, key = values["masterkeySecretName"], values["masterkeySecretKey"] or "masterkey"
    env = [{"name": "HOST", "value": "0.0.0.0"}, *_database(values, name)]
    env.append({"name": "PROXY_MASTER_KEY", **_key(secret or f"{name}-masterkey", key)})
    env += [{"name": "LITELLM_LOG", "value": values["logLevel"]}, *_plain(values["envVars"]), *values["extraEnvVars"]]
    if values["billingMetrics"]["enabled"]:
        env.append({"name": "BILLING_ENDPOINT", "value": values["billingMetrics"]["endpoint"]})
    return [*env, {"name": "DISABLE_SCHEMA_UPDATE", "value": "true"}] if values["migrationJob"]["enabled"] else env


def _container(values: Object, name: str) -> Object:
    args = ["--config", "/etc/litellm/config.yaml"]
    if values.get("numWorkers"):
        args += ["--num_workers", str(values["numWorkers"])]
    sources = [{"secretRef": {"name": one}} for one in values["environmentSecrets"]]
    sources += [{"configMapRef": {"name": one}} for one in values["environmentConfigMaps"]]
    probes = {}
    for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
        wanted = dict(values[probe])
        probes[probe] = {"httpGet": {"path": wanted.pop("path"), "port": "http"}, **wanted}
    return {
        "name": "litellm",
        "image": _image(values),
        "imagePullPolicy": values["image"]["pullPolicy"],
        "env": _env(values, name),
        "envFrom": sources,
        "args": values["args"] or args,
        "ports": [{"name": "http", "containerPort": values["service"]["port"]}],
        **probes,
        "resources": values["resources"],
    }


def _deployment(values: Object, name: str, labels: Object) -> Object:
    selector = {"app.kubernetes.io/name": "litellm", "app.kubernetes.io/instance": "litellm"}
    source = {"name": values["proxyConfigMap"].get("name") or f"{name}-config"}
    pod = {
        "serviceAccountName": name if values["serviceAccount"]["create"] else "default",
        "containers": [_container(values, name), *values["extraContainers"]],
        "volumes": [{"name": "litellm-config", "configMap": source}],
        "terminationGracePeriodSeconds": values["terminationGracePeriodSeconds"],
        **{key: values[key] for key in _POD_EXTRAS if values.get(key)},
    }
    checksum = hashlib.sha256(json.dumps(values["proxy_config"]).encode()).hexdigest()
    notes = {"checksum/config": checksum, **values["podAnnotations"]}
    if not values["proxyConfigMap"]["create"]:
        del notes["checksum/config"]
    template = {"metadata": {"annotations": notes, "labels": {**labels, **values["podLabels"]}}, "spec": pod}
    spec: Object = {"selector": {"matchLabels": selector}, "template": template}
    if values["strategy"]:
        spec["strategy"] = values["strategy"]
    if not values["autoscaling"]["enabled"] and not values["keda"]["enabled"]:
        spec["replicas"] = values["replicaCount"]
    return _object("apps/v1", "Deployment", name, labels, spec=spec)


def _job(values: Object, name: str, labels: Object) -> Object | None:
    wanted = values["migrationJob"]
    if not wanted["enabled"]:
        return None
    notes = {}
    if wanted["hooks"]["argocd"]["enabled"]:
        notes["argocd.argoproj.io/hook"] = "PreSync"
    if wanted["hooks"]["helm"]["enabled"]:
        notes |= {"helm.sh/hook": "pre-install,pre-upgrade", "helm.sh/hook-delete-policy": "before-hook-creation"}
    container = {
        "name": "prisma-migrations",
        "image": _image(values),
        "command": ["python", "litellm/proxy/prisma_migration.py"],
        "env": [*_database(values, name, job=True), *_plain(values["envVars"])],
        "resources": wanted["resources"],
    }
    pod = {"containers": [container], "restartPolicy": "OnFailure"}
    spec: Object = {
        "template": {"metadata": {"labels": labels}, "spec": pod},
        "backoffLimit": wanted["backoffLimit"],
    }
    for key in ("ttlSecondsAfterFinished", "activeDeadlineSeconds"):
        if wanted.get(key) is not None:
            spec[key] = wanted[key]
    return _object("batch/v1", "Job", f"{name}-migrations", labels, metadata={"annotations": notes}, spec=spec)
