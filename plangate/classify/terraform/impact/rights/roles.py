"""Roles that are given. The scope of a grant decides more than the name of the role."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from plangate.classify.terraform.impact.rights.knowledge import knowledge
from plangate.classify.terraform.impact.rights.right import EVERYTHING, WIDE
from plangate.classify.terraform.impact.values import UNSURE, Readable, fields, head, items, leaves, plain, spelled
from plangate.lang.glob import fits
from plangate.lang.wording import and_more
from plangate.model.change import Action, Effect, EffectName
from plangate.model.values import UNKNOWN

if TYPE_CHECKING:
    from plangate.classify.terraform.impact.plan_index import PlanIndex, Subject
    from plangate.classify.terraform.impact.values import Maybe


def concerns(type_: str) -> bool:
    """Whether a type gives roles."""
    known = knowledge()
    return _is_google(type_) or type_ in known.azure.assignments or type_ in known.aws.managed_policy_paths


def _is_google(type_: str) -> bool:
    return type_.startswith("google_") and type_.endswith(("_iam_member", "_iam_binding", "_iam_policy"))


def opened(subject: Subject, scene: PlanIndex) -> Iterator[Effect]:
    """What is given after, and was not before."""
    if subject.change.action is Action.DESTROY or subject.after is None:
        return
    if _is_google(subject.type):
        yield from _google(subject, scene)
    elif subject.type in knowledge().azure.assignments:
        yield from _azure(subject)
    else:
        yield from _managed(subject, knowledge().aws.managed_policy_paths[subject.type])


def _any_of(patterns: tuple[str, ...], role: str) -> bool:
    return any(fits(pattern, role) for pattern in patterns)


# --- Google -----------------------------------------------------------------------------------------------------------

_Pair = tuple[object, object]


def _google(subject: Subject, scene: PlanIndex) -> Iterator[Effect]:
    given, old = _bindings(subject.after), _bindings(subject.old)
    fresh = given - old
    start = next((start for start in knowledge().google.scopes if subject.type.startswith(start)), None)
    scope = knowledge().google.scopes[start] if start is not None else ""
    told = [*_google_everybody(subject, fresh)]
    if subject.type.startswith("google_service_account_iam_"):
        told += _google_impersonation(subject, fresh)
    if scope:
        told += _google_wide(subject, scene, fresh, scope)
    if _google_path(subject.type) != "member":
        told += _google_authoritative(subject, scene, scope)
    yield from told or _google_direct(subject, fresh)


def _google_everybody(subject: Subject, fresh: set[_Pair]) -> Iterator[Effect]:
    """Roles for everybody, and roles that cannot be seen."""
    where = _google_path(subject.type)
    for role, member in sorted((p for p in fresh if p[1] in knowledge().google.everybody), key=repr):
        opens = "function-url" if isinstance(role, str) and role.lower().endswith("invoker") else "public-access"
        who = "everybody" if member == "allUsers" else "everybody who has a Google account"
        yield Effect(EffectName.EXPOSES, f"gives {who} a role", opens, (where,))
    # A member that is known only after apply is one that the plan makes, and everybody is always known.
    hidden = any(isinstance(member, UNSURE) and member is not UNKNOWN for _, member in fresh)
    if hidden or _hidden_policy(subject):
        yield Effect(EffectName.EXPOSES, "gives roles that cannot be seen", "public-access", (where,), certain=False)


_PERSON: Final = "user:"


def _google_direct(subject: Subject, fresh: set[_Pair]) -> Iterator[Effect]:
    """Roles of persons, past the groups that others look at. Who may only read is told where a new list is theirs alone."""
    known, where = knowledge(), _google_path(subject.type)
    named = sorted((role, who) for role, who in fresh if isinstance(role, str) and isinstance(who, str))
    persons = [
        (role, who)
        for role, who in named
        if who.startswith(_PERSON)
        and (
            (where == "members" and subject.creates)
            or not _any_of((*known.google.reading, *known.harmless_roles), role)
        )
    ]
    if persons:
        role, who = persons[0]
        because = f"gives {role} to {and_more(who, len(persons) - 1)} directly, not to a group"
        yield Effect(EffectName.EXPOSES, because, "direct-grant", (where,))


def _google_impersonation(subject: Subject, fresh: set[_Pair]) -> Iterator[Effect]:
    """Roles on a service account whose holder gets all the rights of that account."""
    leading = sorted((role, repr(who)) for role, who in fresh if role in knowledge().google.impersonating)
    for role, _ in leading[:1]:
        because = f"gives {role} on a service account, and so every right of that account"
        yield Effect(EffectName.EXPOSES, because, WIDE, (_google_path(subject.type),))


def _hidden_policy(subject: Subject) -> bool:
    """Whether a whole policy cannot be seen, and is not the one that was hidden before."""
    old = [plain(value) for value in leaves(subject.old, "policy_data")]
    new = [plain(value) for value in leaves(subject.after, "policy_data")]
    return any(isinstance(value, UNSURE) and value not in old for value in new)


def _google_wide(subject: Subject, scene: PlanIndex, fresh: set[_Pair], scope: str) -> Iterator[Effect]:
    """Roles on what holds other things."""
    known, where = knowledge(), _google_path(subject.type)
    roles = {role for role, _ in fresh}
    leading = sorted(r for r in roles if isinstance(r, str) and _any_of(known.google.roles.everything, r))
    for role in leading:
        yield Effect(EffectName.EXPOSES, f"gives {role} on the whole {scope}, and so everything", EVERYTHING, (where,))
    own = [reference.split(".")[-2] for reference in scene.refers(subject, "role") if "." in reference]
    if own and all(type_.endswith("_iam_custom_role") for type_ in own):
        # What the plan itself defines is judged there.
        roles.discard(UNKNOWN)
        yield Effect(EffectName.EXPOSES, f"gives a role of one's own on the whole {scope}", WIDE, (where,))
    if any(isinstance(role, UNSURE) for role in roles) or (where == "policy_data" and _hidden_policy(subject)):
        because = f"gives a role that cannot be seen on the whole {scope}"
        paths = ("role",) if where != "policy_data" else (where,)
        yield Effect(EffectName.EXPOSES, because, EVERYTHING, paths, certain=False)
    wide = sorted(r for r in roles - known.harmless_roles if isinstance(r, str) and r not in leading)
    if where != "policy_data" and wide:
        yield Effect(EffectName.EXPOSES, f"gives {wide[0]} on the whole {scope}", WIDE, (where,))


def _google_authoritative(subject: Subject, scene: PlanIndex, scope: str) -> Iterator[Effect]:
    """What takes roles away from those that it does not name."""
    where = _google_path(subject.type)
    old, new = _bindings(subject.old), _bindings(subject.after)
    taken = any(isinstance(member, str) for _, member in old - new)
    made = subject.creates and scene.makes(subject, _parents(subject))
    # A binding on a new object takes nothing from anybody; a whole policy also takes what its maker gets by default.
    if not (taken or (subject.creates and (where == "policy_data" or not made))):
        return
    given_roles = sorted(role for role in {role for role, _ in new} if isinstance(role, str))
    what = "every role" if where == "policy_data" else given_roles[0] if len(given_roles) == 1 else "the role"
    because = f"is authoritative: it takes {what} on the {scope or 'object'} away from everybody that it does not name"
    yield Effect(EffectName.EXPOSES, because, "authoritative-binding", (where,))
    if where != "policy_data" or not scope or made or any(isinstance(value, UNSURE) for pair in new for value in pair):
        return
    if _hidden_policy(subject):
        return
    owners = {member for role, member in new if _any_of(knowledge().google.owners, str(role))}
    before = {member for role, member in old if _any_of(knowledge().google.owners, str(role))}
    if not owners or (before and not owners & before):
        left = "nobody" if not owners else "none of those who did before"
        because = f"leaves {left} who may give roles on the {scope}"
        yield Effect(EffectName.EXPOSES, because, "lockout", (where,))


def _parents(subject: Subject) -> list[str]:
    """The attributes that say on what roles are given."""
    given = subject.change.after.keys() if subject.change.after is not None else ()
    return [key for key in given if key not in _OF_GRANTS]


_OF_GRANTS: Final = frozenset({"role", "member", "members", "policy_data", "condition", "etag", "id"})


def _google_path(type_: str) -> str:
    """The attribute that says who gets a role."""
    return {"_member": "member", "_policy": "policy_data"}.get(type_[-7:], "members")


def _one(value: Maybe) -> object:
    """A value that can stand in a set."""
    found = plain(value)
    return found if isinstance(found, (str, *UNSURE)) else repr(found)


def _bindings(side: Readable | None) -> set[_Pair]:
    """Role and member of everything that a grant gives, hidden ones included."""
    found: set[_Pair] = set()
    members = [*leaves(side, "member"), *leaves(side, "members.*")]
    found.update((_one(role), _one(member)) for role in leaves(side, "role") for member in members)
    for policy in leaves(side, "policy_data"):
        for binding in items(fields(policy).get("bindings")):
            given = fields(binding)
            if "role" in given:
                found.update((_one(given["role"]), _one(member)) for member in items(given.get("members")))
    return found


# --- Azure ------------------------------------------------------------------------------------------------------------


def _azure(subject: Subject) -> Iterator[Effect]:
    asked = ("scope", "role_definition_name", "role_definition_id", "principal_id")
    if not any(subject.touched(name) for name in asked):
        return
    known = knowledge()
    roles, old = _azure_roles(subject.after), _azure_roles(subject.old)
    names = {role for role in roles if isinstance(role, str)}
    if names & known.harmless_roles:
        return
    same = roles == old and leaves(subject.old, "scope") == leaves(subject.after, "scope")
    if same and not subject.touched("principal_id"):
        return
    for scope in leaves(subject.after, "scope"):
        hidden = isinstance(scope, UNSURE) and scope is not UNKNOWN
        word = "scope that cannot be seen" if hidden else _wide(scope) if isinstance(scope, str) else ""
        leads = bool(names & known.azure.everything_roles)
        paths = ("role_definition_name", "role_definition_id", "scope")
        if not word:
            if leads and isinstance(scope, str) and scope.strip("/").lower().count("/") == 3:
                because = f"gives the role {min(names & known.azure.everything_roles)} on a whole resource group"
                yield Effect(EffectName.EXPOSES, because, WIDE, paths[:1])
        elif leads and not hidden:
            because = (
                f"gives the role {min(names & known.azure.everything_roles)} on the whole {word}, and so everything"
            )
            yield Effect(EffectName.EXPOSES, because, EVERYTHING, ("scope",))
        elif names and not hidden:
            yield Effect(EffectName.EXPOSES, f"gives the role {min(names)} on the whole {word}", WIDE, ("scope",))
        else:
            if not hidden:
                yield Effect(EffectName.EXPOSES, f"gives a role on the whole {word}", WIDE, ("scope",))
            because = (
                f"gives a role that cannot be seen on the whole {word}" if not hidden else f"gives a role on a {word}"
            )
            if hidden or any(role is not UNKNOWN for role in roles):
                yield Effect(EffectName.EXPOSES, because, EVERYTHING, paths, certain=False)


def _azure_roles(side: Readable | None) -> set[object]:
    """The names of the roles, of built-in ones by their ids; ids of others, and what cannot be seen."""
    named: list[object] = [_one(value) for value in leaves(side, "role_definition_name")]
    if not any(isinstance(one, str) for one in named):
        for value in leaves(side, "role_definition_id"):
            id_ = value.rpartition("/")[2].lower() if isinstance(value, str) else ""
            named.append(knowledge().azure.roles.get(id_, value) if id_ else _one(value))
    strings: set[object] = {one for one in named if isinstance(one, str)}
    return strings or set(named)


def _wide(scope: str) -> str:
    """The word for a scope that is a subscription, a management group, or everything: nothing follows its id."""
    parts = scope.strip("/").count("/")
    wide = any(
        fits(pattern.lower(), scope.lower()) and parts == pattern.strip("/").count("/")
        for pattern in knowledge().azure.wide_scopes
    )
    return ("management group" if "managementgroups" in scope.lower() else "subscription") if wide else ""


# --- AWS --------------------------------------------------------------------------------------------------------------

_AWS_MANAGED: Final = ":aws:policy/"


def _managed(subject: Subject, path: str) -> Iterator[Effect]:
    """Managed policies that give nearly everything."""
    if not subject.touched(head(path)):
        return
    old = {_one(value) for value in leaves(subject.old, path)}
    for value in leaves(subject.after, path):
        found = plain(value)
        if isinstance(found, UNSURE):
            # A policy that is known only after apply is one that the plan makes, and is judged there.
            if found is not UNKNOWN and found not in old:
                because = "gives a managed policy that cannot be seen"
                yield Effect(EffectName.EXPOSES, because, EVERYTHING, (spelled(path),), certain=False)
            continue
        if not isinstance(value, str) or value in old:
            continue
        name = value.rpartition("/")[2]
        for kind, names in knowledge().aws.managed_policies.items():
            if name in names and _AWS_MANAGED in value:
                yield Effect(EffectName.EXPOSES, f"gives the managed policy {name}", kind, (spelled(path),))
