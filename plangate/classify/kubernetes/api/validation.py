"""What the API server refuses whatever was there before, as far as the object itself tells. Only what is new counts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plangate.classify.kubernetes.api import object_rules
from plangate.classify.kubernetes.api.formats import Problem
from plangate.classify.kubernetes.api.removed_apis import removed_api
from plangate.model.change import Effect, EffectName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.model.release import KubeObject, Upgrade
    from plangate.model.values import Value


def invalid(
    one: KubeObject,
    after: dict[str, Value],
    before: dict[str, Value] | None,
    upgrade: Upgrade,
    *,
    server_side: bool,
) -> Iterator[Effect]:
    """Why the server refuses this object. What it has accepted before in the same words, it accepts again."""
    yield from removed_api(one, upgrade)
    known = set(object_rules.problems(one, before)) if before is not None else set()
    for problem in dict.fromkeys(object_rules.problems(one, after)):
        if problem in known or (not server_side and problem.says.startswith(object_rules.DUPLICATE)):
            continue
        yield _effect(problem)
    for key in sorted(one.unreadable) if one.kind == "Secret" else ():
        # As it stands it was never accepted, whatever stood there before.
        yield _effect(Problem(f"data.{key}", "is no base64, or not the JSON that its type asks for"))
    if server_side:
        for problem in object_rules.unknown_fields(one):
            if problem not in known:
                yield _effect(problem)


def _effect(problem: Problem) -> Effect:
    name = EffectName.FAILS if problem.certain else EffectName.MAY_FAIL
    return Effect(name, f"is invalid: {problem.path}: {problem.says}", "invalid", (problem.path,))
