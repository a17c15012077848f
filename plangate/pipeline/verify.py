"""Compares a plan with a saved verdict right before the apply.

Only "the same" lets an apply continue. Otherwise problems say what differs, or why the comparison is not possible.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from msgspec import UNSET, Struct, structs

from plangate.errors import ExitCode
from plangate.model.input import EvidenceSources, StateSource
from plangate.model.verdict import Options
from plangate.pipeline import consistency, plan_fingerprint, review, saved, signature
from plangate.pipeline.binding import BindingOptions
from plangate.pipeline.key import gate_key
from plangate.report import wire
from plangate.report.values import short

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_DECIDED: Final = {"block": "different", "inconclusive": "unsure"}
_CODES: Final = {
    "unread": ExitCode.INPUT,
    "different": ExitCode.BLOCK,
    "unsure": ExitCode.INCONCLUSIVE,
}
"""The exit code of each kind of problem, worst first: of a plan that cannot be read nobody can say that it differs."""


class Problem(Struct, frozen=True):
    """A reason against the apply. `kind` is a key of `_CODES`; `lines` show the differences."""

    kind: str
    text: str
    hint: str = ""
    lines: tuple[str, ...] = ()


class VerifyResult(Struct, frozen=True):
    """The problems, worst first, and notes."""

    problems: tuple[Problem, ...]
    notes: tuple[str, ...] = ()

    @property
    def code(self) -> ExitCode:
        """0 for the same plan, 3 for one that cannot be read, 10 for a different one, 4 where it cannot be decided."""
        kinds = {problem.kind for problem in self.problems}
        return next((code for kind, code in _CODES.items() if kind in kinds), ExitCode.OK)


class VerifyRequest(Struct, frozen=True, kw_only=True):
    """The plans that are about to be applied, and the verdict that they are compared with."""

    verdict: str
    """The file of the saved verdict."""
    plans: tuple[str, ...]
    now: str
    tf_dir: Path = Path()
    evidence: EvidenceSources = EvidenceSources()
    state: StateSource = StateSource()
    saved_plan: str | None = None
    replanned: bool = False
    """Whether the plan was made again on purpose: then the state may have moved on since the review."""


class Verified(Struct, frozen=True, kw_only=True):
    """The result, the saved verdict, and plangate's own unexpected errors."""

    result: VerifyResult
    saved: wire.Verdict
    failures: tuple[Exception, ...] = ()

    @property
    def exit_code(self) -> int:
        """The exit code of the command: the result's, or `INTERNAL` where that is worse."""
        return ExitCode.worst(self.result.code, *(ExitCode.INTERNAL for _ in self.failures))


def verify(request: VerifyRequest) -> Verified:
    """Read the plans now, as they were read for the verdict, and compare. Raises `InputError` for what is no verdict."""
    key = gate_key()
    before, _ = saved.load(request.verdict)
    bound = before.binding
    reviewed = review.review(
        review.Request(
            inputs=request.plans,
            policies=(),
            options=Options(created_at=request.now),
            tf_dir=request.tf_dir,
            evidence=request.evidence,
            state=request.state,
            saved_plan=request.saved_plan,
            # With the options of the saved binding: if hidden values were left out there, they are left out here.
            binding=BindingOptions(
                key=key if bound is not UNSET and bound.sensitive == "hmac" else None,
                volatile=() if bound is UNSET else bound.volatile,
            ),
        )
    )
    freshness = reviewed.verdict.freshness
    result = compare(
        Comparison(
            saved=before,
            fresh=saved.document(reviewed.verdict),
            now=request.now,
            plans=(*request.plans, *([request.saved_plan] if request.saved_plan is not None else [])),
            key=key,
            moved=None if freshness is None else freshness.moved,
            replanned=request.replanned,
        )
    )
    return Verified(result=result, saved=before, failures=reviewed.failures)


class Comparison(Struct, frozen=True, kw_only=True):
    """A saved verdict and a fresh one of the same plans."""

    saved: wire.Verdict
    fresh: wire.Verdict
    """The verdict of the plans as they are now, bound with the same options."""
    now: str
    plans: tuple[str, ...] = ()
    """The files of the plans that are about to be applied."""
    key: bytes | None = None
    moved: tuple[str, ...] | None = None
    """The addresses of this plan that changed in the state since it was made; None where that was not compared."""

    replanned: bool = False
    """Whether a state that has moved on is no difference, as long as this plan was made from where it is now."""


