"""Policies for tests: whole ones, of which a test says only what it is about."""

from plangate.model.policy import Match, Policy
from plangate.model.verdict import Severity


def policy(match, when=None, **more):
    return Policy(
        id="thing-broken",
        family="terraform",
        severity=Severity.HIGH,
        summary="A thing is broken",
        why="It was whole.",
        match=Match(**{"source": "terraform", **match}),
        message="{address} ({action}) {because}: {paths}",
        remediation="Mend it.",
        references=("https://example.org/things",),
        when=when,
        **more,
    )


FAMILY = "title: Keycloak\nsummary: What a change means for Keycloak\nsource: terraform\n"
"""The `family.yaml` of a family that is not shipped."""

POLICY = """\
id: realm-gone
family: keycloak
severity: critical
summary: A realm is destroyed
why: Nobody can log in any more.
match: {source: terraform, actions: destroy, types: keycloak_realm}
message: "{address} will be destroyed"
remediation: Keep it.
tests:
  violated:
    - {type: keycloak_realm, actions: [delete], before: {realm: main}}
  satisfied:
    - {type: keycloak_realm, after: {realm: main}}
"""
"""A policy of it."""
