"""Objects, and keys of them, that go while something that stays refers to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from plangate.classify.kubernetes import references, schema
from plangate.classify.kubernetes.object_side import body_of
from plangate.classify.kubernetes.objects import section
from plangate.lang.wording import listed
from plangate.model.change import Action, Effect, EffectName
from plangate.model.resource_type import Consequence

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from plangate.classify.kubernetes.objects import Identity
    from plangate.classify.kubernetes.references import Reference
    from plangate.classify.kubernetes.release_index import ReleaseIndex
    from plangate.model.change import Change

_MAX_LISTED: Final = 3
_PODS_NEED: Final = "pods that run stay, and none of them starts again"
_WITHOUT: Final[dict[str, tuple[Consequence, str]]] = {
    "core/Secret": (Consequence.HIGH, _PODS_NEED),
    "core/ConfigMap": (Consequence.HIGH, _PODS_NEED),
    "core/ServiceAccount": (Consequence.HIGH, "no pod of it can be made any more"),
    "core/Service": (Consequence.HIGH, "what has to ask it is refused"),
    "scheduling.k8s.io/PriorityClass": (Consequence.HIGH, "no pod of it can be made any more"),
    "node.k8s.io/RuntimeClass": (Consequence.HIGH, "no pod of it can be made any more"),
    "storage.k8s.io/StorageClass": (Consequence.MEDIUM, "new claims wait for ever, and none grows"),
    "networking.k8s.io/IngressClass": (Consequence.HIGH, "no controller serves it any more"),
    "rbac.authorization.k8s.io/Role": (Consequence.MEDIUM, "those it names lose their rights"),
    "rbac.authorization.k8s.io/ClusterRole": (Consequence.MEDIUM, "those it names lose their rights"),
}
"""By what goes: how bad that is, and what happens."""
_LESS: Final = {
    "imagePullSecrets": (Consequence.MEDIUM, "a node that does not have the image yet cannot pull it"),
    "tls": (Consequence.HIGH, "it is served with a certificate that nobody trusts"),
}
"""What happens instead, by how it is referred to."""
_MAKERS: Final = ("Secret", "Certificate", "Issuer")
"""Parts of the names of custom kinds whose controllers make Secrets: ExternalSecret, SealedSecret, VaultStaticSecret, Certificate."""


def effects(change: Change, index: ReleaseIndex) -> Iterator[Effect]:
    """The `removes` effects of an object that goes or loses a key while something still refers to it."""
    known = _WITHOUT.get(change.type)
    if known is None:
        return
    identity = index.identity(change)
    if change.action is Action.DESTROY and not _becomes_hook(change):
        used = [(who, one) for who, one in _users(change, identity, index) if not one.key and not one.optional]
        if used and not _made_otherwise(identity, index):
            yield _needed("goes away", used, known)
    elif change.action is Action.UPDATE:
        gone = _keys(change.before) - _keys(change.after)
        if gone:
            used = [(who, one) for who, one in _users(change, identity, index) if one.key in gone and not one.optional]
            keys = ", ".join(sorted({one.key for _, one in used}))
            if used:
                yield _needed(f"loses {keys}", used, known)


def _becomes_hook(change: Change) -> bool:
    return (change.note or "").startswith("becomes a hook")


def _keys(side: object) -> set[str]:
    body = body_of(side)
    return {*section(body, "data"), *section(body, "binaryData"), *section(body, "stringData")}


def _users(change: Change, identity: Identity, index: ReleaseIndex) -> Iterator[tuple[Identity, Reference]]:
    """What will stand in the cluster and refers to an object, with the reference."""
    for who, body in index.standing(identity[3]):
        for one in references.references(who, body):
            if (one.type, one.namespace, one.name) == (change.type, identity[2], identity[3]):
                yield who, one


def _made_otherwise(identity: Identity, index: ReleaseIndex) -> bool:
    """Whether a custom resource that mentions the name may make an object of that name again."""
    return identity[1] in ("Secret", "ConfigMap") and any(
        any(part in who[1] for part in _MAKERS) and schema.namespaced(f"{who[0]}/v1", who[1]) is None
        for who, _ in index.standing(identity[3])
        if who[0] != "core"
    )


def _needed(what: str, used: Iterable[tuple[Identity, Reference]], known: tuple[Consequence, str]) -> Effect:
    """The effect of what is needed, by the worst of its uses."""
    by_use: dict[tuple[Consequence, str], list[str]] = {}
    for who, one in used:
        by_use.setdefault(_LESS.get(one.how, known), []).append(f"{who[1]}/{who[3]} ({one.how})")
    order = list(Consequence)
    (consequence, follows), users = min(by_use.items(), key=lambda entry: order.index(entry[0][0]))
    return Effect(
        EffectName.REMOVES,
        f"{what}, and {listed(list(dict.fromkeys(users)), _MAX_LISTED)} still needs it: {follows}",
        "used",
        consequence=consequence,
    )
