"""A proxy in rendered manifests: the ConfigMap, the workload that mounts it, and what stands around."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

from msgspec import structs

from plangate.applications.litellm import view
from plangate.applications.litellm.knowledge import known
from plangate.applications.litellm.proxy import Job, Proxy, tree
from plangate.model.change import Action
from plangate.model.values import ABSENT, Absent

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from plangate.applications.litellm.proxy import Home, Tree
    from plangate.model.change import Change, HelmChangeSet
    from plangate.model.release import KubeObject, Upgrade
    from plangate.model.values import Path, Value

_WORKLOADS: Final = ("Deployment", "StatefulSet", "Rollout")
_KINDS: Final = frozenset(
    {
        *_WORKLOADS,
        "ConfigMap",
        "Secret",
        "Service",
        "Ingress",
        "HorizontalPodAutoscaler",
        "ScaledObject",
        "PodDisruptionBudget",
        "Job",
        "ServiceAccount",
    }
)
_PREFIXES: Final[dict[str, Path]] = {
    "workload:image": ("spec", "template", "spec", "containers", "image"),
    "workload:replicas": ("spec", "replicas"),
    "autoscaler:most_replicas": ("spec", "maxReplicas"),
    "ingress:ingress": ("metadata",),
    "service:service": ("spec",),
    "secret:masterkey": ("data", "masterkey"),
    "budget:budget": ("spec",),
}


def classify(changeset: HelmChangeSet) -> HelmChangeSet:
    """Add the view to the changes of a Helm upgrade that has a proxy in it."""
    upgrade = changeset.upgrade
    if upgrade.old is None and not upgrade.install:
        return changeset
    new = _Side([*upgrade.new, *upgrade.same], upgrade.new_hooks, upgrade)
    if new.workload is None and new.configuration is None:
        return changeset
    old = None if upgrade.install else _Side([*(upgrade.old or ()), *upgrade.same], upgrade.old_hooks or (), upgrade)
    found = None if old is None or (old.workload is None and old.configuration is None) else old.proxy()
    after = new.proxy()
    if found is not None and upgrade.old_hooks is None:
        # Hooks of the old revision were not given: a Job that is a hook now was most likely one then.
        found = structs.replace(found, job=found.job or after.job)
    listed = len(changeset.changes)
    changes = list(changeset.judged)
    objects = _places(changes, new, old)
    prefixes = {**_PREFIXES, "config": ("data", new.key)}
    view.attach(found, after, objects, changes, functools.partial(view.spell_in, prefixes))
    return structs.replace(changeset, changes=tuple(changes[:listed]), hook_changes=tuple(changes[listed:]))


def _places(changes: Sequence[Change], new: _Side, old: _Side | None) -> dict[Home, int]:
    """Which change stands for what."""
    places: dict[Home, int] = {}
    for home, one in new.objects():
        for i, change in enumerate(changes):
            end = change.address.text.split("/")
            if (end[1], end[-1]) == (one.kind, one.name) and change.action is not Action.DESTROY:
                places.setdefault(home, i)
    for home, one in old.objects() if old is not None else ():
        for i, change in enumerate(changes):
            end = change.address.text.split("/")
            if (end[1], end[-1]) == (one.kind, one.name):
                places.setdefault(home, i)
    if not places and changes and new.workload is not None:
        places["release"] = 0
    return places


class _Side:
    """One side of an upgrade, with the objects of the proxy found in it."""

    def __init__(self, objects: Iterable[KubeObject], hooks: Iterable[KubeObject], upgrade: Upgrade):
        self.upgrade = upgrade
        self._hooks = tuple(hooks)
        self._by_kind: dict[str, list[KubeObject]] = {}
        for one in objects:
            # Only what may be of such a kind is read at all: the word is there however the kind is quoted.
            if any(one.mentions(kind) for kind in _KINDS) and one.kind in _KINDS:
                self._by_kind.setdefault(one.kind, []).append(one)
        self.key = "config.yaml"
        self.workload = next(self._workloads(), None)
        self.configuration = self._configuration()

    def _kind(self, *kinds: str) -> list[KubeObject]:
        return [one for kind in kinds for one in self._by_kind.get(kind, ())]

    def _workloads(self) -> Iterator[KubeObject]:
        for one in self._kind(*_WORKLOADS):
            if one.mentions("litellm") and _container(one) is not None:
                yield one

    def _configuration(self) -> KubeObject | None:
        for one in self._kind("ConfigMap"):
            if not one.mentions("model_list") and not one.mentions("_settings"):
                continue
            for key, value in tree(one.body.get("data")).items():
                if view.looks_like_configuration(value) or (key == self.key and tree(value)):
                    self.key = key
                    return one
        return None

    def objects(self) -> Iterator[tuple[Home, KubeObject]]:
        """What belongs to the proxy."""
        found: tuple[tuple[Home, KubeObject | None], ...] = (
            ("config", self.configuration),
            ("workload", self.workload),
            ("ingress", self._ingress()),
            ("service", self._service()),
            ("secret", self._secret()),
            ("job", self._job()[0]),
            ("autoscaler", self._autoscaler()),
            ("budget", self._about("PodDisruptionBudget")),
            ("database", self._database()),
        )
        yield from ((home, one) for home, one in found if one is not None)

    def _about(self, *kinds: str) -> KubeObject | None:
        """The object of a kind that is called as the workload."""
        name = self.workload.name if self.workload is not None else ""
        found = self._kind(*kinds)
        return next((one for one in found if one.name == name), next(iter(found), None))

    def _ingress(self) -> KubeObject | None:
        return self._about("Ingress")

    def _service(self) -> KubeObject | None:
        return next(
            (one for one in self._kind("Service") if self.workload is not None and one.name == self.workload.name), None
        )

    def _autoscaler(self) -> KubeObject | None:
        return self._about("HorizontalPodAutoscaler", "ScaledObject")

    def _secret(self) -> KubeObject | None:
        return next((one for one in self._kind("Secret") if "masterkey" in tree(one.body.get("data"))), None)

    def _database(self) -> KubeObject | None:
        return next(
            (one for one in self._kind("StatefulSet") if one.mentions("postgres") and one is not self.workload), None
        )

    def _job(self) -> tuple[KubeObject | None, Job | None]:
        for one in (*self._kind("Job"), *self._hooks):
            if one.mentions("prisma_migration") or (one.kind == "Job" and one.name.endswith("-migrations")):
                return one, _read_job(one)
        return None, None

    def proxy(self) -> Proxy:
        """The side as a proxy."""
        pod = _template(self.workload)
        container = _container(self.workload) or {}
        env = _variables(container)
        opaque, provided = self._sources(container)
        secret = self._secret()
        labels = tree(tree(self.workload.body.get("metadata")).get("labels")) if self.workload is not None else {}
        scaler, budget = self._autoscaler(), self._about("PodDisruptionBudget")
        replicas, most = self._replicas(scaler)
        return Proxy(
            config=None
            if self.configuration is None
            else tree(tree(self.configuration.body.get("data")).get(self.key)),
            config_created=self.configuration is not None or not self._mounts(pod),
            image=container.get("image", ABSENT),
            app_version=str(labels.get("app.kubernetes.io/version", "")),
            chart=_chart(labels.get("helm.sh/chart")),
            replicas=replicas,
            most_replicas=most,
            workers=_workers(container, env),
            env=env,
            opaque=opaque,
            provided=provided,
            environment_known=self.workload is not None,
            ingress=_read_ingress(self._ingress()),
            service=_read_service(self._service()),
            pod=_read_pod(self.workload, pod, container),
            budget=budget is not None,
            budget_keeps=ABSENT if budget is None else tree(budget.body.get("spec")).get("minAvailable", ABSENT),
            job=self._job()[1],
            schema_update=env.get("DISABLE_SCHEMA_UPDATE", ABSENT),
            database=_read_database(self._database(), self._password()),
            redis=any(one.name.endswith(("-redis", "-redis-master", "-redis-node")) for one in self._kind(*_WORKLOADS)),
            identity=self._identity(pod),
            names={"workload": self.workload.name} if self.workload is not None else {},
            master_key=ABSENT if secret is None else tree(secret.body.get("data")).get("masterkey", ABSENT),
            master_key_drawn=secret is not None and "masterkey" in secret.generated,
        )

    def _password(self) -> Value | Absent:
        """What the chart's Secret holds for the Postgres that comes with it."""
        found = next((one for one in self._kind("Secret") if one.name.endswith("-dbcredentials")), None)
        return ABSENT if found is None else tree(found.body.get("data")).get("password", ABSENT)

    def _identity(self, pod: Tree) -> Tree:
        name = tree(pod.get("spec")).get("serviceAccountName")
        found = next((one for one in self._kind("ServiceAccount") if one.name == name), None)
        return {} if found is None else tree(tree(found.body.get("metadata")).get("annotations"))

    def _replicas(self, scaler: KubeObject | None) -> tuple[Value | Absent, Value | Absent]:
        spec = tree(self.workload.body.get("spec")) if self.workload is not None else {}
        if scaler is None:
            return (spec.get("replicas", 1) if spec else ABSENT), ABSENT
        scaling = tree(scaler.body.get("spec"))
        least = scaling.get("minReplicas", scaling.get("minReplicaCount", 1))
        return least, scaling.get("maxReplicas", scaling.get("maxReplicaCount", ABSENT))

    def _sources(self, container: Tree) -> tuple[tuple[str, ...], frozenset[str]]:
        """What `envFrom` names: what was not seen, and the keys of what was."""
        opaque: list[str] = []
        provided: set[str] = set()
        visible = {(one.kind, one.name): one for one in self._kind("Secret", "ConfigMap")}
        for one in self.upgrade.live or ():
            if one.kind in ("Secret", "ConfigMap"):
                visible.setdefault((one.kind, one.name), one)
        for source in _list(container.get("envFrom")):
            for key, kind in (("secretRef", "Secret"), ("configMapRef", "ConfigMap")):
                name = tree(source.get(key)).get("name")
                if not isinstance(name, str):
                    continue
                seen = visible.get((kind, name))
                if seen is None:
                    opaque.append(f"{kind} {name}")
                else:
                    prefix = source.get("prefix")
                    provided |= {f"{prefix if isinstance(prefix, str) else ''}{k}" for k in tree(seen.body.get("data"))}
        return tuple(opaque), frozenset(provided)

    def _mounts(self, pod: Tree) -> bool:
        """Whether the pods mount a ConfigMap."""
        return any("configMap" in volume for volume in _list(tree(pod.get("spec")).get("volumes")))