def compare(comparison: Comparison) -> VerifyResult:
    """The differences between the fresh verdict and the saved one."""
    problems = (*_trusted(comparison), *(_unread(comparison) or _compared(comparison)))
    notes = []
    bound = comparison.saved.binding
    if bound is not UNSET and bound.sensitive == "left-out":
        notes.append("hidden values were not compared: review and verify with the same PLANGATE_KEY to compare them")
    if comparison.saved.decision == "review":
        notes.append("the verdict is review: whether somebody has approved it is not known here")
    if comparison.replanned and not problems:
        notes.append(
            "the plan was made again: the state may have moved on since the review, and the plan does the same"
        )
    order = list(_CODES)
    return VerifyResult(tuple(sorted(problems, key=lambda problem: order.index(problem.kind))), tuple(notes))


# --- whether the verdict may be relied on -----------------------------------------------------------------------------


def _trusted(comparison: Comparison) -> Iterator[Problem]:
    saved, bound = comparison.saved, comparison.saved.binding
    if saved.targets is not UNSET:
        yield Problem("unsure", "this is a merged verdict", "verify the verdict of each target with its own plan")
        return
    if bound is UNSET:
        yield Problem(
            "unsure",
            "the verdict does not say which plan it is about",
            "review the plan again, with -o json=FILE; with PLANGATE_KEY or `verify:` in the configuration where it creates very much",
        )
        return
    if comparison.key is not None:
        signed = signature.is_signed(saved, comparison.key)
        if signed is None:
            yield Problem("unsure", "the verdict is not signed, and this gate has a key", "review it with PLANGATE_KEY")
        elif not signed:
            yield Problem("different", "the verdict is not what this gate wrote: its signature does not fit")
    elif against := consistency.contradiction(saved):
        yield Problem("different", f"the verdict was changed: {against}")
    elif bound.sensitive == "hmac":
        yield Problem(
            "unsure", "hidden values can only be compared with the gate's key", "set PLANGATE_KEY or PLANGATE_KEY_FILE"
        )
    if comparison.now > bound.expires_at:
        yield Problem("unsure", f"the verdict was valid until {bound.expires_at}", "review the plan again")
    kind = _DECIDED.get(saved.decision)
    if kind is not None:
        yield Problem(kind, f"the verdict itself is {saved.decision}: {saved.headline}", "fix it and review it again")


# --- whether it is the same plan --------------------------------------------------------------------------------------


def _unread(comparison: Comparison) -> list[Problem]:
    """The plans that could not be read now. Then nothing is compared: a list of differences would be about nothing."""
    return [_gap("unread", skipped) for skipped in _failed(comparison) if skipped.what in comparison.plans]


def _failed(comparison: Comparison) -> list[wire.Skipped]:
    return [skipped for skipped in comparison.fresh.coverage.skipped if skipped.decides == "input"]


def _gap(kind: str, skipped: wire.Skipped) -> Problem:
    return Problem(kind, f"{skipped.what}: {skipped.why}", skipped.how_to_fix)


def _compared(comparison: Comparison) -> Iterator[Problem]:
    yield from (_gap("unsure", skipped) for skipped in _failed(comparison))
    yield from _plan(comparison)
    yield from _state(comparison)
    yield from _release(comparison)


def _plan(comparison: Comparison) -> Iterator[Problem]:
    bound, other = comparison.saved.binding, comparison.fresh.binding
    if bound is UNSET or other is UNSET or comparison.saved.targets is not UNSET:
        return
    withheld = _withheld(comparison.saved.coverage.evidence, comparison.fresh.coverage.evidence)
    if withheld:
        words = f"the review had {' and '.join(withheld)} beside the input, and now it was not given"
        yield Problem("unsure", words, "--evidence DIR, or the flags that the review had")
        return
    if bound.sensitive == "hmac" and (
        comparison.key is None or not signature.is_signed(comparison.saved, comparison.key)
    ):
        # Without the key its digests cannot be computed again: visible values are compared, which alone never suffices.
        lines = tuple(
            _differences(_without_digests(comparison.saved), _without_digests(comparison.fresh), bound, bound)
        )
        if lines:
            yield Problem("different", "this plan is not the one that was reviewed", "review this plan", lines)
        return
    if bound.fingerprint == other.fingerprint:
        if _recomputed_fingerprint(comparison.saved, bound) != bound.fingerprint:
            yield Problem("different", "the verdict was changed: its own list of changes is not what it was made of")
        return
    lines = tuple(_differences(comparison.saved, comparison.fresh, bound, other))
    versions = {comparison.saved.plangate_version, comparison.fresh.plangate_version}
    hint = "review this plan" if len(versions) == 1 else f"use one version of plangate: {', '.join(sorted(versions))}"
    yield Problem("different", "this plan is not the one that was reviewed", hint, lines)


