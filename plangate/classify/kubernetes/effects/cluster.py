"""What an object does to others in the cluster: admission webhooks, APIs of other servers, and defaults for everybody."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plangate.classify.kubernetes import selectors
from plangate.classify.kubernetes.object_side import body_of
from plangate.classify.kubernetes.objects import annotations_of, items, section
from plangate.classify.kubernetes.release_index import pod_template, selects
from plangate.lang.wording import listed
from plangate.model.change import Action, Effect, EffectName, Notice

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.classify.kubernetes.release_index import ReleaseIndex
    from plangate.model.change import Change
    from plangate.model.values import Value

    Body = dict[str, Value]

_WEBHOOKS: Final = frozenset(
    f"admissionregistration.k8s.io/{kind}"
    for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
)
_NAMESPACE_NAME: Final = "kubernetes.io/metadata.name"
_MAX_LISTED: Final = 3
_DEFAULTS: Final = {
    "storage.k8s.io/StorageClass": ("storageclass.kubernetes.io/is-default-class", "claims that name none"),
    "networking.k8s.io/IngressClass": ("ingressclass.kubernetes.io/is-default-class", "Ingresses that name none"),
    "scheduling.k8s.io/PriorityClass": ("", "pods that name none"),
}
"""Classes of which one is the default of the whole cluster: the annotation that says so, and whose default it is."""


def effects(change: Change, index: ReleaseIndex) -> Iterator[Effect | Notice]:
    """The effects and notices of an object that concerns others in the whole cluster."""
    if change.type in _WEBHOOKS:
        yield from _webhooks(change, index)
    elif change.type == "apiregistration.k8s.io/APIService":
        yield from _api(change, index)
    elif change.type in _DEFAULTS:
        yield from _default(change)


def _webhooks(change: Change, index: ReleaseIndex) -> Iterator[Effect | Notice]:
    before, after = (items(body_of(side), "webhooks") for side in (change.before, change.after))
    if change.action is Action.DESTROY:
        if not change.note:
            what = listed([str(one.get("name")) for one in before], _MAX_LISTED)
            yield Effect(EffectName.UNPROTECTS, f"no longer checks or changes what is created ({what})", "webhook")
        return
    if change.action not in (Action.CREATE, Action.UPDATE):
        return
    was = {str(one.get("name")): one for one in before}
    for one in after:
        earlier = was.get(str(one.get("name")), {})
        if one.get("failurePolicy", "Fail") != "Fail" or section(one, "clientConfig").get("service") is None:
            continue
        covers = _covers_itself(one, index)
        if covers and not (earlier.get("failurePolicy") == "Fail" and _covers_itself(earlier, index)):
            yield Notice("webhook-covers-itself", covers, ("webhooks",))
        elif _built_in(one) - _built_in(earlier):
            service = section(one, "clientConfig", "service")
            kinds = listed(sorted(_built_in(one)), _MAX_LISTED)
            because = f"has {service.get('namespace')}/{service.get('name')} asked about {kinds}: while it does not answer, they are refused"
            yield Notice("webhook-decides", because, ("webhooks",))


def _covers_itself(webhook: Body, index: ReleaseIndex) -> str:
    """Why a webhook is asked about the pods that answer it, as a clause; empty where it is not."""
    if webhook.get("matchConditions") or not any(_of_pods(rule) for rule in items(webhook, "rules")):
        return ""
    service = section(webhook, "clientConfig", "service")
    namespace, name = str(service.get("namespace")), service.get("name")
    labels: Body = {_NAMESPACE_NAME: namespace}
    for identity, body in index.standing(namespace):
        if identity[:2] == ("core", "Namespace") and identity[3] == namespace:
            labels = {**labels, **section(body, "metadata", "labels")}
    if not selectors.matches(webhook.get("namespaceSelector"), labels):
        return ""
    selector = next(
        (section(body, "spec", "selector") for one, body in index.of_kind("Service") if one[2:] == (namespace, name)),
        {},
    )
    answering = [
        section(pod_template(one, body), "metadata", "labels")
        for one, body in index.workloads()
        if one[2] == namespace and selects(selector, section(pod_template(one, body), "metadata", "labels"))
    ]
    if not all(selectors.matches(webhook.get("objectSelector"), pods) for pods in answering or [{}]):
        return ""
    return f"is asked about every pod in {namespace}, those of {name} that answer it among them: once they are down, none starts again"


def _of_pods(rule: Body) -> bool:
    def has(key: str, *wanted: str) -> bool:
        given = rule.get(key)
        return isinstance(given, list) and any(one in given for one in wanted)

    return (
        has("apiGroups", "", "*")
        and has("resources", "pods", "*", "*/*", "pods/*")
        and has("operations", "CREATE", "*")
        and rule.get("scope") != "Cluster"
    )


def _built_in(webhook: Body) -> set[str]:
    """The resources of Kubernetes' own groups that a webhook decides about."""
    return {
        str(resource)
        for rule in items(webhook, "rules")
        if any(group in ("", "*", "apps", "batch") for group in _strings(rule, "apiGroups"))
        for resource in _strings(rule, "resources")
    }


def _strings(rule: Body, key: str) -> list[str]:
    given = rule.get(key)
    return [one for one in given if isinstance(one, str)] if isinstance(given, list) else []


def _api(change: Change, index: ReleaseIndex) -> Iterator[Effect]:
    """An API that another server answers, such as that of metrics."""
    spec = section(body_of(change.after if change.after is not None else change.before), "spec")
    group = f"{spec.get('group')}/{spec.get('version')}"
    if change.action is Action.DESTROY and not change.note:
        because = f"goes away: nobody answers for {group} any more, and what asks for it fails in the whole cluster"
        yield Effect(EffectName.TRAFFIC_CUT, because, "api")
    elif change.action is Action.CREATE and not index.upgrade.install and not change.note:
        service = section(spec, "service")
        if service:
            because = f"has {service.get('namespace')}/{service.get('name')} answer for {group} in the whole cluster"
            yield Effect(EffectName.ADOPTS, because, "api", ("spec",))


def _default(change: Change) -> Iterator[Effect]:
    annotation, whose = _DEFAULTS[change.type]
    was, will = (_is_default(body_of(side), annotation) for side in (change.before, change.after))
    path = f'metadata.annotations["{annotation}"]' if annotation else "globalDefault"
    if will and not was and change.action in (Action.CREATE, Action.UPDATE):
        yield Effect(
            EffectName.ADOPTS, f"becomes the default of the whole cluster for {whose}", "default-class", (path,)
        )
    elif was and not will and change.action in (Action.UPDATE, Action.DESTROY) and not change.note:
        because = f"is no longer the default of the whole cluster for {whose}"
        yield Effect(EffectName.ADOPTS, because, "default-class", (path,))


def _is_default(body: Body, annotation: str) -> bool:
    return annotations_of(body).get(annotation) == "true" if annotation else body.get("globalDefault") is True
