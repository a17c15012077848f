"""A proxy in a Terraform plan: the values of a `helm_release`, or a ConfigMap of Terraform's own."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

from msgspec import structs

from plangate.applications.litellm import charts, view
from plangate.applications.litellm.knowledge import known
from plangate.applications.litellm.proxy import Job, Problem, Proxy, hidden, tree
from plangate.classify.terraform.helm_release import values
from plangate.model.change import Action
from plangate.model.values import ABSENT, UNKNOWN, Sensitive, Unknown

if TYPE_CHECKING:
    from plangate.applications.litellm.proxy import Component, Tree
    from plangate.model.change import Change, TerraformChangeSet
    from plangate.model.values import Absent, Path, Side, Value

_ACTIONS: Final = frozenset({Action.CREATE, Action.UPDATE, Action.REPLACE, Action.IMPORT})
_RELEASE_PATHS: Final[dict[str, Path]] = {
    "config": ("values", "proxy_config"),
    "workload": ("values",),
    "ingress": ("values",),
    "service": ("values",),
    "secret": ("values",),
    "database": ("values",),
    "job": ("values",),
    "autoscaler:most_replicas": ("values", "autoscaling", "maxReplicas"),
    "budget": ("values", "pdb"),
    "workload:image": ("values", "image"),
    "workload:replicas": ("values", "replicaCount"),
    "workload:workers": ("values", "numWorkers"),
    "workload:environment": ("values", "envVars"),
    "workload:environment_sources": ("values", "environmentSecrets"),
}
_URL: Final = "postgresql://$(DATABASE_USERNAME):$(DATABASE_PASSWORD)@$(DATABASE_HOST)/$(DATABASE_NAME)"
"""The chart's own, made of the other variables."""
_PROBES: Final = {
    "livenessProbe": "/health/liveliness",
    "readinessProbe": "/health/readiness",
    "startupProbe": "/health/readiness",
}
_DEFAULT_IMAGE: Final = "ghcr.io/berriai/litellm-database"
_MAP_PATHS: Final[dict[str, Path]] = {"config": ("data", "config.yaml")}
_COMPONENTS: Final[tuple[Component, ...]] = (
    "config",
    "workload",
    "ingress",
    "service",
    "secret",
    "job",
    "autoscaler",
    "budget",
    "database",
    "release",
)


def classify(changeset: TerraformChangeSet) -> TerraformChangeSet:
    """The plan with the view on the changes that contain a proxy."""
    changes = list(changeset.changes)
    for i, change in enumerate(changes):
        if change.action not in _ACTIONS or not change.values_known or change.after is None:
            continue
        read = (
            _release
            if change.type == "helm_release"
            else _map
            if change.type.startswith("kubernetes_config_map")
            else None
        )
        if read is None:
            continue
        before = None if change.before is None else read(change.before, known=False)
        after = read(change.after, known=before is not None)
        if after is None:
            continue
        if read is _release and change.before is not None and _same_unseen(change.before, change.after):
            after = structs.replace(after, partial=False)
        paths = _RELEASE_PATHS if change.type == "helm_release" else _MAP_PATHS
        components = dict.fromkeys(_COMPONENTS if change.type == "helm_release" else ("config", "release"), i)
        more = _other_problems(change, change.after, before)
        view.attach(before, after, components, changes, functools.partial(view.spell_in, paths), more=more)
    return structs.replace(changeset, changes=tuple(changes))


def _other_problems(change: Change, side: Side, before: Proxy | None) -> list[Problem]:
    """The problems that the plan shows besides those of the proxy's values."""
    if change.type == "helm_release":
        return list(charts.problems(None if before is None else change.before, side, values.of(side).tree))
    because = "is the configuration of a proxy whose pods no chart restarts: it has no effect until they start again"
    return [Problem("config-by-terraform", "", because, "config")]


def _map(side: Side, *, known: bool) -> Proxy | None:
    """A ConfigMap that holds a configuration, or may hold one where it is `known` to have held one."""
    data = side.get("data")
    for value in tree(data).values():
        if view.looks_like_configuration(value):
            return Proxy(origin="configmap", config=tree(value), environment_known=False)
    if known and (hidden(data) or any(map(hidden, tree(data).values()))):
        return Proxy(origin="configmap", environment_known=False, partial=True)
    return None


def _release(side: Side, *, known: bool) -> Proxy | None:
    """The values of a release, where it is one of LiteLLM's chart or holds its configuration."""
    merged = values.of(side)
    found = merged.tree
    chart = side.get("chart")
    ours = "litellm" in chart.rpartition("/")[2] if isinstance(chart, str) else known and hidden(chart)
    if not ours and not view.looks_like_configuration(found.get("proxy_config")):
        return None
    if merged.unseen:
        # What cannot be read may hold anything: nothing that is missing is known to be missing.
        found = _with_unknown_image(found)
    return _read(found, side, whole=not merged.unseen)


