"""Rules on facts: every policy that can concern a change is held against it."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

import msgspec
from msgspec import Struct, structs

from plangate.lang import fingerprint
from plangate.lang.glob import fits_shell
from plangate.model.change import Action, Change, ChangeSet, Effect, Notice
from plangate.model.values import ABSENT, UNKNOWN, Embedded, Sensitive, Unknown
from plangate.model.verdict import Finding, Observation, Operand, Outcome, PolicyReport, Satisfied, Severity
from plangate.policy import facts, operands

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from plangate.model.policy import Policy
    from plangate.policy.expressions import EvaluationResult, Expressions

_WORST = (Outcome.ERROR, Outcome.VIOLATED, Outcome.UNKNOWN, Outcome.SATISFIED)
_FIELD = re.compile(r"\{(\w+)\}")


def evaluate(
    policies: Sequence[Policy],
    changesets: Sequence[ChangeSet],
    environment: str | None,
    *,
    protected: bool,
    as_of: str = "",
) -> PolicyReport:
    """Hold every policy against every change, those of hooks too.

    `Finding.change` counts through all changes of all sets; a hook is none of these.
    """
    sources = {source(changeset) for changeset in changesets}
    every = [change for changeset in changesets for change in changeset.judged]
    views = {name for change in every for name in change.views}
    types = {change.type for change in every}
    applicable = [p for p in policies if _concerns(p, sources, views) and _may_meet(p, types) and not _idle(p)]
    evaluation = _Evaluation(applicable, facts.EvaluationContext(environment or "", protected, as_of))
    findings: list[Finding] = []
    position = 0
    for changeset in changesets:
        for change in changeset.changes:
            findings += evaluation.of(change, position)
            position += 1
        for change in changeset.hook_changes:
            findings += evaluation.of(change, None)
    outcomes = {outcome.value: 0 for outcome in Outcome}
    for policy in applicable:
        outcomes[_worst(evaluation.seen[policy.id]).value] += 1
    return PolicyReport(
        findings=tuple(findings),
        expected=len(applicable),
        reported=len(applicable),
        outcomes=outcomes,
        satisfied=evaluation.satisfied,
    )


def source(changeset: ChangeSet) -> str:
    """The source that policies name: the tool's family."""
    return changeset.input.kind.source


def _concerns(policy: Policy, sources: set[str], views: set[str]) -> bool:
    match = policy.match
    return (match.source is None or match.source in sources) and (not match.view or match.view in views)


def _may_meet(policy: Policy, types: set[str]) -> bool:
    """Whether a policy about some types has one of them before it. One that has none says nothing of what is reviewed."""
    wanted = policy.match.types
    return (
        not wanted
        or not types
        or any(w.startswith("@") or any(_fits_type(w, type_) for type_ in types) for w in wanted)
    )


def _idle(policy: Policy) -> bool:
    """Whether it waits for the configuration: a list that it goes by is empty."""
    return any(value == [] for value in policy.params.values())


def _worst(outcomes: set[Outcome]) -> Outcome:
    return next((outcome for outcome in _WORST if outcome in outcomes), Outcome.NOT_APPLICABLE)


_Match: TypeAlias = "tuple[Policy, tuple[int, ...]]"
"""A policy, and which effects of a change it asks for, by position."""


class _Hit(Struct, frozen=True):
    """A policy that concerns a change: the effects that brought it up, and whether one of them is certain."""

    policy: Policy
    effects: tuple[Effect | Notice, ...]
    certain: bool