def _withheld(then: wire.Evidence, now: wire.Evidence) -> list[str]:
    """The kinds of evidence that the review had and that are missing now: without them other changes would be predicted."""
    names = ("manifest", "hooks", "live_objects")
    return [
        name.replace("_", " ") for name in names if getattr(then, name) == "given" and getattr(now, name) == "missing"
    ]


def _without_digests(verdict: wire.Verdict) -> wire.Verdict:
    """A verdict without its digests."""
    changes = [structs.replace(change, digest=UNSET) for change in verdict.changes]
    return structs.replace(verdict, changes=changes)


def _recomputed_fingerprint(saved: wire.Verdict, bound: wire.Binding) -> str:
    return plan_fingerprint.fingerprint(saved, bound.volatile, bound.hooks, bound.made_at)


def _differences(saved: wire.Verdict, fresh: wire.Verdict, bound: wire.Binding, other: wire.Binding) -> Iterator[str]:
    """Lines for changes that are new, gone or different: `+ ...`, `- ...`, `~ ...`."""
    moments = (*bound.made_at, *other.made_at)
    before = {_name(change): change for change in saved.changes}
    after = {_name(change): change for change in fresh.changes}
    for name in sorted(after.keys() - before.keys()):
        yield f"+ {name}: {after[name].action}, which was not reviewed"
    for name in sorted(before.keys() - after.keys()):
        yield f"- {name}: {before[name].action}, which is no longer planned"
    for name in sorted(before.keys() & after.keys()):
        old, new = before[name], after[name]
        if not plan_fingerprint.same(old, new, bound.volatile, moments):
            yield from (f"~ {name}: {words}" for words in _change_differences(old, new, bound.volatile))
    yield from _other_differences(saved, fresh, bound, other)


def _name(change: wire.Change) -> str:
    release = f" of {change.release}" if change.release and change.source == "helm" else ""
    return f"{change.address}{f' (deposed {change.deposed})' if change.deposed else ''}{release}"


def _change_differences(old: wire.Change, new: wire.Change, volatile: tuple[str, ...]) -> Iterator[str]:
    if (old.action, old.replace_order) != (new.action, new.replace_order):
        yield f"{_action(new)} instead of {_action(old)}"
    before = {a.path: a for a in old.attributes if not plan_fingerprint.is_volatile(f"{old.type}.{a.path}", volatile)}
    after = {a.path: a for a in new.attributes if not plan_fingerprint.is_volatile(f"{new.type}.{a.path}", volatile)}
    listed = False
    for path in sorted(before.keys() | after.keys()):
        if before.get(path) != after.get(path):
            listed = True
            yield f"{path} {_new_value(after.get(path))}, reviewed {_new_value(before.get(path))}"
    if not listed and old.digest != new.digest and old.action == new.action:
        yield "it is created with other values" if new.action == "create" else "a hidden value is another one"
    if sorted(old.replace_paths) != sorted(new.replace_paths):
        forces = (", ".join(one.replace_paths) or "nothing" for one in (new, old))
        yield "replaced because of {}, reviewed {}".format(*forces)
    if (old.moved_from, old.import_id) != (new.moved_from, new.import_id):
        yield "moved or imported from elsewhere"


def _action(change: wire.Change) -> str:
    return f"{change.action} ({change.replace_order})" if change.replace_order else change.action


def _new_value(attribute: wire.Attribute | None) -> str:
    if attribute is None:
        return "unchanged"
    return "removed" if attribute.kind == "removed" else f"→ {short(attribute.after)}"