def _same_unseen(before: Side, after: Side) -> bool:
    """Whether what cannot be read is the same on both sides."""
    return all(after.at(path) is not UNKNOWN and after.at(path) == before.at(path) for path in values.of(after).unseen)


def _with_unknown_image(found: Tree) -> Tree:
    return {"image": UNKNOWN, "replicaCount": UNKNOWN, **found}


def _read(found: Tree, side: Side, *, whole: bool) -> Proxy:
    image = found.get("image", {})
    autoscaling = tree(found.get("autoscaling"))
    on = autoscaling.get("enabled") is True
    ingress = tree(found.get("ingress"))
    secrets = found.get("environmentSecrets")
    maps = found.get("environmentConfigMaps")
    config = found.get("proxy_config")
    chart = side.get("chart")
    standalone = tree(found.get("db")).get("deployStandalone", True) is True
    keda = tree(found.get("keda"))
    if keda.get("enabled") is True:
        autoscaling, on = keda, True
    job = _job(found)
    level = {"LITELLM_LOG": found["logLevel"]} if isinstance(found.get("logLevel"), str) else {}
    env = {**level, **_plain(found.get("envVars")), **_extra(found.get("extraEnvVars"))}
    if job is not None:
        env["DISABLE_SCHEMA_UPDATE"] = "true"
    return Proxy(
        origin="values",
        config=None if config is None or isinstance(config, (Unknown, Sensitive)) else _completed(tree(config)),
        config_created=tree(found.get("proxyConfigMap")).get("create", True) is not False,
        image=_image(image),
        job=job,
        schema_update=env.get("DISABLE_SCHEMA_UPDATE", ABSENT),
        hidden_by_terraform=_hidden_values(side),
        chart=chart.rpartition("/")[2] if isinstance(chart, str) else "",
        replicas=autoscaling.get("minReplicas", 1) if on else found.get("replicaCount", 1),
        most_replicas=autoscaling.get("maxReplicas", ABSENT) if on else ABSENT,
        workers=found.get("numWorkers", _workers(found)),
        env={**_database(tree(found.get("db"))), "PROXY_MASTER_KEY": _master(found), **env},
        opaque=_sources(secrets, "Secret")
        + _sources(maps, "ConfigMap")
        + (() if whole else ("the values that are not known yet",)),
        ingress={
            "annotations": tree(ingress.get("annotations")),
            "class": ingress.get("className", ""),
            "tls": bool(ingress.get("tls")),
            "hosts": _hosts(ingress),
        }
        if ingress.get("enabled") is True
        else None,
        pod=_pod(found),
        budget=tree(found.get("pdb")).get("enabled") is True,
        budget_keeps=tree(found.get("pdb")).get("minAvailable", ABSENT)
        if tree(found.get("pdb")).get("enabled") is True
        else ABSENT,
        database=_bundled(tree(found.get("postgresql"))) if standalone else None,
        redis=tree(found.get("redis")).get("enabled") is True,
        identity=tree(tree(found.get("serviceAccount")).get("annotations")),
        service={
            "type": tree(found.get("service")).get("type", "ClusterIP"),
            "port": tree(found.get("service")).get("port", 4000),
        },
        names={"workload": found.get("fullnameOverride") or found.get("nameOverride") or side.get("name") or ""},  # type: ignore[dict-item]
        master_key_generated=whole and not found.get("masterkey") and not found.get("masterkeySecretName"),
        partial=not whole,
        master_key=found["masterkey"] if isinstance(found.get("masterkey"), (str, Sensitive)) else ABSENT,
    )


def _image(image: Value) -> Value | Absent:
    if isinstance(image, (Unknown, Sensitive)):
        return image
    parts = tree(image)
    repository, tag = parts.get("repository", _DEFAULT_IMAGE), parts.get("tag")
    if isinstance(tag, (Unknown, Sensitive)):
        return tag
    if isinstance(repository, (Unknown, Sensitive)):
        return repository
    return f"{repository}:{tag}" if tag not in (None, "") else ABSENT


def _plain(value: Value | None) -> Tree:
    return dict(tree(value)) if value is not None else {}


def _extra(value: Value | None) -> Tree:
    entries = value if isinstance(value, list) else []
    return {
        str(one["name"]): one.get("valueFrom", one.get("value", ""))
        for one in entries
        if isinstance(one, dict) and "name" in one
    }


