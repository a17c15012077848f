"""Problems of the step between two sides: what is removed, reduced, or renamed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plangate.applications.litellm import access, budgets, pods
from plangate.applications.litellm.images import read
from plangate.applications.litellm.knowledge import known
from plangate.applications.litellm.proxy import Problem, hidden, texts, tree, whole
from plangate.applications.litellm.router import stored
from plangate.applications.litellm.running import connections
from plangate.model.values import ABSENT, spell

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.applications.litellm.proxy import Proxy, Tree

_DATABASE = ("DATABASE_URL", "DATABASE_HOST", "DATABASE_NAME", "DIRECT_URL")
_SALT = "LITELLM_SALT_KEY"
_CALLBACKS = ("success_callback", "failure_callback", "callbacks", "service_callbacks")
_MEANINGFUL = ("ingress.kubernetes.io/", "cert-manager.io/", "external-dns.", "traefik.", "konghq.com/")
"""Annotations of an ingress that somebody acts on."""
_FALLBACKS = ("default_fallbacks", "fallbacks", "context_window_fallbacks", "content_policy_fallbacks")


def problems(before: Proxy, after: Proxy) -> Iterator[Problem]:
    """Every problem of the step from one side to the other."""
    if before.config is not None and after.config is not None:
        yield from _models(before, after)
        yield from _settings(before, after)
    yield from _keys(before, after)
    yield from _database(before, after)
    yield from _image(before, after)
    yield from _capacity(before, after)
    yield from pods.transitions(before, after)
    yield from access.transitions(before, after)
    yield from _entrance(before, after)
    yield from _names(before, after)


def _models(before: Proxy, after: Proxy) -> Iterator[Problem]:
    if hidden((after.config or {}).get("model_list")):
        return
    gone = sorted(before.named.keys() - after.named.keys())
    added = sorted(after.named.keys() - before.named.keys())
    aliases = tree(after.setting("router_settings", "model_group_alias"))
    gone = [name for name in gone if name not in aliases]
    if gone and not after.models:
        yield Problem(
            "models-emptied", "", f"takes every model out of model_list ({', '.join(gone[:5])})", path=("model_list",)
        )
    elif gone:
        words = f"; clients that ask for {'it' if len(gone) == 1 else 'them'} get an error"
        yield Problem("model-gone", "", f"takes {', '.join(gone[:5])} out of model_list{words}", path=("model_list",))
    if added and stored(after):
        because = f"adds {', '.join(added[:5])} to the configuration, while models are kept in the database: the UI or the API is the place"
        yield Problem("model-by-values", "", because, path=("model_list",))
    for name in sorted(before.named.keys() & after.named.keys()):
        old, new = (sorted(_ids(side.named[name])) for side in (before, after))
        yield from _credentials(name, before.named[name], after.named[name])
        if old and new and not set(old) & set(new):
            because = f"sends {name} to {', '.join(new)} instead of {', '.join(old)}"
            providers = [{model.partition("/")[0] for model in side} for side in (old, new)]
            kind = "model-repointed" if providers[0] & providers[1] else "model-provider-changes"
            yield Problem(kind, name, because, path=("model_list",))


def _ids(deployments: list[Tree]) -> set[str]:
    """The models that clients reach by one name."""
    found = [tree(one.get("litellm_params")).get("model") for one in deployments]
    return {one for one in found if isinstance(one, str)}


def _credentials(name: str, before: list[Tree], after: list[Tree]) -> Iterator[Problem]:
    """A deployment that loses its own key falls back to the usual variable of its provider."""
    old, new = (
        {str(tree(one.get("litellm_params")).get("model")): tree(one.get("litellm_params")) for one in side}
        for side in (before, after)
    )
    for model in sorted(old.keys() & new.keys()):
        given = old[model].get("api_key")
        usual = known().provider_keys.get(model.partition("/")[0], ())
        if given is None or "api_key" in new[model] or "litellm_credential_name" in new[model]:
            continue
        if str(given).removeprefix("os.environ/") not in usual:
            because = f"takes the api_key of {name} ({model}) away: it is called with {usual[0] if usual else 'no key'} from now on"
            yield Problem("provider-incomplete", f"{name} {model} taken", because, path=("model_list",))


def _settings(before: Proxy, after: Proxy) -> Iterator[Problem]:
    for key in _CALLBACKS:
        lost = set(texts(before.setting("litellm_settings", key))) - {
            name for one in _CALLBACKS for name in texts(after.setting("litellm_settings", one))
        }
        if lost:
            yield Problem(
                "callback-removed",
                key,
                f"stops sending to {', '.join(sorted(lost))} ({key})",
                path=("litellm_settings", key),
            )
    alerts = set(texts(before.setting("general_settings", "alerting"))) - set(
        texts(after.setting("general_settings", "alerting"))
    )
    if alerts:
        yield Problem(
            "alert-removed",
            "",
            f"no longer alerts through {', '.join(sorted(alerts))}",
            path=("general_settings", "alerting"),
        )
    had = [key for key in _FALLBACKS if before.either(key) not in (ABSENT, [])]
    lost_keys = [key for key in had if after.either(key) in (ABSENT, [])]
    if lost_keys:
        because = f"takes {', '.join(lost_keys)} away: a failing model is an error for the caller then"
        yield Problem("fallback-removed", "", because, path=("litellm_settings", lost_keys[0]))
    yield from budgets.transitions(before, after)
    master = [side.setting("general_settings", "master_key") for side in (before, after)]
    if master[0] not in (ABSENT, "") and master[1] in (ABSENT, "") and after.provides("LITELLM_MASTER_KEY") is None:
        unless = f", unless {', '.join(after.opaque[:3])} holds LITELLM_MASTER_KEY" if after.opaque else ""
        because = f"takes general_settings.master_key away: whoever reaches the proxy may use it{unless}"
        yield Problem("master-key-missing", "taken", because, path=("general_settings", "master_key"))
    if (
        master[0] is not ABSENT
        and master[1] not in (ABSENT, "")
        and master[0] != master[1]
        and all(isinstance(one, str) for one in master)
    ):
        because = f"takes the master key from {master[1]} instead of {master[0]}"
        yield Problem("master-key-changes", "reference", because, path=("general_settings", "master_key"))


def _keys(before: Proxy, after: Proxy) -> Iterator[Problem]:
    if after.master_key_generated and (before.master_key is ABSENT or before.master_key != after.master_key):
        because = "lets the chart draw a new master key at every upgrade: clients and stored credentials lose theirs at the next restart"
        yield Problem("master-key-drawn", "", because, "secret", ("masterkey",))
    elif before.master_key is not ABSENT and after.master_key is not ABSENT and before.master_key != after.master_key:
        yield Problem("master-key-changes", "value", "changes the master key", "secret", ("masterkey",))
    elif before.master_key is ABSENT and after.master_key is not ABSENT and "PROXY_MASTER_KEY" in before.env:
        because = "takes the master key from the chart's values instead of a Secret of its own: it stands in the release, and differs unless it was copied"
        yield Problem("master-key-changes", "value", because, "secret", ("masterkey",))
    if stored(after) and before.env and before.provides(_SALT) is not True and after.provides(_SALT) is True:
        unless = f", unless {', '.join(before.opaque[:3])} held the same one" if before.opaque else ""
        because = f"sets {_SALT} on a proxy that had none: credentials in the database, encrypted with the master key until now, cannot be read{unless}"
        yield Problem("salt-key-added", "", because, "workload", ("environment", _SALT))
    for name, kind in (
        ("PROXY_MASTER_KEY", "master-key-changes"),
        ("LITELLM_MASTER_KEY", "master-key-changes"),
        (_SALT, "salt-key-changes"),
    ):
        old, new = before.env.get(name), after.env.get(name)
        if old is None or old == new:
            continue
        if new is None and after.provides(name) is not False and name != _SALT:
            continue
        words = f"takes {name} away" if new is None else f"takes {name} from somewhere else"
        more = ": what is encrypted in the database cannot be read any more" if kind == "salt-key-changes" else ""
        yield Problem(kind, name, f"{words}{more}", "workload", ("environment", name))
    for source in before.opaque:
        if source not in after.opaque and after.environment_known:
            because = f"takes {source} away from the pods, and with it every variable that it holds"
            yield Problem("environment-source-removed", source, because, "workload", ("environment_sources",))
    lost = [
        name
        for name in before.env
        if name not in after.env and name not in (_SALT, *_DATABASE) and after.provides(name) is False
    ]
    if after.env and lost and any(name.endswith(("_KEY", "_TOKEN", "_URL", "_PASSWORD")) for name in lost):
        yield Problem(
            "variable-removed",
            ",".join(lost),
            f"takes {', '.join(lost[:5])} away from the pods",
            "workload",
            ("environment",),
        )


def _database(before: Proxy, after: Proxy) -> Iterator[Problem]:
    ours, theirs = (side.setting("general_settings", "database_url") for side in (before, after))
    if theirs not in (ours, ABSENT, "os.environ/DATABASE_URL"):
        because = "moves the proxy to the database of general_settings.database_url: keys, teams, models and spend stay in the old one"
        yield Problem("database-switched", "setting", because, path=("general_settings", "database_url"))
    for name in _DATABASE:
        old, new = before.env.get(name), after.env.get(name)
        if old is not None and old != new and after.env:
            words = f"{old} to {new}" if isinstance(old, str) and isinstance(new, str) else "one place to another"
            because = f"moves the proxy to another database ({name}: {words}): keys, teams, models and spend stay in the old one"
            yield Problem("database-switched", "database", because, "workload", ("environment", name))
            break
    else:
        same = before.env.get("DATABASE_USERNAME") == after.env.get("DATABASE_USERNAME") and before.env.get(
            "DATABASE_PASSWORD"
        ) == after.env.get("DATABASE_PASSWORD")
        if after.env and before.env and not same:
            because = "takes the credentials of its database from somewhere else"
            yield Problem("database-credentials", "", because, "workload", ("environment", "DATABASE_PASSWORD"))
    if after.job is not None and after.env:
        for name in ("DATABASE_HOST", "DATABASE_NAME"):
            ours, theirs = after.env.get(name), after.job.env.get(name)
            if theirs is not None and ours is not None and ours != theirs:
                was = before.job
                if was is not None and was.env.get(name) == theirs and before.env.get(name) == ours:
                    continue
                yield Problem(
                    "database-split",
                    "",
                    f"migrates another database than its pods use ({name})",
                    "workload",
                    ("environment", name),
                )
                break
    if after.database is not None and before.database is None:
        because = "brings its own Postgres with the chart: no backups, no replica, default passwords unless set"
        yield Problem("database-bundled", "", because, "database", ("database",))
    if after.redis and not before.redis:
        because = "brings its own Redis with the chart: one pod, no copy, and the router counts limits in it"
        yield Problem("redis-bundled", "", because, "workload", ("redis",))
    if before.database is not None and after.database is not None:
        kept, given = (side.get("password") for side in (before.database, after.database))
        if kept is not None and given is not None and kept != given:
            because = "changes the password of the Postgres of the chart, whose volume keeps the old one: the proxy cannot log in to it any more"
            yield Problem("database-password", "", because, "database", ("database", "password"))
        images = [read(str(side.get("image", ""))) for side in (before.database, after.database)]
        if images[0].text != images[1].text and images[0].tag.partition(".")[0] != images[1].tag.partition(".")[0]:
            because = f"moves the bundled Postgres from {images[0].tag} to {images[1].tag}: another major version does not read the old files"
            yield Problem("database-image", "", because, "database", ("database", "image"))
    if (
        after.config is not None
        and before.setting("general_settings", "store_model_in_db") is True
        and after.setting("general_settings", "store_model_in_db") is not True
        and not stored(after)
    ):
        because = "stops reading models from the database: every model that was added by the UI or the API vanishes"
        yield Problem("stored-models-dropped", "", because, path=("general_settings", "store_model_in_db"))


def _image(before: Proxy, after: Proxy) -> Iterator[Problem]:
    if after.image is ABSENT and isinstance(before.image, str) and after.origin == "values":
        because = f"no longer pins its image ({before.image}): the chart's own tag is taken, which for some versions was never published"
        yield Problem("image-moving", "", because, "workload", ("image", "tag"))
        return
    if not isinstance(before.image, str) or not isinstance(after.image, str) or before.image == after.image:
        return
    old, new, path = read(before.image), read(after.image), ("image",)
    if old.repository != new.repository:
        known_one = "" if new.repository in known().images else ", which is not a registry of LiteLLM"
        because = f"pulls its image from {new.repository} instead of {old.repository}{known_one}"
        yield Problem(
            "image-repository" if not known_one else "image-foreign", new.repository, because, "workload", path
        )
    if old.number and new.number and new.number < old.number:
        because = f"goes back from {old.version} to {new.version}: migrations of the database only go forward"
        yield Problem("version-downgrade", "", because, "workload", path)
    elif old.number and new.number and new.number != old.number:
        because = f"goes from {old.version} to {new.version}: migrations of the database cannot be undone by a rollback"
        yield Problem("version-changes", "", because, "workload", path)
        if all(
            side.job is not None and "pre-upgrade" not in side.job.hooks and str(side.schema_update).lower() == "true"
            for side in (before, after)
        ):
            because = f"starts {new.version} on a database that is not migrated yet: the migration Job is no pre-upgrade hook of Helm"
            yield Problem("migration-unordered", "version", because, "workload", path)
    if (
        old.number
        and new.number
        and (old.suffix == "stable" or old.suffix.startswith("stable."))
        and not new.suffix.startswith("stable")
        and new.number < (1, 82, 0)
    ):
        yield Problem("image-prerelease", "stable", f"leaves the stable line: {new.text}", "workload", path)


def _capacity(before: Proxy, after: Proxy) -> Iterator[Problem]:
    old, new = whole(before.replicas), whole(after.replicas)
    if old is not None and new is not None and 0 < new < old:
        yield Problem("replicas-drop", "", f"goes down from {old} replicas to {new}", "workload", ("replicas",))
    elif old and new == 0:
        yield Problem("replicas-zero", "", f"goes down from {old} replicas to none", "workload", ("replicas",))
    old, new = before.pods, after.pods
    if old is not None and new is not None and whole(before.replicas) == whole(after.replicas) and new < old:
        yield Problem(
            "replicas-drop",
            "most",
            f"may scale to {new} replicas at most, {old} before",
            "autoscaler",
            ("most_replicas",),
        )
    workers = [whole(side.workers) or 1 for side in (before, after)]
    if workers[1] > workers[0]:
        because = f"runs {workers[1]} workers in each pod instead of {workers[0]}: LiteLLM asks for one on Kubernetes, and more pods"
        yield Problem("workers-raised", "", because, "workload", ("workers",))
    if before.budget and after.budget is False:
        yield Problem(
            "disruption-budget-removed",
            "",
            "loses its disruption budget: a drain may take every pod at once",
            "budget",
            ("budget",),
        )
    totals = [connections(side) for side in (before, after)]
    if totals[0] and totals[1] and known().connections.most < totals[0] < totals[1]:
        because = f"may open {totals[1]} connections to the database, {totals[0]} before"
        yield Problem(
            "connections-exceeded", "more", because, path=("general_settings", "database_connection_pool_limit")
        )


def _entrance(before: Proxy, after: Proxy) -> Iterator[Problem]:
    if before.ingress is not None and after.ingress is not None:
        old, new = (tree(side.ingress.get("annotations")) for side in (before, after) if side.ingress is not None)
        for name in sorted(old):
            if "timeout" in name and name not in new:
                because = (
                    f"loses the timeout {name} ({old[name]}): the default is shorter than an answer of a model takes"
                )
                yield Problem("ingress-timeout-lost", name, because, "ingress", ("ingress", "annotations", name))
            elif "timeout" in name and (whole(new[name]) or 0) < (whole(old[name]) or 0):
                because = f"shortens the timeout {name} from {old[name]} to {new[name]}"
                yield Problem("ingress-timeout-shortened", name, because, "ingress", ("ingress", "annotations", name))
            elif name not in new and any(word in name for word in _MEANINGFUL):
                because = f"loses the annotation {name} ({old[name]})"
                yield Problem("ingress-annotation-lost", name, because, "ingress", ("ingress", "annotations", name))
        if before.ingress.get("tls") and not after.ingress.get("tls"):
            because = "answers without TLS: keys and prompts can be read on the way"
            yield Problem("ingress-tls-lost", "", because, "ingress", ("ingress", "tls"))
        hosts = sorted(set(texts(before.ingress.get("hosts"))) - set(texts(after.ingress.get("hosts"))))
        if hosts:
            yield Problem(
                "ingress-host-lost",
                ",".join(hosts),
                f"no longer answers at {', '.join(hosts)}",
                "ingress",
                ("ingress", "hosts"),
            )
        if before.ingress.get("class") != after.ingress.get("class"):
            because = f"moves the ingress from class {before.ingress.get('class')} to {after.ingress.get('class')}, where the annotations mean nothing"
            yield Problem("ingress-class-changed", "", because, "ingress", ("ingress", "class"))
    elif before.ingress is not None and after.origin == before.origin:
        yield Problem(
            "ingress-host-lost",
            "all",
            "loses its ingress: nobody outside of the cluster reaches it",
            "ingress",
            ("ingress",),
        )
    if before.service is not None and after.service is not None:
        old_type, new_type = before.service.get("type", "ClusterIP"), after.service.get("type", "ClusterIP")
        if before.service.get("port") != after.service.get("port"):
            because = f"listens on port {after.service.get('port')} instead of {before.service.get('port')}: callers inside the cluster use the old one"
            yield Problem("service-port-changed", "", because, "service", ("service", "port"))
        if old_type != new_type:
            yield Problem(
                "service-type-changed",
                "",
                f"changes the type of its Service from {old_type} to {new_type}",
                "service",
                ("service", "type"),
            )


def _names(before: Proxy, after: Proxy) -> Iterator[Problem]:
    for kind, name in before.names.items():
        other = after.names.get(kind)
        if other is not None and other != name:
            because = (
                f"is called {other} instead of {name}: whoever uses the old name ({spell((kind,))}) no longer finds it"
            )
            yield Problem("renamed", "", because, "workload", ("names", kind))
            break
    old, new = before.chart, after.chart
    if old and new and old != new:
        yield Problem(
            "chart-family",
            "",
            f"moves from the chart {old} to {new}: that is a migration, not an upgrade",
            "workload",
            ("chart",),
        )
