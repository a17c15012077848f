"""ConfigMaps, Secrets, claims, limit ranges and priority classes: pkg/apis/{core,scheduling}/validation. Pods and Services have modules of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plangate.classify.kubernetes.api.validation.formats import Problem, is_data_key
from plangate.classify.kubernetes.compare import child_path
from plangate.classify.kubernetes.objects import items, section
from plangate.lang import quantity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plangate.model.values import Value

    Body = dict[str, Value]

_REQUIRED_KEYS: Final = {
    "kubernetes.io/tls": ("tls.crt", "tls.key"),
    "kubernetes.io/dockerconfigjson": (".dockerconfigjson",),
    "kubernetes.io/dockercfg": (".dockercfg",),
    "kubernetes.io/ssh-auth": ("ssh-privatekey",),
}
"""The keys that a Secret of a type must have (ValidateSecret)."""


def _data(body: Body) -> Iterator[Problem]:
    for part in ("data", "binaryData"):
        for key in section(body, part):
            if not is_data_key(key) and not key.startswith("(sensitive)"):
                yield Problem(
                    child_path(part, key), "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
                )
    for key in sorted(section(body, "data").keys() & section(body, "binaryData").keys()):
        yield Problem(child_path("data", key), "duplicate of key present in binaryData")


def _secret(body: Body) -> Iterator[Problem]:
    yield from _data(body)
    data = section(body, "data")
    for key in _REQUIRED_KEYS.get(str(body.get("type")), ()):
        if key not in data:
            yield Problem(child_path("data", key), f"is required in a Secret of the type {body.get('type')}")
    if body.get("type") == "kubernetes.io/basic-auth" and not data.keys() & {"username", "password"}:
        yield Problem("data", "a username or password is required in a Secret of the type kubernetes.io/basic-auth")


def _claim(body: Body) -> Iterator[Problem]:
    size = quantity.read(section(body, "spec", "resources", "requests").get("storage"))
    if size is None or size <= 0:
        yield Problem("spec.resources.requests.storage", "is required, and greater than zero")


def _limit_range(body: Body) -> Iterator[Problem]:
    order = ("min", "defaultRequest", "default", "max")
    for i, one in enumerate(items(body, "spec", "limits")):
        for at, low in enumerate(order):
            for high in order[at + 1 :]:
                for name, value in section(one, low).items():
                    least, most = quantity.read(value), quantity.read(section(one, high).get(name))
                    if least is not None and most is not None and least > most:
                        yield Problem(f"spec.limits[{i}].{low}.{name}", f"is greater than {high}")


def _priority(body: Body) -> Iterator[Problem]:
    if str(section(body, "metadata").get("name", "")).startswith("system-"):
        yield Problem("metadata.name", "priority class names with 'system-' prefix are reserved")


OF_KIND: Final[dict[str, Callable[[Body], Iterator[Problem]]]] = {
    "core/ConfigMap": _data,
    "core/Secret": _secret,
    "core/PersistentVolumeClaim": _claim,
    "core/LimitRange": _limit_range,
    "scheduling.k8s.io/PriorityClass": _priority,
}
"""By group and kind: yields the problems of one object, given as the server would store it."""
