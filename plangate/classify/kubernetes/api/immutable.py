"""Immutable fields: updates that the API server refuses. The rules are data: `kubernetes-immutable.yaml`."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from plangate import knowledge
from plangate.classify.kubernetes.compare import same
from plangate.classify.kubernetes.objects import items, scalar, section
from plangate.lang import quantity
from plangate.lang.semver import major_minor
from plangate.model.change import Effect, EffectName
from plangate.model.values import ABSENT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from plangate.model.values import Absent, Value

    Body = dict[str, Value]


class Rule(Struct, frozen=True, rename={"except_": "except"}):
    """Fields of some kinds that may not change. The keys are described in `kubernetes-immutable.yaml`."""

    kinds: list[str]
    paths: list[str]
    says: str
    out: str
    except_: list[str] = []
    when: str = ""
    since: dict[str, str] = {}
    out_of: dict[str, str] = {}


class _Rules(Struct, frozen=True):
    rules: list[Rule]


class UpdateContext(Struct, frozen=True):
    """One update of an object of `type` (`group/Kind`), both sides as the server stores them."""

    type: str
    before: dict[str, Value]
    after: dict[str, Value]
    live: dict[str, Value] | None
    """The live object with its status; None where it was not given."""
    kube_version: tuple[int, int] | None


@functools.cache
def _by_kind() -> dict[str, list[Rule]]:
    found: dict[str, list[Rule]] = {}
    for rule in knowledge.knowledge("kubernetes-immutable", _Rules).rules:
        for kind in rule.kinds:
            found.setdefault(kind, []).append(rule)
    return found


def refusals(update: UpdateContext) -> Iterator[Effect]:
    """Why the server refuses an update (`fails`) or may refuse it (`may-fail`): immutable fields that change."""
    for rule in _by_kind().get(update.type, ()):
        changed = tuple(_changed(rule, update))
        if changed and (not rule.when or _CONDITIONS[rule.when](update)):
            because = f"cannot be updated: {', '.join(changed)}: {rule.says}; way out: {_way_out(rule, changed)}"
            if _may_be_gone(update):
                yield Effect(
                    EffectName.MAY_FAIL,
                    f"{because} (its ttlSecondsAfterFinished may have removed it already; --live-objects tells)",
                    "immutable-field",
                    changed,
                )
            else:
                yield Effect(EffectName.FAILS, because, "immutable-field", changed)
    of_kind = _OF_KIND.get(update.type)
    if of_kind is not None:
        yield from of_kind(update)


def _way_out(rule: Rule, changed: tuple[str, ...]) -> str:
    return next((rule.out_of[path] for path in changed if path in rule.out_of), rule.out)


def _may_be_gone(update: UpdateContext) -> bool:
    """Whether the cluster removes the object by itself once it is finished, so that Helm creates a new one."""
    return (
        update.type == "batch/Job"
        and update.live is None
        and section(update.before, "spec").get("ttlSecondsAfterFinished") is not None
    )


def _changed(rule: Rule, update: UpdateContext) -> Iterator[str]:
    allowed = {
        name
        for name in rule.except_
        if name not in rule.since or update.kube_version is None or update.kube_version >= major_minor(rule.since[name])
    }
    for path in rule.paths:
        before, after = at(update.before, path), at(update.after, path)
        if not rule.except_:
            if not same(before, after):
                yield path
            continue
        old = before if isinstance(before, dict) else {}
        new = after if isinstance(after, dict) else {}
        for key in sorted({*old, *new} - allowed):
            if not same(old.get(key, ABSENT), new.get(key, ABSENT)):
                yield f"{path}.{key}"


def at(body: Value | Absent, path: str) -> Value | Absent:
    """The value at a dotted path; ABSENT where there is none."""
    value = body
    for key in path.split("."):
        value = value.get(key, ABSENT) if isinstance(value, dict) else ABSENT
    return value


# --- conditions of rules ---------------------------------------------------------------------------------------------


def _immutable(update: UpdateContext) -> bool:
    return update.before.get("immutable") is True


def _was_set(update: UpdateContext) -> bool:
    spec = section(update.before, "spec")
    return spec.get("nodeAffinity") is not None or spec.get("storageClassName") is not None


def _job(update: UpdateContext) -> bool:
    """A suspended Job that never started lets its scheduling change."""
    if section(update.before, "spec").get("suspend") is not True:
        return True
    started = section(update.live or {}, "status").get("startTime") is not None
    return started or not _only_scheduling(update)


def _only_scheduling(update: UpdateContext) -> bool:
    free = ("nodeSelector", "tolerations", "affinity", "schedulingGates")

    def rest(body: Body) -> tuple[Body, Body]:
        spec = {k: v for k, v in section(body, "spec", "template", "spec").items() if k not in free}
        job = {k: v for k, v in section(body, "spec").items() if k not in ("template", "suspend", "parallelism")}
        return spec, job

    return same(list(rest(update.before)), list(rest(update.after)))


def _completions(update: UpdateContext) -> bool:
    """An Indexed Job may change completions together with parallelism."""
    after = section(update.after, "spec")
    return after.get("completionMode") != "Indexed" or after.get("completions") != after.get("parallelism")


_CONDITIONS: Final[dict[str, Callable[[UpdateContext], bool]]] = {
    "immutable": _immutable,
    "was-set": _was_set,
    "job": _job,
    "completions": _completions,
}


# --- kinds with rules that are not data ---------------------------------------------------------------------------


def _service(update: UpdateContext) -> Iterator[Effect]:
    """What may not change of a Service: validateUpgradeDowngradeClusterIPs and ValidateServiceUpdate in pkg/apis/core/validation."""
    before, after = section(update.before, "spec"), section(update.after, "spec")
    if "ExternalName" not in (before.get("type"), after.get("type")):
        old, new = _cluster_ip(before), _cluster_ip(after)
        if old != new and new is not None:
            yield _fails(
                "spec.clusterIP", "may not change once set", "give the Service another name, or delete it first"
            )
    if before.get("type") == after.get("type") == "LoadBalancer" and not same(
        before.get("loadBalancerClass", ABSENT), after.get("loadBalancerClass", ABSENT)
    ):
        yield _fails("spec.loadBalancerClass", "may not change once set", "give the Service another name")
    if before.get("ipFamilies") and after.get("ipFamilies"):
        old_families, new_families = before["ipFamilies"], after["ipFamilies"]
        if isinstance(old_families, list) and isinstance(new_families, list) and old_families[:1] != new_families[:1]:
            yield _fails("spec.ipFamilies[0]", "may not change once set", "give the Service another name")


def _cluster_ip(spec: Body) -> str | None:
    """Its address: `None` for a headless Service, nothing where the server picks one."""
    address = spec.get("clusterIP")
    listed = spec.get("clusterIPs")
    if not address and isinstance(listed, list) and listed:
        address = listed[0]
    return address if isinstance(address, str) and address else None


def _claim(update: UpdateContext) -> Iterator[Effect]:
    """ValidatePersistentVolumeClaimUpdate: a bound claim may grow, nothing else."""
    path = "spec.resources.requests.storage"
    before, after = (quantity.read(_plain(at(body, path))) for body in (update.before, update.after))
    status = section(update.live or {}, "status")
    capacity = quantity.read(_plain(at(status, "capacity.storage")))
    if before is not None and after is not None and before != after:
        if update.live is not None and status.get("phase") != "Bound":
            yield _fails(
                path, "spec is immutable after creation while the claim is not bound", "wait until it is bound"
            )
        elif after < before:
            if capacity is not None and after >= capacity > 0:
                # Recovery from an expansion that cannot succeed: back to what it is.
                if after == capacity:
                    yield _fails(path, "field can not be less than status.capacity", "keep the size")
            else:
                yield _fails(
                    path, "a claim can not shrink", "keep the size, or create a smaller claim and copy the data"
                )
        elif update.live is None:
            yield Effect(
                EffectName.MAY_FAIL,
                "grows, which needs a bound claim and a storage class with allowVolumeExpansion; give --live-objects",
                "volume-expansion",
                (path,),
            )
    others = (
        {k: v for k, v in section(body, "spec", "resources").items() if k != "requests"}
        for body in (update.before, update.after)
    )
    if not same(*(dict(one) for one in others)):
        yield _fails("spec.resources.limits", "spec is immutable after creation", "create another claim")


def _plain(value: Value | Absent) -> Value:
    return None if value is ABSENT else value  # type: ignore[return-value]


def _pod(update: UpdateContext) -> Iterator[Effect]:
    for part in ("containers", "initContainers"):
        old = {scalar(c.get("name")): c for c in items(update.before, "spec", part)}
        for container in items(update.after, "spec", part):
            was = old.pop(scalar(container.get("name")), None)
            changed = was is None or not same(
                {k: v for k, v in was.items() if k != "image"}, {k: v for k, v in container.items() if k != "image"}
            )
            if changed:
                yield _fails(
                    f"spec.{part}", "pod updates may not change fields other than the image", "delete the pod first"
                )
                return
        if old:
            yield _fails(f"spec.{part}", "pod updates may not add or remove containers", "delete the pod first")
            return


def _definition(update: UpdateContext) -> Iterator[Effect]:
    """A version that objects are still stored in cannot leave a CustomResourceDefinition."""
    gone = {scalar(v.get("name")) for v in items(update.before, "spec", "versions")} - {
        scalar(v.get("name")) for v in items(update.after, "spec", "versions")
    }
    stored = section(update.live or {}, "status").get("storedVersions")
    was_stored = {scalar(v.get("name")) for v in items(update.before, "spec", "versions") if v.get("storage") is True}
    for name in sorted(str(version) for version in gone):
        if isinstance(stored, list) and name in stored:
            yield _fails(
                "spec.versions", f"{name} must appear in spec.versions: objects are stored in it", "migrate them first"
            )
        elif update.live is None:
            yield Effect(
                EffectName.FAILS if name in was_stored else EffectName.MAY_FAIL,
                f"drops the version {name}, which fails while status.storedVersions names it; migrate the objects first",
                "stored-version",
                ("spec.versions",),
            )


def _fails(path: str, says: str, out: str) -> Effect:
    return Effect(EffectName.FAILS, f"cannot be updated: {path}: {says}; way out: {out}", "immutable-field", (path,))


_OF_KIND: Final[dict[str, Callable[[UpdateContext], Iterator[Effect]]]] = {
    "core/Service": _service,
    "core/PersistentVolumeClaim": _claim,
    "core/Pod": _pod,
    "apiextensions.k8s.io/CustomResourceDefinition": _definition,
}
