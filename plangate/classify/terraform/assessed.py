"""Why a change of something live is harmless, where that can be told: else nobody has judged it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

from msgspec import structs

from plangate.classify.diff import same
from plangate.classify.noise import still_empty
from plangate.classify.terraform import roles
from plangate.classify.terraform.direction import grows, later_minor, later_patch, switched_on
from plangate.classify.terraform.helm_release import release
from plangate.classify.terraform.impact import carriers, exposure, traits, type_class
from plangate.classify.terraform.impact.rights import narrow
from plangate.classify.terraform.impact.values import UNSURE, head
from plangate.classify.terraform.roles import Role
from plangate.lang.wording import joined, listed
from plangate.model.change import LIVE, Action, EffectName, Noise, base
from plangate.model.resource_type import Class, Consequence
from plangate.model.values import UNKNOWN, within

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from plangate.model.change import AttributeChange, Change, TerraformChangeSet
    from plangate.model.resource_type import TypeClass

_MOST: Final = 3

_NOISE: Final = {
    Noise.TAGS: "only its tags change",
    Noise.READ_BACK: "one kind of empty becomes another",
    Noise.FORMAT: "only the order, the spelling or a mark changes",
}
_ANEW: Final = {
    Class.VERSION: "it is made again at every deploy, and which one runs is chosen elsewhere",
    Class.LOCAL: "it is nothing outside of the state and of the machine that runs Terraform",
}


def tell(changeset: TerraformChangeSet) -> TerraformChangeSet:
    """Say of each change of something live why it is harmless, or which of its attributes somebody has to judge."""
    written = changeset.references.written
    return structs.replace(changeset, changes=tuple(_tell(change, written) for change in changeset.changes))


def _tell(change: Change, written: Mapping[str, Mapping[str, tuple[str, ...]]]) -> Change:
    if change.action not in LIVE or change.mode != "managed" or not change.values_known:
        return change
    type_ = carriers.carried(change) or change.type
    reason = _of_type(change, type_class.of(type_))
    if reason is None and change.action is Action.UPDATE:
        if change.import_id is None and change.noise in _NOISE:
            reason = _NOISE[change.noise]
        else:
            return _by_roles(change, type_, written.get(base(change.address.text)))
    return change if reason is None else structs.replace(change, assessed=reason)


def _of_type(change: Change, known: TypeClass | None) -> str | None:
    """Why nothing of this type is missed, whatever happens to it."""
    if known is None:
        return None
    if known.class_ in _ANEW:
        return _ANEW[known.class_]
    if change.action is Action.UPDATE:
        return None
    if known.consequence is Consequence.NONE:
        return f"nobody has to look where one of its type goes: {known.what}" if known.what else "nothing hangs on it"
    if change.action is Action.DESTROY and traits.IDLE in change.traits:
        return "it protected nothing: it was switched off, or is what holds without it"
    if change.action is Action.REPLACE and "routine" in change.traits:
        return "it is replaced at every deploy"
    return None


# --- updates ----------------------------------------------------------------------------------------------------------


def _by_roles(change: Change, type_: str, written: Mapping[str, tuple[str, ...]] | None) -> Change:
    """Judge an update by what each changed attribute is for."""
    known = type_class.of(type_)
    harmless: dict[Role, dict[str, None]] = {}
    unjudged: list[str] = []
    doubted = {head(path) for effect in change.effects if not effect.certain for path in effect.paths}
    for attribute in change.attributes:
        names = roles.names(attribute.path)
        if still_empty(attribute) or _runs_already(change, attribute, names):
            continue
        of_chart = type_ == release.TYPE and names[0] == "values"
        role = _of_value(attribute, names) if of_chart else _role(attribute, type_, known, names, written)
        if (
            names[0] not in doubted
            and role is not None
            and (
                _is_harmless(role, attribute, known)
                or _let_in(attribute, change, type_)
                or narrow.gains_little(type_, names[0], change.before, change.after)
            )
        ):
            harmless.setdefault(role, {})[attribute.path if of_chart or role is Role.SIZE else names[0]] = None
        else:
            unjudged.append(attribute.path)
    if unjudged:
        return structs.replace(change, unjudged=tuple(unjudged))
    return structs.replace(change, assessed=_words({role: tuple(paths) for role, paths in harmless.items()}))


def _runs_already(change: Change, attribute: AttributeChange, names: tuple[str, ...]) -> bool:
    """Whether a release that is imported has a value already: its state holds no values, and what runs stands in `metadata`."""
    if change.import_id is None or change.type != release.TYPE or names[0] != "values" or change.before is None:
        return False
    running = (change.before.at(("metadata", *at, "values")) for at in ((), (0,)))
    return any(same(within(values, names[1:]), attribute.after) for values in running)


def _role(
    attribute: AttributeChange,
    type_: str,
    known: TypeClass | None,
    names: tuple[str, ...],
    written: Mapping[str, tuple[str, ...]] | None,
) -> Role | None:
    """The role of an attribute. What the apply makes known and nobody has configured is computed by the provider."""
    if attribute.after is UNKNOWN and written is not None and names[0] not in written:
        return Role.COMPUTED
    role = roles.of(type_, names)
    if role is None and known is not None and known.consequence is Consequence.NONE:
        # Not even losing the whole of it harms anybody.
        return Role.CONTENT
    return role


def _of_value(attribute: AttributeChange, names: tuple[str, ...]) -> Role | None:
    """The role of one value of a chart. What no name tells is content, which every deploy changes; what is hidden has none."""
    if any(isinstance(side, UNSURE) for side in (attribute.before, attribute.after)):
        return None
    role = roles.of(release.TYPE, tuple(_CAMEL.sub("_", name).lower() for name in names[1:]))
    return Role.CONTENT if role in _OF_CHARTS else role


_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_OF_CHARTS: Final = frozenset({None, Role.CONTENT, Role.VERSION, Role.ITEM, Role.NETWORK_PLACE})
"""Roles of values that only say what a chart renders."""


def _is_harmless(role: Role, attribute: AttributeChange, known: TypeClass | None) -> bool:
    means = roles.meaning(role)
    if role is Role.CONTENT and roles.is_code(attribute.path) and isinstance(attribute.after, UNSURE):
        return False
    if means.classes and (known is None or known.class_ not in means.classes):
        return False
    match means.harmless:
        case "always":
            return True
        case "grows":
            return grows(attribute)
        case "on":
            return switched_on(attribute)
        case "patch":
            return later_patch(attribute)
        case "minor":
            return later_minor(attribute)
        case "item":
            return attribute.kind == "added"
        case _:
            return False


def _let_in(attribute: AttributeChange, change: Change, type_: str) -> bool:
    """Whether a firewall lets somebody in that it did not: whether that is everybody, the rules for networks have judged."""
    if attribute.kind != "added" or any(effect.name is EffectName.EXPOSES for effect in change.effects):
        return False
    return any(
        head(rules.list) == roles.names(attribute.path)[0] for rules in exposure.network_rules(type_) if rules.list
    )


def _words(harmless: Mapping[Role, Sequence[str]]) -> str:
    """The reason, from what changes of each role."""
    if not harmless:
        return _NOISE[Noise.READ_BACK]
    if set(harmless) == {Role.COSMETIC}:
        changed = harmless[Role.COSMETIC]
        return f"only its {_named(changed)} {_verb(changed, 'changes', 'change')}"
    told = [role for role in Role if role in harmless and (role is not Role.COMPUTED or len(harmless) == 1)]
    return "; ".join(_clause(role, harmless[role]) for role in told)


def _clause(role: Role, paths: Sequence[str]) -> str:
    means = roles.meaning(role)
    if role is Role.ACCESS:
        return f"{_named(paths)} {_verb(paths, 'allows', 'allow')} more, but little, and not to everybody"
    return f"{_named(paths)} {_verb(paths, means.says, means.many)}"


def _named(paths: Sequence[str]) -> str:
    return joined(list(paths)) if len(paths) <= _MOST else listed(list(paths), _MOST)


def _verb(paths: Sequence[str], one: str, many: str) -> str:
    return one if len(paths) == 1 else many
