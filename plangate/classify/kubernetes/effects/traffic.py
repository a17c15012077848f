"""Services, Ingresses and network policies: requests that stop reaching pods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plangate.classify.kubernetes.objects import items, section, word
from plangate.classify.kubernetes.release_index import pod_template, selects
from plangate.classify.kubernetes.sides import body_of
from plangate.model.change import Action, Effect, EffectName

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plangate.classify.kubernetes.release_index import ReleaseIndex
    from plangate.model.change import Change
    from plangate.model.values import Value

    Body = dict[str, Value]


def effects(change: Change, scene: ReleaseIndex) -> Iterator[Effect]:
    """How a change cuts traffic."""
    ask = _OF_TYPE.get(change.type)
    if ask is not None:
        yield from ask(change, scene)


def _cut(because: str, kind: str, *paths: str) -> Effect:
    return Effect(EffectName.TRAFFIC_CUT, because, kind, paths)


def _service(change: Change, scene: ReleaseIndex) -> Iterator[Effect]:
    before, after = section(body_of(change.before), "spec"), section(body_of(change.after), "spec")
    if change.action is Action.DESTROY:
        yield _cut("goes away, and its name with it: whoever calls it gets no answer", "removed")
        return
    namespace = change.address.text.split("/")[2]
    if change.action is not Action.UPDATE:
        return
    served = _behind(after, namespace, scene)
    was_served = _behind(before, namespace, scene, new=False)
    if was_served and not served and after.get("type") != "ExternalName":
        yield _cut("selects no pod any more", "selector", "spec.selector")
    elif served:
        yield from _ports(before, after, was_served, served)
    kept = {word(port.get("port")) for port in items(after, "ports")}
    for port in items(before, "ports"):
        if word(port.get("port")) not in kept:
            yield _cut(f"no longer listens on port {port.get('port')}", "port", "spec.ports")
    if before.get("type") == "LoadBalancer" and after.get("type") != "LoadBalancer":
        yield _cut("loses its load balancer, and the external address with it", "load-balancer", "spec.type")
    elif before.get("type") == "NodePort" and after.get("type") == "ClusterIP":
        yield _cut("loses its ports on the nodes", "node-port", "spec.type")


def _behind(spec: Body, namespace: str, scene: ReleaseIndex, *, new: bool = True) -> list[Body]:
    """The pod templates that a Service sends requests to."""
    selector = section(spec, "selector")
    workloads = scene.workloads(*selector.values(), new=new) if selector else []
    return [
        template
        for identity, body in workloads
        if identity[2] == namespace and identity[1] not in ("Job", "CronJob")
        for template in (pod_template(identity, body),)
        if selects(selector, section(template, "metadata", "labels"))
    ]


def _ports(before: Body, after: Body, was_served: list[Body], served: list[Body]) -> Iterator[Effect]:
    """A named target port that no container has any more."""
    for port in items(after, "ports"):
        target = port.get("targetPort")
        if not isinstance(target, str) or target in _port_names(served):
            continue
        old = [p for p in items(before, "ports") if p.get("port") == port.get("port")]
        worked = any(
            word(p.get("targetPort")) in _port_names(was_served) or isinstance(p.get("targetPort"), int) for p in old
        )
        if worked:
            yield _cut(f"sends requests to the port {target}, which no container has", "target-port", "spec.ports")


def _port_names(templates: list[Body]) -> set[Value]:
    return {
        word(port.get("name"))
        for template in templates
        for container in items(template, "spec", "containers")
        for port in items(container, "ports")
    }


def _ingress(change: Change, _scene: ReleaseIndex) -> Iterator[Effect]:
    before, after = section(body_of(change.before), "spec"), section(body_of(change.after), "spec")
    if change.action is Action.DESTROY:
        if not (change.note or "").startswith("renamed"):
            yield _cut(
                f"goes away: {', '.join(sorted(_hosts(before))) or 'its paths'} can no longer be reached", "removed"
            )
        return
    if change.action is not Action.UPDATE:
        return
    gone = sorted(_hosts(before) - _hosts(after))
    if gone:
        yield _cut(f"no longer answers for {', '.join(gone)}", "host", "spec.rules")
    bare = sorted((_tls(before) - _tls(after)) & _hosts(after))
    if bare:
        yield _cut(f"has no certificate any more for {', '.join(bare)}", "tls", "spec.tls")
    if before.get("ingressClassName") != after.get("ingressClassName"):
        yield _cut("moves to another ingress controller, with another address", "class", "spec.ingressClassName")
    lost = _paths(before) - _paths(after)
    for host, path in sorted(lost):
        if host in _hosts(after):
            yield _cut(f"no longer serves {host}{path}", "path", "spec.rules")


def _hosts(spec: Body) -> set[str]:
    return {str(rule.get("host") or "*") for rule in items(spec, "rules")}


def _tls(spec: Body) -> set[str]:
    found: set[str] = set()
    for one in items(spec, "tls"):
        hosts = one.get("hosts")
        found |= {host for host in hosts if isinstance(host, str)} if isinstance(hosts, list) else set()
    return found


def _paths(spec: Body) -> set[tuple[str, str]]:
    return {
        (str(rule.get("host") or "*"), str(path.get("path") or "/"))
        for rule in items(spec, "rules")
        for path in items(rule, "http", "paths")
    }


def _network_policy(change: Change, scene: ReleaseIndex) -> Iterator[Effect]:
    """A policy that lets nothing in to pods of this release, where it did before."""
    spec = section(body_of(change.after), "spec")
    types = spec.get("policyTypes")
    if change.action not in (Action.CREATE, Action.UPDATE) or not isinstance(types, list) or "Ingress" not in types:
        return
    if items(spec, "ingress") or spec.get("ingress") == [{}]:
        return
    before = section(body_of(change.before), "spec")
    if change.action is Action.UPDATE and not items(before, "ingress"):
        return
    namespace = change.address.text.split("/")[2]
    selector = section(spec, "podSelector", "matchLabels")
    hit = [
        identity[3]
        for identity, body in scene.workloads(*selector.values())
        if identity[2] == namespace
        and all(section(pod_template(identity, body), "metadata", "labels").get(k) == v for k, v in selector.items())
    ]
    if hit:
        yield _cut(
            f"lets no traffic in to {', '.join(hit[:3])}, unless another policy does", "isolates", "spec.ingress"
        )


def _workload(change: Change, scene: ReleaseIndex) -> Iterator[Effect]:
    """A Service that stays as it is and loses its last pods, because their labels change or they go away."""
    if change.action not in (Action.UPDATE, Action.DESTROY):
        return
    sides = [section(body_of(side), "spec", "template") for side in (change.before, change.after)]
    if change.action is Action.UPDATE and _reachable(sides[0]) == _reachable(sides[1]):
        return
    namespace = change.address.text.split("/")[2]
    labels = section(body_of(change.before), "spec", "template", "metadata", "labels")
    for identity, body in scene.same_services:
        spec = section(body, "spec")
        if identity[2] != namespace or not selects(section(spec, "selector"), labels):
            continue
        served = _behind(spec, namespace, scene)
        if not served:
            yield _cut(f"leaves the Service {identity[3]} without pods", "no-pods", "spec.template.metadata.labels")
        else:
            yield from _ports(spec, spec, _behind(spec, namespace, scene, new=False), served)


def _reachable(template: Body) -> tuple[Body, set[Value]]:
    """What a Service can find of a pod: its labels, and the names of its ports."""
    return section(template, "metadata", "labels"), _port_names([template])


_OF_TYPE: Final[dict[str, Callable[[Change, ReleaseIndex], Iterator[Effect]]]] = {
    "core/Service": _service,
    "networking.k8s.io/Ingress": _ingress,
    "networking.k8s.io/NetworkPolicy": _network_policy,
    "apps/Deployment": _workload,
    "apps/StatefulSet": _workload,
    "apps/DaemonSet": _workload,
}