class _Evaluation:
    """One run over all changes: the index of policies, and expressions once they are needed."""

    def __init__(self, policies: Sequence[Policy], asked: facts.EvaluationContext):
        self.seen: dict[str, set[Outcome]] = {policy.id: set() for policy in policies}
        self.satisfied: dict[int, tuple[Satisfied, ...]] = {}
        self._policies = policies
        self._asked = asked
        self._index: dict[tuple[str, Action, str], tuple[Policy, ...]] = {}
        self._matches: dict[tuple[object, ...], tuple[_Match, ...]] = {}
        self._expressions: Expressions | None = None
        self._compiled: dict[str, Any] = {}

    def of(self, change: Change, position: int | None) -> Iterator[Finding]:
        """The findings of one change."""
        activation: Any = None
        for hit in self._hits(change):
            policy = hit.policy
            told = None
            outcome = Outcome.VIOLATED
            if policy.when is not None:
                expressions = self._ready()
                if activation is None:
                    activation = expressions.activate(facts.of(change, self._asked))
                told = expressions.evaluate(
                    self._compile(policy.id, policy.when, policy.params),
                    activation,
                    _seen_by(policy, change),
                    policy.params,
                )
                outcome = told.outcome
            if outcome is Outcome.VIOLATED and not hit.certain:
                outcome = Outcome.UNKNOWN
            self.seen[policy.id].add(outcome)
            if outcome is Outcome.SATISFIED and position is not None and told is not None and told.paths:
                judged = Satisfied(policy.id, tuple(told.paths))
                self.satisfied[position] = (*self.satisfied.get(position, ()), judged)
            if outcome is not Outcome.SATISFIED:
                finding = self._finding(hit, change, position, outcome, told)
                parts = self._operands(policy, change, activation) if told is not None else ()
                yield structs.replace(finding, operands=parts) if parts else finding

    def _operands(self, policy: Policy, change: Change, activation: Any) -> tuple[Operand, ...]:
        """What each part of a condition comes to by itself."""
        found = operands.top(policy.when or "")
        if len(found) == 1:
            return ()
        seen_by = _seen_by(policy, change)
        return tuple(
            Operand(
                " ".join(text.split()),
                _RESULTS[
                    self._ready()
                    .evaluate(
                        self._compile(f"{policy.id} {i}", text, policy.params), activation, seen_by, policy.params
                    )
                    .outcome
                ],
            )
            for i, text in enumerate(found)
        )

    def _hits(self, change: Change) -> Iterator[_Hit]:
        for policy, wanted in self._matching(change):
            match = policy.match
            if match.view:
                yield from _noticed(policy, change)
            elif not match.effects:
                yield _Hit(policy, (), certain=True)
            else:
                effects = tuple(change.effects[i] for i in wanted)
                certain = tuple(effect for effect in effects if effect.certain)
                yield _Hit(policy, certain or effects, certain=bool(certain))

    def _matching(self, change: Change) -> tuple[_Match, ...]:
        """The policies that match a change: the same for all changes that look alike, of which a large plan has many."""
        kinds = tuple((effect.name, effect.kind) for effect in change.effects)
        key = (change.source, change.action, change.type, change.reason, change.traits, kinds, frozenset(change.views))
        found = self._matches.get(key)
        if found is None:
            found = self._matches[key] = tuple(_matches(self._candidates(change), change))
        return found

    def _candidates(self, change: Change) -> tuple[Policy, ...]:
        """Policies whose source, action and type can fit. A change without effects meets none that asks for one."""
        key = (change.source, change.action, change.type if change.effects else f"{change.type} without effects")
        if change.views:
            key = (*key[:2], f"{key[2]} seen as {', '.join(sorted(change.views))}")
        found = self._index.get(key)
        if found is None:
            found = self._index[key] = tuple(p for p in self._policies if _can_fit(p, change))
        return found

    def _ready(self) -> Expressions:
        if self._expressions is None:
            from plangate.policy.expressions import Expressions  # noqa: PLC0415 - CEL, for the first policy that has a condition

            self._expressions = Expressions()
        return self._expressions

    def _compile(self, id_: str, when: str, params: Collection[str]) -> Any:
        """The condition of a policy. Compiling one takes less than 0.1 ms, and most are never asked."""
        if id_ not in self._compiled:
            self._compiled[id_] = self._ready().compile(when, params)
        return self._compiled[id_]

    def _finding(
        self, hit: _Hit, change: Change, position: int | None, outcome: Outcome, told: EvaluationResult | None
    ) -> Finding:
        policy = hit.policy
        read = told.paths if told is not None else ()
        paths = tuple(dict.fromkeys((*(path for effect in hit.effects for path in effect.paths), *read)))
        if outcome is Outcome.ERROR:
            message = f"{change.address}: the policy {policy.id} fails: {told.because if told else ''}"
        elif outcome is Outcome.UNKNOWN:
            cause = told.because if told is not None and told.because else "; ".join(e.because for e in hit.effects)
            message = f"{change.address}: cannot tell whether this holds: {_lower(policy.summary)} ({cause})"
        else:
            message = self._message(policy.message, hit, change, paths)
        return Finding(
            policy=policy.id,
            severity=_severity(policy, hit),
            outcome=outcome,
            message=message,
            why=policy.why,
            remediation=policy.remediation,
            address=str(change.address),
            release=change.release,
            url=policy.references[0] if policy.references else None,
            location=change.location,
            evidence=paths or change.replace_paths,
            fingerprint=fingerprint.of(
                policy.id, change.source, change.release or "", str(change.address), change.action
            ),
            change=position,
            seen=_seen(told.seen) if told is not None else (),
        )

    def _message(self, template: str, hit: _Hit, change: Change, paths: tuple[str, ...]) -> str:
        def field(found: re.Match[str]) -> str:
            name = found.group(1)
            if name == "because":
                return "; ".join(dict.fromkeys(effect.because for effect in hit.effects))
            if name == "paths":
                return ", ".join(paths or change.replace_paths)
            value = facts.FACTS[name].read(change, self._asked)
            return ", ".join(value) if isinstance(value, list) else str(value)

        return _FIELD.sub(field, template)


