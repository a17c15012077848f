"""Inputs that cannot be reviewed, and the command that gives the right one. Imported only where an input is no plan."""

from __future__ import annotations

import re
from typing import Final

import msgspec
from msgspec import Raw, Struct

from plangate.ingest.envelope import PLAN_COMMAND, without_noise

_keys = msgspec.json.Decoder(dict[str, Raw])


class NotReviewable(Struct, frozen=True):
    """A kind of input that is no plan: its name, and the command that gives the right input."""

    what: str
    command: str = PLAN_COMMAND


_EMPTY: Final = NotReviewable(
    "is empty",
    f"make sure the command before it succeeded (Helm says on stderr why it did not), then: {PLAN_COMMAND}",
)
_ENCRYPTED: Final = NotReviewable(
    "is encrypted by OpenTofu", "tofu show -json tfplan > plan.json, where the key is configured"
)
_STATE: Final = NotReviewable("is a Terraform state, not a plan", "terraform plan -out=tfplan && " + PLAN_COMMAND)
_DRY_RUN: Final = "helm upgrade NAME CHART -n NS -f VALUES --dry-run=server -o json > dry-run.json"


def _evidence(what: str, flag: str) -> NotReviewable:
    """Evidence given as an input: it tells what is, and not what will happen."""
    return NotReviewable(f"is {what}: evidence, not what will happen", f"give it with {flag}, and as INPUT: {_DRY_RUN}")


_VALUES: Final = _evidence("`helm get values`", "--live-values")
_HISTORY: Final = _evidence("`helm history`", "--history")
_METADATA: Final = _evidence("`helm get metadata`", "--metadata")
_LIVE: Final = _evidence("what `kubectl get` shows of a cluster", "--live-objects")
_HELM: Final = NotReviewable("is Helm output, but no dry run of an upgrade", _DRY_RUN)


# --- objects that are no plan ------------------------------------------------------------------------------------------

_OBJECTS: Final[tuple[tuple[frozenset[str], NotReviewable], ...]] = tuple(
    (frozenset(keys.split()), refused)
    for keys, refused in (
        ("encrypted_data meta", _ENCRYPTED),
        (
            "remote_plan_format",
            NotReviewable("points to a plan in HCP Terraform", "download the plan's JSON output from its run"),
        ),
        ("provider_schemas", NotReviewable("is `terraform providers schema -json` output, not a plan")),
        ("valid diagnostics", NotReviewable("is `terraform validate -json` output, not a plan")),
        ("function_signatures", NotReviewable("is `terraform metadata functions -json` output, not a plan")),
        ("terraform_version provider_selections", NotReviewable("is `terraform version -json` output, not a plan")),
        ("schema decision findings", NotReviewable("is a verdict of plangate", "plangate explain VERDICT 1")),
        ("version serial lineage", _STATE),
        ("version terraform_version resources", _STATE),
        ("version modules", NotReviewable("is a Terraform state of version 3 or older", _STATE.command)),
        ("format_version values", _STATE),
        ("name chart version", _METADATA),
        ("name info", _HELM),
        ("apiVersion kind", _LIVE),
        ("AWSTemplateFormatVersion", NotReviewable("is a CloudFormation template, not a plan")),
        ("Resources", NotReviewable("is a CloudFormation template, not a plan")),
        ("deployment", NotReviewable("is a Pulumi stack, not a plan")),
        ("steps resultSummary", NotReviewable("is a Pulumi preview, not a plan")),
    )
)
"""Objects that are mistaken for plans, by keys that all have to be there. The first that fits names it."""


def name_object(data: bytes) -> NotReviewable:
    """Name an object that is no plan, or say why it is no JSON at all."""
    try:
        fields = _keys.decode(data)
    except UnicodeDecodeError:
        return NotReviewable("is not UTF-8")
    except RecursionError:
        return NotReviewable("is nested too deeply")
    except msgspec.DecodeError as error:
        return NotReviewable("ends in the middle: it was cut" if "truncated" in str(error) else "is not JSON")
    keys = fields.keys()
    for needed, refused in _OBJECTS:
        if needed <= keys:
            return refused
    if not fields:
        return NotReviewable("is an empty JSON object", _EMPTY.command)
    if all(_is_output(value) for value in fields.values()):
        return NotReviewable("is `terraform output -json`, not a plan")
    if keys <= {"format_version", "terraform_version", "timestamp"} and "format_version" in keys:
        return NotReviewable("is an empty state or an empty plan without any section", _STATE.command)
    if "resource_changes" in keys or "planned_values" in keys:
        return NotReviewable(
            "looks like a plan, but a part of it is missing or has the wrong type: it was cut or edited"
        )
    return NotReviewable(
        "is JSON, but not a plan nor a dry run", f"{PLAN_COMMAND}; or --live-values, if it is `helm get values`"
    )


