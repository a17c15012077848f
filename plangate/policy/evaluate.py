"""Rules on facts: every policy that can concern a change is held against it."""

from __future__ import annotations

import functools
import re
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

from msgspec import Struct, structs

from plangate.lang import fingerprint
from plangate.lang.glob import fits_shell
from plangate.model.change import Action, Change, ChangeSet, Effect, Notice
from plangate.model.values import ABSENT, UNKNOWN, Sensitive, Unknown
from plangate.model.verdict import Finding, Observation, Operand, Outcome, PolicyReport, Satisfied, Severity
from plangate.policy import facts, items, link, message, operands
from plangate.policy.subject import EvaluationResult, Subject
from plangate.policy.whole_plan import WholePlan

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from plangate.model.policy import Policy
    from plangate.policy.expressions import Expressions

_WORST = (Outcome.ERROR, Outcome.VIOLATED, Outcome.UNKNOWN, Outcome.SATISFIED)


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
        evaluation.within(changeset)
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


def siblings(policies: Iterable[Policy]) -> tuple[str, ...]:
    """The types, as globs, that conditions look for beside a resource with `related`."""
    asked = (policy.when for policy in policies if policy.when is not None and "related(" in policy.when)
    return tuple(sorted({found[2] for when in asked for found in re.finditer(_RELATED, when)}))


def _asks_of_plan(policy: Policy) -> bool:
    """Whether a condition is about the plan as a whole and nothing of a single change: it is asked once."""
    when = policy.when
    return when is not None and "plan." in when and not policy.each and operands.names(when).isdisjoint(_OF_A_CHANGE)


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


_RELATED: Final = r"\brelated\(\s*(['\"])(.*?)\1"
_OF_A_CHANGE: Final = frozenset(
    {
        *facts.FACTS.keys() - {"source", "environment", "as_of", "protected"},
        *("before", "after", "path", "changed", "known", "present", "related", "module_source", "module_version"),
    }
)
"""What a condition asks of a single change."""

_Match: TypeAlias = "tuple[Policy, tuple[int, ...]]"
"""A policy, and which effects of a change it asks for, by position."""


class _Hit(Struct, frozen=True):
    """A policy that concerns a change: the effects that brought it up, and whether one of them is certain."""

    policy: Policy
    effects: tuple[Effect | Notice, ...]
    certain: bool


