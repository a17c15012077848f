"""IAM policy documents: who may do what, and who may use what. Only statements that a change brings count.

The grammar: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Final

from msgspec import Struct

from plangate.classify.terraform.impact import exposure
from plangate.classify.terraform.impact.exposure import PolicyDocument
from plangate.classify.terraform.impact.values import (
    UNSURE,
    Maybe,
    Readable,
    fields,
    head,
    items,
    leaves,
    plain,
    spelled,
)
from plangate.lang.glob import fits
from plangate.model.change import Action, Effect, EffectName
from plangate.model.values import UNKNOWN, Value

if TYPE_CHECKING:
    from plangate.classify.terraform.impact.plan_index import PlanIndex, Subject


class Weakness(Struct, frozen=True):
    """What is wrong with a statement."""

    kind: str
    because: str
    certain: bool = True


def opened(subject: Subject, _scene: PlanIndex) -> Iterator[Effect]:
    """What the documents of a resource allow after, and did not before."""
    change = subject.change
    if change.action is Action.DESTROY or subject.after is None:
        return
    for document in exposure.documents(subject.type):
        if not subject.touched(head(document.path)):
            continue
        before = {weakness.because for weakness in _weaknesses(document, subject.old)}
        after = dict.fromkeys(_weaknesses(document, subject.after))
        for weakness in after:
            if weakness.because not in before:
                yield Effect(
                    EffectName.EXPOSES,
                    weakness.because,
                    weakness.kind,
                    (spelled(document.path),),
                    certain=weakness.certain,
                )


def _weaknesses(document: PolicyDocument, side: Readable | None) -> Iterator[Weakness]:
    judge = _JUDGES[document.holder]
    for value in leaves(side, document.path):
        found = plain(value)
        if isinstance(found, UNSURE):
            if not (document.computed and found is UNKNOWN):
                yield Weakness(
                    _UNSEEN[document.holder] or document.kind, "has a policy that cannot be seen yet", certain=False
                )
            continue
        for statement in items(fields(found).get("Statement")):
            allowed = fields(statement)
            if isinstance(plain(statement), UNSURE):
                yield Weakness(
                    _UNSEEN[document.holder] or document.kind, "has a policy that cannot be seen yet", certain=False
                )
            elif allowed.get("Effect") == "Allow":
                yield from judge(document, allowed)


_UNSEEN: Final = {"identity": "iam-wildcard", "trust": "trust-anyone", "resource": ""}


def _identity(_document: PolicyDocument, statement: dict[str, Value]) -> Iterator[Weakness]:
    """What a holder of the policy may do."""
    everything = _everything(statement)
    if everything is None:
        if any(_escalates(action) for action in _words(statement, "Action")):
            yield Weakness("iam-wildcard", "allows actions on a resource that is not known yet", certain=False)
        return
    excluded = statement.get("NotAction")
    if excluded is not None:
        if everything:
            safe = any(word.startswith("iam:") for word in _words(statement, "NotAction"))
            kind = "wide-grant" if safe else "iam-wildcard"
            yield Weakness(kind, "allows everything but a few actions, on everything")
        return
    actions = _words(statement, "Action")
    for action in actions:
        if action in ("*", "*:*"):
            kind, where = ("iam-wildcard", "everything") if everything else ("wide-grant", "what it names")
            yield Weakness(kind, f"allows every action on {where}")
        elif action == "iam:*":
            yield Weakness("iam-wildcard", "allows every IAM action, and so everything")
        elif everything and _escalates(action):
            yield Weakness("wide-grant", "allows actions on everything that can lead to every permission")
        elif everything and action.endswith(":*"):
            service = action.removesuffix(":*")
            words = f"every {service} action" if service.replace("-", "").isalnum() else "every action of a service"
            yield Weakness("wide-grant", f"allows {words} on everything")
    if any(isinstance(plain(one), UNSURE) for one in items(statement.get("Action"))):
        yield Weakness("iam-wildcard", "allows actions that are not known yet", certain=False)


def _resource(document: PolicyDocument, statement: dict[str, Value]) -> Iterator[Weakness]:
    """Who may use the resource."""
    anybody = _anybody(statement)
    limited = _limited(statement)
    if anybody is False or limited is True:
        return
    certain = anybody is True and limited is False
    yield Weakness(document.kind, "can be used by everybody (its policy allows every principal)", certain=certain)


def _trust(_document: PolicyDocument, statement: dict[str, Value]) -> Iterator[Weakness]:
    """Who may become the role."""
    yield from _shared(statement)
    anybody = _anybody(statement)
    limited = _limited(statement)
    if anybody is False or limited is True:
        return
    yield Weakness("trust-anyone", "can be assumed by every AWS account", certain=anybody is True and limited is False)


def _shared(statement: dict[str, Value]) -> Iterator[Weakness]:
    """Trust in an issuer that gives tokens to everybody's jobs, without a word whose.

    https://docs.github.com/en/actions/concepts/security/openid-connect
    """
    known = exposure.knowledge()
    for issuer in items(fields(statement.get("Principal")).get("Federated")):
        name = issuer.partition("oidc-provider/")[2].rstrip("/") if isinstance(issuer, str) else ""
        if not any(name == shared or name.startswith(f"{shared}/") for shared in known.shared_issuers):
            continue
        tests = [plain(tests) for tests in fields(statement.get("Condition")).values()]
        hidden = isinstance(plain(statement.get("Condition")), UNSURE) or any(isinstance(t, UNSURE) for t in tests)
        claims = [
            value
            for test in tests
            for claim, wanted in fields(test).items()
            if claim.lower().rpartition(":")[2] in known.telling_claims
            for value in items(wanted) or [UNKNOWN]
        ]
        if not claims or any(isinstance(claim, str) and claim in known.idle_claims for claim in claims):
            yield Weakness("trust-anyone", f"can be assumed by jobs of everybody at {name}", certain=not hidden)


_JUDGES: Final[dict[str, Callable[[PolicyDocument, dict[str, Value]], Iterator[Weakness]]]] = {
    "identity": _identity,
    "resource": _resource,
    "trust": _trust,
}


def _words(statement: dict[str, Value], key: str) -> list[str]:
    return [word.lower() for word in items(statement.get(key)) if isinstance(word, str)]


def _escalates(action: str) -> bool:
    """Whether an action, or one that its pattern covers, leads to every permission."""
    if "*" not in action:
        return action in exposure.knowledge().escalating_actions
    return any(fits(action, dangerous) for dangerous in exposure.knowledge().escalating_actions)


def _everything(statement: dict[str, Value]) -> bool | None:
    """Whether a statement is about every resource; None when a resource is hidden."""
    if statement.get("NotResource") is not None:
        return True
    resources = items(statement.get("Resource"))
    if any(isinstance(one, str) and one in ("*", "arn:aws:*", "arn:*") for one in resources):
        return True
    # A name that is not known yet is the name of one thing, unless nothing else is there.
    return None if any(isinstance(plain(one), UNSURE) for one in resources) and "Resource" not in statement else False


def _anybody(statement: dict[str, Value]) -> bool | None:
    """Whether the principal is everybody; None when it is hidden."""
    if statement.get("NotPrincipal") is not None:
        return True
    principal = plain(statement.get("Principal"))
    named = [*items(principal.get("AWS"))] if isinstance(principal, dict) else items(principal)
    if any(isinstance(one, str) and one == "*" for one in named):
        return True
    # A principal that is known only after apply is a resource of this plan, never everybody.
    return None if any(isinstance(plain(one), UNSURE) and one is not UNKNOWN for one in named) else False


def _limited(statement: dict[str, Value]) -> bool | None:
    """Whether conditions limit who may call; None when they are hidden."""
    conditions: Maybe = plain(statement.get("Condition"))
    if isinstance(conditions, UNSURE):
        return None
    idle = exposure.knowledge().idle_conditions
    unsure = False
    for tests in fields(conditions).values():
        if isinstance(plain(tests), UNSURE):
            unsure = True
        for name, wanted in fields(tests).items():
            if name.lower() in idle:
                continue
            if not all(isinstance(one, str) and one in ("*", "0.0.0.0/0", "::/0") for one in items(wanted)):
                return True
    return None if unsure else False
