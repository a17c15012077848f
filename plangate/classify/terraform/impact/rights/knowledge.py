"""What is dangerous in each policy language: what `policies/knowledge/rights.yaml` knows."""

import functools
from typing import Literal

from msgspec import Struct

from plangate import knowledge as shipped
from plangate.classify.terraform.impact.lookup import Lookup

Language = Literal[
    "aws-identity",
    "aws-resource",
    "aws-trust",
    "aws-boundary",
    "azure-role",
    "consul",
    "google-role",
    "kubernetes-role",
    "kubernetes-binding",
    "kubernetes-manifest",
    "nomad",
    "oracle",
    "tailscale",
    "vault",
]


class PolicyDocument(Struct, frozen=True, forbid_unknown_fields=True):
    """Where a policy stands, and in which language. `kind`: what it is when a resource is open to everybody.

    `computed`: unknown as a whole means that nobody configured it.
    """

    types: tuple[str, ...]
    path: str
    language: Language
    kind: str = ""
    computed: bool = False


class Dangers(Struct, frozen=True, forbid_unknown_fields=True):
    """What leads to everything, and what is too much on everything: patterns of actions, permissions or roles."""

    everything: tuple[str, ...] = ()
    wide: tuple[str, ...] = ()


class KubernetesRule(Struct, frozen=True, forbid_unknown_fields=True):
    """What a rule of a role allows when one of its verbs and resources fits: `*` in it fits everything."""

    kind: str
    because: str
    verbs: tuple[str, ...]
    resources: tuple[str, ...]
    groups: tuple[str, ...] = ("",)


class AwsKnowledge(Struct, frozen=True, forbid_unknown_fields=True):
    """AWS IAM, and what is written in its grammar elsewhere."""

    idle_conditions: frozenset[str]
    narrowing_conditions: tuple[str, ...]
    shared_issuers: frozenset[str]
    audience_issuers: frozenset[str]
    telling_claims: frozenset[str]
    idle_claims: frozenset[str]
    escalating_actions: frozenset[str]
    reading_actions: dict[str, str]
    managed_policies: dict[str, tuple[str, ...]]
    managed_policy_paths: dict[str, str]


class AzureKnowledge(Struct, frozen=True, forbid_unknown_fields=True):
    """Azure RBAC: `roles` are built-in roles by id."""

    actions: Dangers
    data_actions: tuple[str, ...]
    roles: dict[str, str]
    everything_roles: frozenset[str]
    wide_roles: frozenset[str]
    wide_scopes: tuple[str, ...]
    assignments: frozenset[str]


class GoogleKnowledge(Struct, frozen=True, forbid_unknown_fields=True):
    """Google Cloud IAM. `scopes`: what holds other things, by the start of the type of its grants.

    `reading` are roles that only read, `impersonating` those whose holder can act as a service account.
    """

    everybody: frozenset[str]
    scopes: dict[str, str]
    roles: Dangers
    reading: tuple[str, ...]
    impersonating: frozenset[str]
    owners: tuple[str, ...]
    permissions: Dangers


class OracleKnowledge(Struct, frozen=True, forbid_unknown_fields=True):
    """OCI: types of resources that lead to everything when managed in a tenancy, and that hold data or secrets."""

    leads_to_everything: frozenset[str]
    secrets: frozenset[str]


class VaultKnowledge(Struct, frozen=True, forbid_unknown_fields=True):
    """Vault: paths that lead to everything where they can be written."""

    writes: frozenset[str]
    paths: tuple[str, ...]


class NamedRule(Struct, frozen=True, forbid_unknown_fields=True):
    """A rule of Consul or Nomad that is worth a word: its name, its label (null: it has none), and the policies that count."""

    language: Literal["consul", "nomad"]
    name: str
    policy: tuple[str, ...]
    kind: str
    because: str
    label: str | None = None


class RightsKnowledge(Struct, frozen=True, forbid_unknown_fields=True):
    """The document."""

    documents: tuple[PolicyDocument, ...]
    aws: AwsKnowledge
    azure: AzureKnowledge
    google: GoogleKnowledge
    kubernetes_rules: tuple[KubernetesRule, ...]
    kubernetes_everybody: frozenset[str]
    oracle: OracleKnowledge
    vault: VaultKnowledge
    rules: tuple[NamedRule, ...]
    harmless_roles: frozenset[str]


@functools.cache
def knowledge() -> RightsKnowledge:
    """The document."""
    return shipped.knowledge("rights", RightsKnowledge)


def documents(type_: str) -> tuple[PolicyDocument, ...]:
    """Policy documents, by type."""
    return _documents()(type_)


@functools.cache
def _documents() -> Lookup[PolicyDocument]:
    return Lookup((type_, entry) for entry in knowledge().documents for type_ in entry.types)
