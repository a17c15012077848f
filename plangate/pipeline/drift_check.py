"""The three-way drift check: whether desired and recorded values match live ones, for one target or many at once."""

from __future__ import annotations

import queue
import threading
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from msgspec import Struct, structs

from plangate.classify.terraform.helm_release import values as merging
from plangate.classify.terraform.helm_release.strvals import StrvalsError
from plangate.drift import findings as found
from plangate.drift import values as lines
from plangate.drift.wording import when
from plangate.errors import InputError, PlangateError, UsageError
from plangate.evidence import files
from plangate.gate.config import Config
from plangate.ingest import detect
from plangate.ingest.helm import values as helm_values
from plangate.model.change import Action, ChangeSet, Freshness, Gap
from plangate.model.input import EvidenceSources, InputRecord, Kind, StateSource
from plangate.model.verdict import Options, PolicyReport
from plangate.pipeline import context as contexts
from plangate.pipeline import gather, inputs, merge, saved
from plangate.verdict import decide, of_inputs

if TYPE_CHECKING:
    from collections.abc import Sequence

    from plangate.model.verdict import Verdict
    from plangate.pipeline.context import PlanContext
    from plangate.report import wire

_AT_ONCE: Final = 8
_TICK: Final = 0.05


class Target(Struct, frozen=True, kw_only=True):
    """A target to check: a plan, or one release by its values."""

    name: str | None = None
    environment: str | None = None
    plan: str | None = None
    values: tuple[str, ...] = ()
    sets: tuple[str, ...] = ()
    set_strings: tuple[str, ...] = ()
    release: str | None = None
    evidence: EvidenceSources = EvidenceSources()
    state: StateSource = StateSource()
    saved_plan: str | None = None
    tf_dir: Path = Path()


def check(target: Target, options: Options, config: Config | None = None) -> Verdict:
    """The verdict of one target. What cannot be read makes it inconclusive; nothing is raised for it."""
    config = config or Config()
    options = structs.replace(
        options,
        target=target.name or options.target,
        environment=target.environment or options.environment,
        required=options.required or ("values",),
    )
    changesets: list[ChangeSet] = []
    context, skipped = contexts.read(target.tf_dir, target.evidence, target.state, target.saved_plan)
    context = contexts.with_owners(context, config)
    try:
        changesets = [_release(target, context)] if target.plan is None else _plan(target.plan, context)
    except InputError as error:
        skipped.append(contexts.failed(error, target.plan or target.release or "target"))
    skipped += contexts.check_age(changesets, target.evidence, options.created_at)
    skipped += contexts.check_scope(config, options.environment, changesets, target.evidence, context)
    findings = [finding for c in changesets for finding in found.of(c.drift, c.releases, context.owned)]
    reduced = [_drift_only(c) for c in changesets]
    return decide(reduced, (*of_inputs(reduced), *findings), PolicyReport(), skipped, options)


def merged(
    targets: Sequence[Target], options: Options, config: Config | None = None, *, seconds: float
) -> tuple[wire.Verdict, list[Verdict]]:
    """One verdict of many targets, and the verdict of each. `options.target` names the whole."""
    verdicts = check_all(targets, structs.replace(options, target=None), config, seconds=seconds)
    parts = [
        merge.Part.of(target.name or "", saved.document(verdict))
        for target, verdict in zip(targets, verdicts, strict=True)
    ]
    overall = merge.merge(parts, [], None, now=options.created_at, target=options.target, fail_on=options.fail_on)
    return overall, verdicts


def check_all(
    targets: Sequence[Target], options: Options, config: Config | None = None, *, seconds: float
) -> list[Verdict]:
    """The verdicts of targets that are checked concurrently, in their order. A slow or failed target is inconclusive.

    Each target has `seconds` from its own start. A thread that never returns is abandoned: it is a daemon.
    """
    runs = [_Run(target, options, config) for target in targets]
    waiting: queue.SimpleQueue[_Run] = queue.SimpleQueue()
    for run in runs:
        waiting.put(run)
    for _ in range(min(_AT_ONCE, len(runs))):
        _start_worker(waiting)
    pending = list(runs)
    while pending:
        pending[0].done.wait(_TICK)
        for run in list(pending):
            if run.done.is_set():
                pending.remove(run)
            elif run.started is not None and time.monotonic() - run.started > seconds:
                pending.remove(run)
                run.timed_out = _inconclusive(run.target, options, f"took longer than {seconds:g} seconds")
                _start_worker(waiting)
    return [run.timed_out or run.verdict for run in runs]


