"""Findings of built-in policies: their words, their fields and their fingerprints."""

import pytest

from plangate.findings import make
from plangate.model.change import Location
from plangate.model.verdict import Finding, Outcome, Severity

DEFERRED = {"address": "aws_sqs_queue.jobs", "reason": "resource_config_unknown"}


def test_the_words_are_the_policys_with_their_fields():
    place = Location("main.tf", 3)
    assert make("change-deferred", "x", fields=DEFERRED, address="aws_sqs_queue.jobs", location=place) == Finding(
        policy="change-deferred",
        severity=Severity.MEDIUM,
        outcome=Outcome.VIOLATED,
        message="aws_sqs_queue.jobs is put off to a later apply (resource_config_unknown)",
        why="What it will do cannot be known yet, so this review does not cover it.",
        remediation="Review the plan that follows this apply as well.",
        address="aws_sqs_queue.jobs",
        location=place,
        fingerprint="92657d26cf31eec5",
    )


def test_what_a_field_holds_is_not_read_again():
    fields = {"address": 'x["{reason}"]', "reason": "{address}"}
    assert (
        make("change-deferred", "x", fields=fields).message == 'x["{reason}"] is put off to a later apply ({address})'
    )


def test_a_fingerprint_is_of_the_identity_and_else_of_the_message():
    named = make("change-deferred", "a", "b", fields=DEFERRED)
    assert named.fingerprint != make("change-deferred", "a", "c", fields=DEFERRED).fingerprint
    assert named.fingerprint == make("change-deferred", "a", "b", fields={**DEFERRED, "reason": "y"}).fingerprint
    plain = make("change-deferred", fields=DEFERRED)
    assert plain.fingerprint == make("change-deferred", plain.message, fields={**DEFERRED, "reason": "y"}).fingerprint


def test_an_address_that_is_no_text_of_unicode_has_a_fingerprint():
    assert len(make("change-deferred", "\udc80", fields=DEFERRED).fingerprint) == 16


def test_a_field_or_a_policy_that_there_is_not_is_a_bug():
    with pytest.raises(KeyError, match="reason"):
        make("change-deferred", fields={"address": "a"})
    with pytest.raises(KeyError, match="no-such"):
        make("no-such")


def test_a_reason_of_its_own_replaces_the_policys():
    fields = {"subject": "prod/web", "difference": "differs"}
    assert make("live-drift", "prod/web", fields=fields, why="scaled by hand").why == "scaled by hand"
