"""A `terraform plan -json` stream: actions, drift and diagnostics, and no attribute values.

https://developer.hashicorp.com/terraform/internals/machine-readable-ui. It can show that a plan is bad, never that it is
good: what it does not hold has not been reviewed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from typing import Any

import msgspec
from msgspec import Struct

from plangate.errors import InputError
from plangate.ingest.document import Document
from plangate.ingest.redact.redactor import Redactor
from plangate.ingest.terraform import limits
from plangate.model.change import (
    Action,
    Address,
    Change,
    CheckResult,
    Gap,
    Invocation,
    OutputChange,
    ReplaceOrder,
    TerraformChangeSet,
)
from plangate.model.input import Facts, InputRecord
from plangate.model.values import ABSENT, UNKNOWN

ACTIONS = {
    "noop": Action.NO_OP,
    "no-op": Action.NO_OP,
    "create": Action.CREATE,
    "read": Action.READ,
    "open": Action.READ,
    "update": Action.UPDATE,
    "replace": Action.REPLACE,
    "delete": Action.DESTROY,
    "remove": Action.FORGET,
    "forget": Action.FORGET,
    "move": Action.MOVE,
    "import": Action.IMPORT,
}
"""The stream's own words for actions (`remove` is what it calls a forget), as Terraform and OpenTofu write them."""

REASONS = {
    "cannot_update": "replace_because_cannot_update",
    "tainted": "replace_because_tainted",
    "requested": "replace_by_request",
    "replace_triggered_by": "replace_by_triggers",
}
"""The stream's reasons that plan JSON spells differently."""

_PLAN_COMMAND = "terraform plan -out=tfplan && terraform show -json tfplan > plan.json"


class _Resource(Struct):
    addr: str = ""
    module: str = ""
    resource_type: str = ""
    resource_name: str = ""
    resource_key: Any = None


class _Change(Struct):
    resource: _Resource | None = None
    previous_resource: _Resource | None = None
    action: str = ""
    reason: str | None = None
    importing: dict[str, Any] | None = None


class _Output(Struct):
    action: str = ""
    sensitive: bool = False


class _Diagnostic(Struct):
    severity: str = ""
    summary: str = ""
    detail: str = ""
    address: str = ""


class _Trigger(Struct):
    triggering_resource: _Resource | None = None
    triggering_event: str = ""


class _ActionAddress(Struct):
    addr: str = ""


class _Invocation(Struct):
    action_addr: _ActionAddress | None = None
    lifecycle_trigger: _Trigger | None = None


class _Summary(Struct):
    add: int = 0
    change: int = 0
    remove: int = 0


class _Line(Struct):
    type: str = ""
    change: _Change | None = None
    changes: _Summary | None = None
    outputs: dict[str, _Output] | None = None
    diagnostic: _Diagnostic | None = None
    invocation: _Invocation | None = None
    terraform: str | None = None
    tofu: str | None = None


_decoder = msgspec.json.Decoder(_Line)


def parse(document: Document, origin: int = 0) -> TerraformChangeSet:
    """Read a stream. Raises `InputError` when a line is broken or the summary at its end is missing: it was cut."""
    lines = list(_lines(document))
    errors = [d for d in _diagnostics(lines) if d.severity == "error"]
    if not errors and not any(line.type == "change_summary" for line in lines):
        raise InputError("has no change summary: the stream was cut", where=document.path, hint=_PLAN_COMMAND)
    redactor = Redactor()
    redactor.freeze()
    version = next((line for line in lines if line.type == "version"), _Line())
    found = {
        line.change.resource.addr: "deleted" if line.change.action == "delete" else "changed"
        for line in lines
        if line.type == "resource_drift" and line.change and line.change.resource
    }
    planned = [_change(line.change, origin, found, redactor) for line in _of(lines, "planned_change") if line.change]
    targeted = any("targeting is in effect" in d.summary for d in _diagnostics(lines))
    return TerraformChangeSet(
        input=InputRecord(
            kind=document.kind,
            path=document.path,
            sha256=document.sha256,
            tool="opentofu" if version.tofu else "terraform",
            tool_version=version.tofu or version.terraform,
            facts=Facts(errored=bool(errors), complete=False if targeted or errors else None),
        ),
        changes=tuple(change for change in planned if change.action is not Action.NO_OP),
        no_ops=sum(change.action is Action.NO_OP for change in planned),
        outputs=tuple(_outputs(lines, redactor)),
        invocations=tuple(_invocations(lines, redactor)),
        checks=tuple(_checks(lines, redactor)),
        skipped=(
            Gap(
                what="attribute values",
                why="a plan stream lists actions without values",
                how_to_fix=_PLAN_COMMAND,
                inconclusive=True,
            ),
            *_uncounted(lines, planned),
        ),
        notes=(*document.notes, *(redactor.text(f"error: {d.summary}") for d in errors)),
    )