class _Run:
    """The check of one target in a worker thread."""

    def __init__(self, target: Target, options: Options, config: Config | None):
        self.target = target
        self.started: float | None = None
        self.done = threading.Event()
        self.timed_out: Verdict | None = None
        self._arguments = (target, options, config)
        self.verdict = _inconclusive(target, options, "was not checked")

    def run(self) -> None:
        """Check the target and set `verdict` and `done`. Raises nothing."""
        self.started = time.monotonic()
        target, options, _ = self._arguments
        try:
            self.verdict = check(*self._arguments)
        except PlangateError as error:
            self.verdict = _inconclusive(target, options, str(error))
        except Exception as error:  # noqa: BLE001 - a bug met in one target must not hide the others
            self.verdict = _inconclusive(target, options, f"plangate itself failed ({type(error).__name__})")
        finally:
            self.done.set()


def _start_worker(waiting: queue.SimpleQueue[_Run]) -> None:
    """Start a thread that checks waiting targets until the queue is empty."""

    def work() -> None:
        while True:
            try:
                run = waiting.get_nowait()
            except queue.Empty:
                return
            run.run()

    threading.Thread(target=work, daemon=True).start()


def _inconclusive(target: Target, options: Options, why: str) -> Verdict:
    what = target.name or target.release or target.plan or "target"
    skipped = Gap(what, why, "check it alone: plangate drift", inconclusive=True)
    return decide([], (), PolicyReport(), [skipped], structs.replace(options, target=target.name or options.target))


def _plan(path: str, context: PlanContext) -> list[ChangeSet]:
    """The releases of the plans of one input, and what their refresh found. Raises `InputError`."""
    documents = list(detect.documents(files.read(path)))
    return inputs.change_sets(documents, inputs.Reading(context=context, drift_only=True))


def _release(target: Target, context: PlanContext) -> ChangeSet:
    """One release, by the values that it is meant to have."""
    namespace, slash, name = (target.release or "").partition("/")
    if not slash or not name or not namespace:
        raise UsageError("--release takes NAMESPACE/NAME", where=target.release)

    def desired() -> dict[str, Any]:
        tree: dict[str, Any] = {}
        for path in target.values:
            merging.merge(tree, helm_values.values(files.read(path)))
        for texts, strings in ((target.sets, False), (target.set_strings, True)):
            for text in texts:
                try:
                    merging.assign(tree, text, strings=strings)
                except StrvalsError as error:
                    raise UsageError(f"Helm would refuse it: {error}", where="--set") from None
        return tree

    sides = helm_values.read(
        (namespace, name), desired, context.state, partial(gather.gather, target.evidence), context.releases.key
    )
    evidence = sides.evidence
    drift: tuple[Any, ...] = ()
    unseen: tuple[Gap, ...] = ()
    if evidence.live is not None:
        # Drift is what an upgrade with these values would undo. Without a state the values of the last apply are unknown:
        # the desired ones are taken for them.
        given = lines.ValuesSide(sides.desired)
        planned = lines.Planned(
            address=evidence.address,
            release=evidence.release,
            action=Action.UPDATE,
            desired=given,
            before=given if evidence.recorded is None else lines.ValuesSide(),
        )
        moment = when(evidence.history, evidence.recorded_revision)
        drift, unseen = lines.compared(
            lines.compare_sides(planned, lines.Sides(evidence.live, evidence.recorded, moment), context.owned)
        )
    freshness = Freshness(
        lineage=context.state.lineage if context.state is not None else None,
        serial_state=context.state.serial if context.state is not None else None,
        lock=context.lock,
        revision_recorded=evidence.recorded_revision,
        revision_live=evidence.live_revision,
    )
    return ChangeSet(
        input=InputRecord(Kind.HELM_VALUES, ", ".join(target.values) or target.release or "", "", "helm"),
        drift=tuple(structs.replace(one, address=one.address or None) for one in drift),
        releases=(evidence,),
        freshness=freshness,
        evidence={**evidence.evidence, **({"state": "given"} if context.state_read else {})},
        skipped=(*sides.skipped, *unseen),
    )


def _drift_only(changeset: ChangeSet) -> ChangeSet:
    """The change set without changes and the plan's serial: a drift check judges neither."""
    freshness = changeset.freshness
    return ChangeSet(
        input=changeset.input,
        releases=changeset.releases,
        drift=changeset.drift,
        evidence=changeset.evidence,
        skipped=changeset.skipped,
        notes=changeset.notes,
        freshness=None if freshness is None else structs.replace(freshness, serial_plan=None),
    )
