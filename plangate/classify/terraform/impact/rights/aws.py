"""IAM policy documents: who may do what, and who may use what.

The grammar: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from typing import Final

from msgspec import Struct

from plangate.classify.terraform.impact.cidr import is_world
from plangate.classify.terraform.impact.rights.knowledge import PolicyDocument, knowledge
from plangate.classify.terraform.impact.rights.right import ANYONE, EVERYTHING, WIDE, Right
from plangate.classify.terraform.impact.values import UNSURE, Maybe, Readable, fields, items, plain
from plangate.lang.glob import fits_arn
from plangate.model.values import UNKNOWN, Value

_ANY: Final = "~"
"""Stands for any name that there may be: only a wildcard fits it."""


class Statement(Struct, frozen=True):
    """One statement. Names of elements are without case, as the service takes them."""

    elements: dict[str, Value]

    @property
    def allows(self) -> bool:
        """Whether it allows; one that is neither is not accepted."""
        return str(self.elements.get("effect", "")).lower() == "allow"

    @property
    def denies(self) -> bool:
        """Whether it denies."""
        return str(self.elements.get("effect", "")).lower() == "deny"

    def words(self, element: str) -> list[str]:
        """The texts of an element, without case."""
        return [word.lower() for word in items(self.elements.get(element)) if isinstance(word, str)]

    def unsure(self, element: str) -> bool:
        """Whether a part of an element cannot be seen."""
        return any(isinstance(plain(one), UNSURE) for one in items(self.elements.get(element)))

    def covers(self, action: str) -> bool:
        """Whether it is about an action, which is without case."""
        if "notaction" in self.elements:
            return not any(covers(pattern, action) for pattern in self.words("notaction"))
        return any(covers(pattern, action) for pattern in self.words("action"))


@functools.lru_cache(maxsize=4096)
def covers(pattern: str, text: str) -> bool:
    """Whether a pattern with `*` and `?` covers a text."""
    return fits_arn(pattern, text)


def statements(policy: Maybe) -> Iterator[Statement | None]:
    """The statements of a document; None for one that cannot be seen."""
    found = {key.lower(): value for key, value in fields(policy).items()}
    for one in items(found.get("statement")):
        if isinstance(plain(one), UNSURE):
            yield None
        else:
            yield Statement({key.lower(): value for key, value in fields(one).items()})


# --- what its holder may do -------------------------------------------------------------------------------------------


def identity(_document: PolicyDocument, policy: Maybe, _side: Readable) -> Iterator[Right]:
    """What a holder of a policy may do."""
    found = list(statements(policy))
    denies = [s for s in found if s is not None and s.denies and _on(s) == _ANY and not s.elements.get("condition")]
    for statement in found:
        if statement is None:
            yield Right(EVERYTHING, "has a statement that cannot be seen", certain=False)
        elif statement.allows:
            yield from _allowed(statement, denies)


def _allowed(statement: Statement, denies: list[Statement]) -> Iterator[Right]:
    on, narrowed = _on(statement), _narrowed(statement)

    def denied(action: str) -> bool:
        return any(deny.covers(action) for deny in denies)

    if on is None:
        if any(statement.covers(action) for action in knowledge().aws.escalating_actions):
            yield Right(EVERYTHING, "allows actions on a resource that is not known yet", certain=False)
        return
    for right in _of_actions(statement, on, denied):
        if narrowed is False:
            yield right
        elif narrowed is None:
            yield Right(right.kind, right.because, certain=False)
        elif right.kind == EVERYTHING:
            yield Right(WIDE, f"{right.because}, under a condition")
    if statement.unsure("action") or statement.unsure("notaction"):
        yield Right(EVERYTHING, "allows actions that are not known yet", certain=False)


def _of_actions(statement: Statement, on: str, denied: Callable[[str], bool]) -> Iterator[Right]:
    """`on` is the service of which it is about everything, `_ANY` for all of them, or nothing."""
    excluded = "notaction" in statement.elements
    if statement.covers(f"{_ANY}:{_ANY}") and not denied(f"{_ANY}:{_ANY}"):
        where = "everything" if on == _ANY else "what it names"
        leads = statement.covers(f"iam:{_ANY}") and not denied(f"iam:{_ANY}")
        if excluded:
            if on == _ANY:
                kind = EVERYTHING if leads else WIDE
                yield Right(kind, "allows everything but a few actions, on everything")
        elif on == _ANY and not leads:
            yield Right(WIDE, "allows every action on everything, but for what it denies")
        else:
            yield Right(EVERYTHING if on == _ANY else WIDE, f"allows every action on {where}")
        return
    if statement.covers(f"iam:{_ANY}") and not denied(f"iam:{_ANY}"):
        yield Right(EVERYTHING, "allows every IAM action, and so everything")
    elif any(
        statement.covers(action) and not denied(action)
        for action in knowledge().aws.escalating_actions
        if on == _ANY or (on and action.startswith(f"{on}:"))
    ):
        yield Right(WIDE, "allows actions on everything that can lead to every permission")
    for service in sorted({_service(word) for word in statement.words("action")} - {"", "iam"}):
        every = f"{service}:{_ANY}"
        if on in (_ANY, service) and statement.covers(every) and not denied(every):
            yield Right(WIDE, f"allows every {service} action on everything")
            continue
        for action, what in knowledge().aws.reading_actions.items():
            name = action.lower()
            if on in (_ANY, service) and name.startswith(f"{service}:") and statement.covers(name) and not denied(name):
                yield Right(WIDE, f"allows {what} ({action} on everything)")


def _service(word: str) -> str:
    """The service of an action, where it is written out."""
    service = word.partition(":")[0]
    return service if service.replace("-", "").isalnum() else ""


def _on(statement: Statement) -> str | None:
    """What a statement is about: `_ANY` for everything, a service for everything of it, empty for less, None when hidden."""
    if "notresource" in statement.elements:
        return _ANY
    resources = statement.words("resource")
    if not resources and "resource" in statement.elements and statement.unsure("resource"):
        # A name that is not known yet is the name of one thing; one that is hidden may be everything.
        hidden = [plain(one) for one in items(statement.elements["resource"])]
        return "" if all(one is UNKNOWN for one in hidden) else None
    services = {_of_service(resource) for resource in resources}
    return _ANY if _ANY in services else next(iter(sorted(services - {""})), "")


@functools.lru_cache(maxsize=4096)
def _of_service(resource: str) -> str:
    """The service of which a resource is everything, `_ANY` for all services, empty for less."""
    if not resource.strip("*?"):
        return _ANY if "*" in resource else ""
    prefix, _, rest = resource.partition(":")
    parts = rest.split(":", 4)
    if prefix != "arn" and not covers(prefix, "arn"):
        return ""
    if len(parts) < 5:
        return _ANY if parts[-1] == "*" and all(part in ("*", "aws", "aws-cn", "aws-us-gov") for part in parts) else ""
    _, service, _, _, name = parts
    kind, _, last = name.rpartition("/") if "/" in name else name.rpartition(":")
    if not last or last.strip("*") or (not kind.replace("-", "").isalnum() and kind.strip("*")):
        return ""
    if service == "s3" and kind.strip("*"):
        return ""
    return _ANY if not service.strip("*") else service


def _narrowed(statement: Statement) -> bool | None:
    """Whether conditions narrow what may be done; None when they are hidden."""
    return _holds_back(statement, _narrows)


def _narrows(key: str) -> bool:
    """Whether a key is about what is touched, and not about who calls, from where or when."""
    if not key.startswith("aws:"):
        return key not in knowledge().aws.idle_conditions
    return any(covers(pattern, key) for pattern in knowledge().aws.narrowing_conditions)


# --- who may use a resource, and who may become a role ----------------------------------------------------------------


def resource(document: PolicyDocument, policy: Maybe, _side: Readable) -> Iterator[Right]:
    """Who may use a resource."""
    for statement in statements(policy):
        if statement is None:
            yield Right(document.kind, "has a statement that cannot be seen", certain=False)
        elif statement.allows:
            because = "can be used by everybody (its policy allows every principal)"
            yield from _for_anybody(statement, document.kind, because)


def trust(_document: PolicyDocument, policy: Maybe, _side: Readable) -> Iterator[Right]:
    """Who may become a role."""
    for statement in statements(policy):
        if statement is None:
            yield Right(ANYONE, "has a statement that cannot be seen", certain=False)
        elif statement.allows:
            yield from _shared(statement)
            yield from _for_anybody(statement, ANYONE, "can be assumed by every AWS account")


def _for_anybody(statement: Statement, kind: str, because: str) -> Iterator[Right]:
    anybody, limited = _anybody(statement), _holds_back(statement, _limits)
    if anybody is not False and limited is not True:
        yield Right(kind, because, certain=anybody is True and limited is False)


def _anybody(statement: Statement) -> bool | None:
    """Whether the principal is everybody; None when it is hidden."""
    if "notprincipal" in statement.elements:
        return True
    principal = plain(statement.elements.get("principal"))
    if isinstance(principal, dict):
        named = [one for key, value in principal.items() if key.lower() in ("aws", "*") for one in items(value)]
    else:
        named = items(principal)
    if any(isinstance(one, str) and one == "*" for one in named):
        return True
    # A principal that is known only after apply is a resource of this plan, never everybody.
    return None if any(isinstance(plain(one), UNSURE) and one is not UNKNOWN for one in named) else False


def _limits(key: str) -> bool:
    """Whether a key is about who calls."""
    return key not in knowledge().aws.idle_conditions


def _shared(statement: Statement) -> Iterator[Right]:
    """Trust in an issuer that gives tokens to everybody, without a word whose.

    https://docs.github.com/en/actions/concepts/security/openid-connect
    """
    known = knowledge().aws
    principal = {key.lower(): value for key, value in fields(statement.elements.get("principal")).items()}
    for issuer in items(principal.get("federated")):
        name = issuer.rpartition("oidc-provider/")[2].rstrip("/").lower() if isinstance(issuer, str) else ""
        jobs = any(name == shared or name.startswith(f"{shared}/") for shared in known.shared_issuers)
        if not jobs and name not in known.audience_issuers:
            continue
        telling = known.telling_claims if jobs else frozenset({"aud", "app_id"})
        tests = [plain(tests) for tests in fields(statement.elements.get("condition")).values()]
        hidden = isinstance(plain(statement.elements.get("condition")), UNSURE)
        hidden = hidden or any(isinstance(t, UNSURE) for t in tests)
        claims = [
            value
            for operator, test in fields(statement.elements.get("condition")).items()
            if not _is_loose(operator)
            for claim, wanted in fields(test).items()
            if claim.lower().rpartition(":")[2] in telling
            for value in items(wanted) or [UNKNOWN]
        ]
        if not claims or any(isinstance(claim, str) and claim in known.idle_claims for claim in claims):
            who = f"jobs of everybody at {name}" if jobs else f"everybody who signs in at {name}"
            yield Right(ANYONE, f"can be assumed by {who}", certain=not hidden)


# --- conditions -------------------------------------------------------------------------------------------------------


def _holds_back(statement: Statement, counts: Callable[[str], bool]) -> bool | None:
    """Whether a condition with a key that counts holds somebody back; None when it is hidden."""
    conditions: Maybe = plain(statement.elements.get("condition"))
    if isinstance(conditions, UNSURE):
        return None
    unsure = False
    for operator, tests in fields(conditions).items():
        if isinstance(plain(tests), UNSURE):
            unsure = True
        elif not _is_loose(operator):
            for key, wanted in fields(tests).items():
                if counts(key.lower()) and not any(_is_anything(one) for one in items(wanted)):
                    return True
    return None if unsure else False


def _is_loose(operator: str) -> bool:
    """Whether an operator also holds for what is not there, or for all but a few."""
    word = operator.lower()
    return word.endswith("ifexists") or word == "null" or word.startswith("forallvalues:") or "not" in word


def _is_anything(value: Value) -> bool:
    """Whether a value of a condition leaves nobody out."""
    return isinstance(value, str) and (not value.strip("*?") or (value not in ("0.0.0.0", "::") and is_world(value)))


# --- what is denied ---------------------------------------------------------------------------------------------------


def undenied(old: Maybe, new: Maybe) -> bool:
    """Whether something that a document denied is no longer denied by it."""
    after = [statement for statement in statements(new) if statement is not None and statement.denies]
    return any(
        statement is not None and statement.denies and not any(_as_wide(statement, other) for other in after)
        for statement in statements(old)
    )


def _as_wide(old: Statement, new: Statement) -> bool:
    """Whether a statement denies all that another one does."""
    lists = ("action", "resource")
    rest = [{k: v for k, v in s.elements.items() if k not in (*lists, "sid", "effect")} for s in (old, new)]
    return rest[0] == rest[1] and all(
        any(covers(pattern, word) for pattern in new.words(element)) for element in lists for word in old.words(element)
    )


def boundary(_document: PolicyDocument, _policy: Maybe, _side: Readable) -> Iterator[Right]:
    """The rights that a document gives which only bounds those of others: none."""
    yield from ()
