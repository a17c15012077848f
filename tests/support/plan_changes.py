"""Small sides and changes for the tests of impact."""

from plangate.classify.terraform.impact import assess
from plangate.model.change import Action, Address, Change, ReplaceOrder, TerraformChangeSet
from plangate.model.input import InputRecord, Kind
from tests.support.sides import FakeSide

ACTIONS = {
    Action.CREATE: (("create",), None),
    Action.UPDATE: (("update",), None),
    Action.DESTROY: (("delete",), None),
    Action.FORGET: (("forget",), None),
}


def change(type_, before=None, after=None, *, address=None, order=None, deposed="", **fields):
    """A change; what it is follows from its sides, and from `order` for a replacement."""
    if order is not None:
        action = Action.REPLACE
        actions = ("delete", "create") if order is ReplaceOrder.DESTROY_FIRST else ("create", "delete")
    else:
        action = Action.CREATE if before is None else Action.DESTROY if after is None else Action.UPDATE
        actions = ACTIONS[action][0]
    both = before is not None and after is not None
    differing = tuple(sorted(k for k in {*before, *after} if before.get(k) != after.get(k))) if both else ()
    given = {"action": action, "actions": actions, "replace_order": order, "differing": differing, "name": "x"} | fields
    return Change(
        address=Address(address or f"{type_}.x", deposed),
        type=type_,
        before=None if before is None else FakeSide(before),
        after=None if after is None else FakeSide(after),
        **given,
    )


def plan(*changes, **fields):
    """The changes of a plan, assessed."""
    return assess(
        TerraformChangeSet(input=InputRecord(kind=Kind.TERRAFORM_PLAN, path="p", sha256=""), changes=changes, **fields)
    ).changes


def effects(*arguments, **fields):
    """What one change does: `name:kind` and the reason; `?` stands before what is not certain."""
    (found,) = plan(change(*arguments, **fields))
    return said(found)


def said(found):
    return [(("" if e.certain else "?") + e.name + (f":{e.kind}" if e.kind else ""), e.because) for e in found.effects]
