"""Objects that the API server refuses as invalid, as effects of a change."""

from __future__ import annotations

from typing import TYPE_CHECKING

from plangate.classify.kubernetes.api.removed_apis import removed_api
from plangate.classify.kubernetes.api.validation import fields
from plangate.classify.kubernetes.api.validation.formats import Problem
from plangate.model.change import Effect, EffectName

if TYPE_CHECKING:
    from collections.abc import Iterator

    from plangate.model.release import KubeObject, Upgrade
    from plangate.model.values import Value


def validate(
    manifest: KubeObject,
    after: dict[str, Value],
    before: dict[str, Value] | None,
    upgrade: Upgrade,
    *,
    server_side: bool,
) -> Iterator[Effect]:
    """Why the server refuses `after`: a removed API version, invalid fields, and with server-side apply unknown fields.

    A problem that `before` already has is left out: the server has accepted it.
    """
    yield from removed_api(manifest, upgrade)
    known = set(fields.problems(manifest, before)) if before is not None else set()
    for problem in dict.fromkeys(fields.problems(manifest, after)):
        if problem in known or (not server_side and problem.says.startswith(fields.DUPLICATE)):
            continue
        yield _effect(problem)
    for key in sorted(manifest.unreadable) if manifest.kind == "Secret" else ():
        # The server never accepted it, whatever `before` is.
        yield _effect(Problem(f"data.{key}", "is no base64, or not the JSON that its type asks for"))
    if server_side:
        for problem in fields.unknown_fields(manifest):
            if problem not in known:
                yield _effect(problem)


def _effect(problem: Problem) -> Effect:
    name = EffectName.FAILS if problem.certain else EffectName.MAY_FAIL
    return Effect(name, f"is invalid: {problem.path}: {problem.says}", "invalid", (problem.path,))
