"""The result of detection, which the parsers take."""

from msgspec import Raw, Struct

from plangate.model.input import Kind

NULL = Raw(b"null")


class Top(Struct):
    """The top level of a Terraform plan JSON, every section an undecoded slice of the input.

    The layout is documented at https://developer.hashicorp.com/terraform/internals/json-format. `NULL` means absent or null.
    """

    format_version: str | None = None
    terraform_version: str | None = None
    variables: Raw = NULL
    planned_values: Raw = NULL
    resource_drift: Raw = NULL
    resource_changes: Raw = NULL
    deferred_changes: Raw = NULL
    deferred_action_invocations: Raw = NULL
    action_invocations: Raw = NULL
    output_changes: Raw = NULL
    prior_state: Raw = NULL
    configuration: Raw = NULL
    relevant_attributes: Raw = NULL
    checks: Raw = NULL
    timestamp: str | None = None
    applyable: bool | None = None
    complete: bool | None = None
    errored: bool | None = None


class Document(Struct, frozen=True):
    """One document found in an input. An input can hold several (Terragrunt's `run-all show -json`).

    `data` is clean UTF-8 (no BOM, no wrapper noise); `sha256` is of the whole input as given. `top` is set for a plan.
    `notes` say what had to be removed to read it.
    """

    kind: Kind
    path: str
    sha256: str
    data: bytes
    top: Top | None = None
    notes: tuple[str, ...] = ()
