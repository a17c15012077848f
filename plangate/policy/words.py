"""Words in a condition that are compared with a fact, or asked of the plan: found by their place, to be checked and corrected."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final, TypeAlias

from plangate.lang.typo import did_you_mean
from plangate.model.change import ACTION_REASONS, Action, Noise, ReplaceOrder
from plangate.model.input import Source
from plangate.policy.operands import tokens
from plangate.policy.type_names import UnknownTypeError, of_source, resolve
from plangate.policy.whole_plan import ALIASES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

_KNOWN: Final[dict[str, tuple[str, ...]]] = {
    "action": tuple(one.value for one in Action),
    "source": tuple(one.value for one in Source),
    "mode": ("managed", "data", "ephemeral"),
    "reason": (*sorted(ACTION_REASONS), ""),
    "replace_order": (*(one.value for one in ReplaceOrder), ""),
    "found": ("changed", "deleted", ""),
    "noise": (*(one.value for one in Noise), ""),
}
"""What the facts can be that are one of a few words."""
_TEXT: Final = r"""'[^'\\\n]*'|"[^"\\\n]*\""""
_FACT: Final = rf"(?P<fact>{'|'.join((*_KNOWN, 'resource_type'))})"
_COMPARED: Final = (
    re.compile(rf"\b{_FACT}\s*(?:==|!=)\s*(?P<texts>{_TEXT})"),
    re.compile(rf"(?P<texts>{_TEXT})\s*(?:==|!=)\s*{_FACT}\b(?!\s*[.(\[+])"),
    re.compile(rf"\b{_FACT}\s+in\s+(?P<texts>\[[^\[\]]*\])"),
)
_OF_PLAN: Final = re.compile(
    rf"\bplan\s*\.\s*(?:count|share)\(\s*(?P<texts>{_TEXT}|\[[^\[\]]*\])\s*(?:,\s*(?P<type>{_TEXT}))?"
)
_RELATED: Final = re.compile(rf"\brelated\(\s*(?P<type>{_TEXT})")

Word: TypeAlias = tuple[str, str, int]
"""What a word is compared with, the word, and its position."""


def of(condition: str) -> Iterator[Word]:
    """Every word in a condition that is compared with a fact, asked of the plan, or looked for beside a resource."""
    starts = {at for _, at, _ in tokens(condition)}
    for pattern in _COMPARED:
        for found in pattern.finditer(condition):
            if found.start("fact") in starts and found.start("texts") in starts:
                yield from _each(found["fact"], found["texts"], found.start("texts"))
    for pattern in (_OF_PLAN, _RELATED):
        for found in pattern.finditer(condition):
            if found.start() in starts:
                if pattern is _OF_PLAN:
                    yield from _each("action", found["texts"], found.start("texts"))
                if found["type"] is not None:
                    yield from _each("resource_type", found["type"], found.start("type"))


def _each(fact: str, texts: str, at: int) -> Iterator[Word]:
    for text in re.finditer(_TEXT, texts):
        yield fact, text.group()[1:-1], at + text.start()


def problem(fact: str, word: str, actions: Collection[str]) -> str:
    """What is wrong with a word that the fact never is, or nothing. A type is not checked where data is read."""
    if fact != "resource_type":
        known = _KNOWN[fact]
        return "" if word in known else f"no {fact} {word}{did_you_mean(word, list(known))}"
    if "read" in actions or not word:
        return ""
    try:
        (resolved,) = resolve(word, of_source(word)) or (word,)
    except UnknownTypeError as error:
        return str(error)
    except ValueError:
        return f"{word} is several types"
    return "" if resolved == word else f"the type is spelled {resolved}"


def corrected(condition: str) -> str:
    """The condition in the words of policies: `delete` is `destroy`."""
    found = [(at, word) for fact, word, at in of(condition) if fact == "action" and word in ALIASES]
    for at, word in sorted(found, reverse=True):
        condition = f"{condition[: at + 1]}{ALIASES[word]}{condition[at + 1 + len(word) :]}"
    return condition
