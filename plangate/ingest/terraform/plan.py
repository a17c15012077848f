"""Terraform and OpenTofu plan JSON to a masked `ChangeSet`.

Two passes over slices of the input: the first learns every secret in it, the second builds the changes, whose values are
decoded and masked only when something reads them. Facts about the format are recorded in
https://developer.hashicorp.com/terraform/internals/json-format; where real plans differ, real plans win.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain
from typing import Any, Literal

import msgspec
from msgspec import Raw, structs

from plangate.errors import InputError
from plangate.ingest.document import NULL, Document, Top
from plangate.ingest.redact.redactor import Redactor
from plangate.ingest.redact.sensitivity import MANIFESTS, of_rights, opened
from plangate.ingest.terraform import contradictions, first_pass, limits, run, wire
from plangate.ingest.terraform import releases as terraform_releases
from plangate.ingest.terraform.configuration import (
    Configuration,
    arguments,
    learn_configuration,
    module_calls,
    references,
    sibling_arguments,
    written,
)
from plangate.ingest.terraform.sides import LazySide, differing, holds_true, marks, union
from plangate.lang.glob import fits_shell
from plangate.model.change import (
    ACTION_REASONS,
    Action,
    Address,
    Change,
    CheckResult,
    Invocation,
    OutputChange,
    ReplaceOrder,
    TerraformChangeSet,
    base,
)
from plangate.model.input import Facts, InputRecord
from plangate.model.values import ABSENT, UNKNOWN, Absent, Path, Value, spell

ACTIONS: dict[tuple[str, ...], tuple[Action, ReplaceOrder | None]] = {
    ("no-op",): (Action.NO_OP, None),
    ("create",): (Action.CREATE, None),
    ("read",): (Action.READ, None),
    ("open",): (Action.READ, None),
    ("update",): (Action.UPDATE, None),
    ("delete",): (Action.DESTROY, None),
    ("forget",): (Action.FORGET, None),
    ("delete", "create"): (Action.REPLACE, ReplaceOrder.DESTROY_FIRST),
    ("create", "delete"): (Action.REPLACE, ReplaceOrder.CREATE_FIRST),
    ("create", "forget"): (Action.REPLACE, ReplaceOrder.CREATE_FIRST),
    ("forget", "create"): (Action.REPLACE, ReplaceOrder.CREATE_FIRST),
}
"""Every action list that Terraform (`["create", "forget"]`) and OpenTofu (`["forget", "create"]`, `["open"]`) emit."""


def parse(
    document: Document,
    origin: int = 0,
    beside: terraform_releases.ReleaseSources = terraform_releases.NOTHING,
    fork: first_pass.Fork | None = None,
    siblings: tuple[str, ...] = (),
) -> TerraformChangeSet:
    """Read one plan. `origin` is its index among the inputs, `beside` what was given besides it, `fork` runs work in a copy.

    Of the types `siblings`, globs, it keeps what does not change. Raises `InputError` where a section does not have the shape of a plan; the message names the place, never the content.
    """
    top = document.top
    if top is None:
        raise InputError("is not a Terraform plan", where=document.path)
    try:
        return _Reader(document, top, origin, beside, siblings).read(fork)
    except (wire.ShapeError, msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise InputError(
            "is not UTF-8" if isinstance(error, UnicodeDecodeError) else "does not have the shape of a Terraform plan",
            where=document.path,
            place=error.place if isinstance(error, wire.ShapeError) else None,
            hint="make it again with: terraform show -json tfplan > plan.json",
        ) from None


def redactor(document: Document) -> Redactor:
    """The redactor of a plan, for texts about it from other sources. Raises `InputError`."""
    if document.top is None:
        raise InputError("is not a Terraform plan", where=document.path)
    reader = _Reader(document, document.top, 0, terraform_releases.NOTHING)
    reader.read()
    return reader.redactor


class _Reader:
    """Reads one plan: holds the redactor and what both passes need."""

    def __init__(
        self,
        document: Document,
        top: Top,
        origin: int,
        beside: terraform_releases.ReleaseSources,
        siblings: tuple[str, ...] = (),
    ):
        self.document = document
        self.top = top
        self.origin = origin
        self.beside = beside
        self.siblings = siblings
        self.unchanged: list[wire.WireResource] = []
        self.redactor = Redactor()
        self.copies_slices = False
        """Whether values are copied out of the input, so that it can be freed: worth it where little of a plan changes."""

    def read(self, fork: first_pass.Fork | None = None) -> TerraformChangeSet:
        top = self.top
        configuration = Configuration.of(top)
        resources = wire.resources.read(top) or []
        changed = [resource for resource in resources if not _plain_no_op(resource)]
        self.unchanged = [r for r in resources if r.type == terraform_releases.TYPE and _plain_no_op(r)]
        siblings = self._siblings(resources)
        no_ops = len(resources) - len(changed)
        deferred = wire.deferred.read(top) or []
        drifted = wire.drifted.read(top) or []
        outputs = wire.outputs.read(top) or {}
        limits.check(len(changed) + len(deferred) + len(drifted) + len(outputs), self.document.path)
        invocations = self._invocations()
        checks = wire.checks.read(top) or []
        others = [*drifted, *(d.resource_change for d in deferred if d.resource_change is not None)]
        contradicting = [*contradictions.in_entries(resources), *contradictions.names_twice(top, resources)]
        self.copies_slices = 2 * (len(changed) + len(drifted) + len(deferred)) < len(resources)
        found_first = first_pass.look_over(resources, top, _mentioned(resources, others), fork)
        more = [
            first_pass.objects_of(others),
            first_pass.outputs(outputs),
            first_pass.variables(top, configuration.sensitive_variables),
            (first_pass.invocation(invocation) for invocation, _ in invocations),
        ]
        for one in chain.from_iterable(more):
            self.redactor.learn(*one)
        learn_configuration(configuration, self.redactor)
        releases = terraform_releases.Reading(self.beside, self._releases(changed), self.redactor)
        self.redactor.freeze(lambda: found_first().terms)

        found = {(_address(r), _deposed(r)): _found(r) for r in drifted}
        changes = [self._change(resource, found) for resource in changed]
        changes += [
            self._change(d.resource_change or wire.WireResource(), found, deferred=d.reason or "not said")
            for d in deferred
        ]
        no_ops += sum(change.action is Action.NO_OP for change in changes)
        changes = sorted((change for change in changes if change.action is not Action.NO_OP), key=_in_order)
        unrecognised = (
            *run.unrecognised(changed, checks, self.redactor),
            *run.contradictory([*contradicting, *found_first().contradictions], self.redactor),
        )
        replaced = any(change.action in (Action.REPLACE, Action.DESTROY) for change in changes)
        changeset = TerraformChangeSet(
            input=InputRecord(
                kind=self.document.kind,
                path=self.document.path,
                sha256=self.document.sha256,
                tool=run.tool(top, changed),
                tool_version=run.version(top, self.redactor),
                facts=Facts(errored=top.errored, complete=top.complete, applyable=top.applyable),
            ),
            changes=tuple(changes),
            no_ops=no_ops,
            unchanged=tuple(self._change(r, found) for r in self.unchanged),
            modules={
                address: (self.redactor.text(source), self.redactor.text(version))
                for address, (source, version) in module_calls(configuration).items()
            },
            siblings=tuple(self._change(r, found) for r in siblings if _plain_no_op(r)),
            sibling_arguments=self._sibling_arguments(configuration, siblings),
            releases=releases.evidence(),
            outputs=tuple(self._outputs(outputs)),
            invocations=tuple(self._invocation(i, deferred=reason) for i, reason in invocations),
            checks=tuple(self._checks(checks)),
            recorded_drift=tuple(self._change(r, {}) for r in drifted),
            relevant=tuple((r.resource, tuple(r.attribute or ())) for r in wire.relevant.read(top) or ()),
            skipped=(*run.limitations(top, changes), *unrecognised, *releases.skipped),
            notes=(*self.document.notes, *run.recognised(top, changes, drifted=bool(drifted))),
            references=structs.replace(
                references(configuration, follow=replaced),
                written=written(configuration, _unknown(changes)),
                aliased=any("." in name.rpartition(":")[2] for name in configuration.provider_config or {}),
            ),
            arguments=self._arguments(configuration, changes),
            made_at=top.timestamp,
            pseudonyms=self.redactor.pseudonyms,
        )
        self.redactor.build_matcher()
        return changeset

    def _siblings(self, resources: list[wire.WireResource]) -> list[wire.WireResource]:
        """The resources of the types that policies look for beside others."""
        if not self.siblings:
            return []
        types = {resource.type or "" for resource in resources}
        wanted = {type_ for type_ in types if any(fits_shell(one, type_) for one in self.siblings)}
        return [resource for resource in resources if resource.type in wanted and resource.mode != "data"]

    def _sibling_arguments(
        self, configuration: Configuration, siblings: list[wire.WireResource]
    ) -> dict[str, dict[str, tuple[str, ...]]]:
        return sibling_arguments(configuration, frozenset(r.type or "" for r in siblings)) if siblings else {}

    def _arguments(self, configuration: Configuration, changes: list[Change]) -> dict[str, dict[str, tuple[str, ...]]]:
        """The references in the arguments of `helm_release` blocks, or of all blocks with `--assume`, by address.

        Following the references of a large configuration takes long.
        """
        if self.beside.assuming:
            return arguments(configuration, None)
        if any(change.type == terraform_releases.TYPE for change in changes):
            return arguments(configuration, frozenset({terraform_releases.TYPE}))
        return {}

    def _releases(self, changed: list[wire.WireResource]) -> Iterator[terraform_releases.ReleaseName]:
        """The Helm releases of the plan, unchanged ones included."""
        for resource in (*changed, *self.unchanged):
            if resource.type == terraform_releases.TYPE and resource.mode != "data" and not resource.deposed:
                change = resource.change or wire.WireChange()
                found = terraform_releases.named(_address(resource), change.before, change.after)
                if found is not None:
                    yield found

    def _change(
        self,
        resource: wire.WireResource,
        found: dict[tuple[str, str], Literal["", "changed", "deleted"]],
        *,
        deferred: str | None = None,
    ) -> Change:
        """One change; its two sides are decoded when they are read."""
        change = resource.change or wire.WireChange()
        actions = tuple(change.actions or ())
        action, order = ACTIONS.get(actions, (Action.UNKNOWN, None))
        importing = change.importing
        if action is Action.NO_OP and importing is not None:
            action = Action.IMPORT
        elif action is Action.NO_OP and resource.previous_address:
            action = Action.MOVE
        before, after = self._sides(resource, change)
        address = _address(resource)
        shown, module, name, moved_from = self.redactor.names(
            address, resource.module_address or "", resource.name or "", resource.previous_address or ""
        )
        return Change(
            address=Address(shown, _deposed(resource)),
            type=resource.type or "",
            action=action,
            origin=self.origin,
            mode=resource.mode or "managed",
            module=module,
            name=name,
            index=_index(resource.index, self.redactor),
            provider=resource.provider_name or "",
            actions=actions if action is not Action.UNKNOWN else tuple(map(self.redactor.text, actions)),
            replace_order=order,
            reason=self._reason(resource.action_reason),
            replace_paths=tuple(
                spell(self.redactor.path(path)) for path in _paths(wire.rough.decode(change.replace_paths))
            ),
            moved_from=moved_from or None,
            import_id=None if importing is None else self._import_id(importing),
            deferred=None if deferred is None else self.redactor.text(deferred),
            found=found.get((address, _deposed(resource)), ""),
            before=before,
            after=after,
            differing=differing(before, after) if before is not None and after is not None else (),
        )

    def _sides(self, resource: wire.WireResource, change: wire.WireChange) -> tuple[LazySide | None, LazySide | None]:
        type_ = resource.type or ""
        kinds = {wire.kind(values) for values in (change.before, change.after) if type_ in MANIFESTS and values != NULL}
        kind = kinds.pop() if len(kinds) == 1 else None
        both = union(marks(change.before_sensitive), marks(change.after_sensitive))
        both, masked_as = of_rights(both, type_, kind)
        sensitive = opened(both, masked_as)
        unknown = marks(change.after_unknown)

        def side(values: Raw, unknown: Any) -> LazySide | None:
            if values == NULL and not holds_true(unknown):
                return None
            return LazySide(
                values.copy() if self.copies_slices else values,
                unknown=unknown,
                sensitive=sensitive,
                type_=masked_as,
                redactor=self.redactor,
            )

        return side(change.before, False), side(change.after, unknown)

    def _reason(self, reason: str | None) -> str | None:
        return reason if reason is None or reason in ACTION_REASONS else self.redactor.text(reason)

    def _import_id(self, importing: wire.WireImporting) -> str:
        if importing.id is not None:
            return self.redactor.text(importing.id)
        identity = wire.rough.decode(importing.identity)
        if isinstance(identity, dict):
            pairs = (f"{key}={value}" for key, value in sorted(identity.items()) if value is not None)
            return self.redactor.text(", ".join(pairs))
        return repr(UNKNOWN)

    def _outputs(self, outputs: dict[str, wire.WireChange]) -> Iterator[OutputChange]:
        for name, change in sorted(outputs.items()):
            action, _ = ACTIONS.get(tuple(change.actions or ()), (Action.UNKNOWN, None))
            if action is Action.NO_OP:
                continue
            sensitive = union(marks(change.before_sensitive), marks(change.after_sensitive))
            unknown = marks(change.after_unknown)
            yield OutputChange(
                name=self.redactor.name(name),
                action=action,
                before=ABSENT if action is Action.CREATE else self._output(name, change.before, sensitive, False),
                after=ABSENT if action is Action.DESTROY else self._output(name, change.after, sensitive, unknown),
            )

    def _output(self, name: str, values: Raw, sensitive: Any, unknown: Any) -> Value | Absent:
        if unknown is True:
            return UNKNOWN
        return self.redactor.mask(
            wire.exact.decode(values), sensitive=sensitive, unknown=unknown, type_="output", path=(name,)
        )

    def _invocations(self) -> list[tuple[wire.WireInvocation, str | None]]:
        now = wire.invocations.read(self.top) or []
        later = wire.deferred_invocations.read(self.top) or []
        return [(i, None) for i in now] + [(d.action_invocation or wire.WireInvocation(), d.reason) for d in later]

    def _invocation(self, invocation: wire.WireInvocation, *, deferred: str | None) -> Invocation:
        trigger = invocation.lifecycle_action_trigger
        if trigger is None:
            words = "asked for on the command line"
        else:
            event = {"Before": "before", "After": "after"}
            name = trigger.action_trigger_event or ""
            for prefix, word in event.items():
                name = name.replace(prefix, f"{word} ")
            words = f"{name.lower()} of {self.redactor.name(trigger.triggering_resource_address or 'a resource')}"
        return Invocation(
            address=self.redactor.name(invocation.address), trigger=f"{words}, put off" if deferred else words
        )

    def _checks(self, checks: list[wire.WireCheck]) -> Iterator[CheckResult]:
        for check in checks:
            if check.status == "pass":
                continue
            instances = [i for i in check.instances or () if i.status == check.status]
            problems = [p for i in instances for p in i.problems or ()] + (check.problems or [])
            yield CheckResult(
                address=self.redactor.name(check.address.to_display),
                kind=check.address.kind,
                status=check.status,
                messages=tuple(self.redactor.text(p.message) for p in problems if p.message),
            )


def _mentioned(resources: list[wire.WireResource], others: list[wire.WireResource]) -> set[str]:
    """The addresses that a plan says something of, those from before a move included."""
    entries = (*resources, *others)
    return {entry.address for entry in entries} | {e.previous_address for e in entries if e.previous_address}


def _unknown(changes: list[Change]) -> dict[str, set[str]]:
    """The names of attributes that are known only after apply, by address without instance keys."""
    found: dict[str, set[str]] = {}
    for change in changes:
        names = change.after.unknown_names() if isinstance(change.after, LazySide) and change.mode == "managed" else ()
        if names:
            module = base(change.module)
            own = f"{change.type}.{change.name}"
            found.setdefault(f"{module}.{own}" if module else own, set()).update(names)
    return found


def _plain_no_op(resource: wire.WireResource) -> bool:
    change = resource.change
    return (
        change is not None
        and change.actions == ["no-op"]
        and change.importing is None
        and not resource.previous_address
    )


def _address(resource: wire.WireResource) -> str:
    """The address; entries of `resource_drift` had none before Terraform 1.1, so it is put together from its parts."""
    if resource.address:
        return resource.address
    module = f"{resource.module_address}." if resource.module_address else ""
    data = "data." if resource.mode == "data" else ""
    index = spell((resource.index,)) if isinstance(resource.index, int) else ""
    if isinstance(resource.index, str):
        index = f"[{msgspec.json.encode(resource.index).decode()}]"
    return f"{module}{data}{resource.type or 'unknown'}.{resource.name or 'unknown'}{index}"


def _in_order(change: Change) -> tuple[object, ...]:
    """Terraform's own order: outer modules first, then by module, data sources, type, name and key."""
    index = change.index
    key = (0, 0, "") if index is None else (1, index, "") if isinstance(index, int) else (2, 0, index)
    module = change.module
    return (
        module.count("module."),
        module,
        change.mode,
        change.type,
        change.name,
        key,
        change.address,
    )


def _deposed(resource: wire.WireResource) -> str:
    """The deposed key; the first plans of 0.12 had only a flag."""
    return "deposed" if resource.deposed is True else resource.deposed or ""


_FOUND: dict[tuple[str, ...], Literal["changed", "deleted"]] = {("delete",): "deleted", ("update",): "changed"}


def _found(resource: wire.WireResource) -> Literal["", "changed", "deleted"]:
    actions = tuple(resource.change.actions or ()) if resource.change else ()
    return _FOUND.get(actions, "")


def _paths(replace_paths: Any) -> list[Path]:
    """The paths that force a replacement; anything that is not a list of paths is no path."""
    if not isinstance(replace_paths, list):
        return []
    return [
        tuple(part for part in path if isinstance(part, (str, int))) for path in replace_paths if isinstance(path, list)
    ]


def _index(index: Any, redactor: Redactor) -> str | int | None:
    if isinstance(index, str):
        return redactor.name(index)
    return index if isinstance(index, int) else None
