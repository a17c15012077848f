"""What holds no secret where a name says that one stands there."""

from __future__ import annotations

import pytest

from plangate.ingest.redact.plain_values import is_plain


@pytest.mark.parametrize(
    "value",
    [
        "",
        "true",
        "${var.password}",
        "${DB_PASSWORD}",
        "${DB_PASSWORD:-}",
        "${DB_PASSWORD:?is not set}",
        "$(cat /run/secrets/db)",
        "$(aws secretsmanager get-secret-value --secret-id db --query SecretString)",
        "$1",
        "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db",
        "vault:secret/data/db#password",
        "http://localhost:9093/-/reload",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIO user@host",
    ],
)
def test_references_and_switches_are_plain(value: str) -> None:
    assert is_plain(value)


@pytest.mark.parametrize(
    "value", ["changeme", "supersecure", "${DB_PASSWORD:-hunter22}", "$(echo hunter22)x", "Zq7-inv-K4x9"]
)
def test_a_weak_password_is_a_password(value: str) -> None:
    assert not is_plain(value)
