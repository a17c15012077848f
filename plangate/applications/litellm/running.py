"""How the proxy is run: connections to the database, images, migrations, timeouts on the way to it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from plangate.applications.litellm.images import Image, read
from plangate.applications.litellm.knowledge import known
from plangate.applications.litellm.proxy import Problem, hidden, is_number, said, texts, tree, whole
from plangate.model.values import ABSENT, Sensitive

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.applications.litellm.proxy import Proxy

NGINX: Final = "nginx.ingress.kubernetes.io/"
READ, SEND, BODY = f"{NGINX}proxy-read-timeout", f"{NGINX}proxy-send-timeout", f"{NGINX}proxy-body-size"
_NGINX_DEFAULT: Final = 60
_LITELLM_DEFAULT: Final = 6000
_GENERAL: Final = "general_settings"


def problems(proxy: Proxy) -> Iterator[Problem]:
    """The problems of connections, image, migration, timeouts and command on one side."""
    yield from _connections(proxy)
    yield from _image(proxy)
    yield from _migration(proxy)
    yield from _timeouts(proxy)
    yield from _command(proxy)
    if not proxy.config_created:
        because = "reads its configuration from a ConfigMap that this release does not make: a change of it restarts nothing, and proxy_config is ignored"
        yield Problem("config-elsewhere", "config", because, "workload", ("configmap",))


def connections(proxy: Proxy) -> int | None:
    """The most connections that its processes open to the database (PR 18780 of BerriAI/litellm: the limit is of each worker)."""
    if proxy.config is None:
        return None
    pool = proxy.setting(_GENERAL, "database_connection_pool_limit")
    limit = known().connections.pool if pool is ABSENT else whole(pool)
    processes = proxy.processes
    return None if limit is None or processes is None else limit * processes


def _connections(proxy: Proxy) -> Iterator[Problem]:
    total, path = connections(proxy), (_GENERAL, "database_connection_pool_limit")
    if total is not None and total > known().connections.most:
        pool = whole(proxy.setting(_GENERAL, "database_connection_pool_limit")) or known().connections.pool
        workers = max(1, whole(proxy.workers) or 1)
        because = (
            f"may open {total} connections to the database ({pool} in the pool x {workers} workers x {proxy.pods} pods), "
            f"and Postgres allows {known().connections.most} unless told otherwise"
        )
        yield Problem("connections-exceeded", "", because, path=path)
    url = proxy.env.get("DATABASE_URL")
    if (
        isinstance(url, str)
        and "connection_limit=" in url
        and proxy.setting(_GENERAL, "database_connection_pool_limit") is not ABSENT
    ):
        yield Problem(
            "connection-limit-twice",
            "",
            "limits the connections both in DATABASE_URL and in general_settings",
            path=path,
        )


def _image(proxy: Proxy) -> Iterator[Problem]:
    path = ("image",)
    if hidden(proxy.image):
        yield Problem("image-moving", "", "the image cannot be seen", "workload", path, certain=False)
        return
    if not isinstance(proxy.image, str):
        return
    image = read(proxy.image)
    if image.moving:
        because = f"runs {image.text}, a tag that moves: what is pulled is not what was reviewed"
        yield Problem("image-moving", image.tag, because, "workload", path)
    if image.unpublished:
        because = f"runs {image.text}, and main-{image.version} was not published for that version: the pull fails"
        yield Problem("image-unpublished", image.tag, because, "workload", path)
    if image.prerelease:
        yield Problem("image-prerelease", image.tag, f"runs {image.text}, which is no stable release", "workload", path)
    job = proxy.job
    if job is not None and job.image and job.image != proxy.image:
        because = f"migrates the database with {job.image} and runs {image.text}"
        yield Problem("migration-image", job.image, because, "workload", path)
    version = proxy.app_version.removeprefix("v")
    if (
        version
        and image.version
        and re.match(r"\d+\.\d+", version)
        and not version.startswith(image.version)
        and not image.version.startswith(version.partition("-")[0])
    ):
        because = f"runs version {image.version} with the chart of {version}"
        yield Problem("image-chart-mismatch", "", because, "workload", path)


def version(proxy: Proxy) -> Image | None:
    """The image of a proxy; None where it is not known."""
    return read(proxy.image) if isinstance(proxy.image, str) else None


def _migration(proxy: Proxy) -> Iterator[Problem]:
    """Who changes the schema of the database, and when."""
    disabled = (
        str(proxy.schema_update).lower() == "true" or proxy.setting(_GENERAL, "disable_prisma_schema_update") is True
    )
    if proxy.origin == "configmap" or isinstance(proxy.schema_update, Sensitive):
        return
    job, pods = proxy.job, proxy.pods
    if job is None and disabled:
        because = "migrates nothing: pods have DISABLE_SCHEMA_UPDATE and there is no migration Job"
        yield Problem("migration-missing", "", because, "workload", ("environment", "DISABLE_SCHEMA_UPDATE"))
    elif not disabled and pods is not None and pods > 1:
        because = f"lets {pods} pods migrate the database at once when they start" + (
            ", besides the migration Job" if job else ""
        )
        yield Problem("migration-race", "", because, "workload", ("environment", "DISABLE_SCHEMA_UPDATE"))
    if job is None:
        return
    if "pre-upgrade" not in job.hooks and disabled:
        because = (
            "migrates the database beside the new pods instead of before them: the Job is no pre-upgrade hook of Helm"
        )
        yield Problem("migration-unordered", "", because, "job", ("migrationJob", "hooks"))
    if job.argocd and job.hooks:
        yield Problem(
            "migration-two-hooks",
            "",
            "runs the migration Job as a hook of both Helm and Argo CD",
            "job",
            ("migrationJob", "hooks"),
        )
    if job.deadline is not ABSENT and whole(job.deadline) == 0:
        yield Problem(
            "migration-job-shape", "deadline", "gives the migration Job no time", "job", ("migrationJob", "deadline")
        )
    if "pre-upgrade" not in job.hooks and job.ttl in (ABSENT, None):
        because = (
            "never removes the finished migration Job, whose template cannot be changed: the next upgrade is refused"
        )
        yield Problem("migration-job-shape", "ttl", because, "job", ("migrationJob", "ttlSecondsAfterFinished"))


def _timeouts(proxy: Proxy) -> Iterator[Problem]:
    """The way in has to wait at least as long as the proxy does (NGINX waits 60 s unless told otherwise)."""
    if not is_nginx(proxy) or proxy.ingress is None:
        return
    notes = tree(proxy.ingress.get("annotations"))
    for name in (READ, SEND):
        value = notes.get(name)
        if value is not None and not hidden(value) and not (isinstance(value, str) and value.strip().isdecimal()):
            because = f"sets {name} to {value}: NGINX wants plain seconds, as text"
            yield Problem("ingress-timeout-invalid", name, because, "ingress", ("ingress", "annotations", name))
    if proxy.config is None:
        return
    waits = _NGINX_DEFAULT if READ not in notes else whole(notes[READ])
    if waits is not None:
        yield from _longer(proxy, waits)
    size = whole(proxy.setting(_GENERAL, "max_request_size_mb"))
    body = re.fullmatch(r"(\d+)m", str(notes.get(BODY, "1m")))
    if size is not None and body is not None and 0 < int(body.group(1)) < size:
        because = (
            f"allows requests of {size} MB, and the ingress refuses more than {body.group(1)} MB (proxy-body-size)"
        )
        yield Problem("body-beyond-ingress", "", because, path=(_GENERAL, "max_request_size_mb"))


def _longer(proxy: Proxy, waits: int) -> Iterator[Problem]:
    """Timeouts of the proxy, its router (whose own wins) and single models that are longer than the way in waits."""
    words = f"and the ingress hangs up after {waits} s (proxy-read-timeout): callers get a 504"
    timeout, path = proxy.setting("router_settings", "timeout"), ("router_settings", "timeout")
    if timeout is ABSENT:
        timeout, path = proxy.either("request_timeout"), ("litellm_settings", "request_timeout")
    takes = _LITELLM_DEFAULT if timeout is ABSENT else int(timeout) if is_number(timeout) else None  # type: ignore[arg-type]
    if takes is not None and takes > waits:
        yield Problem("timeout-beyond-ingress", "", f"lets a request take {takes} s ({said(path)}), {words}", path=path)
    models = (proxy.config or {}).get("model_list")
    for i, entry in enumerate(models if isinstance(models, list) else []):
        own = whole(tree(tree(entry).get("litellm_params")).get("timeout", ABSENT))
        if own is not None and own > waits:
            name = str(tree(entry).get("model_name"))
            where = ("model_list", i, "litellm_params", "timeout")
            yield Problem("timeout-beyond-ingress", name, f"lets a request to {name} take {own} s, {words}", path=where)


def is_nginx(proxy: Proxy) -> bool:
    """Whether the way in is ingress-nginx, whose annotations these are."""
    if proxy.ingress is None:
        return False
    return "nginx" in str(proxy.ingress.get("class", "nginx")) or any(
        key.startswith(NGINX) for key in tree(proxy.ingress.get("annotations"))
    )


def _command(proxy: Proxy) -> Iterator[Problem]:
    """A mode that LiteLLM does not know, and a flag of the command that no proxy of the chart wants."""
    mode = proxy.env.get("LITELLM_MODE")
    if isinstance(mode, str) and mode.upper() not in ("PRODUCTION", "DEV"):
        yield Problem(
            "setting-range",
            "LITELLM_MODE",
            f"sets LITELLM_MODE to {mode}, which LiteLLM does not know",
            "workload",
            ("environment", "LITELLM_MODE"),
        )
    if "--use_prisma_db_push" in texts(proxy.pod.get("args")):
        yield Problem(
            "migration-push",
            "",
            "pushes the schema instead of migrating it, which may drop columns and their data",
            "workload",
            ("args",),
        )