_RESULTS: Final[dict[Outcome, Literal["true", "false", "unknown", "error"]]] = {
    Outcome.VIOLATED: "true",
    Outcome.SATISFIED: "false",
    Outcome.UNKNOWN: "unknown",
    Outcome.ERROR: "error",
}
_LONGEST: Final = 200


def _seen(calls: Sequence[tuple[str, Any]]) -> tuple[Observation, ...]:
    """Each call once, in the order in which the condition asked."""
    return tuple(Observation(what, _shown(value)) for what, value in dict(calls).items())


def _shown(value: Any) -> str:
    """A masked value as text, cut where it is long."""
    if value is ABSENT:
        return "null"
    if value is UNKNOWN or isinstance(value, Sensitive):
        return repr(value)
    try:
        text = msgspec.json.encode(value, enc_hook=_encoded).decode()
    except UnicodeEncodeError:
        return "(not text)"
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"


def _encoded(value: Any) -> Any:
    if isinstance(value, Embedded):
        return value.value
    return repr(value) if isinstance(value, (Sensitive, Unknown)) else str(value)


def _noticed(policy: Policy, change: Change) -> Iterator[_Hit]:
    """What a pack noticed of this change. A policy that asks for no notice looks once, at the leading change of a picture."""
    match, view = policy.match, change.views[policy.match.view]
    if not match.notices:
        if view.leading:
            yield _Hit(policy, (), certain=True)
        return
    found = tuple(notice for notice in view.notices if notice.kind in match.notices)
    certain = tuple(notice for notice in found if notice.certain)
    if found:
        yield _Hit(policy, certain or found, certain=bool(certain))


def _seen_by(policy: Policy, change: Change) -> Change:
    """The change as the expressions of a policy read it."""
    if not policy.match.view:
        return change
    view = change.views[policy.match.view]
    return structs.replace(change, before=view.before, after=view.after, attributes=view.attributes)


def _is_one_of(effect: Effect, wanted: tuple[str, ...]) -> bool:
    return effect.name in wanted or (bool(effect.kind) and f"{effect.name}:{effect.kind}" in wanted)


def _matches(candidates: Iterable[Policy], change: Change) -> Iterator[_Match]:
    for policy in candidates:
        match = policy.match
        if match.reasons and change.reason not in match.reasons:
            continue
        if match.traits and change.traits.isdisjoint(match.traits):
            continue
        if match.types and not any(_fits(wanted, change) for wanted in match.types):
            continue
        others = [_is_one_of(effect, match.without) for effect in change.effects]
        if not match.effects:
            if not any(others):
                yield policy, ()
            continue
        wanted = tuple(
            i for i, effect in enumerate(change.effects) if _is_one_of(effect, match.effects) and not others[i]
        )
        if wanted:
            yield policy, wanted


def _can_fit(policy: Policy, change: Change) -> bool:
    match = policy.match
    return (
        (match.source is None or match.source == change.source)
        and (not match.view or match.view in change.views)
        and (not match.actions or change.action in match.actions)
        and (not match.types or any(t.startswith("@") or _fits_type(t, change.type) for t in match.types))
        and (not match.effects or bool(change.effects))
    )


def _fits(wanted: str, change: Change) -> bool:
    return wanted[1:] in change.traits if wanted.startswith("@") else _fits_type(wanted, change.type)


@functools.cache
def _fits_type(glob: str, type_: str) -> bool:
    return fits_shell(glob, type_)


def _severity(policy: Policy, hit: _Hit) -> Severity:
    """The policy's own, or the worst consequence that the effects have."""
    if not policy.follows_consequence:
        return policy.severity
    consequences = [c for effect in hit.effects if (c := getattr(effect, "consequence", None)) is not None]
    return min((Severity(c.value) for c in consequences), key=lambda s: s.rank, default=policy.severity)


def _lower(sentence: str) -> str:
    return sentence if sentence[1:2].isupper() else sentence[:1].lower() + sentence[1:]
