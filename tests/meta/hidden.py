"""Hides what a violated case brings, one value after the other: what a policy says when it cannot see what decides.

A plan hides a value as Terraform does (`after_unknown`). The configuration of a proxy becomes the values of a `helm_release`
whose setting is given by a `set` that is known only after apply.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import yaml
from msgspec import structs

from plangate.applications.litellm import cases
from plangate.model.verdict import Outcome
from plangate.pipeline import policy_cases
from plangate.policy.case import ASKED

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.model.policy import Policy

    Where = tuple[str | int, ...]

_NOTHING = object()


def hidden(policy: Policy) -> Iterator[tuple[str, Outcome, dict[str, Any]]]:
    """What is hidden, what the policy says then, and the case, for each value of its violated cases that the change brings."""
    for case in policy.tests.violated:
        given = _of_plan(case) if "type" in case else _of_proxy(policy, case) if policy.match.view == "litellm" else ()
        for path, variant in given:
            yield ".".join(map(str, path)), outcome(policy, variant), variant


def outcome(policy: Policy, case: dict[str, Any]) -> Outcome:
    """What a policy says of one case."""
    alone = structs.replace(policy, tests=structs.replace(policy.tests, violated=(case,), satisfied=(), unknown=()))
    (result,) = policy_cases.run(alone)
    return result.got


def _of_plan(case: dict[str, Any]) -> Iterator[tuple[Where, dict[str, Any]]]:
    before, after = case.get("before"), case.get("after")
    for path in _brought(before, after):
        yield path, {**case, "after": _without(after, path), "after_unknown": _marked(after, path)}


def _of_proxy(policy: Policy, case: dict[str, Any]) -> Iterator[tuple[Where, dict[str, Any]]]:
    before, after = (cases.configuration(case.get(side) or {}) for side in ("before", "after"))
    if outcome(policy, _release(case, before, after)) is not Outcome.VIOLATED:
        return  # It is about what only the rendered objects tell.
    for path in _brought(before, after):
        name = "proxy_config" + "".join(f"[{part}]" if isinstance(part, int) else f".{_key(part)}" for part in path)
        variant = _release(case, before, _without(after, path))
        variant["after"]["set"], variant["after_unknown"] = [{"name": name}], {"set": [{"value": True}]}
        yield path, variant


def _key(text: str) -> str:
    return text.replace(".", "\\.")


def _release(case: dict[str, Any], before: Any, after: Any) -> dict[str, Any]:
    def side(configuration: Any) -> dict[str, Any]:
        values = {"proxy_config": configuration, "replicaCount": 3, "environmentSecrets": ["invented"]}
        chart = {"name": "litellm", "chart": "litellm-helm", "version": "1.85.1"}
        return {**chart, "values": [yaml.safe_dump(values)]}

    rest = {key: value for key, value in case.items() if key in ASKED}
    return {"type": "helm_release", "before": side(before), "after": side(after), **rest}


def _brought(before: Any, after: Any, path: Where = ()) -> Iterator[Where]:
    """Where a leaf stands after that was not the same before."""
    if isinstance(after, dict) and after:
        for key, value in after.items():
            yield from _brought(
                before.get(key, _NOTHING) if isinstance(before, dict) else _NOTHING, value, (*path, key)
            )
    elif isinstance(after, list) and after:
        for i, value in enumerate(after):
            there = isinstance(before, list) and i < len(before)
            yield from _brought(before[i] if there else _NOTHING, value, (*path, i))
    elif path and (before != after or type(before) is not type(after)):
        yield path


def _without(value: Any, path: Where) -> Any:
    """A copy without one leaf; an item of a list becomes null, as in a plan."""
    part, *rest = path
    copy = dict(value) if isinstance(value, dict) else list(value)
    if rest:
        copy[part] = _without(value[part], tuple(rest))
    elif isinstance(copy, dict):
        del copy[part]
    else:
        copy[part] = None
    return copy


def _marked(value: Any, path: Where) -> Any:
    """The `after_unknown` of one leaf."""
    if not path:
        return True
    part, *rest = path
    if isinstance(value, dict):
        return {part: _marked(value[part], tuple(rest))}
    return [
        _marked(one, tuple(rest)) if i == part else {} if isinstance(one, dict) else False
        for i, one in enumerate(value)
    ]