def _uncounted(lines: list[_Line], planned: list[Change]) -> Iterator[Gap]:
    """Changes that the summary at the end counts and no line tells of: lines are lost, or the tool does not list them.

    OpenTofu 1.12 writes `noop` for what it forgets and creates again.
    """
    summary = next((line.changes for line in lines if line.type == "change_summary" and line.changes), None)
    if summary is None:
        return
    done = Counter(change.action for change in planned)
    listed = (
        done[Action.CREATE] + done[Action.REPLACE],
        done[Action.UPDATE],
        done[Action.DESTROY] + done[Action.REPLACE],
    )
    counted = (summary.add, summary.change, summary.remove)
    if any(said > found for said, found in zip(counted, listed, strict=True)):
        yield Gap(
            what="changes that the stream does not list",
            why=f"its summary counts {summary.add} to add, {summary.change} to change, {summary.remove} to destroy; "
            f"its lines are for {listed[0]}, {listed[1]}, {listed[2]}",
            how_to_fix=_PLAN_COMMAND,
            inconclusive=True,
        )


def _lines(document: Document) -> Iterator[_Line]:
    """Every line as an object. A line that is none means that the stream is damaged: nothing after it can be trusted."""
    for number, line in enumerate(document.data.splitlines(), 1):
        limits.check(number, document.path)
        if not line.strip():
            continue
        try:
            yield _decoder.decode(line)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise InputError(
                "is not a line of a plan stream: it was cut or mixed with other output",
                where=document.path,
                place=f"line {number}",
                hint=_PLAN_COMMAND,
            ) from None


def _of(lines: list[_Line], type_: str) -> Iterator[_Line]:
    return (line for line in lines if line.type == type_)


def _diagnostics(lines: list[_Line]) -> Iterator[_Diagnostic]:
    return (line.diagnostic for line in lines if line.type == "diagnostic" and line.diagnostic)


def _change(change: _Change, origin: int, found: dict[str, Any], redactor: Redactor) -> Change:
    resource = change.resource or _Resource()
    previous = change.previous_resource
    action = ACTIONS.get(change.action, Action.UNKNOWN)
    key = resource.resource_key
    return Change(
        address=Address(redactor.name(resource.addr)),
        type=resource.resource_type,
        action=action,
        origin=origin,
        mode="data" if action is Action.READ else "managed",
        module=redactor.name(resource.module),
        name=resource.resource_name,
        index=redactor.name(key) if isinstance(key, str) else key if isinstance(key, int) else None,
        actions=(change.action,),
        # The stream does not say which half of a replacement comes first; Terraform's default is the dangerous one.
        replace_order=ReplaceOrder.DESTROY_FIRST if action is Action.REPLACE else None,
        reason=REASONS.get(change.reason or "", change.reason),
        moved_from=redactor.name(previous.addr) if previous and previous.addr != resource.addr else None,
        import_id=None if change.importing is None else redactor.text(str(change.importing.get("id") or UNKNOWN)),
        found=found.get(resource.addr, ""),
        values_known=False,
    )


def _outputs(lines: list[_Line], redactor: Redactor) -> Iterator[OutputChange]:
    for line in _of(lines, "outputs"):
        for name, output in sorted((line.outputs or {}).items()):
            action = ACTIONS.get(output.action, Action.UNKNOWN)
            if output.action and action is not Action.NO_OP:
                yield OutputChange(redactor.name(name), action, ABSENT, ABSENT)


def _invocations(lines: list[_Line], redactor: Redactor) -> Iterator[Invocation]:
    for line in lines:
        invocation = line.invocation
        if line.type != "planned_action_invocation" or invocation is None:
            continue
        trigger = invocation.lifecycle_trigger
        resource = trigger.triggering_resource if trigger else None
        words = f"with {redactor.name(resource.addr)}" if resource else "asked for on the command line"
        yield Invocation(redactor.name(invocation.action_addr.addr if invocation.action_addr else ""), words)


def _checks(lines: list[_Line], redactor: Redactor) -> Iterator[CheckResult]:
    """Failed checks, which the stream reports as warnings."""
    for diagnostic in _diagnostics(lines):
        if "Check block assertion failed" in diagnostic.summary:
            detail = (redactor.text(diagnostic.detail),) if diagnostic.detail else ()
            yield CheckResult(redactor.name(diagnostic.address) or "a check block", "check", "fail", detail)