def _database(db: Tree) -> Tree:
    """Where the chart's Deployment finds its database: the one of its own first."""
    if db.get("deployStandalone", True) is True:
        return {"DATABASE_HOST": "in the chart"}
    if db.get("useExisting") is True:
        secret = tree(db.get("secret"))
        return {
            "DATABASE_HOST": db.get("endpoint", ""),
            "DATABASE_NAME": db.get("database", ""),
            "DATABASE_URL": db.get("url", _URL),
            "DATABASE_PASSWORD": {"secretKeyRef": {"name": secret.get("name"), "key": secret.get("passwordKey")}},
        }
    return {}


def _master(found: Tree) -> Value:
    """What PROXY_MASTER_KEY is taken from."""
    name = found.get("masterkeySecretName")
    if name:
        return {"secretKeyRef": {"name": name, "key": found.get("masterkeySecretKey", "masterkey")}}
    return {"secretKeyRef": {"name": "the chart's own", "key": "masterkey"}}


def _sources(value: Value | None, kind: str) -> tuple[str, ...]:
    if isinstance(value, (Unknown, Sensitive)):
        return (f"a {kind} that is not known yet",)
    return tuple(f"{kind} {one}" for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def _hosts(ingress: Tree) -> list[Value]:
    hosts = ingress.get("hosts")
    return [str(one.get("host")) for one in hosts if isinstance(one, dict)] if isinstance(hosts, list) else []


def _completed(config: Tree) -> Tree:
    """The configuration with what the chart's own values add: the master key, where values neither give it nor take it away."""
    general = config.get("general_settings", {})
    if not isinstance(general, dict) or "master_key" in general:
        return config
    return {**config, "general_settings": {"master_key": "os.environ/PROXY_MASTER_KEY", **general}}


def _job(found: Tree) -> Job | None:
    """The migration Job, which the chart makes unless told otherwise; Argo CD runs it unless it is a hook of Helm."""
    wanted = tree(found.get("migrationJob"))
    if wanted.get("enabled", True) is not True:
        return None
    hooks = tree(wanted.get("hooks"))
    return Job(
        hooks=("pre-install", "pre-upgrade") if tree(hooks.get("helm")).get("enabled") is True else (),
        argocd=tree(hooks.get("argocd")).get("enabled", True) is True,
        ttl=wanted.get("ttlSecondsAfterFinished", 120),
        deadline=wanted.get("activeDeadlineSeconds", ABSENT),
    )


def _workers(found: Tree) -> Value | Absent:
    """What args of one's own say."""
    args = found.get("args")
    words = args if isinstance(args, list) else []
    return next((words[i + 1] for i, word in enumerate(words[:-1]) if word == "--num_workers"), ABSENT)


def _bundled(postgresql: Tree) -> Tree:
    """The Postgres that comes with the chart."""
    tag = tree(postgresql.get("image")).get("tag")
    found: Tree = {"image": f"postgresql:{tag}"} if isinstance(tag, str) else {}
    return {**found, "password": tree(postgresql.get("auth")).get("password", "the chart's own")}


def _hidden_values(side: Side) -> tuple[Value, ...]:
    entries = side.get("set_sensitive")
    found = [entry.get("value") for entry in entries if isinstance(entry, dict)] if isinstance(entries, list) else []
    return tuple(value for value in found if isinstance(value, Sensitive))


def _pod(found: Tree) -> Tree:
    account, more = tree(found.get("serviceAccount")), found.get("extraContainers")
    name = account.get("name") or ("litellm" if account.get("create") is True else "default")
    picked: Tree = {
        "resources": found.get("resources"),
        "strategy": found.get("strategy"),
        "terminationGracePeriodSeconds": found.get("terminationGracePeriodSeconds", 90),
        "companions": [name for name in _companions() if tree(found.get(name)).get("enabled") is True],
        "containers": ["litellm", *(tree(one).get("name") for one in (more if isinstance(more, list) else []))],
        "args": found.get("args") or None,
        "serviceAccountName": name,
        **{probe: _probe(tree(found.get(probe)), path) for probe, path in _PROBES.items()},
    }
    return {key: value for key, value in picked.items() if value is not None}


def _probe(wanted: Tree, path: str) -> Tree:
    """A probe as the chart makes it, of the values that were given."""
    limits = {key: value for key, value in wanted.items() if key != "path"}
    usual: Tree = {"failureThreshold": 30} if not wanted or "failureThreshold" not in wanted else {}
    return {"httpGet": {"path": wanted.get("path", path)}, **usual, **limits}


def _companions() -> tuple[str, ...]:
    return known().companions