class _Judged(Struct, frozen=True):
    """What a policy says of one change, or of one item of it. `asked` is false where the condition was not evaluated."""

    subject: Subject
    outcome: Outcome
    told: EvaluationResult | None = None
    asked: bool = True


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
        self._activated: tuple[Change, Any] | None = None
        self._plan: WholePlan | None = None
        self._of_plan: set[str] = set()
        """The policies about the plan as a whole that have been asked of this input."""

    def within(self, changeset: ChangeSet) -> None:
        """Go on with the changes of this input."""
        self._plan = WholePlan(changeset)
        self._of_plan.clear()

    def of(self, change: Change, position: int | None) -> Iterator[Finding]:
        """The findings of one change."""
        for hit in self._hits(change):
            policy = hit.policy
            whole = policy.when is not None and _asks_of_plan(policy)
            if whole and policy.id in self._of_plan:
                continue
            for judged in self._judged(policy, change):
                told, outcome = judged.told, judged.outcome
                if outcome is Outcome.VIOLATED and not hit.certain:
                    outcome = Outcome.UNKNOWN
                self.seen[policy.id].add(outcome)
                if whole:
                    self._of_plan.add(policy.id)
                elif outcome is Outcome.SATISFIED and position is not None and told is not None and told.paths:
                    found = Satisfied(policy.id, tuple(told.paths))
                    self.satisfied[position] = (*self.satisfied.get(position, ()), found)
                if outcome is not Outcome.SATISFIED:
                    finding = self._finding(hit, judged, None if whole else position, outcome)
                    parts = self._operands(policy, judged.subject) if told is not None and judged.asked else ()
                    if whole:
                        finding = structs.replace(finding, address=None, location=None, release=None)
                    yield structs.replace(finding, operands=parts) if parts else finding

    def _judged(self, policy: Policy, change: Change) -> Iterator[_Judged]:
        """What a policy says of a change, or of each of the items that it judges."""
        seen_by = _seen_by(policy, change)
        if not policy.each:
            yield self._one(policy, Subject(seen_by, None, self._plan))
            return
        empty: list[str] = []
        for path in policy.each:
            found = items.items(seen_by, path) if change.values_known else UNKNOWN
            if isinstance(found, (Unknown, Sensitive)):
                why = "sensitive" if isinstance(found, Sensitive) else "known only after apply"
                told = EvaluationResult(Outcome.UNKNOWN, (path,), f"{path} is {why}")
                yield _Judged(Subject(seen_by, None, self._plan), Outcome.UNKNOWN, told, asked=False)
                continue
            empty += [] if found else [path]
            for item, key in zip(found, items.spelled(found), strict=True):
                yield self._one(policy, Subject(seen_by, structs.replace(item, key=key), self._plan))
        if len(empty) == len(policy.each):
            told = EvaluationResult(Outcome.SATISFIED, tuple(empty))
            yield _Judged(Subject(seen_by, None, self._plan), Outcome.SATISFIED, told, asked=False)

    def _one(self, policy: Policy, subject: Subject) -> _Judged:
        if policy.when is None:
            return _Judged(subject, Outcome.VIOLATED)
        told = self._asked_of(policy, policy.id, policy.when, subject)
        if not policy.introduced or told.outcome not in (Outcome.VIOLATED, Outcome.UNKNOWN):
            return _Judged(subject, told.outcome, told)
        if subject.change.after is None:
            return _Judged(subject, Outcome.SATISFIED, told)
        if subject.change.before is None or (subject.item is not None and subject.item.before is ABSENT):
            return _Judged(subject, told.outcome, told)
        old = self._asked_of(policy, policy.id, policy.when, subject.old())
        if old.outcome is Outcome.VIOLATED:
            return _Judged(subject, Outcome.SATISFIED, told)
        # What the old side had cannot be told: neither can it be told whether this is new.
        told = old if old.outcome is Outcome.UNKNOWN else told
        return _Judged(subject, told.outcome, told)

    def _asked_of(self, policy: Policy, name: str, text: str, subject: Subject) -> EvaluationResult:
        expressions = self._ready()
        if self._activated is None or self._activated[0] is not subject.change:
            self._activated = (subject.change, expressions.activate(facts.of(subject.change, self._asked)))
        return expressions.evaluate(
            self._compile(name, text, policy.params), self._activated[1], subject, policy.params
        )

    def _operands(self, policy: Policy, subject: Subject) -> tuple[Operand, ...]:
        """What each part of a condition comes to by itself."""
        found = operands.top(policy.when or "")
        if len(found) == 1:
            return ()
        return tuple(
            Operand(" ".join(text.split()), _RESULTS[self._asked_of(policy, f"{policy.id} {i}", text, subject).outcome])
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

    def _finding(self, hit: _Hit, judged: _Judged, position: int | None, outcome: Outcome) -> Finding:
        policy, told, change = hit.policy, judged.told, judged.subject.change
        item = judged.subject.item
        read = told.paths if told is not None else ()
        paths = tuple(dict.fromkeys((*(path for effect in hit.effects for path in effect.paths), *read)))
        of = str(change.address) if item is None else f"{change.address}: {item.key}"
        if outcome is Outcome.ERROR:
            text = f"{of}: the policy {policy.id} fails: {told.because if told else ''}"
        elif outcome is Outcome.UNKNOWN:
            cause = told.because if told is not None and told.because else "; ".join(e.because for e in hit.effects)
            text = f"{of}: cannot tell whether this holds: {_lower(policy.summary)} ({cause})"
        else:
            because = [effect.because for effect in hit.effects]
            text = message.render(policy, judged.subject, self._asked, because, paths or change.replace_paths)
        return Finding(
            policy=policy.id,
            severity=_severity(policy, hit),
            outcome=outcome,
            message=text,
            why=policy.why,
            remediation=policy.remediation,
            address=str(change.address),
            release=change.release,
            url=link.of(policy.references, change.type),
            location=change.location,
            evidence=paths or change.replace_paths,
            fingerprint=fingerprint.of(
                policy.id,
                change.source,
                change.release or "",
                *(("plan",) if position is None and _asks_of_plan(policy) else (str(change.address), change.action)),
                *(() if item is None else (item.key,)),
            ),
            change=position,
            seen=_seen(told.seen) if told is not None else (),
            paste="\n".join(one.paste for one in hit.effects if isinstance(one, Effect) and one.paste),
        )


_RESULTS: Final[dict[Outcome, Literal["true", "false", "unknown", "error"]]] = {
    Outcome.VIOLATED: "true",
    Outcome.SATISFIED: "false",
    Outcome.UNKNOWN: "unknown",
    Outcome.ERROR: "error",
}


def _seen(calls: Sequence[tuple[str, Any]]) -> tuple[Observation, ...]:
    """Each call once, in the order in which the condition asked."""
    return tuple(Observation(what, message.shown(value)) for what, value in dict(calls).items())


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
