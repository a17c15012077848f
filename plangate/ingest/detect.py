"""What an input is, told by its content and never by its name. What cannot be reviewed is refused by its own name."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final

import msgspec
from msgspec import Raw, Struct

from plangate.errors import InputError
from plangate.ingest.document import NULL, Document, Kind, Top
from plangate.ingest.envelope import PLAN_COMMAND, split, unwrap, without_noise

if TYPE_CHECKING:
    from plangate.evidence.files import Given

_ZIP: Final = b"PK\x03\x04"
_LOOKED_AT: Final = 256 * 1024
_top = msgspec.json.Decoder(Top)
_keys = msgspec.json.Decoder(dict[str, Raw])


class Refused(Struct, frozen=True):
    """A kind of input that is no plan: what it is, and the command that gives the right input."""

    what: str
    command: str = PLAN_COMMAND


_EMPTY: Final = Refused("is empty", "make sure the command before it succeeded, then: " + PLAN_COMMAND)
_ENCRYPTED: Final = Refused(
    "is encrypted by OpenTofu", "tofu show -json tfplan > plan.json, where the key is configured"
)
_STATE: Final = Refused("is a Terraform state, not a plan", "terraform plan -out=tfplan && " + PLAN_COMMAND)
_HELM: Final = Refused("is Helm output; this version reviews Terraform and OpenTofu plans")


def documents(given: Given) -> tuple[Document, ...]:
    """Find out what an input holds. Raises `InputError`, with a hint, for everything that cannot be reviewed."""
    unwrapped = unwrap(given.data, given.path)
    data, notes = unwrapped.data, unwrapped.notes
    if data.startswith(_ZIP):
        return (Document(Kind.TERRAFORM_PLANFILE, given.path, given.sha256, data),)
    start = data[:_LOOKED_AT].lstrip()
    if start.startswith(b"{"):
        return _objects(given, data, notes)
    _refuse_text(given.path, start, data)
    inner = without_noise(data)
    if not inner:
        raise _refusal(given.path, Refused("is not a plan, nor anything else that plangate knows"))
    return _objects(
        given, inner, (*notes, "lines before the plan were skipped (setup-terraform: terraform_wrapper: false)")
    )


def _objects(given: Given, data: bytes, notes: tuple[str, ...]) -> tuple[Document, ...]:
    """A text that starts with an object: one plan, a stream, or several plans."""
    first_line = data[:_LOOKED_AT].lstrip().split(b"\n", 1)[0]
    if b'"@level"' in first_line and b'"@message"' in first_line:
        return (Document(Kind.TERRAFORM_STREAM, given.path, given.sha256, data, notes=notes),)
    top = _decode(data)
    if top is not None:
        return (_plan(given, data, top, notes),)
    found = split(without_noise(data), given.path)
    plans = [_plan(given, part, _decode(part), notes) for part in found]
    return tuple(plans)


def _decode(data: bytes) -> Top | None:
    try:
        return _top.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None


def _plan(given: Given, data: bytes, top: Top | None, notes: tuple[str, ...]) -> Document:
    """One object that has to be a plan."""
    if top is None or not _planlike(top):
        raise _refusal(given.path, _name_object(data))
    major = (top.format_version or "").split(".")[0]
    if major not in ("0", "1"):
        raise InputError(
            "has a plan format of a newer major version",
            where=given.path,
            hint="use a newer plangate, or an older Terraform",
        )
    return Document(Kind.TERRAFORM_PLAN, given.path, given.sha256, data, top, notes)


def _planlike(top: Top) -> bool:
    """A plan has a format version and changes; without `resource_changes`, the sections that only a plan has.

    Outputs-only, refresh-only and some errored plans have no `resource_changes`. Null in its place is no plan.
    """
    if not top.format_version:
        return False
    if top.resource_changes != NULL:
        return True
    if top.resource_changes is not Top().resource_changes:
        return False
    return top.planned_values != NULL and (top.configuration != NULL or top.errored is True)


# --- objects that are no plan ------------------------------------------------------------------------------------------

_OBJECTS: Final[tuple[tuple[frozenset[str], Refused], ...]] = tuple(
    (frozenset(keys.split()), refused)
    for keys, refused in (
        ("encrypted_data meta", _ENCRYPTED),
        (
            "remote_plan_format",
            Refused("points to a plan in HCP Terraform", "download the plan's JSON output from its run"),
        ),
        ("provider_schemas", Refused("is `terraform providers schema -json` output, not a plan")),
        ("valid diagnostics", Refused("is `terraform validate -json` output, not a plan")),
        ("function_signatures", Refused("is `terraform metadata functions -json` output, not a plan")),
        ("terraform_version provider_selections", Refused("is `terraform version -json` output, not a plan")),
        ("schema decision findings", Refused("is a verdict of plangate", "plangate explain VERDICT 1")),
        ("version serial lineage", _STATE),
        ("version terraform_version resources", _STATE),
        ("version modules", Refused("is a Terraform state of version 3 or older", _STATE.command)),
        ("format_version values", _STATE),
        ("name info manifest", _HELM),
        ("name chart version", _HELM),
        ("apiVersion kind", Refused("is a Kubernetes object; this version reviews Terraform and OpenTofu plans")),
        ("AWSTemplateFormatVersion", Refused("is a CloudFormation template, not a plan")),
        ("Resources", Refused("is a CloudFormation template, not a plan")),
        ("deployment", Refused("is a Pulumi stack, not a plan")),
        ("steps resultSummary", Refused("is a Pulumi preview, not a plan")),
    )
)
"""Objects that are mistaken for plans, by keys that all have to be there. The first that fits names it."""


def _name_object(data: bytes) -> Refused:
    """Name an object that is no plan, or say why it is no JSON at all."""
    try:
        fields = _keys.decode(data)
    except UnicodeDecodeError:
        return Refused("is not UTF-8")
    except RecursionError:
        return Refused("is nested too deeply")
    except msgspec.DecodeError as error:
        return Refused("ends in the middle: it was cut" if "truncated" in str(error) else "is not JSON")
    keys = fields.keys()
    for needed, refused in _OBJECTS:
        if needed <= keys:
            return refused
    if not fields:
        return Refused("is an empty JSON object", _EMPTY.command)
    if all(_is_output(value) for value in fields.values()):
        return Refused("is `terraform output -json`, not a plan")
    if keys <= {"format_version", "terraform_version", "timestamp"} and "format_version" in keys:
        return Refused("is an empty state or an empty plan without any section", _STATE.command)
    if "resource_changes" in keys or "planned_values" in keys:
        missing = "resource_changes" if "format_version" in keys else "format_version"
        return Refused(f"looks like a plan, but its {missing} is missing or has the wrong type: it was cut or edited")
    return Refused("is JSON, but not a plan")


def _is_output(value: Raw) -> bool:
    text = bytes(value)
    return text.startswith(b"{") and b'"sensitive"' in text and b'"value"' in text


# --- texts that are no plan --------------------------------------------------------------------------------------------

_PLAN_TEXT: Final = Refused("is a plan as text for people", "terraform plan -out=tfplan && " + PLAN_COMMAND)

_TEXTS: Final[tuple[tuple[re.Pattern[bytes], Refused], ...]] = tuple(
    (re.compile(pattern, re.MULTILINE), refused)
    for pattern, refused in (
        (rb"\A\s*\Z", _EMPTY),
        (
            rb"(?i)\A\s*(?:<!doctype html|<html)",
            Refused("is an HTML page, perhaps a log-in or an error page", "download it again with credentials"),
        ),
        (
            rb"\A\s*<\?xml|\A\s*<Error>",
            Refused("is XML, perhaps an error of the store it came from", "download it again with credentials"),
        ),
        (rb"\Atfplan", Refused("is a saved plan of Terraform 0.11 or older", "use Terraform 0.12 or newer")),
        (
            rb"(?:Terraform|OpenTofu) will perform the following|(?:Terraform|OpenTofu) used the selected providers"
            rb"|^Plan: \d+ to |^No changes\. |An execution plan has been generated|Changes to Outputs:"
            rb"|planned the following actions|: Refreshing state\.\.\.|Objects have changed outside of",
            _PLAN_TEXT,
        ),
        (rb"^Error: UPGRADE FAILED|^Error: INSTALLATION FAILED", _HELM),
        (
            rb"^(?:NAME|LAST DEPLOYED|NAMESPACE|REVISION|STATUS): |^(?:MANIFEST|HOOKS|USER-SUPPLIED VALUES|COMPUTED VALUES):",
            _HELM,
        ),
        (rb"^REVISION\s+UPDATED\s+STATUS", _HELM),
        (
            rb"^(?:apiVersion|kind): |^# Source: ",
            Refused("is a Kubernetes manifest; this version reviews Terraform and OpenTofu plans"),
        ),
        (
            rb'^\s*(?:resource|data|module|variable|output|provider)\s+"[^"]+"(?:\s+"[^"]+")?\s*\{|^\s*(?:terraform|locals)\s*\{|\A\s*[a-z_]+(?: \w+)* \{\s*$',
            Refused("is Terraform configuration, not a plan", "terraform plan -out=tfplan && " + PLAN_COMMAND),
        ),
        (rb'\A\s*\[\s*\{\s*"(?:revision|name)"', _HELM),
        (rb"\A\s*\[\s*[\]{\"0-9]", Refused("is a JSON list, not a plan")),
        (rb"\A\s*(?:\"|-?\d|true\b|false\b|null\b)[^\n]*\s*\Z", Refused("is a single JSON value, not a plan")),
        (
            rb"^(?:Error|\xe2\x95\xb7)",
            Refused("is an error message, not a plan", "see what the command before it said, then: " + PLAN_COMMAND),
        ),
        (
            rb"\A(?:\s*(?:#|//)[^\n]*\n)*\s*[A-Za-z_][\w-]*\s*=[^=]",
            Refused("is a Terraform variables file or a part of a configuration, not a plan", _STATE.command),
        ),
        (
            rb"\A(?:\s*#[^\n]*\n)*\s*(?:---\s+)?[A-Za-z_][\w./-]*:(?:\s|$)",
            Refused("is YAML, perhaps Helm values; this version reviews Terraform and OpenTofu plans"),
        ),
    )
)
"""Texts that are mistaken for plans, by how they look. The first that fits names it."""

_PLAN_START: Final = re.compile(rb'\{\s*"format_version"')
"""A plan that follows other text in one log, such as the text of its own planning."""

_COLOURS: Final = re.compile(rb"\x1b\[[0-9;]*m")


def _refuse_text(where: str, start: bytes, data: bytes) -> None:
    """Refuse what is known to be no plan. Binary data is refused here as well."""
    if b"\0" in start[:1024]:
        raise _refusal(where, Refused("is binary data, but not a saved plan"))
    shown = _COLOURS.sub(b"", start)
    known = next((refused for pattern, refused in _TEXTS if pattern.search(shown)), None)
    if known is not None and not _PLAN_START.match(without_noise(data)):
        raise _refusal(where, known)


def _refusal(where: str, refused: Refused) -> InputError:
    return InputError(refused.what, where=where, hint=refused.command)
