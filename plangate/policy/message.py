"""The fields that a message can name in braces, and the text that it becomes. Values are masked like everywhere else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, Final

import msgspec

from plangate.lang.typo import did_you_mean
from plangate.model.change import Action
from plangate.model.values import ABSENT, UNKNOWN, Embedded, Sensitive, Unknown
from plangate.policy.facts import FACTS
from plangate.policy.paths import of_side, parse_path, select

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from plangate.model.policy import Policy
    from plangate.policy.facts import EvaluationContext
    from plangate.policy.subject import Subject

FIELDS: Final = frozenset({*FACTS, "because", "paths"})
"""The fields without a dot: every fact of the change, why the effect is there, and the paths it was read from."""
VALUES: Final = ("before", "after", "path", "item")
"""The fields that show a value, as `{after.bucket}`."""
_FIELD: Final = re.compile(r"\{([^{}]*)\}")
_LONGEST: Final = 200


def problem(policy: Policy) -> str:
    """What is wrong with the fields of a message, or nothing."""
    for name in _FIELD.findall(policy.message):
        found = _problem(name, policy)
        if found:
            return found
    return ""


def _problem(name: str, policy: Policy) -> str:
    first, _, rest = name.partition(".")
    if first == "item" and not policy.each:
        return f"{{{name}}} is for a policy with each"
    if name in FIELDS or name == "item":
        return ""
    if first in VALUES and rest:
        return "" if _is_path(rest) else f"'{rest}' is not a path"
    if first == "param":
        return "" if rest in policy.params else f"no parameter {rest}{did_you_mean(rest, sorted(policy.params))}"
    if first == "plan":
        what, _, word = rest.partition(".")
        known = [*(one.value for one in Action), "delete"]
        if what in ("count", "share"):
            return "" if word in known else f"no action {word}{did_you_mean(word, known)}"
    return f"no field {{{name}}}{did_you_mean(name, sorted(FIELDS))}"


def _is_path(text: str) -> bool:
    try:
        parse_path(text)
    except ValueError:
        return False
    return True


def render(
    policy: Policy, subject: Subject, asked: EvaluationContext, because: Collection[str], paths: Collection[str]
) -> str:
    """The message of a finding."""

    def field(found: re.Match[str]) -> str:
        name = found.group(1)
        if name == "because":
            return "; ".join(dict.fromkeys(because))
        if name == "paths":
            return ", ".join(paths)
        if name in FACTS:
            value = FACTS[name].read(subject.change, asked)
            return ", ".join(value) if isinstance(value, list) else str(value)
        return _value(name, subject, policy.params)

    return _FIELD.sub(field, policy.message)


def _value(name: str, subject: Subject, params: Mapping[str, Any]) -> str:
    first, _, rest = name.partition(".")
    change, item = subject.change, subject.item
    if first == "param":
        return _plain(params[rest])
    if first == "plan":
        what, _, word = rest.partition(".")
        if subject.plan is None:
            return repr(UNKNOWN)
        return str(subject.plan.count([word])) if what == "count" else f"{subject.plan.share([word]):.0%}"
    if first == "item":
        if item is None:
            return ""
        return _plain(select(item.after, parse_path(rest))) if rest else item.key
    side = {"before": change.before, "after": change.after, "path": change.after or change.before}[first]
    if not change.values_known:
        return repr(UNKNOWN)
    return _plain(of_side(side, parse_path(rest)))


def _plain(value: Any) -> str:
    """A value in a sentence: texts without quotes, on one line."""
    return _cut(" ".join(value.split())) if isinstance(value, str) else shown(value)


def shown(value: Any) -> str:
    """A masked value as JSON, cut where it is long."""
    if value is ABSENT:
        return "null"
    if value is UNKNOWN or isinstance(value, Sensitive):
        return repr(value)
    try:
        return _cut(msgspec.json.encode(value, enc_hook=_encoded).decode())
    except UnicodeEncodeError:
        return "(not text)"


def _cut(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _encoded(value: Any) -> Any:
    if isinstance(value, Embedded):
        return value.value
    return repr(value) if isinstance(value, (Sensitive, Unknown)) else str(value)