def _list(value: Value | Absent) -> list[Tree]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _template(one: KubeObject | None) -> Tree:
    return {} if one is None else tree(tree(one.body.get("spec")).get("template"))


def _container(one: KubeObject | None) -> Tree | None:
    """The container of the proxy: by its image, else by its name."""
    containers = _list(tree(_template(one).get("spec")).get("containers"))
    for container in containers:
        image = container.get("image")
        if isinstance(image, str) and ("/litellm" in image or image.startswith("litellm")):
            return container
    return next((container for container in containers if container.get("name") == "litellm"), None)


def _variables(container: Tree) -> Tree:
    """Variables by name; of two of one name the last counts. One from a Secret is a map that names it."""
    found: Tree = {}
    for one in _list(container.get("env")):
        name = one.get("name")
        if isinstance(name, str):
            found[name] = one["valueFrom"] if isinstance(one.get("valueFrom"), dict) else one.get("value", "")
    return found


def _workers(container: Tree, env: Tree) -> Value | Absent:
    for key in ("args", "command"):
        words = container.get(key)
        words = words if isinstance(words, list) else []
        for i, word in enumerate(words):
            if word == "--num_workers" and i + 1 < len(words):
                return words[i + 1]
            if isinstance(word, str) and word.startswith("--num_workers="):
                return word.partition("=")[2]
    return env.get("NUM_WORKERS", ABSENT)