def _is_output(value: Raw) -> bool:
    text = bytes(value)
    return text.startswith(b"{") and b'"sensitive"' in text and b'"value"' in text


# --- texts that are no plan --------------------------------------------------------------------------------------------

_PLAN_TEXT: Final = NotReviewable("is a plan as text for people", "terraform plan -out=tfplan && " + PLAN_COMMAND)

_TEXTS: Final[tuple[tuple[re.Pattern[bytes], NotReviewable], ...]] = tuple(
    (re.compile(pattern, re.MULTILINE), refused)
    for pattern, refused in (
        (rb"\A\s*\Z", _EMPTY),
        (
            rb"(?i)\A\s*(?:<!doctype html|<html)",
            NotReviewable("is an HTML page, perhaps a log-in or an error page", "download it again with credentials"),
        ),
        (
            rb"\A\s*<\?xml|\A\s*<Error>",
            NotReviewable("is XML, perhaps an error of the store it came from", "download it again with credentials"),
        ),
        (rb"\Atfplan", NotReviewable("is a saved plan of Terraform 0.11 or older", "use Terraform 0.12 or newer")),
        (
            rb"(?:Terraform|OpenTofu) will perform the following|(?:Terraform|OpenTofu) used the selected providers"
            rb"|^Plan: \d+ to |^No changes\. |An execution plan has been generated|Changes to Outputs:"
            rb"|planned the following actions|: Refreshing state\.\.\.|Objects have changed outside of",
            _PLAN_TEXT,
        ),
        (rb"^(?:USER-SUPPLIED|COMPUTED) VALUES:", _VALUES),
        (rb"^(?:NAME|LAST DEPLOYED|NAMESPACE|REVISION|STATUS): |^(?:MANIFEST|HOOKS):", _HELM),
        (rb"^REVISION\s+UPDATED\s+STATUS", _HISTORY),
        (rb"^ *(?:managedFields|resourceVersion|uid):", _LIVE),
        (
            rb"^(?:apiVersion|kind): |^# Source: ",
            NotReviewable("looks like a Kubernetes manifest, but a part of it is missing", _DRY_RUN),
        ),
        (
            rb'^\s*(?:resource|data|module|variable|output|provider)\s+"[^"]+"(?:\s+"[^"]+")?\s*\{|^\s*(?:terraform|locals)\s*\{|\A\s*[a-z_]+(?: \w+)* \{\s*$',
            NotReviewable("is Terraform configuration, not a plan", "terraform plan -out=tfplan && " + PLAN_COMMAND),
        ),
        (rb'\A\s*\[\s*\{\s*"revision"', _HISTORY),
        (rb'\A\s*\[\s*\{\s*"name"', _HELM),
        (rb"\A\s*\[\s*[\]{\"0-9]", NotReviewable("is a JSON list, not a plan")),
        (rb"\A\s*(?:\"|-?\d|true\b|false\b|null\b)[^\n]*\s*\Z", NotReviewable("is a single JSON value, not a plan")),
        (
            rb"^(?:Error|\xe2\x95\xb7)",
            NotReviewable(
                "is an error message, not a plan", "see what the command before it said, then: " + PLAN_COMMAND
            ),
        ),
        (
            rb"\A(?:\s*(?:#|//)[^\n]*\n)*\s*[A-Za-z_][\w-]*\s*=[^=]",
            NotReviewable("is a Terraform variables file or a part of a configuration, not a plan", _STATE.command),
        ),
        (
            rb"\A(?:\s*#[^\n]*\n)*\s*(?:---\s+)?[A-Za-z_][\w./-]*:(?:\s|$)",
            NotReviewable("is YAML, perhaps Helm values: evidence, not what will happen", _VALUES.command),
        ),
    )
)
"""Texts that are mistaken for plans, by how they look. The first that fits names it."""

_PLAN_START: Final = re.compile(rb'\{\s*"format_version"')
"""A plan that follows other text in one log, such as the text of its own planning."""

_COLOURS: Final = re.compile(rb"\x1b\[[0-9;]*m")


def name_text(start: bytes, data: bytes) -> NotReviewable | None:
    """Name a text that is known to be no plan, by how it starts. A plan may still follow it in the same log."""
    if b"\0" in start[:1024]:
        return NotReviewable("is binary data, but not a saved plan")
    shown = _COLOURS.sub(b"", start)
    known = next((refused for pattern, refused in _TEXTS if pattern.search(shown)), None)
    return None if known is not None and _PLAN_START.match(without_noise(data)) else known
