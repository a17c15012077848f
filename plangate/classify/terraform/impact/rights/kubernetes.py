"""RBAC of Kubernetes, in the types of Terraform and in manifests.

https://kubernetes.io/docs/concepts/security/rbac-good-practices/
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from plangate.classify.terraform.impact.rights.knowledge import PolicyDocument, knowledge
from plangate.classify.terraform.impact.rights.right import ANYONE, EVERYTHING, WIDE, Right
from plangate.classify.terraform.impact.values import UNSURE, fields, items, plain

if TYPE_CHECKING:
    from plangate.classify.terraform.impact.values import Maybe, Readable
    from plangate.model.values import Value

_BINDINGS: Final = frozenset({"ClusterRoleBinding", "RoleBinding"})
_ROLES: Final = frozenset({"ClusterRole", "Role"})


def role(document: PolicyDocument, rule: Maybe, _side: Readable) -> Iterator[Right]:
    """What one rule of a role allows."""
    yield from _of_rule(rule, of_cluster=document.kind != "namespace")


def binding(document: PolicyDocument, reference: Maybe, side: Readable) -> Iterator[Right]:
    """What a binding gives, and to whom."""
    yield from _bound(reference, items(side.get("subject")), of_cluster=document.kind != "namespace")


def manifest(_document: PolicyDocument, given: Maybe, _side: Readable) -> Iterator[Right]:
    """What the objects of a manifest give."""
    for one in items(given):
        object_ = fields(one)
        kind = object_.get("kind")
        of_cluster = isinstance(kind, str) and kind.startswith("Cluster")
        if kind in _ROLES:
            for rule in items(object_.get("rules")):
                yield from _of_rule(rule, of_cluster=of_cluster)
        elif kind in _BINDINGS:
            yield from _bound(object_.get("roleRef"), items(object_.get("subjects")), of_cluster=of_cluster)


def _bound(reference: Maybe, subjects: list[Value], *, of_cluster: bool) -> Iterator[Right]:
    where = "the whole cluster" if of_cluster else "a namespace"
    named = [fields(one).get("name") for one in items(reference)]
    if "cluster-admin" in named:
        kind = EVERYTHING if of_cluster else WIDE
        yield Right(kind, f"makes somebody administrator of {where} (cluster-admin)")
    elif of_cluster and {"admin", "edit"} & {name for name in named if isinstance(name, str)}:
        yield Right(WIDE, "gives a role that reads every Secret, in the whole cluster")
    elif any(isinstance(plain(one), UNSURE) for one in (*items(reference), *named) if one is not None):
        yield Right(EVERYTHING, "gives a role that cannot be seen", certain=False)
    who = [fields(one).get("name") for one in subjects]
    if any(isinstance(name, str) and name in knowledge().kubernetes_everybody for name in who):
        yield Right(ANYONE, "gives a role to everybody, signed in or not")
    elif "system:authenticated" in who:
        yield Right(ANYONE, "gives a role to everybody who is signed in")


def _of_rule(rule: Maybe, *, of_cluster: bool) -> Iterator[Right]:
    if isinstance(plain(rule), UNSURE):
        yield Right(EVERYTHING, "has a rule that cannot be seen", certain=False)
        return
    given = {key.replace("_", "").lower(): value for key, value in fields(rule).items()}
    verbs, resources, groups = (items(given.get(key)) for key in ("verbs", "resources", "apigroups"))
    if any(isinstance(plain(one), UNSURE) for one in (*verbs, *resources)):
        yield Right(EVERYTHING, "has a rule that cannot be seen", certain=False)
        return
    if items(given.get("resourcenames")):
        return
    for known in knowledge().kubernetes_rules:
        if _any(verbs, known.verbs) and _any(resources, known.resources) and (not groups or _any(groups, known.groups)):
            if of_cluster:
                yield Right(known.kind, f"{known.because} in the cluster")
            elif known.kind == EVERYTHING:
                yield Right(WIDE, f"{known.because} in a namespace")
            return


def _any(given: list[Value], wanted: tuple[str, ...]) -> bool:
    return "*" in given or any(one in wanted for one in given)
