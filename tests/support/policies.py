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