def _chart(label: Value | None) -> str:
    """The chart's name, without its version, where it is one of LiteLLM's."""
    text = label if isinstance(label, str) else ""
    return next(
        (
            name
            for name in known().charts
            if text.startswith(f"{name}-") and text[len(name) + 1 : len(name) + 2].isdigit()
        ),
        "",
    )


def _read_ingress(one: KubeObject | None) -> Tree | None:
    if one is None:
        return None
    spec = tree(one.body.get("spec"))
    annotations = tree(tree(one.body.get("metadata")).get("annotations"))
    found: Tree = {
        "annotations": annotations,
        "tls": bool(spec.get("tls")),
        "hosts": [str(rule.get("host")) for rule in _list(spec.get("rules"))],
    }
    name = spec.get("ingressClassName", annotations.get("kubernetes.io/ingress.class"))
    return {**found, "class": name} if name is not None else found


def _read_service(one: KubeObject | None) -> Tree | None:
    if one is None:
        return None
    spec = tree(one.body.get("spec"))
    ports = _list(spec.get("ports"))
    return {"type": spec.get("type", "ClusterIP"), "port": ports[0].get("port") if ports else None}


def _read_pod(one: KubeObject | None, template: Tree, container: Tree) -> Tree:
    if one is None:
        return {}
    spec = tree(template.get("spec"))
    found: Tree = {
        "resources": container.get("resources"),
        "args": container.get("args"),
        "terminationGracePeriodSeconds": spec.get("terminationGracePeriodSeconds", 30),
        "strategy": tree(one.body.get("spec")).get("strategy"),
        "serviceAccountName": spec.get("serviceAccountName", "default"),
        "containers": [c.get("name") for c in _list(spec.get("containers"))],
        **{name: container.get(name) for name in ("livenessProbe", "readinessProbe", "startupProbe")},
    }
    return {key: value for key, value in found.items() if value is not None}


def _read_database(one: KubeObject | None, password: Value | Absent) -> Tree | None:
    if one is None:
        return None
    containers = _list(tree(_template(one).get("spec")).get("containers"))
    found: Tree = {"image": containers[0].get("image") if containers else None, "name": one.name}
    return found if isinstance(password, Absent) else {**found, "password": password}


def _read_job(one: KubeObject) -> Job:
    spec = tree(one.body.get("spec"))
    containers = _list(tree(tree(spec.get("template")).get("spec")).get("containers"))
    container = containers[0] if containers else {}
    annotations = tree(tree(one.body.get("metadata")).get("annotations"))
    image = container.get("image")
    return Job(
        image=image if isinstance(image, str) else "",
        hooks=tuple(word.strip() for word in str(annotations.get("helm.sh/hook", "")).split(",") if word.strip()),
        argocd="argocd.argoproj.io/hook" in annotations,
        env=_variables(container),
        ttl=spec.get("ttlSecondsAfterFinished", ABSENT),
        deadline=spec.get("activeDeadlineSeconds", ABSENT),
    )
