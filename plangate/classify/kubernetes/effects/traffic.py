"""Services, Ingresses, network policies and workloads: requests that no longer reach pods."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plangate.classify.kubernetes import kinds
from plangate.classify.kubernetes.object_side import body_of
from plangate.classify.kubernetes.objects import items, scalar, section
from plangate.classify.kubernetes.release_index import pod_template, selects
from plangate.model.change import Action, Effect, EffectName

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plangate.classify.kubernetes.release_index import ReleaseIndex
    from plangate.model.change import Change
    from plangate.model.values import Value

    Body = dict[str, Value]


def effects(change: Change, index: ReleaseIndex) -> Iterator[Effect]:
    """The `traffic-cut` effects of a change."""
    of_type = _OF_TYPE.get(kinds.workloads().get(change.type, change.type))
    if of_type is not None:
        yield from of_type(change, index)


def _traffic_cut(because: str, kind: str, *paths: str) -> Effect:
    return Effect(EffectName.TRAFFIC_CUT, because, kind, paths)


def _service(change: Change, index: ReleaseIndex) -> Iterator[Effect]:
    before, after = section(body_of(change.before), "spec"), section(body_of(change.after), "spec")
    if change.action is Action.DESTROY:
        yield _traffic_cut("goes away, and its name with it: whoever calls it gets no answer", "removed")
        return
    namespace = change.address.text.split("/")[2]
    if change.action is not Action.UPDATE:
        return
    served = _selected_templates(after, namespace, index)
    was_served = _selected_templates(before, namespace, index, new=False)
    if was_served and not served and after.get("type") != "ExternalName":
        yield _traffic_cut("selects no pod any more", "selector", "spec.selector")
    elif served:
        yield from _ports(before, after, was_served, served)
    kept = {_listens_on(port) for port in items(after, "ports")}
    for port in items(before, "ports"):
        if _listens_on(port) not in kept:
            protocol = "" if port.get("protocol") in (None, "TCP") else f"/{port.get('protocol')}"
            yield _traffic_cut(f"no longer listens on port {port.get('port')}{protocol}", "port", "spec.ports")
    if before.get("type") == "LoadBalancer" and after.get("type") != "LoadBalancer":
        yield _traffic_cut("loses its load balancer, and the external address with it", "load-balancer", "spec.type")
    elif before.get("type") == "NodePort" and after.get("type") == "ClusterIP":
        yield _traffic_cut("loses its ports on the nodes", "node-port", "spec.type")


def _selected_templates(spec: Body, namespace: str, index: ReleaseIndex, *, new: bool = True) -> list[Body]:
    """The pod templates that a Service of one side selects."""
    selector = section(spec, "selector")
    workloads = index.workloads(*selector.values(), new=new) if selector else []
    return [
        template
        for identity, body in workloads
        if identity[2] == namespace and identity[1] not in ("Job", "CronJob")
        for template in (pod_template(identity, body),)
        if selects(selector, section(template, "metadata", "labels"))
    ]


def _ports(before: Body, after: Body, was_served: list[Body], served: list[Body]) -> Iterator[Effect]:
    """Named target ports that no container of the selected pods has any more."""
    for port in items(after, "ports"):
        target = port.get("targetPort")
        if not isinstance(target, str) or target in _port_names(served):
            continue
        old = [p for p in items(before, "ports") if p.get("port") == port.get("port")]
        worked = any(
            scalar(p.get("targetPort")) in _port_names(was_served) or isinstance(p.get("targetPort"), int) for p in old
        )
        if worked:
            yield _traffic_cut(
                f"sends requests to the port {target}, which no container has", "target-port", "spec.ports"
            )


def _listens_on(port: Body) -> tuple[str | int | None, str | int | None]:
    return scalar(port.get("port")), scalar(port.get("protocol", "TCP"))


def _port_names(templates: list[Body]) -> set[Value]:
    return {
        scalar(port.get("name"))
        for template in templates
        for container in items(template, "spec", "containers")
        for port in items(container, "ports")
    }


def _ingress(change: Change, _index: ReleaseIndex) -> Iterator[Effect]:
    before, after = section(body_of(change.before), "spec"), section(body_of(change.after), "spec")
    if change.action is Action.DESTROY:
        if not (change.note or "").startswith("renamed"):
            yield _traffic_cut(
                f"goes away: {', '.join(sorted(_hosts(before))) or 'its paths'} can no longer be reached", "removed"
            )
        return
    if change.action is not Action.UPDATE:
        return
    gone = sorted(_hosts(before) - _hosts(after))
    if gone:
        yield _traffic_cut(f"no longer answers for {', '.join(gone)}", "host", "spec.rules")
    without_tls = sorted((_tls(before) - _tls(after)) & _hosts(after))
    if without_tls:
        yield _traffic_cut(f"has no certificate any more for {', '.join(without_tls)}", "tls", "spec.tls")
    if before.get("ingressClassName") != after.get("ingressClassName"):
        yield _traffic_cut(
            "moves to another ingress controller, with another address", "class", "spec.ingressClassName"
        )
    lost = _paths(before) - _paths(after)
    for host, path in sorted(lost):
        if host in _hosts(after):
            yield _traffic_cut(f"no longer serves {host}{path}", "path", "spec.rules")


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


def _network_policy(change: Change, index: ReleaseIndex) -> Iterator[Effect]:
    """A network policy that newly isolates pods of this release."""
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
    isolated = [
        identity[3]
        for identity, body in index.workloads(*selector.values())
        if identity[2] == namespace
        and all(section(pod_template(identity, body), "metadata", "labels").get(k) == v for k, v in selector.items())
    ]
    if isolated:
        yield _traffic_cut(
            f"lets no traffic in to {', '.join(isolated[:3])}, unless another policy does", "isolates", "spec.ingress"
        )


def _workload(change: Change, index: ReleaseIndex) -> Iterator[Effect]:
    """Unchanged Services that lose their last pods or a target port, because a workload changes or is deleted."""
    if change.action not in (Action.UPDATE, Action.DESTROY):
        return
    sides = [section(body_of(side), "spec", "template") for side in (change.before, change.after)]
    if change.action is Action.UPDATE and _reachable(sides[0]) == _reachable(sides[1]):
        return
    namespace = change.address.text.split("/")[2]
    labels = section(body_of(change.before), "spec", "template", "metadata", "labels")
    for identity, body in index.same_services:
        spec = section(body, "spec")
        if identity[2] != namespace or not selects(section(spec, "selector"), labels):
            continue
        served = _selected_templates(spec, namespace, index)
        if not served:
            yield _traffic_cut(
                f"leaves the Service {identity[3]} without pods", "no-pods", "spec.template.metadata.labels"
            )
        else:
            yield from _ports(spec, spec, _selected_templates(spec, namespace, index, new=False), served)


def _reachable(template: Body) -> tuple[Body, set[Value]]:
    """What a Service selects by: the labels of a pod template and the names of its ports."""
    return section(template, "metadata", "labels"), _port_names([template])


_OF_TYPE: Final[dict[str, Callable[[Change, ReleaseIndex], Iterator[Effect]]]] = {
    "core/Service": _service,
    "networking.k8s.io/Ingress": _ingress,
    "networking.k8s.io/NetworkPolicy": _network_policy,
    "apps/Deployment": _workload,
    "apps/StatefulSet": _workload,
    "apps/DaemonSet": _workload,
}
