"""Services, Ingresses and network policies: pkg/apis/{core,networking}/validation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plangate.classify.kubernetes.api.validation.formats import Problem
from plangate.classify.kubernetes.objects import items, section

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plangate.model.values import Value

    Body = dict[str, Value]

_FORBIDDEN_IN_PATH: Final = ("//", "/./", "/../", "%2f", "%2F")
_NODE_PORT_TYPES: Final = ("NodePort", "LoadBalancer")


def _service(body: Body) -> Iterator[Problem]:
    spec = section(body, "spec")
    type_ = spec.get("type")
    headless = spec.get("clusterIP") == "None"
    if not items(spec, "ports") and not headless and type_ != "ExternalName":
        yield Problem("spec.ports", "is required")
    if type_ == "ExternalName" and not spec.get("externalName"):
        yield Problem("spec.externalName", "is required")
    if headless and type_ in _NODE_PORT_TYPES:
        yield Problem("spec.clusterIPs[0]", f"may not be set to 'None' for {type_} services")
    if type_ != "LoadBalancer":
        for key in ("loadBalancerClass", "allocateLoadBalancerNodePorts", "loadBalancerSourceRanges"):
            if spec.get(key):
                yield Problem(f"spec.{key}", "may only be used when `type` is 'LoadBalancer'")
    yield from _ports(spec)


def _ports(spec: Body) -> Iterator[Problem]:
    ports = items(spec, "ports")
    names = [port.get("name") for port in ports]
    if len(ports) > 1 and not all(names):
        yield Problem("spec.ports", "every port needs a name where there are several")
    if len([n for n in names if n]) != len({n for n in names if isinstance(n, str) and n}):
        yield Problem("spec.ports", "duplicate port name")
    numbers = [(port.get("port"), port.get("protocol")) for port in ports]
    if len(numbers) != len(set(map(str, numbers))):
        yield Problem("spec.ports", "duplicate port")
    for port in ports:
        target = port.get("targetPort")
        if isinstance(target, int) and not isinstance(target, bool) and not 0 < target < 65536:
            yield Problem("spec.ports", "targetPort must be between 1 and 65535")
        if spec.get("type") == "ClusterIP" and port.get("nodePort"):
            yield Problem("spec.ports[0].nodePort", "may not be used when `type` is 'ClusterIP'")


def _ingress(body: Body) -> Iterator[Problem]:
    spec = section(body, "spec")
    if not items(spec, "rules") and not spec.get("defaultBackend"):
        yield Problem("spec", "either `defaultBackend` or `rules` must be specified")
    for i, rule in enumerate(items(spec, "rules")):
        for j, path in enumerate(items(rule, "http", "paths")):
            yield from _path(path, f"spec.rules[{i}].http.paths[{j}]")
    if spec.get("defaultBackend"):
        yield from _backend(section(spec, "defaultBackend"), "spec.defaultBackend")


def _path(path: Body, where: str) -> Iterator[Problem]:
    text, type_ = str(path.get("path") or ""), path.get("pathType")
    if type_ in ("Exact", "Prefix") or text:
        if not text.startswith("/"):
            yield Problem(f"{where}.path", "must be an absolute path")
        elif type_ != "ImplementationSpecific":
            bad = [part for part in _FORBIDDEN_IN_PATH if part in text] + [
                end for end in ("/..", "/.") if text.endswith(end)
            ]
            if bad:
                yield Problem(f"{where}.path", f"must not contain {bad[0]!r}")
    yield from _backend(section(path, "backend"), f"{where}.backend")


def _backend(backend: Body, where: str) -> Iterator[Problem]:
    service = section(backend, "service")
    if service and backend.get("resource"):
        yield Problem(where, "cannot set both resource and service backends")
    elif not service and not backend.get("resource"):
        yield Problem(where, "resource or service backend is required")
    if service and not section(service, "port"):
        yield Problem(f"{where}.service.port", "port name or number is required")


def _network_policy(body: Body) -> Iterator[Problem]:
    spec = section(body, "spec")
    types = spec.get("policyTypes")
    for i, one in enumerate(types if isinstance(types, list) else ()):
        if one not in ("Ingress", "Egress"):
            yield Problem(f"spec.policyTypes[{i}]", "must be Ingress or Egress")
    for way, peers in (("ingress", "from"), ("egress", "to")):
        for i, rule in enumerate(items(spec, way)):
            here = f"spec.{way}[{i}]"
            for j, port in enumerate(items(rule, "ports")):
                yield from _policy_port(port, f"{here}.ports[{j}]")
            for j, peer in enumerate(items(rule, peers)):
                yield from _peer(peer, f"{here}.{peers}[{j}]")


def _policy_port(port: Body, where: str) -> Iterator[Problem]:
    first, last = port.get("port"), port.get("endPort")
    if last is not None:
        if not isinstance(first, int):
            yield Problem(f"{where}.endPort", "may not be specified when `port` is not a number")
        elif isinstance(last, int) and last < first:
            yield Problem(f"{where}.endPort", "must be greater than or equal to `port`")


def _peer(peer: Body, where: str) -> Iterator[Problem]:
    chosen = [key for key in ("podSelector", "namespaceSelector", "ipBlock") if peer.get(key) is not None]
    if not chosen:
        yield Problem(where, "must specify a peer")
    elif "ipBlock" in chosen and len(chosen) > 1:
        yield Problem(where, "may not specify both ipBlock and another peer")


OF_KIND: Final[dict[str, Callable[[Body], Iterator[Problem]]]] = {
    "core/Service": _service,
    "networking.k8s.io/Ingress": _ingress,
    "networking.k8s.io/NetworkPolicy": _network_policy,
}
"""By group and kind: yields the problems of one object, given as the server would store it."""
