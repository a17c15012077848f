"""New exposure: load balancers and node ports, access to the node, and rights in the cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plangate.classify.kubernetes import kinds
from plangate.classify.kubernetes.object_side import body_of
from plangate.classify.kubernetes.objects import annotations_of, items, section
from plangate.model.change import Action, Effect, EffectName

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plangate.classify.kubernetes.release_index import ReleaseIndex
    from plangate.model.change import Change
    from plangate.model.values import Value

    Body = dict[str, Value]

_INTERNAL: Final = ("internal", "private")


def effects(change: Change, _index: ReleaseIndex) -> Iterator[Effect]:
    """The `exposes` effects of a change; what the object exposed before is left out."""
    before, after = body_of(change.before), body_of(change.after)
    if change.action is Action.DESTROY:
        if change.type == "networking.k8s.io/NetworkPolicy" and not change.note:
            yield Effect(EffectName.EXPOSES, "no longer keeps other pods out", "network-policy")
        return
    if change.action not in (Action.CREATE, Action.UPDATE):
        return
    for kind, because, path in _exposed(change.type, after):
        if (kind, because, path) not in set(_exposed(change.type, before)):
            yield Effect(EffectName.EXPOSES, because, kind, (path,))


def _exposed(type_: str, body: Body) -> list[tuple[str, str, str]]:
    """What one side of an object exposes: (kind of the effect, message, path)."""
    exposed = _OF_TYPE.get(kinds.workloads().get(type_, type_))
    return list(exposed(body)) if exposed is not None and body else []


def _service(body: Body) -> Iterator[tuple[str, str, str]]:
    spec = section(body, "spec")
    if spec.get("type") == "LoadBalancer":
        text = " ".join(f"{key} {value}" for key, value in annotations_of(body).items()).lower()
        ranges = spec.get("loadBalancerSourceRanges")
        limited = isinstance(ranges, list) and ranges and not {"0.0.0.0/0", "::/0"} & {str(one) for one in ranges}
        if not any(word in text for word in _INTERNAL) and not limited:
            yield "load-balancer", "gets a load balancer that anybody can reach", "spec.type"
    elif spec.get("type") == "NodePort":
        yield "node-port", "listens on a port of every node", "spec.type"


def _pods(body: Body) -> Iterator[tuple[str, str, str]]:
    template = section(body, "spec", "template")
    if not template:
        template = section(body, "spec", "jobTemplate", "spec", "template")
    spec = section(template, "spec")
    for part in ("containers", "initContainers"):
        for container in items(spec, part):
            context = section(container, "securityContext")
            path = f'spec.template.spec.{part}[name="{container.get("name")}"].securityContext'
            if context.get("privileged") is True:
                yield "privileged", f"runs {container.get('name')} with all rights on its node", f"{path}.privileged"
    for key in ("hostNetwork", "hostPID", "hostIPC"):
        if spec.get(key) is True:
            yield "host-namespace", f"shares the node's own namespace ({key})", f"spec.template.spec.{key}"
    for volume in items(spec, "volumes"):
        path_on_node = section(volume, "hostPath").get("path")
        if path_on_node is not None:
            yield "host-path", f"mounts {path_on_node} of its node", "spec.template.spec.volumes"


def _role(body: Body) -> Iterator[tuple[str, str, str]]:
    for rule in body.get("rules") or ():  # type: ignore[union-attr]
        if not isinstance(rule, dict):
            continue
        verbs, resources = rule.get("verbs") or [], rule.get("resources") or []
        if isinstance(verbs, list) and isinstance(resources, list):
            if "*" in verbs and "*" in resources:
                yield "wildcard-rights", "grants every verb on every resource", "rules"
            elif "secrets" in resources and {"get", "list", "watch", "*"} & {str(verb) for verb in verbs}:
                yield "secret-rights", "lets its holders read Secrets", "rules"


def _binding(body: Body) -> Iterator[tuple[str, str, str]]:
    if section(body, "roleRef").get("name") == "cluster-admin":
        yield "cluster-admin", "makes its subjects cluster-admin", "roleRef"
    for subject in items(body, "subjects"):
        if subject.get("name") in ("system:unauthenticated", "system:anonymous", "system:authenticated"):
            yield "public-rights", f"gives rights to {subject.get('name')}", "subjects"


_OF_TYPE: Final[dict[str, Callable[[Body], Iterator[tuple[str, str, str]]]]] = {
    "core/Service": _service,
    **dict.fromkeys(("apps/Deployment", "apps/StatefulSet", "apps/DaemonSet", "batch/Job", "batch/CronJob"), _pods),
    **dict.fromkeys(("rbac.authorization.k8s.io/Role", "rbac.authorization.k8s.io/ClusterRole"), _role),
    **dict.fromkeys(
        ("rbac.authorization.k8s.io/RoleBinding", "rbac.authorization.k8s.io/ClusterRoleBinding"), _binding
    ),
}
