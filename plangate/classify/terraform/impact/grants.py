"""Roles that are given. The scope of a grant decides more than the name of the role."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from plangate.classify.terraform.impact import exposure
from plangate.classify.terraform.impact.values import UNSURE, Readable, fields, head, items, leaves, plain, spelled
from plangate.lang.glob import fits
from plangate.model.change import Action, Effect, EffectName

if TYPE_CHECKING:
    from plangate.classify.terraform.impact.plan_index import PlanIndex, Subject

_AZURE: Final = "azurerm_role_assignment"


def concerns(type_: str) -> bool:
    """Whether a type gives roles."""
    return _is_google(type_) or type_ == _AZURE or type_ in exposure.knowledge().managed_policy_paths


def _is_google(type_: str) -> bool:
    return type_.startswith("google_") and type_.endswith(("_iam_member", "_iam_binding", "_iam_policy"))


def opened(subject: Subject, _scene: PlanIndex) -> Iterator[Effect]:
    """What is given after, and was not before."""
    change = subject.change
    if change.action is Action.DESTROY or subject.after is None:
        return
    type_ = subject.type
    if _is_google(type_):
        yield from _google(subject)
    elif type_ == _AZURE:
        yield from _azure(subject)
    elif type_ in exposure.knowledge().managed_policy_paths:
        yield from _managed(subject, exposure.knowledge().managed_policy_paths[type_])


# --- Google -----------------------------------------------------------------------------------------------------------


def _google(subject: Subject) -> Iterator[Effect]:
    yield from _google_everybody(subject)
    start = next((start for start in exposure.knowledge().google_scopes if subject.type.startswith(start)), None)
    if start is not None:
        yield from _google_wide(subject, exposure.knowledge().google_scopes[start])


def _google_everybody(subject: Subject) -> Iterator[Effect]:
    """Roles for everybody, and roles that cannot be seen."""
    where = _google_path(subject.type)
    for role, member in sorted(_bindings(subject.after) - _bindings(subject.old)):
        if member in exposure.knowledge().everybody:
            kind = "function-url" if role.lower().endswith("invoker") else "public-access"
            who = "everybody" if member == "allUsers" else "everybody who has a Google account"
            yield Effect(EffectName.EXPOSES, f"gives {who} a role", kind, (where,))
    if any(isinstance(value, UNSURE) for value in leaves(subject.after, "policy_data")):
        because = "gives roles that cannot be seen yet"
        yield Effect(EffectName.EXPOSES, because, "public-access", (where,), certain=False)


def _google_wide(subject: Subject, scope: str) -> Iterator[Effect]:
    """Roles on what holds other things, and what takes such roles away."""
    where = _google_path(subject.type)
    given = {role for role, _ in _bindings(subject.after) - _bindings(subject.old)}
    wide = given - exposure.knowledge().harmless_roles
    if where != "policy_data" and wide:
        certain = wide != {""}
        yield Effect(EffectName.EXPOSES, f"gives a role on the whole {scope}", "wide-grant", (where,), certain=certain)
    if where != "member" and (subject.creates or _takes(subject)):
        taken = "every role" if where == "policy_data" else "the role"
        because = f"is authoritative: it takes {taken} on the {scope} away from everybody that it does not name"
        yield Effect(EffectName.EXPOSES, because, "authoritative-binding", (where,))


def _google_path(type_: str) -> str:
    """The attribute that says who gets a role."""
    return {"_member": "member", "_policy": "policy_data"}.get(type_[-7:], "members")


def _bindings(side: Readable | None) -> set[tuple[str, str]]:
    """Role and member of everything that a grant gives. One that is not known yet stands as an empty name."""
    found: set[tuple[str, str]] = set()
    members = [*leaves(side, "member"), *leaves(side, "members.*")]
    found.update((_named(role), _named(member)) for role in leaves(side, "role") for member in members)
    for policy in leaves(side, "policy_data"):
        for binding in items(fields(policy).get("bindings")):
            given = fields(binding)
            if "role" in given:
                found.update((_named(given["role"]), _named(member)) for member in items(given.get("members")))
    return found


def _named(value: object) -> str:
    return value if isinstance(value, str) else ""


def _takes(subject: Subject) -> bool:
    """Whether somebody loses a role."""
    return any(pair[1] for pair in _bindings(subject.old) - _bindings(subject.after))


# --- Azure ------------------------------------------------------------------------------------------------------------


def _azure(subject: Subject) -> Iterator[Effect]:
    if not (subject.touched("scope") or subject.touched("role_definition_name")):
        return
    known = exposure.knowledge()
    after = subject.after
    names = [value for value in leaves(after, "role_definition_name") if isinstance(value, str)]
    if any(name in known.harmless_roles for name in names):
        return
    for scope in leaves(after, "scope"):
        if isinstance(scope, str) and _wide(scope) and scope not in leaves(subject.old, "scope"):
            word = "management group" if "managementGroups" in scope else "subscription"
            yield Effect(EffectName.EXPOSES, f"gives a role on the whole {word}", "wide-grant", ("scope",))


def _wide(scope: str) -> bool:
    """Whether a scope is a subscription, a management group, or everything: nothing follows its id."""
    parts = scope.strip("/").count("/")
    return any(
        fits(pattern, scope) and parts == pattern.strip("/").count("/")
        for pattern in exposure.knowledge().azure_wide_scopes
    )


# --- AWS --------------------------------------------------------------------------------------------------------------


def _managed(subject: Subject, path: str) -> Iterator[Effect]:
    """Managed policies that give nearly everything."""
    if not subject.touched(head(path)):
        return
    old = {plain(value) for value in leaves(subject.old, path) if isinstance(value, str)}
    for value in leaves(subject.after, path):
        if not isinstance(value, str) or value in old:
            continue
        name = value.rpartition("/")[2]
        for kind, names in exposure.knowledge().managed_policies.items():
            if name in names and ":aws:policy/" in value:
                yield Effect(EffectName.EXPOSES, f"gives the managed policy {name}", kind, (spelled(path),))
