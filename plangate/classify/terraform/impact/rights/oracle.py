"""Statements of OCI.

https://docs.oracle.com/iaas/Content/Identity/policieshow/Policy_Basics.htm
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from plangate.classify.terraform.impact.rights.knowledge import PolicyDocument, knowledge
from plangate.classify.terraform.impact.rights.right import ANYONE, EVERYTHING, WIDE, Right
from plangate.classify.terraform.impact.values import UNSURE, items, plain

if TYPE_CHECKING:
    from plangate.classify.terraform.impact.values import Maybe, Readable

_STATEMENT: Final = re.compile(
    r"(?:allow|endorse|admit)\s+(?P<who>.+?)\s+to\s+(?P<verb>\{[^}]*\}|\w+)(?:\s+(?P<what>[\w-]+))?"
    r"\s+in\s+(?P<where>tenancy|any-tenancy|compartment|tenancy\s+\S+)(?P<rest>.*)",
    re.IGNORECASE | re.DOTALL,
)
_EQUALS: Final = re.compile(r"(?<![!<>])=\s*[^\s*/]")


def rights(_document: PolicyDocument, policy: Maybe, _side: Readable) -> Iterator[Right]:
    """Who may do what in which compartment."""
    for statement in items(policy):
        if isinstance(plain(statement), UNSURE):
            yield Right(EVERYTHING, "has a statement that cannot be seen", certain=False)
            continue
        found = _STATEMENT.match(" ".join(str(statement).split()))
        if found is not None:
            yield from _of(found)


def _of(found: re.Match[str]) -> Iterator[Right]:
    known = knowledge().oracle
    who, verb, what = found["who"].lower(), found["verb"].lower(), (found["what"] or "").lower()
    where = "the tenancy" if found["where"].lower() != "compartment" else "a compartment"
    condition = found["rest"].lower().partition(" where ")[2]
    narrowed = _EQUALS.search(condition) is not None and not condition.strip().startswith("any")
    narrowed = narrowed or ("=" in condition and "!=" not in condition and _EQUALS.search(condition) is not None)
    if who.startswith(("any-user", "any-group")) and not narrowed:
        yield Right(ANYONE, f"lets every user {verb} {what} in {where}".replace("  ", " "))
        return
    if who.startswith("service ") or narrowed:
        return
    everywhere = where == "the tenancy"
    if verb == "manage" and what == "all-resources":
        yield Right(EVERYTHING if everywhere else WIDE, f"lets {who} manage everything in {where}")
    elif verb in ("manage", "use") and what in known.leads_to_everything and everywhere:
        kind = EVERYTHING if verb == "manage" else WIDE
        yield Right(kind, f"lets {who} {verb} {what} in {where}, and so everything")
    elif verb in ("read", "use", "manage") and (what in known.secrets or what == "all-resources") and everywhere:
        yield Right(WIDE, f"lets {who} {verb} {what} in {where}, secrets and data included")
    elif verb == "manage" and everywhere:
        yield Right(WIDE, f"lets {who} manage {what} in {where}")
