"""What is mistaken for a plan, each named for what it is. Imported only once something is no plan."""

from __future__ import annotations

import re
from typing import Final

import msgspec
from msgspec import Raw, Struct

from plangate.ingest.envelope import PLAN_COMMAND, without_noise

_keys = msgspec.json.Decoder(dict[str, Raw])


class Refused(Struct, frozen=True):
    """A kind of input that is no plan: what it is, and the command that gives the right input."""

    what: str
    command: str = PLAN_COMMAND


_EMPTY: Final = Refused(
    "is empty",
    f"make sure the command before it succeeded (Helm says on stderr why it did not), then: {PLAN_COMMAND}",
)
_ENCRYPTED: Final = Refused(
    "is encrypted by OpenTofu", "tofu show -json tfplan > plan.json, where the key is configured"
)
_STATE: Final = Refused("is a Terraform state, not a plan", "terraform plan -out=tfplan && " + PLAN_COMMAND)
_DRY_RUN: Final = "helm upgrade NAME CHART -n NS -f VALUES --dry-run=server -o json > dry-run.json"


def _evidence(what: str, flag: str) -> Refused:
    """Evidence given as an input: it tells what is, and not what will happen."""
    return Refused(f"is {what}: evidence, not what will happen", f"give it with {flag}, and as INPUT: {_DRY_RUN}")


_VALUES: Final = _evidence("`helm get values`", "--live-values")
_HISTORY: Final = _evidence("`helm history`", "--history")
_METADATA: Final = _evidence("`helm get metadata`", "--metadata")
_LIVE: Final = _evidence("what `kubectl get` shows of a cluster", "--live-objects")
_HELM: Final = Refused("is Helm output, but no dry run of an upgrade", _DRY_RUN)


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
        ("name chart version", _METADATA),
        ("name info", _HELM),
        ("apiVersion kind", _LIVE),
        ("AWSTemplateFormatVersion", Refused("is a CloudFormation template, not a plan")),
        ("Resources", Refused("is a CloudFormation template, not a plan")),
        ("deployment", Refused("is a Pulumi stack, not a plan")),
        ("steps resultSummary", Refused("is a Pulumi preview, not a plan")),
    )
)
"""Objects that are mistaken for plans, by keys that all have to be there. The first that fits names it."""


def name_object(data: bytes) -> Refused:
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
        return Refused("looks like a plan, but a part of it is missing or has the wrong type: it was cut or edited")
    return Refused(
        "is JSON, but not a plan nor a dry run", f"{PLAN_COMMAND}; or --live-values, if it is `helm get values`"
    )


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
        (rb"^(?:USER-SUPPLIED|COMPUTED) VALUES:", _VALUES),
        (rb"^(?:NAME|LAST DEPLOYED|NAMESPACE|REVISION|STATUS): |^(?:MANIFEST|HOOKS):", _HELM),
        (rb"^REVISION\s+UPDATED\s+STATUS", _HISTORY),
        (rb"^ *(?:managedFields|resourceVersion|uid):", _LIVE),
        (
            rb"^(?:apiVersion|kind): |^# Source: ",
            Refused("looks like a Kubernetes manifest, but a part of it is missing", _DRY_RUN),
        ),
        (
            rb'^\s*(?:resource|data|module|variable|output|provider)\s+"[^"]+"(?:\s+"[^"]+")?\s*\{|^\s*(?:terraform|locals)\s*\{|\A\s*[a-z_]+(?: \w+)* \{\s*$',
            Refused("is Terraform configuration, not a plan", "terraform plan -out=tfplan && " + PLAN_COMMAND),
        ),
        (rb'\A\s*\[\s*\{\s*"revision"', _HISTORY),
        (rb'\A\s*\[\s*\{\s*"name"', _HELM),
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
            Refused("is YAML, perhaps Helm values: evidence, not what will happen", _VALUES.command),
        ),
    )
)
"""Texts that are mistaken for plans, by how they look. The first that fits names it."""

_PLAN_START: Final = re.compile(rb'\{\s*"format_version"')
"""A plan that follows other text in one log, such as the text of its own planning."""

_COLOURS: Final = re.compile(rb"\x1b\[[0-9;]*m")


def name_text(start: bytes, data: bytes) -> Refused | None:
    """Name a text that is known to be no plan, by how it starts. A plan may still follow it in the same log."""
    if b"\0" in start[:1024]:
        return Refused("is binary data, but not a saved plan")
    shown = _COLOURS.sub(b"", start)
    known = next((refused for pattern, refused in _TEXTS if pattern.search(shown)), None)
    return None if known is not None and _PLAN_START.match(without_noise(data)) else known
