"""The kind of an input, detected by its content and never by its file name. Any other kind is refused and named."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Raw

from plangate.errors import InputError
from plangate.ingest.document import NULL, Document, Top
from plangate.ingest.envelope import PLAN_COMMAND, objects_of, split, unwrap
from plangate.ingest.terraform import sections
from plangate.lang.wording import several
from plangate.model.input import Kind

if TYPE_CHECKING:
    from plangate.ingest.wrong_input import NotReviewable
    from plangate.model.input import RawInput

_ZIP: Final = b"PK\x03\x04"
_LOOKED_AT: Final = 256 * 1024
_FEW: Final = 64
_top = msgspec.json.Decoder(Top)


def documents(given: RawInput) -> tuple[Document, ...]:
    """Find out what an input holds. Raises `InputError`, with a hint, for everything that cannot be reviewed."""
    unwrapped = unwrap(given.data, given.path)
    data, notes = unwrapped.data, unwrapped.notes
    if data.startswith(_ZIP):
        return (Document(Kind.TERRAFORM_PLANFILE, given.path, given.sha256, data),)
    start = data[:_LOOKED_AT].lstrip()
    if start.startswith(b"{"):
        return _objects(given, data, notes)
    from plangate.ingest import wrong_input
    from plangate.ingest.helm import input as helm_input

    kind = helm_input.kind_of_text(data)
    if kind is not None:
        return (Document(kind, given.path, given.sha256, data, notes=notes),)
    known = wrong_input.name_text(start, data)
    if known is not None:
        raise _refusal(given.path, known)
    inner = objects_of(data, given.path)
    if not inner:
        raise _refusal(given.path, wrong_input.NotReviewable("is not a plan, nor anything else that plangate knows"))
    return _objects(
        given, inner, (*notes, "lines before the plan were skipped (setup-terraform: terraform_wrapper: false)")
    )


def _objects(given: RawInput, data: bytes, notes: tuple[str, ...]) -> tuple[Document, ...]:
    """A text that starts with an object: one plan, a stream, or several plans."""
    first_line = data[:_LOOKED_AT].lstrip().split(b"\n", 1)[0]
    top = _decode(data)
    # A plan may have these keys too: a stream is many objects, and none of them is a plan.
    if b'"@level"' in first_line and b'"@message"' in first_line and (top is None or not _is_plan(top)):
        return (Document(Kind.TERRAFORM_STREAM, given.path, given.sha256, data, notes=notes),)
    if top is not None:
        return (_plan(given, data, top, notes),)
    found = split(objects_of(data, given.path), given.path)
    plans = [_plan(given, part, _decode(part), notes) for part in found]
    return tuple(plans)


def _decode(data: bytes) -> Top | None:
    try:
        return _top.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _plan(given: RawInput, data: bytes, top: Top | None, notes: tuple[str, ...]) -> Document:
    """One object that has to be a plan."""
    if top is None or not _is_plan(top):
        from plangate.ingest import wrong_input
        from plangate.ingest.helm import input as helm_input

        kind = helm_input.kind_of_object(data)
        if kind is not None:
            return Document(kind, given.path, given.sha256, data, notes=notes)
        raise _refusal(given.path, wrong_input.name_object(data))
    major, _, minor = (top.format_version or "").partition(".")
    if not (major.isdecimal() and minor.isdecimal()):
        raise InputError("has a format version that is no version", where=given.path, hint=PLAN_COMMAND)
    if major not in ("0", "1"):
        raise InputError(
            "has a plan format of a newer major version",
            where=given.path,
            hint="use a newer plangate, or an older Terraform",
        )
    return Document(
        Kind.TERRAFORM_PLAN, given.path, given.sha256, data, top, (*notes, *_unknown_sections(given, data, top))
    )


def _unknown_sections(given: RawInput, data: bytes, top: Top) -> tuple[str, ...]:
    """Notes on the sections of a plan that are not known. Raises `InputError` where one may hide the changes."""
    try:
        named = sections.names(data, top)
    except (UnicodeDecodeError, msgspec.DecodeError):
        raise InputError("has a section whose name is not UTF-8", where=given.path, hint=PLAN_COMMAND) from None
    if named is None:
        raise InputError("has one of its sections twice: it was edited", where=given.path, hint=PLAN_COMMAND)
    unknown = sorted(set(named).difference(Top.__struct_fields__))
    if unknown and top.resource_changes is NULL:
        raise InputError("has no changes, and a section with an unknown name", where=given.path, hint=PLAN_COMMAND)
    found = f"{several(len(unknown), 'section')} of it"
    return (f"{found} not known to this version of plangate, and not read",) if unknown else ()


def _is_plan(top: Top) -> bool:
    """A plan has a format version and changes; without `resource_changes`, the sections that only a plan has.

    Outputs-only, refresh-only and some errored plans have no `resource_changes`, and then no planned resources either:
    what does not change is listed too. An empty list of changes beside planned resources is what is left of another one. Null in its place is no plan.
    """
    if not top.format_version:
        return False
    if top.resource_changes != NULL:
        return not (_is_empty(top.resource_changes) and _plans_resources(top))
    if top.resource_changes is not NULL:
        return False
    if top.planned_values == NULL or (top.configuration == NULL and top.errored is not True):
        return False
    return not _plans_resources(top)


def _is_empty(section: Raw) -> bool:
    text = memoryview(section)
    return len(text) < _FEW and re.fullmatch(rb"\[\s*\]", text) is not None


def _plans_resources(top: Top) -> bool:
    return re.search(rb'"resources"\s*:\s*\[\s*\{', memoryview(top.planned_values)) is not None


def _refusal(where: str, refused: NotReviewable) -> InputError:
    return InputError(refused.what, where=where, hint=refused.command)
