"""Pods and their parts, in whichever object they stand: pkg/apis/core/validation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plangate.classify.kubernetes.api.validation.formats import Problem, container_resources
from plangate.classify.kubernetes.compare import child_path
from plangate.classify.kubernetes.objects import items, scalar, section
from plangate.lang import quantity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plangate.model.values import Value

    Body = dict[str, Value]

_CONTAINER_LISTS: Final = ("containers", "initContainers")


def _spec(spec: Body, path: str) -> Iterator[Problem]:
    """A pod as a whole: duplicate names, mounts without a volume, DNS and tolerations."""
    volumes = {scalar(volume.get("name")) for volume in items(spec, "volumes")}
    both = {scalar(c.get("name")) for c in items(spec, "containers")} & {
        scalar(c.get("name")) for c in items(spec, "initContainers")
    }
    for name in sorted(map(str, both)):
        yield Problem(f"{path}.initContainers", f"duplicate value: {name}")
    for part in _CONTAINER_LISTS:
        for container in items(spec, part):
            yield from _container(container, f'{path}.{part}[name="{container.get("name")}"]', spec, volumes, part)
    if "containers" in spec and not items(spec, "containers"):
        yield Problem(f"{path}.containers", "is required")
    if spec.get("dnsPolicy") == "None" and not section(spec, "dnsConfig").get("nameservers"):
        yield Problem(
            f"{path}.dnsConfig.nameservers", "must provide at least one DNS nameserver when `dnsPolicy` is None"
        )
    for i, one in enumerate(items(spec, "tolerations")):
        yield from _toleration(one, f"{path}.tolerations[{i}]")


def _container(container: Body, here: str, spec: Body, volumes: set[str | int | None], part: str) -> Iterator[Problem]:
    for mount in items(container, "volumeMounts"):
        if scalar(mount.get("name")) not in volumes:
            yield Problem(f"{here}.volumeMounts", f"no volume is named {mount.get('name')}")
        if mount.get("subPath") and mount.get("subPathExpr"):
            yield Problem(f"{here}.volumeMounts", "subPathExpr and subPath are mutually exclusive")
    paths = [mount.get("mountPath") for mount in items(container, "volumeMounts") if mount.get("mountPath")]
    if len(paths) != len(set(map(str, paths))):
        yield Problem(f"{here}.volumeMounts", "mountPath must be unique")
    names = [port.get("name") for port in items(container, "ports") if port.get("name")]
    if len(names) != len(set(map(str, names))):
        yield Problem(f"{here}.ports", "duplicate port name")
    if spec.get("hostNetwork") is True:
        for port in items(container, "ports"):
            if port.get("hostPort") and port.get("hostPort") != port.get("containerPort"):
                yield Problem(f"{here}.ports", "hostPort must match containerPort when `hostNetwork` is true")
    for probe in ("livenessProbe", "startupProbe"):
        if section(container, probe).get("successThreshold", 1) not in (0, 1):
            yield Problem(f"{here}.{probe}.successThreshold", "must be 1")
    if part == "initContainers" and container.get("restartPolicy") != "Always":
        for probe in ("livenessProbe", "readinessProbe", "startupProbe", "lifecycle"):
            if container.get(probe):
                yield Problem(f"{here}.{probe}", "may not be set for init containers without restartPolicy Always")


def _toleration(one: Body, path: str) -> Iterator[Problem]:
    if one.get("operator") == "Exists" and one.get("value"):
        yield Problem(f"{path}.operator", "value must be empty when `operator` is 'Exists'")
    if not one.get("key") and one.get("operator") != "Exists":
        yield Problem(f"{path}.operator", "operator must be Exists when `key` is empty")
    if one.get("tolerationSeconds") is not None and one.get("effect") != "NoExecute":
        yield Problem(f"{path}.effect", "effect must be 'NoExecute' when `tolerationSeconds` is set")


def _resources(value: Body, path: str) -> Iterator[Problem]:
    limits, requests = section(value, "limits"), section(value, "requests")
    for part, amounts in (("limits", limits), ("requests", requests)):
        for key, says in container_resources(amounts):
            yield Problem(child_path(f"{path}.{part}", key), says)
    for name, wanted in requests.items():
        request, limit = quantity.read(wanted), quantity.read(limits.get(name))
        if request is not None and limit is not None and request > limit:
            yield Problem(child_path(f"{path}.requests", name), "must be less than or equal to its limit")
        not_overcommitted = "/" in name or name.startswith("hugepages-")
        if not_overcommitted and request is not None and (limit is None or request != limit):
            yield Problem(child_path(f"{path}.requests", name), "must be equal to its limit")


def _security(value: Body, path: str) -> Iterator[Problem]:
    if value.get("allowPrivilegeEscalation") is False:
        added = section(value, "capabilities").get("add")
        if value.get("privileged") is True:
            yield Problem(path, "cannot set `allowPrivilegeEscalation` to false and `privileged` to true")
        if isinstance(added, list) and "CAP_SYS_ADMIN" in added:
            yield Problem(path, "cannot set `allowPrivilegeEscalation` to false and add CAP_SYS_ADMIN")


def _variable(value: Body, path: str) -> Iterator[Problem]:
    if value.get("value") and value.get("valueFrom"):
        yield Problem(f"{path}.valueFrom", "may not be specified when `value` is not empty")
    if value.get("name") == "":
        yield Problem(f"{path}.name", "is required")


def _volume(value: Body, path: str) -> Iterator[Problem]:
    if len(value.keys() - {"name"}) > 1:
        yield Problem(path, "may not specify more than 1 volume type")


def _mount(value: Body, path: str) -> Iterator[Problem]:
    if value.get("recursiveReadOnly") not in (None, "Disabled") and value.get("readOnly") is not True:
        yield Problem(f"{path}.recursiveReadOnly", "may only be specified when readOnly is true")


def _node_requirement(value: Body, path: str) -> Iterator[Problem]:
    yield from _operator(value, path, single_valued=("Gt", "Lt"))


def _requirement(value: Body, path: str) -> Iterator[Problem]:
    yield from _operator(value, path)


def _operator(value: Body, path: str, *, single_valued: tuple[str, ...] = ()) -> Iterator[Problem]:
    operator, values = value.get("operator"), value.get("values")
    count = len(values) if isinstance(values, list) else 0
    if operator in ("In", "NotIn") and not count:
        yield Problem(f"{path}.values", "must be specified when `operator` is 'In' or 'NotIn'")
    if operator in ("Exists", "DoesNotExist") and count:
        yield Problem(f"{path}.values", "may not be specified when `operator` is 'Exists' or 'DoesNotExist'")
    if operator in single_valued and count != 1:
        yield Problem(f"{path}.values", "must be a single value when `operator` is 'Lt' or 'Gt'")


def _spread(value: Body, path: str) -> Iterator[Problem]:
    if value.get("minDomains") is not None and value.get("whenUnsatisfiable") != "DoNotSchedule":
        yield Problem(f"{path}.minDomains", "can only use minDomains if whenUnsatisfiable=DoNotSchedule")


OF_TYPE: Final[dict[str, Callable[[Body, str], Iterator[Problem]]]] = {
    "core.v1.ResourceRequirements": _resources,
    "core.v1.SecurityContext": _security,
    "core.v1.EnvVar": _variable,
    "core.v1.Volume": _volume,
    "core.v1.VolumeMount": _mount,
    "core.v1.NodeSelectorRequirement": _node_requirement,
    "meta.v1.LabelSelectorRequirement": _requirement,
    "core.v1.TopologySpreadConstraint": _spread,
    "core.v1.PodSpec": _spec,
}
"""By type of the schema: yields the problems of one value of this type at a path."""