def _other_differences(
    saved: wire.Verdict, fresh: wire.Verdict, bound: wire.Binding, other: wire.Binding
) -> Iterator[str]:
    pairs: tuple[tuple[str, Sequence[object], Sequence[object]], ...] = (
        ("outputs", saved.outputs, fresh.outputs),
        ("actions that it runs", saved.invocations or (), fresh.invocations or ()),
        ("hooks", [h.address for h in saved.hooks], [h.address for h in fresh.hooks]),
    )
    moments = (*bound.made_at, *other.made_at)
    for what, old, new in pairs:
        if plan_fingerprint.encoded(old, moments) != plan_fingerprint.encoded(new, moments):
            yield f"~ {what}: not the same"
    if bound.hooks != other.hooks and not [h for h in saved.hooks if h not in fresh.hooks]:
        yield "~ hooks: what they hold is not the same"
    if sorted(plan_fingerprint.facts(saved)) != sorted(plan_fingerprint.facts(fresh)):
        yield "~ the plan itself: another kind, errored, or partial"


# --- whether it is still about the same world -------------------------------------------------------------------------


def _state(comparison: Comparison) -> Iterator[Problem]:
    plans = [one for one in comparison.saved.inputs if one.kind.startswith("terraform")]
    if not plans or comparison.saved.targets is not UNSET:
        return
    if len(plans) > 1:
        yield Problem("unsure", "a verdict of several plans does not say which state each was made from", "review each")
        return
    then, now = comparison.saved.freshness, comparison.fresh.freshness
    reviewed = _serial(then)
    if then is None or reviewed is None:
        yield Problem(
            "unsure",
            "the verdict does not say which state it was made from",
            "review with --saved-plan tfplan, or with --state",
        )
        return
    serials = [] if now is None else [one for one in (now.serial_plan, now.serial_state) if one is not None]
    if now is None or not serials:
        yield Problem(
            "unsure", "this plan does not say which state it was made from", "--saved-plan tfplan, or --state"
        )
        return
    other = next((serial for serial in serials if serial != reviewed), None)
    if other is not None and not (comparison.replanned and _has_moved_on(reviewed, now)):
        yield Problem(
            "different",
            f"the state has moved: it was reviewed at serial {reviewed}, and is at {other} now",
            "plan again, and review that plan",
            tuple(_moved(comparison.moved)),
        )
    elif then.lineage is not None and now.lineage is not None and then.lineage != now.lineage:
        yield Problem(
            "different", "this is another state: the lineage is not the same", "see which state this plan is of"
        )
    elif (then.lineage is None) != (now.lineage is None) and reviewed != 0:
        yield Problem("unsure", "one of both does not tell the lineage of its state", "--saved-plan tfplan, or --state")


def _has_moved_on(reviewed: int, now: wire.Freshness) -> bool:
    """Whether this plan was made from a later state than that of the review, and that is where the state is."""
    plan, state = now.serial_plan, now.serial_state
    return plan is not None and plan > reviewed and state in (None, plan)


def _serial(freshness: wire.Freshness | None) -> int | None:
    """The reviewed serial: the plan's own, else that of the state given with it."""
    if freshness is None:
        return None
    return freshness.serial_plan if freshness.serial_plan is not None else freshness.serial_state


def _moved(addresses: tuple[str, ...] | None) -> Iterator[str]:
    if addresses is not None:
        yield from (f"~ {address}: changed in the state since the plan was made" for address in addresses)
        if not addresses:
            yield "nothing that this plan touches has changed in the state"


def _release(comparison: Comparison) -> Iterator[Problem]:
    bound, other = comparison.saved.binding, comparison.fresh.binding
    if bound is not UNSET and other is not UNSET and bound.revision != other.revision:
        yield Problem(
            "different",
            f"the release has moved: it was reviewed as revision {bound.revision}, and this makes {other.revision}",
            "make the dry run again, and review it",
        )
    then, now = (_live(one) for one in (comparison.saved, comparison.fresh))
    if then is not None and now is None:
        yield Problem(
            "unsure", f"the release was at revision {then}, and where it is now was not given", "--evidence DIR"
        )
    elif then != now and then is not None:
        yield Problem(
            "different", f"the release has moved: it was at revision {then}, and is at {now} now", "plan again"
        )


def _live(verdict: wire.Verdict) -> int | None:
    """The live revision of the release, from a plan's freshness or a dry run's binding."""
    if verdict.freshness is not None and verdict.freshness.revision_live is not None:
        return verdict.freshness.revision_live
    return verdict.binding.revision_live if verdict.binding is not UNSET else None
