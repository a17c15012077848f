"""Which reference of a policy a finding links to: one about the provider in question, else one about no provider."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Sequence

_PROVIDERS: Final = {
    "aws.amazon.com": ("aws", "awscc"),
    "cloud.google.com": ("google",),
    "learn.microsoft.com": ("azurerm", "azuread", "azapi", "azurestack", "azuredevops"),
    "docs.oracle.com": ("oci",),
    "cloud.ibm.com": ("ibm",),
    "alibabacloud.com": ("alicloud",),
}
"""The hosts of documentation that is about one provider, and how the types of that provider begin."""


def of(references: Sequence[str], type_: str) -> str | None:
    """The address for a finding about a change of this type. None where all references are about other providers."""
    if "/" in type_:
        # An object of Kubernetes has no provider.
        return next(iter(references), None)
    provider = type_.partition("_")[0]
    own = [reference for reference in references if provider in _providers(reference)]
    neutral = [reference for reference in references if not _providers(reference)]
    return next(iter((*own, *neutral)), None)


def _providers(reference: str) -> tuple[str, ...]:
    host = urlsplit(reference).hostname or ""
    return next((of for known, of in _PROVIDERS.items() if host == known or host.endswith(f".{known}")), ())
